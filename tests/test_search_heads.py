"""What titles and names add to the scores of the lanes, and a question worded like a title."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Ranking, Settings, Weights
from indexer.lanes import head, heads
from indexer.records import Chunk, Modality, Place
from search.engine import Engine
from search.fuse import Ranked
from search.fusion.base import FUSIONS, Signals
from search.fusion.heads import headed
from search.fusion.names import named
from search.query import Query

RANKINGS: dict[str, Ranked[str]] = {
    "text": [("a", 0.6), ("b", 0.5), ("a", 0.4)],
    "heads": [("b", 0.9), ("c", 0.8), ("b", 0.1)],
    "names": [("c", 0.7)],
}
SCORES = {"text": {"a": 0.6, "b": 0.5}, "heads": {"b": 1.0}, "names": {"c": 1.0}}


def signals(heads: float = 0.5, words: int = 3, attainable: float = 0.0) -> Signals:
    return Signals({"text": 1.0, "heads": heads, "names": 0.2}, words, attainable, False)


def test_a_head_counts_beside_its_passage_and_none_changes_nothing() -> None:
    text = headed(SCORES, RANKINGS, signals())["text"]
    assert text["a"] == pytest.approx(0.6)  # has no head
    assert text["b"] == pytest.approx((0.5 + 0.5 * 0.9) / 1.5)
    assert text["c"] == pytest.approx((0.5 + 0.5 * 0.8) / 1.5)  # the least passage
    assert headed(SCORES, {"text": RANKINGS["text"]}, signals())["text"] == SCORES["text"]


def test_heads_count_for_less_the_more_words_are_found_and_not_for_tickets() -> None:
    words: dict[str, Ranked[str]] = {**RANKINGS, "words": [("a", 8.0)]}
    half = headed(SCORES, words, signals(attainable=4.0))["text"]  # twice what is attainable
    assert half["b"] == pytest.approx((0.5 + 0.25 * 0.9) / 1.25)
    assert headed(SCORES, RANKINGS, signals(words=32))["text"] == SCORES["text"]


def test_names_are_neither_scaled_nor_filled_up() -> None:
    found = named(SCORES, RANKINGS)
    assert found["names"] == {"a": 0.0, "b": 0.0, "c": 0.7}
    assert "names" not in named(SCORES, {"text": RANKINGS["text"]})


def test_every_fusion_takes_them_as_it_should() -> None:
    convex = dict(FUSIONS.get("convex")(Ranking())(RANKINGS, signals()))
    assert convex["c"] == pytest.approx((0.6 + 0.2 * 0.7) / 1.2)
    assert convex["b"] == pytest.approx((0.95 / 1.5) / 1.2)
    ranks = dict(FUSIONS.get("rrf")(Ranking(rrf_k=4.0))(RANKINGS, signals()))
    assert ranks == pytest.approx({"a": 1 / 5, "b": 1 / 6, "c": 0.2 / 5})


def chunk(text: str, *heading: str) -> Chunk:
    return Chunk(Modality.TEXT, Place(heading=heading), text)


def test_a_title_made_from_the_text_is_no_head() -> None:
    assert head("Pump", chunk("x", "Pump", "Start")) == "Pump. Start"
    assert heads("Pump", [chunk("Turn it."), chunk("On.", "Start")]) == ["Pump", "Pump. Start"]
    made = [chunk("Turn it to the left.\nThen on."), chunk("On.", "Start")]
    assert heads("Turn it to the…", made) == ["", "Start"]
    assert heads("Turn it to the left.", made) == ["", "Start"]
    assert heads("Turn it", made)[0] == "Turn it"
    assert heads("Pump", []) == []


def test_a_question_worded_like_a_title_finds_it(tmp_path: Path, fake_settings: Settings) -> None:
    source = tmp_path / "tickets.csv"
    source.write_text(
        "id,subject,description\nA,Valve,pump pump pump.\nB,Pump,the valve at the pump.\n"
    )
    root = tmp_path / "ix"
    build([source], root, fake_settings, True, Silent())
    question = Weights(clip=0, passages=0, text=1, words=0, lines=0)
    found: dict[float, list[tuple[str, float]]] = {}
    for weight in (0.0, 0.4):
        ranking = Ranking(question=question, heads=weight)
        settings = fake_settings.model_copy(update={"ranking": ranking})
        with closing(Engine.open(root, settings)) as engine:
            hits = engine.search(Query("valve")).hits
        found[weight] = [(hit.document[-1], round(hit.score, 6)) for hit in hits]
    a, b = 1 / 10**0.5, 1 / 5**0.5
    assert found[0.0] == [("B", round(b, 6)), ("A", round(a, 6))]
    assert found[0.4] == [("A", round((a + 0.4) / 1.4, 6)), ("B", round(b / 1.4, 6))]
