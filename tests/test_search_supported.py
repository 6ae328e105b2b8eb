"""How well documents support a question, with the product's name and without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Settings
from search.engine import Engine
from search.evidence import Coverage, Signals, log_odds
from search.query import Query
from search.supported import Supported, beside
from tests.reranking import candidate

LIKELY = Signals(Coverage(1.0, had=10.0), cosine=0.8, lead=0.55)  # log odds .83, .70
UNLIKELY = replace(LIKELY, lead=0.3)  # log odds -3.11, .04


def rated(document: int, signals: Signals) -> Supported:
    group = candidate(document, "text")
    return Supported(group, group.chunks[0], signals)


def test_chances_with_and_without_the_name_are_pooled_by_their_odds() -> None:
    named = [rated(1, LIKELY), rated(2, LIKELY), rated(3, LIKELY)]
    plain = [rated(2, UNLIKELY), rated(1, LIKELY)]
    found = beside(named, plain)
    # (.83 - 3.11) / 2 = -1.14; what is not found then has -4.6: (.83 - 4.6) / 2 = -1.88
    assert [round(one.confidence, 2) for one in found] == [0.70, 0.24, 0.13]


@pytest.fixture
def engine(tmp_path: Path, fake_settings: Settings) -> Iterator[Engine]:
    source = tmp_path / "manual"
    source.mkdir()
    for name in ("pump", "valve"):
        text = f"---\ntitle: {name}\nproduct: Acme X200\n---\n# {name}\n\nThe {name} turns.\n"
        (source / f"{name}.md").write_text(text)
    build([source], tmp_path / "ix", fake_settings, True, Silent())
    opened = Engine.open(tmp_path / "ix", fake_settings)
    yield opened
    opened.close()


def test_a_question_that_names_a_product_is_asked_without_it_too(engine: Engine) -> None:
    plain = engine.supported(Query("pump turns"))
    odds = {one.said.document: log_odds(one.signals) for one in plain}
    for question in ("Acme X200 pump turns", "X200: pump turns"):
        found = engine.supported(Query(question))
        assert {one.said.document: one.signals.unnamed for one in found} == odds
    assert [one.signals.unnamed for one in plain] == [None, None]


def test_the_name_alone_is_asked_as_it_is(engine: Engine) -> None:
    assert [one.signals.unnamed for one in engine.supported(Query("Acme X200"))] == [None, None]
