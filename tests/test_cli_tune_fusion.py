"""The command `tune --fusion`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from api.cli_tune import tune
from api.fusion import tune_fusion
from indexer.config import Ranking, Settings
from indexer.errors import BadQuery
from search.fusion.learnt import Learnt, read_learnt, write_learnt
from search.fusion.methods import Convex
from tests.tuning import make

CONVEX = Convex(Ranking())


def test_what_changes_nothing_is_refused(tmp_path: Path, fake_settings: Settings) -> None:
    index = make(tmp_path, fake_settings, 4)
    found = tune_fusion(index, tmp_path / "pairs.jsonl", fake_settings)
    assert (found.pairs, found.groups, found.left_out, found.installed) == (24, 6, 0, False)
    change = found.changes["recall@1"]
    assert (change.before, change.after, change.chance) == (1.0, 1.0, 1.0)
    assert read_learnt(index, CONVEX) is None


def test_too_few_pairs(tmp_path: Path, fake_settings: Settings) -> None:
    index = make(tmp_path, fake_settings, 1)
    with pytest.raises(BadQuery, match="6 pairs in 6 groups"):
        tune_fusion(index, tmp_path / "pairs.jsonl", fake_settings)


def test_removing(tmp_path: Path, fake_settings: Settings) -> None:
    index = make(tmp_path, fake_settings, 1)
    write_learnt(index, Learnt(np.zeros(6), "f", CONVEX))
    tune(index, fusion=True, remove=True)
    assert read_learnt(index, CONVEX) is None


def test_fusion_goes_alone(tmp_path: Path) -> None:
    with pytest.raises(BadQuery, match="neither --deep nor --closed"):
        tune(tmp_path, pairs=tmp_path / "pairs.jsonl", fusion=True, deep=True)
