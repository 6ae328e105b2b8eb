from __future__ import annotations

from indexer.records import Kind, Modality, Place, StoredChunk
from search.correct import corrected, rewritten


def _chunk(text: str, title: str = "") -> StoredChunk:
    return StoredChunk(
        id=0,
        document="a.md",
        source="",
        title=title,
        kind=Kind.MANUAL,
        language="en",
        product="",
        date=None,
        metadata={},
        modality=Modality.TEXT,
        place=Place(),
        text=text,
        context="",
        lines=(),
        asset=None,
        thumb="",
    )


def test_the_form_nearest_to_what_was_typed_is_taken() -> None:
    chunks = [_chunk("Descaling: descale the boiler every month."), _chunk("It was descaled.")]
    assert corrected({"descalle": ("descal",)}, chunks) == {"descalle": "descale"}
    assert corrected({"descalinng": ("descal",)}, chunks) == {"descalinng": "descaling"}


def test_the_likeliest_stem_that_was_found_is_meant() -> None:
    meant = {"ruoter": ("rout", "router")}
    assert corrected(meant, [_chunk("", title="The router")]) == {"ruoter": "router"}
    assert corrected(meant, [_chunk("Routes of the router")]) == {"ruoter": "routes"}


def test_what_was_not_found_is_not_corrected() -> None:
    assert corrected({"ruoter": ("router",)}, [_chunk("A pump.")]) == {}
    assert corrected({}, [_chunk("A pump.")]) == {}


def test_a_longer_word_is_not_a_shorter_one_mistyped() -> None:
    assert corrected({"brewer": ("brew",)}, [_chunk("Rinse the brew unit.")]) == {}
    assert corrected({"ruot": ("router",)}, [_chunk("The ruoters")]) == {}


def test_only_the_mistyped_words_change() -> None:
    text = "My Ruoter, a ruoters' E-04?"
    assert rewritten(text, {"ruoter": "router"}) == "My router, a ruoters' E-04?"
