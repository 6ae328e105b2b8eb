from __future__ import annotations

import numpy as np

from search.blocks import Block, Sentence, runs
from search.compose import Quoted, compose, verbatim
from search.outline import outline
from search.quote import quote

HOLD = "Hold the reset button of the router until its ring turns red."
HELD = "Press the small key at the back for a while."


def _quoted(number: int, text: str, vectors: dict[str, list[float]] | None = None) -> Quoted:
    units = outline(text)
    extracts = quote(units, np.zeros(len(units), np.float32), range(len(units)))
    arrays = {one: np.array(vector, np.float32) for one, vector in (vectors or {}).items()}
    return Quoted(number, extracts, arrays)


def test_each_sentence_keeps_its_citation_and_a_repeated_one_has_both() -> None:
    found = compose([_quoted(1, f"{HOLD} Wait."), _quoted(2, f"{HOLD} Then sign in.")])
    assert found == [
        Block("paragraph", (1, 2), (Sentence(HOLD, (1, 2)), Sentence("Wait.", (1,)))),
        Block("paragraph", (2,), (Sentence("Then sign in.", (2,)),)),
    ]


def test_sentences_of_one_meaning_are_said_once() -> None:
    near, far = {HOLD: [1.0, 0.0], HELD: [0.96, 0.28]}, {HOLD: [1.0, 0.0], HELD: [0.8, 0.6]}
    once = compose([_quoted(1, HOLD, near), _quoted(2, HELD, near)])
    assert once == [Block("paragraph", (1, 2), (Sentence(HOLD, (1, 2)),))]
    assert len(compose([_quoted(1, HOLD, far), _quoted(2, HELD, far)])) == 2


def test_steps_stay_steps_and_the_same_list_is_said_once() -> None:
    steps = "1. Take the tank out of the machine.\n2. Rinse it with cold water."
    found = compose([_quoted(1, steps), _quoted(2, steps)])
    assert found == [
        Block(
            "steps",
            (1, 2),
            (
                Sentence("Take the tank out of the machine.", (1, 2), "1."),
                Sentence("Rinse it with cold water.", (1, 2), "2."),
            ),
        )
    ]


def test_a_table_has_its_header() -> None:
    quoted = _quoted(1, "Code | Meaning\nE1 | hot\nE2 | cold")
    assert compose([quoted]) == [
        Block("table", (1,), header=("Code", "Meaning"), rows=(("E1", "hot"), ("E2", "cold")))
    ]
    assert verbatim(quoted.extracts) == "E1 | hot\nE2 | cold"


def test_a_quote_is_as_its_page_has_it() -> None:
    quoted = _quoted(1, "Do this. Now:\n\n1. Open it.\n2. Close it.")
    assert verbatim(quoted.extracts) == "Do this. Now:\n1. Open it.\n2. Close it."


def test_running_text_is_cut_where_its_citations_change() -> None:
    said = (
        Sentence("A.", (1,)),
        Sentence("B.", (1,)),
        Sentence("是。", (2,)),
        Sentence("否。", (2,)),
    )
    assert runs(said) == [("A. B.", (1,)), ("是。否。", (2,))]
