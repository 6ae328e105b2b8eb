"""A reranker in the engine: its order is the order of the hits."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Reranking, Settings
from search.engine import Engine
from search.query import Query
from search.rerank.base import RERANKERS

RERANKERS.register("backwards", "tests.reranking:Backwards")


@pytest.fixture
def index(manual: Path, tmp_path: Path, fake_settings: Settings) -> Path:
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    return tmp_path / "ix"


def test_hits_come_in_the_order_of_the_reranker(index: Path, fake_settings: Settings) -> None:
    asked = Query(text="pump", k=50)
    plain = Engine.open(index, fake_settings)
    chosen = fake_settings.model_copy(
        update={"rerank": Reranking(model="backwards:", depth=3, budget_ms=60_000)}
    )
    turned = Engine.open(index, chosen)
    before = [hit.document for hit in plain.search(asked).hits]
    found = turned.search(asked)
    plain.close()
    turned.close()
    assert len(before) > 3
    assert [hit.document for hit in found.hits] == [*reversed(before[:3]), *before[3:]]
    assert found.hits[0].lanes["rerank"].rank == 1
    assert "rerank" not in found.hits[3].lanes
    assert "rerank" in found.took_ms
