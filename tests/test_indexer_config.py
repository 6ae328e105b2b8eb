from __future__ import annotations

from pathlib import Path

import pytest

from indexer.config import Ranking, Weights, load_settings


def test_a_weight_that_is_named_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = tmp_path / "over.toml"
    over.write_text("[ranking.question]\nwords = 0.9\n", encoding="utf-8")
    usual = Ranking()
    found = load_settings(over).ranking
    assert found.question == usual.question.model_copy(update={"words": 0.9})
    assert found.screenshot == usual.screenshot
    monkeypatch.setenv("TRIPTYCH_RANKING__SCREENSHOT__CLIP", "0")
    assert load_settings().ranking.screenshot == usual.screenshot.model_copy(update={"clip": 0.0})


def test_weights_given_whole_are_taken_as_they_are() -> None:
    assert Ranking(question=Weights(text=3.0)).question == Weights(text=3.0)
