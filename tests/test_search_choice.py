"""Which of several documents are quoted. Odds of .5 are 1, of .3 0.43, of .2 0.25."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from indexer.records import Kind, StoredChunk
from search.choice import choose, codes_asked, row_about
from tests.chunks import passage

MANUAL = passage("The run takes 28 minutes.", ("Descaling",))
TICKET = replace(MANUAL, kind=Kind.TICKET, text="It finished by itself.")


@dataclass(frozen=True)
class One:
    """A document, as likely as it says."""

    said: StoredChunk
    confidence: float
    cosine: float | None = 0.5
    share: float = 1.0


def chosen(
    rated: Sequence[One], rarity: Mapping[str, float] | None = None, fact: bool = False
) -> list[One]:
    return choose(rated, rarity or {"run": 2.0}, "en", fact, 0.4)


def test_what_is_about_as_likely_as_the_best_is_kept_in_the_order_found() -> None:
    first, best, less, least = (One(TICKET, sure) for sure in (0.45, 0.5, 0.41, 0.3))
    assert chosen([first, best, less, least]) == [first, best, less]
    surer = One(TICKET, 0.9)  # odds of 9
    assert chosen([first, surer]) == [surer]


def test_beside_a_ticket_a_manual_needs_less_and_tells_facts_first() -> None:
    ticket, manual, other = One(TICKET, 0.5), One(MANUAL, 0.3), One(MANUAL, 0.2)
    assert chosen([ticket, manual, other]) == [ticket, manual]
    assert chosen([ticket, manual, other], fact=True) == [manual, ticket]
    assert chosen([One(MANUAL, 0.5), manual]) == [One(MANUAL, 0.5)]


def test_the_row_or_section_about_a_code_comes_first_whatever_its_confidence() -> None:
    row = One(passage("Code | Remedy\nE04 | Vent it.\nE05 | Wait."), 0.1)
    named = One(passage("Pump and flow.", ("E04: vent it",)), 0.1)
    aside = One(passage("Else the pump reports E04.", ("Filter",)), 0.1)
    ticket = One(TICKET, 0.9)
    rarity = {"e04": 4.0}
    assert chosen([ticket, row, named, aside], rarity) == [row, named, ticket]


def test_models_of_products_are_no_codes() -> None:
    rarity = {"r6": 2.5, "n31": 4.0, "updat": 1.0}
    assert codes_asked(["Meshline R6"], rarity) == {"n31"}
    assert codes_asked([], rarity) == {"n31", "r6"}


def test_sources_of_another_product_are_left_out() -> None:
    router = One(replace(TICKET, product="Meshline R6"), 0.5)
    satellite = One(replace(TICKET, product="Meshline P6"), 0.6)
    assert chosen([satellite, router], {"r6": 2.0}) == [router]
    assert chosen([satellite, router], {"ring": 2.0}) == [satellite, router]
    assert chosen([satellite], {"r6": 2.0}) == [satellite]  # better than none


def test_other_languages_are_left_out_beside_that_of_the_question() -> None:
    english, chinese = One(TICKET, 0.5), One(replace(TICKET, language="zh"), 0.5)
    assert chosen([english, chinese]) == [english]
    assert chosen([chinese, english]) == [chinese, english]


def test_words_decide_where_the_encoder_does_not_understand() -> None:
    best, other = One(TICKET, 0.6, None, 1.0), One(TICKET, 0.5, None, 0.8)
    assert chosen([best, other, replace(other, share=0.7)]) == [best, other]


def test_the_row_for_a_code_is_found_in_a_manual() -> None:
    lead = passage("E05 goes away by cooling down.", ("E05: temperature",))
    row = passage("Code | Remedy\nE04 | See E05.\nE05 | Wait.")
    assert row_about([lead, row], {"e05"}) == row
    assert row_about([lead, row], {"e04", "e05"}) == row
    assert row_about([lead, row], {"e06"}) is None
    assert row_about([lead, row], set()) is None
    assert row_about([replace(row, kind=Kind.TICKET)], {"e05"}) is None
