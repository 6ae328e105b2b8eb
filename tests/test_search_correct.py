from __future__ import annotations

from search.correct import corrected, rewritten
from tests.chunks import passage


def test_the_form_nearest_to_what_was_typed_is_taken() -> None:
    chunks = [passage("Descaling: descale the boiler every month."), passage("It was descaled.")]
    assert corrected({"descalle": ("descal",)}, chunks) == {"descalle": "descale"}
    assert corrected({"descalinng": ("descal",)}, chunks) == {"descalinng": "descaling"}


def test_the_likeliest_stem_that_was_found_is_meant() -> None:
    meant = {"ruoter": ("rout", "router")}
    assert corrected(meant, [passage("", title="The router")]) == {"ruoter": "router"}
    assert corrected(meant, [passage("Routes of the router")]) == {"ruoter": "routes"}


def test_what_was_not_found_is_not_corrected() -> None:
    assert corrected({"ruoter": ("router",)}, [passage("A pump.")]) == {}
    assert corrected({}, [passage("A pump.")]) == {}


def test_a_longer_word_is_not_a_shorter_one_mistyped() -> None:
    assert corrected({"brewer": ("brew",)}, [passage("Rinse the brew unit.")]) == {}
    both = [passage("Rinse the brew unit."), passage("The brewing unit is in there.")]
    assert corrected({"brewer": ("brew",)}, both) == {}
    assert corrected({"ruot": ("router",)}, [passage("The ruoters")]) == {}


def test_only_the_mistyped_words_change() -> None:
    text = "My Ruoter, a ruoters' E-04?"
    assert rewritten(text, {"ruoter": "router"}) == "My router, a ruoters' E-04?"


def test_a_code_is_meant_with_its_zero_whatever_was_found() -> None:
    assert corrected({"e7": ("e07",)}, [passage("A pump.")]) == {"e7": "E07"}


def test_a_code_is_put_right_however_it_is_written() -> None:
    texts = ("Why E7?", "e-7 again", "E 7, E70 and PE7")
    assert [rewritten(text, {"e7": "E07"}) for text in texts] == [
        "Why E07?",
        "E07 again",
        "E07, E70 and PE7",
    ]
