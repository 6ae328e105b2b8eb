from __future__ import annotations

from pathlib import Path

import pytest

from indexer.align.curves import curves, draw_curves
from indexer.align.history import Report, Tally, load_history, save_history
from indexer.errors import BadFile


def test_a_report_says_how_far_how_fast_and_how_well(tmp_path: Path) -> None:
    report = Report(200, 1.23456, {"infonce": 1.0}, 1e-3, 1234.5, 0.4, 0.75)
    assert report.line(500) == "step 200/500  loss 1.2346  1,234 items/s  R@1 0.400  R@5 0.750"
    assert Report(1, 2.0, {}, 0.1, 10.0).line(2) == "step 1/2  loss 2.0000  10 items/s"
    save_history([report], tmp_path / "history.json")
    assert load_history(tmp_path / "history.json") == [report]
    (tmp_path / "history.json").write_text("{}x")
    with pytest.raises(BadFile, match="is not a training history"):
        load_history(tmp_path / "history.json")


def test_a_tally_averages_each_term_over_its_own_steps() -> None:
    tally = Tally()
    tally.add({"infonce": 1.0, "adversarial": 0.5})
    tally.add({"infonce": 2.0})
    assert tally.means() == (1.75, {"infonce": 1.5, "adversarial": 0.5})


def test_curves_draw_what_was_reported(tmp_path: Path) -> None:
    history = [
        Report(10, 3.0, {"a": 2.0, "b": 1.0}, 0.1, 1.0),
        Report(20, 2.0, {"a": 2.0}, 0.1, 1.0, 0.25, 0.5),
    ]
    losses, recalls = curves(history).axes
    lines = {line.get_label(): line.get_xydata().tolist() for line in losses.lines}  # type: ignore[union-attr]
    assert lines == {"loss": [[10, 3], [20, 2]], "a": [[10, 2], [20, 2]], "b": [[10, 1]]}
    lines = {line.get_label(): line.get_xydata().tolist() for line in recalls.lines}  # type: ignore[union-attr]
    assert lines == {"R@1": [[20, 0.25]], "R@5": [[20, 0.5]]}
    draw_curves(history, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
