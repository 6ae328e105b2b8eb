"""The Markdown loader, and what all loaders of text share: encodings, pictures, titles."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from indexer.config import Limits, Settings
from indexer.errors import BadFile
from indexer.loaders.base import LOADERS, SourceFile
from indexer.loaders.dialects import plain_markdown
from indexer.loaders.pictures import resolve_picture
from indexer.loaders.text import read_text
from indexer.records import BlockKind, Document, Kind, Picture
from tests.loading import Notes, load, rows

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="real manuals are absent (../shared/data)"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "panel.png").write_bytes(PNG)
    return tmp_path


def test_header_becomes_fields_and_metadata(root: Path) -> None:
    notes = Notes()
    document = load(
        root,
        "guide/page.md",
        "---\ntitle: Pump guide\ndescription: All about the pump.\nms.date: 04/13/2022\n"
        "product: Pump 300\nlang: en-US\nversion: 1.5\ndraft: false\ntags: [a, 2]\nx: {y: 1}\n---\n"
        "# Pump\n\nText.\n",
        notes,
    )
    assert document.title == "Pump guide"
    assert document.kind is Kind.MANUAL
    assert (document.date, document.product, document.language) == (
        date(2022, 4, 13),
        "Pump 300",
        "en",
    )
    assert document.metadata == {
        "description": "All about the pump.",
        "version": "1.5",
        "draft": "false",
        "tags": "a, 2",
    }
    assert rows(document) == [
        ("heading1", "Pump"),
        ("paragraph", "All about the pump."),
        ("paragraph", "Text."),
    ]
    assert notes.notes == []


def test_broken_header_is_noted_and_the_page_read(root: Path) -> None:
    notes = Notes()
    document = load(root, "p.md", "---\ntitle: 'x\n---\n# Real title\n\nText.\n", notes)
    assert document.title == "Real title"
    assert notes.notes[0][1].startswith("its header is not valid YAML")


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("first-steps_now.md", "Just text.", "First steps now"),
        ("pump-care/README.md", "Just text.", "Pump care"),
        ("a.md", "Set-ext title\n=====\n", "Set-ext title"),
        ("b.md", '<h1 align="center">In <b>HTML</b></h1>\n', "In HTML"),
    ],
)
def test_title(root: Path, name: str, text: str, title: str) -> None:
    assert load(root, name, text).title == title


def test_blocks_in_order(root: Path) -> None:
    document = load(
        root,
        "p.md",
        "# T\n\nOne\ntwo&#x20;\n\n<!-- gone -->\n\n3. Three\n4. Four\n\n   ![Knob](img/panel.png)\n"
        "   more\n   - deep\n\n"
        "```sh\napt install x\n  run\n```\n\n> quoted\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n"
        "| A | B | C |\n|---|---|---|\n| 1 | 2 | |\n\nRun `wsl <Distro>` or <Your Distro>.\n",
    )
    assert rows(document) == [
        ("heading1", "T"),
        ("paragraph", "One two"),
        ("list_item", "3. Three"),
        ("list_item", "4. Four"),
        ("list_item", "more"),
        ("figure", "img/panel.png|Knob|"),
        ("list_item", "deep"),
        ("code", "apt install x\n  run"),
        ("paragraph", "quoted"),
        ("table", "A | B\n1 | 2"),
        ("table", "A | B | C\nA: 1 | B: 2"),
        ("paragraph", "Run wsl <Distro> or <Your Distro>."),
    ]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ('![Alt](img/panel.png "Title")', "img/panel.png|Alt|Title"),
        ('![Same](img/panel.png "Same")', "img/panel.png|Same|"),
        ("[![Alt](img/panel.png)](img/large.png)", "img/panel.png|Alt|"),
        ('<img src="img/panel.png" alt="A b">', "img/panel.png|A b|"),
        (
            '<figure><img src="img/panel.png" alt=""><figcaption><p>The <b>panel</b></p>'
            "</figcaption></figure>",
            "img/panel.png||The panel",
        ),
        (
            ':::image type="content" source="./img/panel.png" alt-text="Screen [1]: on.":::',
            "img/panel.png|Screen [1]: on.|",
        ),
        ("![Alt](/img/panel.png?raw=true#x)", "img/panel.png|Alt|"),
        ("![Alt](IMG/Panel.PNG)", "img/panel.png|Alt|"),
        ("![Alt](<img/front panel.png>)", "img/front panel.png|Alt|"),
        ("![Alt](img/front%20panel.png)", "img/front panel.png|Alt|"),
        ("![Alt](img/front panel.png)", "img/front panel.png|Alt|"),
        ("![Alt](.gitbook/assets/a\\_b.png)", ".gitbook/assets/a_b.png|Alt|"),
    ],
)
def test_figures(root: Path, markup: str, expected: str) -> None:
    (root / "img" / "front panel.png").write_bytes(PNG)
    (root / ".gitbook" / "assets").mkdir(parents=True)
    (root / ".gitbook" / "assets" / "a_b.png").write_bytes(PNG)
    notes = Notes()
    assert rows(load(root, "p.md", markup, notes)) == [("figure", expected)]
    assert notes.notes == []


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ('{% hint style="info" %}\nText\n{% endhint %}', "Text"),
        ('{% tab title="Windows" %}\nText', "Windows\n\n\nText"),
        ("> [!NOTE]\n> Text", "> \n> Text"),
        ("> [!WARNING] Text", "> Text"),
        ("> [!VIDEO https://x]", ">"),
        (':::row:::\n:::column span="":::\nText\n:::column-end:::', "Text"),
        (':::zone pivot="a"\nText\n:::zone-end', "Text"),
        ("::: tip Watch out\nText\n:::", "Watch out\nText"),
        ("::: info\nText\n:::", "Text"),
        ('!!! note "Title"\n\n    Text\nafter', "Title\n\n\nText\nafter"),
        ("## Head {#id}", "## Head"),
        ("a {{ include.x }} [!INCLUDE [x](y.md)] b", "a   b"),
        ('press :::no-loc text="Win + X"::: now', "press Win + X now"),
        ("```\n{% hint %}\n```", "```\n{% hint %}\n```"),
        ("Use `{{x}}` and {{y}}", "Use `{{x}}` and"),
    ],
)
def test_extensions_leave_their_content(source: str, plain: str) -> None:
    assert plain_markdown(source).strip() == plain.strip()


def test_pictures_that_cannot_be_shown(root: Path) -> None:
    (root.parent / "secret.png").write_bytes(PNG)
    (root / "img" / "empty.png").write_bytes(b"")
    (root / "link.png").symlink_to(root.parent / "secret.png")
    notes = Notes()
    document = load(
        root,
        "p.md",
        "![a](nope.png) ![b](../secret.png) ![c](link.png) ![d](img/empty.png) "
        "![e](http://127.0.0.1/x.png) ![f](img/clip.mp4) text",
        notes,
    )
    assert rows(document) == [("paragraph", "text")]
    assert notes.notes == [
        ("p.md", "links to nope.png, which is not there"),
        ("p.md", "links to ../secret.png, which lies outside the source; not read"),
        ("p.md", "links to link.png, which lies outside the source; not read"),
        ("p.md", "links to img/clip.mp4, which is not there"),
    ]
    assert notes.skips == [("empty.png", "empty file, not an image")]


def test_inline_picture_is_decoded_and_named_by_content(root: Path) -> None:
    notes = Notes()
    file = SourceFile(root, "p.md")
    address = "data:image/png;base64," + base64.b64encode(PNG).decode()
    asset = f"p.md#{hashlib.sha256(PNG).hexdigest()[:12]}.png"
    assert resolve_picture(file, address, notes) == (asset, PNG)
    assert resolve_picture(file, "data:text/html,<b>", notes) is None


def test_large_picture_is_skipped_unread(root: Path) -> None:
    notes = Notes()
    limits = Limits(image_bytes=10)
    assert resolve_picture(SourceFile(root, "p.md"), "img/panel.png", notes, limits) is None
    assert notes.skips == [("panel.png", f"{len(PNG)} bytes; images of up to 10 are read")]


def test_hash_covers_file_and_pictures(root: Path) -> None:
    text = "![a](img/panel.png)\n"
    document = load(root, "p.md", text)
    assert document.content_hash == hashlib.sha256(text.encode() + PNG).hexdigest()
    assert document.blocks[0].picture == Picture("img/panel.png", PNG, alt="a")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b" \n", "empty file: nothing but white space"),
        (
            b"Temperatur\xe9 hoch",
            "not UTF-8 text (byte 0xe9 at offset 10); "
            "save it as UTF-8, or convert it with iconv -t utf-8 and -f as it was written: "
            "-f cp1252 for Western text, -f gb18030 for Chinese",
        ),
        (b"a\0b", "binary data (it holds NUL bytes), not text"),
        (b"\xff\xfea\0\x00\xd8", "damaged UTF-16 text (at offset 4); save it as UTF-8"),
    ],
)
def test_files_that_are_not_text(root: Path, data: bytes, reason: str) -> None:
    with pytest.raises(BadFile) as caught:
        load(root, "p.md", data)
    assert caught.value.reason == reason


def test_encodings_and_limits(root: Path) -> None:
    path = root / "t.md"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_bytes("Grün\r\n中文".encode(encoding))
        assert read_text(path, Limits()) == "Grün\n中文"
    with pytest.raises(BadFile, match="files of up to 3 are read"):
        read_text(path, Limits(file_bytes=3))
    with pytest.raises(BadFile, match="cannot be read: Is a directory"):
        read_text(root / "img", Limits())
    with pytest.raises(BadFile, match="cannot be read: No such file"):
        read_text(root / "none.md", Limits())


def test_scripts_and_hidden_parts_are_left_out(root: Path) -> None:
    text = "A <script>alert(1)</script><style>b{}</style>\n\n<p hidden>x</p>\n\n| a |\n"
    assert rows(load(root, "p.md", text)) == [("paragraph", "A"), ("paragraph", "| a |")]


@pytest.fixture(scope="module")
def manuals() -> dict[str, Document]:
    root = DATA / "manuals"
    loader = LOADERS.get(".md")(Settings())
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.md"))
    return {path: next(loader.load(SourceFile(root, path), Notes())) for path in paths}


@needs_data
def test_every_screenshot_of_the_manuals_is_found(manuals: dict[str, Document]) -> None:
    assert len(manuals) == 335
    lines = (DATA / "questions" / "screenshot2page.jsonl").read_text().splitlines()
    queries = [json.loads(line) for line in lines]
    missed = [
        query["image"]
        for query in queries
        if not any(query["image"] in pictures(manuals[page]) for page in query["relevant"])
    ]
    assert (len(queries), missed) == (476, [])


@needs_data
def test_every_caption_of_the_manuals_is_kept(manuals: dict[str, Document]) -> None:
    lines = (DATA / "questions" / "caption2image.jsonl").read_text().splitlines()
    queries = [json.loads(line) for line in lines]
    missed = [
        query["text"]
        for query in queries
        if query["text"] not in pictures(manuals[query["page"]])[query["relevant"][0]]
    ]
    assert (len(queries), missed) == (327, [])


@needs_data
def test_no_markup_is_left_in_the_manuals(manuals: dict[str, Document]) -> None:
    left = ("{%", ":::", "&#x", "[!NOTE", "![")
    texts = [
        block.text
        for document in manuals.values()
        for block in document.blocks
        if block.kind is not BlockKind.CODE and any(mark in block.text for mark in left)
    ]
    assert texts == []


def pictures(document: Document) -> dict[str, set[str]]:
    """Asset → its alternative texts and captions."""
    shown: dict[str, set[str]] = {}
    for block in document.blocks:
        if block.picture is not None:
            texts = {block.picture.alt, block.picture.caption}
            shown[block.picture.asset] = shown.get(block.picture.asset, set()) | texts
    return shown
