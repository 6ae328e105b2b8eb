"""Trains towers on batches of pairs: resumable, and the same numbers every time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexer.align.average import Average
from indexer.align.batch import Batch, Tower, Views
from indexer.align.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from indexer.align.history import Report, Tally, reports_of, save_history
from indexer.align.objectives.base import Objective
from indexer.align.randomness import random_states, seeded, set_random_states
from indexer.align.recall import recall_at
from indexer.align.settings import TrainingSettings
from indexer.align.weights import gather, optimizer_of, set_training, stored
from indexer.errors import BadConfig

HISTORY_NAME = "history.json"
_SLICE = 256
"""Held-out items encoded at once."""

Batches = Callable[[int], Iterable[Batch]]
"""First step → the batches from that step on; a step's batch must depend on its number alone."""


@dataclass(frozen=True, slots=True)
class Term:
    """An objective and its weight. `kinds` restricts it to batches of (left kind, right kind)."""

    name: str
    objective: Objective
    weight: float = 1.0
    kinds: tuple[str, str] | None = None


class Trainer:
    """Minimises a weighted sum of objectives over batches of pairs.

    `towers` maps the kinds of batches to their encoders, vectors (n, d) of one length; modules
    with weights that require a gradient are trained, in place. On a GPU towers run in bfloat16.
    `folder` keeps the checkpoint and `history.json`; where it has a checkpoint already, training
    goes on from there and, on the same machine's CPU, ends with the same bits as without the
    interruption. The towers' and objectives' first weights are the caller's to seed.
    Raises BadConfig when there is nothing to train.
    """

    def __init__(
        self,
        towers: Mapping[str, Tower],
        terms: Sequence[Term],
        settings: TrainingSettings,
        folder: Path,
    ) -> None:
        self.settings = settings
        self.folder = folder
        self.history: list[Report] = []
        self._terms = terms
        self._device = torch.device(
            settings.device or ("cuda" if torch.cuda.is_available() else "cpu")
        )
        self._towers = towers
        self._model = gather(towers, {term.name: term.objective for term in terms}).to(self._device)
        self._optimizer = optimizer_of(self._model, settings)
        decay = settings.average_decay
        self._average = Average(self._model, decay) if decay else None
        self._tally = Tally()

    def fit(
        self,
        batches: Batches,
        held_out: Batch | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> list[Report]:
        """Train to the last step; the reports, one line of each to `say`.

        Held-out pairs are never trained on; their recall is measured at every report. There
        `right` may be of another length m and `same` (n, m): give each right item once. The
        towers are left in evaluation mode with the trained weights, averaged ones if asked for.
        Raises BadConfig for no held-out pairs, for batches that end early or that no tower or
        objective takes, for a loss that is not finite, or for a checkpoint made with other
        settings; BadFile for a checkpoint that cannot be read.
        """
        if held_out and not len(held_out.left):
            raise BadConfig("held_out has no pairs; give some, or None")
        with seeded(self.settings.seed, self._device):
            first = self._resume()
            self._run(batches, first, held_out, say)
        if self._average:
            self._average.install()
        self._model.eval()
        return self.history

    def _run(
        self, batches: Batches, first: int, held_out: Batch | None, say: Callable[[str], None]
    ) -> None:
        last = self.settings.last
        source = iter(batches(first)) if first < last else iter(())
        items, clock = 0, perf_counter()
        for step in range(first, last):
            batch = next(source, None)
            if batch is None:
                raise BadConfig(f"batches ended after {step} of {last} steps; give more batches")
            self._tally.add(self._step(step, batch.to(self._device)))
            items += len(batch.left)
            done = step + 1
            if done % self.settings.report_every == 0 or done == last:
                report = self._report(done, items / (perf_counter() - clock), held_out)
                self.history.append(report)
                save_history(self.history, self.folder / HISTORY_NAME)
                say(report.line(last))
                items, clock = 0, perf_counter()
            if done % self.settings.checkpoint_every == 0 or done == last:
                self._save(done)

    def _step(self, step: int, batch: Batch) -> dict[str, float]:
        """One update; each term's weighted loss."""
        set_training(self._model)
        for group in self._optimizer.param_groups:
            group["lr"] = self.settings.rate_at(step)
        losses = self._losses(Views(batch, self._encode, step / self.settings.steps))
        total = torch.stack(list(losses.values())).sum()
        if not math.isfinite(total.detach().item()):
            raise BadConfig(
                f"the loss is {total.detach().item()} at step {step} with learning_rate "
                f"{self.settings.learning_rate}; lower it"
            )
        if not total.requires_grad:
            kinds = "-".join(batch.kinds)
            raise BadConfig(f"nothing to train on {kinds} batches; unfreeze a tower")
        self._optimizer.zero_grad()
        torch.autograd.backward(total)
        nn.utils.clip_grad_norm_(self._model.parameters(), self.settings.clip_norm)
        self._optimizer.step()
        if self._average:
            self._average.update(step)
        return {name: loss.detach().item() for name, loss in losses.items()}

    def _losses(self, views: Views) -> dict[str, Tensor]:
        kinds = views.batch.kinds
        losses = {
            term.name: term.weight * term.objective(views)
            for term in self._terms
            if term.kinds is None or term.kinds == kinds
        }
        if not losses:
            raise BadConfig(f"no objective is for {'-'.join(kinds)} batches; add one, or drop them")
        return losses

    def _encode(self, kind: str, inputs: Tensor) -> Tensor:
        try:
            tower = self._towers[kind]
        except KeyError:
            known = ", ".join(sorted(self._towers))
            raise BadConfig(f"no tower for {kind!r} batches; there are: {known}") from None
        half = self._device.type == "cuda"
        with torch.autocast(self._device.type, torch.bfloat16, enabled=half):
            return tower(inputs)

    def _report(self, step: int, speed: float, held_out: Batch | None) -> Report:
        loss, terms = self._tally.means()
        self._tally = Tally()
        recalls = self._recalls(held_out) if held_out else (None, None)
        return Report(step, loss, terms, self.settings.rate_at(step - 1), speed, *recalls)

    @torch.no_grad()
    def _recalls(self, held_out: Batch) -> tuple[float, float]:
        self._model.eval()
        with self._average.installed() if self._average else nullcontext():
            left, right = (
                torch.cat([self._unit(kind, part) for part in torch.split(inputs, _SLICE)])
                for kind, inputs in (
                    (held_out.left_kind, held_out.left),
                    (held_out.right_kind, held_out.right),
                )
            )
        same = Views(held_out, self._encode, 1).same.to(left.device)
        first, fifth = recall_at(left, right, same, (1, 5))
        return first, fifth

    def _unit(self, kind: str, inputs: Tensor) -> Tensor:
        return F.normalize(self._encode(kind, inputs.to(self._device)).float(), dim=-1)

    def _save(self, step: int) -> None:
        state = {
            "identity": self._identity(),
            "history": [asdict(report) for report in self.history],
            "tally": asdict(self._tally),
        }
        checkpoint = Checkpoint(
            step,
            dict(stored(self._model)),
            self._average.weights if self._average else {},
            self._optimizer.state_dict(),
            random_states(self._device),
            state,
        )
        save_checkpoint(self.folder, checkpoint)

    @torch.no_grad()
    def _resume(self) -> int:
        """Take up the checkpoint, if there is one; the number of steps done."""
        self.folder.mkdir(parents=True, exist_ok=True)
        checkpoint = load_checkpoint(self.folder)
        if checkpoint is None:
            return 0
        self._compare(checkpoint)
        for name, tensor in stored(self._model):
            tensor.copy_(checkpoint.weights[name])
        if self._average:
            self._average.restore(checkpoint.average)
        self._optimizer.load_state_dict(checkpoint.optimizer)
        set_random_states(checkpoint.random, self._device)
        self.history = reports_of(checkpoint.state["history"])
        self._tally = Tally(**checkpoint.state["tally"])
        return checkpoint.step

    def _compare(self, checkpoint: Checkpoint) -> None:
        found, wanted = checkpoint.state["identity"], self._identity()
        for name in sorted(found.keys() | wanted.keys()):
            if found.get(name) != wanted.get(name):
                raise BadConfig(
                    f"{self.folder} was begun with {name} {found.get(name)}, "
                    f"not {wanted.get(name)}; set it back, or use another folder"
                )

    def _identity(self) -> dict[str, object]:
        """What must stay the same for a training to go on; device, pauses and end may change."""
        identity: dict[str, object] = asdict(self.settings)
        for free in ("device", "until", "report_every", "checkpoint_every"):
            del identity[free]
        for term in self._terms:
            facts = [type(term.objective).__name__, term.weight, list(term.kinds or ())]
            identity[f"objective {term.name}"] = [*facts, _plain_facts(term.objective)]
        for name, tensor in stored(self._model):
            identity[f"weight {name}"] = list(tensor.shape)
        return identity


def _plain_facts(objective: Objective) -> dict[str, object]:
    """The settings an objective was built with: a margin, a patch."""
    facts = getattr(objective, "__dict__", {})
    return {
        name: value
        for name, value in facts.items()
        if isinstance(value, (int, float, str)) and name != "training" and name[0] != "_"
    }
