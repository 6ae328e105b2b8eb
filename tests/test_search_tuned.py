from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.adapter import adapters_stamp
from indexer.encoders.base import Space
from indexer.errors import IndexDamaged
from search.evidence import Coverage, Signals, confidence, log_odds
from search.tuned import (
    SHIPPED,
    Tuned,
    features,
    read_tuned,
    remove_tuned,
    tuned_for,
    write_tuned,
)

SIGNALS = Signals(Coverage(0.5, 1.0, had=3.0), cosine=0.6)
RANKED = replace(SIGNALS, lead=0.3)
TUNED = Tuned({"cosine": 5.0, "share": -6.0}, -1.0, 0.3, "print", {"pairs": 40})


def test_weights_and_bias_make_the_probability() -> None:
    # 5 · .6 - 6 · .5 - 1
    assert TUNED(SIGNALS) == pytest.approx(1 / (1 + math.exp(1.0)))


def test_on_the_shipped_confidence_alone_it_is_that_one() -> None:
    same = Tuned({SHIPPED: 1.0}, 0.0, 0.5, "print")
    assert same(RANKED) == pytest.approx(confidence(RANKED))
    assert features(RANKED)[SHIPPED] == pytest.approx(log_odds(RANKED))


def test_only_what_is_known_is_judged() -> None:
    ranked = Tuned({"lead": 1.0}, 0.0, 0.5, "print")
    assert (ranked.takes(SIGNALS), ranked.takes(RANKED), TUNED.takes(SIGNALS)) == (
        False,
        True,
        True,
    )
    assert not TUNED.takes(replace(SIGNALS, shown=True))
    assert not TUNED.takes(Signals(Coverage(1.0)))


def test_a_document_without_a_head_counts_by_its_passage() -> None:
    assert features(SIGNALS)["head"] == 0.6
    assert features(replace(SIGNALS, head=0.4))["head"] == 0.4
    assert features(Signals(Coverage(1.0))) == {}


def test_what_is_written_is_read_and_removed(tmp_path: Path) -> None:
    assert (read_tuned(tmp_path), remove_tuned(tmp_path)) == (None, False)
    write_tuned(tmp_path, TUNED)
    assert len(adapters_stamp(tmp_path)) == 1
    found = read_tuned(tmp_path)
    assert found is not None
    assert (found.weights, found.bias, found.threshold) == (TUNED.weights, -1.0, 0.3)
    assert (found.fingerprint, found.figures) == ("print", {"pairs": 40})
    space = Space("text", "fake", "m", 8, "print")
    assert tuned_for(tmp_path, {"text": space}) is not None
    assert tuned_for(tmp_path, {"text": replace(space, fingerprint="other")}) is None
    assert (remove_tuned(tmp_path), adapters_stamp(tmp_path)) == (True, ())


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 1}', '{"format": 2, "weights": []}'])
def test_what_is_damaged_names_the_way_out(tmp_path: Path, text: str) -> None:
    write_tuned(tmp_path, TUNED)
    (tmp_path / "adapters" / "confidence.json").write_text(text)
    with pytest.raises(IndexDamaged, match=r"tune --index .* --confidence --remove"):
        read_tuned(tmp_path)
