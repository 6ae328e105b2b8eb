from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from indexer.align.average import Average
from indexer.align.batch import Batch, Tower, Views
from indexer.align.checkpoint import load_checkpoint
from indexer.align.history import Report, load_history
from indexer.align.objectives.adversarial import Adversarial
from indexer.align.objectives.infonce import InfoNCE
from indexer.align.recall import recall_at
from indexer.align.settings import TrainingSettings
from indexer.align.trainer import HISTORY_NAME, Term, Trainer
from indexer.errors import BadConfig, BadFile

PAIRS = ("image", "text"), ("text", "text")


class Killed(Exception):
    pass


def batches(first: int) -> Iterator[Batch]:
    """Image-text and text-text batches by turns, each drawn from its step's number."""
    step = first
    while True:
        noise = torch.Generator().manual_seed(step)
        rows = torch.randn(6, 4, generator=noise)
        other = rows + 0.1 * torch.randn(6, 4, generator=noise)
        yield Batch(*PAIRS[step % 2], rows, other)
        step += 1


def killed_at(step: int, first: int) -> Iterator[Batch]:
    for number, batch in enumerate(batches(first), first):
        if number == step:
            raise Killed
        yield batch


def settings(**changes: float) -> TrainingSettings:
    """Seven steps, a checkpoint every third, a report every second."""
    values = {"warmup_steps": 2, "average_decay": 0.9, "checkpoint_every": 3, "report_every": 2}
    return TrainingSettings(7, **(values | changes), device="cpu")  # type: ignore[arg-type]


def trainer(folder: Path, chosen: TrainingSettings | None = None) -> tuple[Trainer, nn.ModuleDict]:
    """Towers with dropout and batch norm, so that random states and buffers matter."""
    torch.manual_seed(5)
    towers = nn.ModuleDict({
        "image": nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 3)),
        "text": nn.Sequential(nn.Dropout(0.2), nn.Linear(4, 3)),
    })  # fmt: skip
    terms = [
        Term("infonce", InfoNCE()),
        Term("adversarial", Adversarial(3, hidden=4), weight=0.1, kinds=PAIRS[0]),
    ]
    return Trainer(dict(towers.items()), terms, chosen or settings(), folder), towers


def same_bits(one: nn.Module, other: nn.Module) -> bool:
    found, wanted = one.state_dict(), other.state_dict()
    return found.keys() == wanted.keys() and all(found[k].equal(wanted[k]) for k in wanted)


def losses(history: list[Report]) -> list[object]:
    return [(r.step, r.loss, r.terms, r.learning_rate, r.recall_1, r.recall_5) for r in history]


@pytest.mark.parametrize("step", [1, 3, 5, 6])
def test_a_killed_training_goes_on_to_the_same_bits(tmp_path: Path, step: int) -> None:
    held_out = next(batches(1000))
    whole, wanted = trainer(tmp_path / "whole")
    history = whole.fit(batches, held_out)
    broken, _ = trainer(tmp_path / "broken")
    with pytest.raises(Killed):
        broken.fit(lambda first: killed_at(step, first), held_out)
    again, found = trainer(tmp_path / "broken")
    resumed: list[int] = []
    again.fit(lambda first: resumed.append(first) or batches(first), held_out)  # type: ignore[func-returns-value]
    assert resumed == [step // 3 * 3]
    assert same_bits(found, wanted)
    assert losses(again.history) == losses(history)
    assert losses(load_history(tmp_path / "broken" / HISTORY_NAME)) == losses(history)


def test_an_early_end_stops_the_schedule_where_it_is(tmp_path: Path) -> None:
    whole, wanted = trainer(tmp_path)
    whole.fit(batches)
    early, found = trainer(tmp_path / "early", settings(until=5))
    assert [report.step for report in early.fit(batches)] == [2, 4, 5]
    assert early.history[-1].learning_rate == settings().rate_at(4)
    late, found = trainer(tmp_path / "early")
    assert [report.step for report in late.fit(batches)] == [2, 4, 5, 6, 7]
    assert same_bits(found, wanted)


@pytest.mark.parametrize(("step", "before"), [(3, None), (6, 3)])
def test_a_kill_while_a_checkpoint_is_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, before: int | None
) -> None:
    whole, wanted = trainer(tmp_path / "whole")
    whole.fit(batches)
    broken, _ = trainer(tmp_path / "broken")
    rename = Path.rename

    def dying(path: Path, target: Path) -> Path:
        if target.name == f"step-{step:08d}":
            raise Killed
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", dying)
        with pytest.raises(Killed):
            broken.fit(batches)
    checkpoint = load_checkpoint(tmp_path / "broken")
    assert (checkpoint and checkpoint.step) == before
    again, found = trainer(tmp_path / "broken")
    again.fit(batches)
    assert same_bits(found, wanted)
    assert sorted(p.name for p in (tmp_path / "broken").iterdir()) == [
        HISTORY_NAME,
        "step-00000007",
    ]


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    first, wanted = trainer(tmp_path)
    history = first.fit(batches)
    again, found = trainer(tmp_path)
    assert again.fit(lambda step: killed_at(step, step)) == history
    assert same_bits(found, wanted)


def test_the_callers_random_numbers_stay_its_own(tmp_path: Path) -> None:
    subject, _ = trainer(tmp_path)
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    subject.fit(batches)
    assert torch.rand(1).equal(expected)
    assert not torch.are_deterministic_algorithms_enabled()


def test_other_settings_or_a_damaged_checkpoint_are_refused(tmp_path: Path) -> None:
    trainer(tmp_path)[0].fit(batches)
    with pytest.raises(BadConfig, match=r"begun with seed 0, not 3; set it back"):
        trainer(tmp_path, settings(seed=3))[0].fit(batches)
    _, towers = trainer(tmp_path)
    less = [Term("infonce", InfoNCE())]
    with pytest.raises(BadConfig, match=r"objective adversarial .* not None"):
        Trainer(dict(towers.items()), less, settings(), tmp_path).fit(batches)
    (tmp_path / "step-00000007" / "weights.safetensors").write_bytes(b"no weights")
    with pytest.raises(BadFile, match="step-00000007: cannot be resumed"):
        trainer(tmp_path)[0].fit(batches)


def test_frozen_towers_and_functions_stay_as_they_are(tmp_path: Path) -> None:
    layer = nn.Linear(4, 3)
    frozen = nn.Sequential(layer, nn.Dropout(0.9)).requires_grad_(False)
    before = layer.weight.clone()
    head = nn.Linear(4, 3, bias=False)
    towers: dict[str, Tower] = {"image": head, "text": frozen, "plain": lambda rows: rows[:, :3]}
    subject = Trainer(towers, [Term("infonce", InfoNCE(1.0))], settings(), tmp_path)
    seen = subject.fit(lambda first: (Batch("image", "text", b.left, b.left) for b in batches(0)))
    assert layer.weight.equal(before)
    checkpoint = load_checkpoint(tmp_path)
    assert checkpoint is not None
    assert sorted(checkpoint.weights) == ["objective_infonce.log_scale", "tower_image.weight"]
    assert seen[-1].loss < seen[0].loss


class Offset(nn.Module):
    """A matrix and a bias that each step pulls down with gradients of 4."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[1.0]]))
        self.bias = nn.Parameter(torch.tensor([1.0]))

    def forward(self, views: Views) -> Tensor:
        return 4 * (self.weight.sum() + self.bias.sum())


def test_adamw_takes_the_step_that_its_paper_says(tmp_path: Path) -> None:
    """Adam's first step is the rate itself; the decay takes rate · decay · matrix beside it."""
    chosen = TrainingSettings(1, learning_rate=0.1, weight_decay=0.5, device="cpu")
    objective = Offset()
    trained = Trainer({}, [Term("offset", objective, weight=0.5)], chosen, tmp_path)
    history = trained.fit(batches)
    assert objective.weight.item() == pytest.approx(1 - 0.1 * 0.5 - 0.1)
    assert objective.bias.item() == pytest.approx(1 - 0.1)
    assert (history[0].loss, history[0].terms) == (4.0, {"offset": 4.0})


def test_gradients_are_clipped_before_adamw_sees_them(tmp_path: Path) -> None:
    """Of gradients 8 and 2 both become 1, so that the second step is the rate too."""
    weight = nn.Parameter(torch.tensor([[1.0]]))
    tower = nn.Module()
    tower.register_parameter("weight", weight)
    chosen = TrainingSettings(2, learning_rate=0.1, final_rate=1.0, weight_decay=0, device="cpu")
    term = Term("shrinking", lambda views: (8 - 12 * views.progress) * weight.sum())
    Trainer({"image": tower}, [term], chosen, tmp_path).fit(batches)
    assert weight.item() == pytest.approx(1 - 0.1 - 0.1)


class Tilt(nn.Module):
    """All inputs become (weight, 0.05)."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[1.0]]))

    def forward(self, rows: Tensor) -> Tensor:
        return torch.cat([self.weight, torch.tensor([[0.05]])], dim=1).expand(len(rows), 2)


def test_averaged_weights_are_measured_and_returned(tmp_path: Path) -> None:
    """One step takes the weight from 1 to 0, its average to 0.1 · 1 + 0.9 · 0."""
    tower = Tilt()
    towers: dict[str, Tower] = {"image": tower, "text": lambda rows: rows}
    chosen = TrainingSettings(1, 1.0, weight_decay=0, average_decay=0.9, device="cpu")
    term = Term("pull", lambda views: tower.weight.sum())
    held_out = Batch("image", "text", torch.ones(1, 1), torch.eye(2), torch.tensor([[True, False]]))
    history = Trainer(towers, [term], chosen, tmp_path).fit(batches, held_out)
    assert tower.weight.item() == pytest.approx(0.1)
    assert history[0].recall_1 == 1.0


def test_the_rate_warms_up_and_decays_as_a_cosine() -> None:
    chosen = TrainingSettings(6, learning_rate=0.8, warmup_steps=2, final_rate=0.25)
    assert [chosen.rate_at(step) for step in range(7)] == pytest.approx([
        0.4, 0.8, 0.8, 0.2 + 0.3 * (1 + math.sqrt(0.5)), 0.5, 0.2 + 0.3 * (1 - math.sqrt(0.5)), 0.2
    ])  # fmt: skip


def test_settings_out_of_range_are_named() -> None:
    with pytest.raises(BadConfig, match="warmup_steps is 7; it must be less than steps"):
        settings(warmup_steps=7)
    with pytest.raises(BadConfig, match=r"average_decay is 1\.0"):
        settings(average_decay=1.0)


def test_the_average_forgets_the_first_weights_soon() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 0.0)
    average = Average(model, decay=0.5)
    nn.init.constant_(model.weight, 10.0)
    average.update(0)
    assert average.weights["weight"].item() == pytest.approx(9.0)
    average.update(100)
    assert average.weights["weight"].item() == pytest.approx(9.5)
    with average.installed():
        assert model.weight.item() == pytest.approx(9.5)
    assert model.weight.item() == 10.0


def test_recall_counts_ties_as_misses() -> None:
    left = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    right = torch.tensor([[1.0, 0.0], [0.6, 0.8], [1.0, 0.0]])
    assert recall_at(left, right, torch.eye(3, dtype=torch.bool), (1, 2)) == pytest.approx(
        [1 / 3, 1]
    )
    alike = torch.tensor([[1, 0, 1], [0, 1, 0], [1, 0, 1]]).bool()
    assert recall_at(left, right, alike, (1,)) == [1.0]
    collapsed = torch.ones(6, 2)
    assert recall_at(collapsed, collapsed, torch.eye(6, dtype=torch.bool), (1, 5)) == [0, 0]


def test_a_training_that_cannot_go_on_says_why(tmp_path: Path) -> None:
    few = [Batch("image", "text", torch.zeros(2, 4), torch.ones(2, 4))]
    subject, towers = trainer(tmp_path / "few")
    with pytest.raises(BadConfig, match="batches ended after 1 of 7 steps"):
        subject.fit(lambda first: few)
    with pytest.raises(BadConfig, match="held_out has no pairs"):
        subject.fit(batches, Batch("image", "text", few[0].left[:0], few[0].right[:0]))
    with pytest.raises(BadConfig, match="no tower for 'audio' batches; there are: image, text"):
        subject.fit(lambda first: [Batch("audio", "text", few[0].left, few[0].right)])
    with pytest.raises(BadConfig, match=r"the loss is nan at step 0 with learning_rate 0\.001"):
        subject.fit(lambda first: [Batch("text", "text", few[0].left * math.nan, few[0].right)])
    only = [Term("adversarial", Adversarial(3), kinds=PAIRS[0])]
    with pytest.raises(BadConfig, match="no objective is for text-text batches"):
        Trainer(dict(towers.items()), only, settings(), tmp_path / "kinds").fit(
            lambda first: [Batch("text", "text", few[0].left, few[0].right)]
        )
    with pytest.raises(BadConfig, match="no weight to train in image"):
        Trainer({"image": lambda rows: rows}, [], settings(), tmp_path / "none")


def test_held_out_recall_takes_each_right_item_once(tmp_path: Path) -> None:
    """Three lefts, two rights: the second left is nearer to the wrong one."""
    towers: dict[str, Tower] = {"image": lambda rows: rows, "text": lambda rows: rows}
    left = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    same = torch.tensor([[True, False], [False, True], [False, True]])
    held_out = Batch("image", "text", left, torch.eye(2), same)
    subject = Trainer(towers, [Term("offset", Offset())], settings(), tmp_path)
    last = subject.fit(batches, held_out)[-1]
    assert last.recall_1 == pytest.approx(2 / 3)
    assert last.recall_5 == 1.0
