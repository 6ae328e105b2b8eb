"""Chinese questions in other words than the page has, over the Chinese pages of the sample."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from indexer.config import Settings
from search.engine import Engine
from search.qrels import read_queries
from search.query import Query
from tests.building import index
from tests.conftest import KNOWLEDGE, ROOT

JUDGED = read_queries(ROOT / "benchmarks" / "lsa_chinese.jsonl", None)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("pages")
    for page in KNOWLEDGE.glob("*/zh/*.md"):
        copy = into / page.relative_to(KNOWLEDGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(page, copy)
    return into


def found_first(pages: Path, root: Path, settings: Settings, lane: str, k: int) -> int:
    """How many questions have their page among the first k, by a lane or, without one, fused."""
    index(pages, root, settings)
    engine = Engine.open(root, settings)
    count = 0
    for query in JUDGED:
        hits = [
            h for h in engine.search(Query(query.text, k=8)).hits if not lane or lane in h.lanes
        ]
        if lane:
            hits.sort(key=lambda hit: hit.lanes[lane].rank)
        count += any(hit.document in query.relevant for hit in hits[:k])
    engine.close()
    return count


def test_a_fit_finds_pages_that_words_do_not(
    pages: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    assert len(JUDGED) == 28
    models = fake_settings.models.model_copy(update={"text": "fake:english", "clip": ""})
    settings = fake_settings.model_copy(update={"models": models})
    root = tmp_path / "ix"
    lanes = {
        lane: [found_first(pages, root, settings, lane, k) for k in (1, 3)]
        for lane in ("words", "text", "")
    }
    assert lanes == {"words": [14, 18], "text": [18, 25], "": [18, 24]}
