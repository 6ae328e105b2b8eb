"""What is read around a passage that is quoted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import pytest

from indexer.records import StoredChunk
from indexer.store.base import Store
from search.passages import most_telling, read
from search.recall import Group
from tests.chunks import passage

LEAD = passage("The machine locks all drinks.", ("7.3 Interrupted",))
STEPS = replace(LEAD, id=1, text="E14 on the display.\n\n1. Fill the tank.\n2. Touch Rinse.")
NEXT = replace(LEAD, id=2, text="It takes nine minutes.")


class Bound:
    """One document."""

    def __init__(self, *chunks: StoredChunk) -> None:
        self.chunks: Sequence[StoredChunk] = chunks

    def document(self, id: int) -> Sequence[StoredChunk]:
        return self.chunks


def texts(chunk: StoredChunk, *others: StoredChunk) -> tuple[list[str], range]:
    units, own = read(cast(Store, Bound(chunk, *others)), chunk)
    return [unit.text for unit in units], own


def test_steps_that_the_next_passage_begins_with_are_read_too() -> None:
    found, own = texts(LEAD, STEPS)
    assert found == [LEAD.text, "E14 on the display.", "Fill the tank.", "Touch Rinse."]
    assert own == range(1)


def test_nothing_else_of_the_next_passage_is_read() -> None:
    assert texts(LEAD, NEXT) == ([LEAD.text], range(1))
    other = replace(STEPS, place=replace(STEPS.place, heading=("7.4 Else",)))
    assert texts(LEAD, other) == ([LEAD.text], range(1))


@pytest.mark.parametrize(
    ("cosines", "said"),
    [({0: 0.5, 2: 0.6}, LEAD), ({0: 0.5, 2: 0.7}, NEXT), ({}, LEAD)],
)
def test_another_passage_has_to_be_clearly_better_than_the_first(
    cosines: Mapping[int, float], said: StoredChunk
) -> None:
    group = Group(1.0, (LEAD, NEXT), {})
    assert most_telling(group, LEAD, {"pump": 3.0}, cosines, typed=True) == said
