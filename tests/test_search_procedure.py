from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexer.records import Kind, StoredChunk
from search.procedure import procedure
from search.recall import Group
from tests.chunks import passage

RARITY = {"descal": 3.0, "machin": 1.0}
"""What "how do I descale the machine" is searched for."""

LEAD = passage("The run takes 28 minutes.", ("7 Descaling", "7.2 Descale the machine"), "Manual")
STEPS = replace(LEAD, id=1, text="1. Empty the tray.\n2. Touch Start.")
RESUME = passage("1. Fill the tank.\n2. Rinse.", ("7 Descaling", "7.3 Resume descaling"), "Manual")
RESUME = replace(RESUME, id=2)


@dataclass
class Bound:
    """One document."""

    chunks: Sequence[StoredChunk]

    def document(self, id: int) -> list[StoredChunk]:
        return list(self.chunks)


def found(*chunks: StoredChunk) -> Group:
    return Group(1.0, chunks, {})


def test_the_section_named_after_the_task_has_the_steps() -> None:
    pages = Bound([RESUME, LEAD, STEPS])
    assert procedure(pages, found(LEAD), RARITY) == STEPS
    assert procedure(pages, found(RESUME, LEAD), RARITY) == STEPS  # 7.3 has another word


def test_the_steps_may_stand_below_the_heading_that_was_found() -> None:
    whole = passage("It takes 28 minutes.", ("Descaling the machine",))
    below = replace(STEPS, place=replace(whole.place, heading=("Descaling the machine", "Steps")))
    assert procedure(Bound([whole, below]), found(whole), RARITY) == below


def test_no_section_is_named_after_the_task() -> None:
    other = replace(STEPS, place=replace(LEAD.place, heading=("5 Milk",)))
    assert procedure(Bound([other]), found(other), RARITY) is None
    assert procedure(Bound([LEAD]), found(LEAD), RARITY) is None  # one sentence, no steps
    ticket = replace(STEPS, kind=Kind.TICKET)
    assert procedure(Bound([ticket]), found(ticket), RARITY) is None
    assert procedure(Bound([STEPS]), found(STEPS), {}) is None


def test_the_title_of_a_page_lends_its_words_to_no_other_task() -> None:
    words = {"upgrad": 2.0, "firmwar": 2.0}
    title = "Firmware upgrade and factory reset"
    upgrade = passage("Choose Update now.", ("Firmware upgrade",), title)
    reset = passage("1. Push the pin.\n2. Wait.", ("Factory reset",), title)
    reset = replace(reset, id=1)
    assert procedure(Bound([upgrade, reset]), found(upgrade, reset), words) is None
    assert procedure(Bound([reset]), found(reset), words) == reset  # no other section is
