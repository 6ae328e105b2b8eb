from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Settings
from indexer.errors import BadQuery
from search.engine import Engine
from search.evaluate import evaluate
from search.qrels import read_queries


def _write(path: Path, *lines: dict[str, object]) -> Path:
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n\n")
    return path


def test_a_query_file_is_read(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "q.jsonl",
        {"id": 7, "text": "水泵", "relevant": ["pump.md"], "heading": "more is ignored"},
        {"id": "s", "image": "shots/a b.png", "relevant": ["x.png", "y.JPG"], "exclude": ["z"]},
        {"id": "spoken", "voice": "x.wav", "relevant": ["pump.md"]},
    )
    first, second, spoken = read_queries(path, None)
    assert spoken.voice == tmp_path / "x.wav"
    assert (first.id, first.text, first.image, first.collapse) == ("7", "水泵", None, "document")
    assert second.image == tmp_path / "shots" / "a b.png"
    assert (second.collapse, second.exclude) == ("asset", frozenset({"z"}))
    _, other, _ = read_queries(path, Path("/else"))
    assert other.image == Path("/else/shots/a b.png")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: not JSON"),
        ("[]", "line 1: not a JSON object"),
        ('{"id": "a", "text": "x"}', "line 1: no 'relevant'"),
        ('{"id": "a", "text": "x", "relevant": "y"}', "'relevant' is not a list of strings"),
        ('{"id": "a", "relevant": ["y"]}', "line 1: none of 'text', 'image' and 'voice'"),
        ("", "holds no queries"),
    ],
)
def test_a_bad_query_file_names_the_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(line)
    with pytest.raises(BadQuery, match=message):
        read_queries(path, None)


def test_figures_are_those_of_the_ranks(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    path = _write(
        tmp_path / "q.jsonl",
        {"id": "first", "text": "clockwise", "relevant": ["valve.md"]},
        {"id": "both", "text": "grinding", "relevant": ["tickets.csv#T1", "lamp.png", "gone.md"]},
    )
    engine = Engine.open(tmp_path / "ix", fake_settings)
    steps: list[int] = []
    found = evaluate(engine, read_queries(path, None), [1, 5], lambda: steps.append(1))
    engine.close()
    assert (found.queries, len(steps)) == (2, 2)
    words = found.per_query["words"]
    perfect = {"recall@1": 1.0, "recall@5": 1.0, "mrr@10": 1.0, "ndcg@10": 1.0, "map": 1.0}
    assert words["first"] == perfect
    assert words["both"]["recall@1"] == pytest.approx(1 / 3)
    assert words["both"]["mrr@10"] == 1.0
    assert words["both"]["map"] == pytest.approx(1 / 3)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert words["both"]["ndcg@10"] == pytest.approx(1 / ideal)
    figure = found.figures["words"]["recall@1"]
    assert figure.value == pytest.approx((1 + 1 / 3) / 2)
    assert figure.low == pytest.approx(1 / 3)
    assert figure.high == 1.0


def test_a_lane_that_finds_nothing_for_a_query_scores_zero_there(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    path = _write(
        tmp_path / "q.jsonl",
        {"id": "a", "text": "clockwise", "relevant": ["valve.md"]},
        {"id": "b", "text": "xylophone", "relevant": ["valve.md"]},
    )
    engine = Engine.open(tmp_path / "ix", fake_settings)
    found = evaluate(engine, read_queries(path, None), [1], lambda: None)
    engine.close()
    assert found.per_query["words"]["b"]["recall@1"] == 0.0
    assert found.figures["words"]["recall@1"].value == 0.5
