"""The training of a sentence model on questions and what answers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from indexer.align.batch import Batch
from indexer.align.curves import draw_curves
from indexer.align.efficient.lora import add_lora, merge_lora
from indexer.align.negatives import KIND, Mined
from indexer.align.objectives.infonce import InfoNCE
from indexer.align.sentence import (
    CARD,
    SentenceTower,
    attention_lora,
    folder_of,
    load_sentence_model,
    made_by,
    save_sentence_model,
)
from indexer.align.settings import TrainingSettings
from indexer.align.trainer import Term, Trainer
from indexer.building.progress import Progress
from indexer.encoders.choose import TEXT_ENCODER
from indexer.encoders.exported import exported
from indexer.encoders.text import sentence_source
from indexer.encoders.tokens import Tokens

CURVES = "curves.png"

RANK = 8
BATCH = 32
EPOCHS = 3
LENGTH = 128
"""Tokens of a text that are trained on: the rest of a passage costs more than it teaches."""

RATE = 5e-4
_TEMPERATURE = 0.05
_REPORTS = 10
_REPORTED = 100
"""Held-out questions that a report measures, at most."""


class Watch(Progress, Protocol):
    """Progress that is told how well it goes, too."""

    def say(self, line: str) -> None:
        """The loss and the recall of held-out questions after some steps."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What is trained: `model` as an index names it, on the questions of `mined` not `held`.

    `questions` and `passages` are texts, in the order of `mined`, without prompts; `held` is
    (n,). `folder` keeps the state of the training, `key` is its name.
    """

    model: str
    questions: list[str]
    passages: list[str]
    mined: Mined
    held: NDArray[np.bool_]
    folder: Path
    key: str

    def settings(self) -> TrainingSettings:
        """Three passes over the questions; on two cores 1,000 of them take under 15 minutes."""
        trained = int((~self.held).sum())
        steps = max(1, round(EPOCHS * trained / min(BATCH, trained)))
        often = max(1, round(steps / _REPORTS))
        return TrainingSettings(
            steps=steps,
            learning_rate=RATE,
            warmup_steps=steps // 10,
            weight_decay=0.01,
            report_every=often,
            checkpoint_every=often,
        )

    def batches(self, first: int, done: Callable[[int], None]) -> Iterator[Batch]:
        """The batches from step `first` on; `done` is told how many steps more are over."""
        numbers = np.flatnonzero(~self.held)
        size = min(BATCH, len(numbers))
        whole = len(numbers) // size
        done(first)
        for step in range(first, self.settings().steps):
            turn, place = divmod(step, whole)
            order = np.random.default_rng(turn).permutation(numbers)
            yield self.mined.batch(order[place * size : (place + 1) * size], turn)
            done(1)

    def reported(self) -> Batch:
        """Held-out questions against what answers them and what is near."""
        numbers = np.flatnonzero(self.held)
        count = min(_REPORTED, len(numbers))
        return self.mined.held_out(numbers[np.linspace(0, len(numbers) - 1, count).astype(int)])


def train(course: Course, into: Path, cache: Path, watch: Watch) -> Path:
    """Train, or go on training, and write the model to `into`; the picture of its curves.

    Raises MissingModel or BadConfig for a model that cannot be trained, CannotWrite.
    """
    source = folder_of(course.model)
    exports, facts = exported(TEXT_ENCODER, course.model, sentence_source(course.model), cache)
    tokens = replace(facts.tokens, max_tokens=min(LENGTH, facts.tokens.max_tokens))
    texts = [facts.query_prompt + text for text in course.questions]
    texts += [facts.passage_prompt + text for text in course.passages]
    model = load_sentence_model(course.model, source)
    settings = course.settings()
    with torch.random.fork_rng([]):
        torch.manual_seed(settings.seed)
        lora = add_lora(model, attention_lora(course.model, model, RANK))
    tower = SentenceTower(model, texts, Tokens(exports, tokens))
    terms = [Term("infonce", InfoNCE(_TEMPERATURE))]
    trainer = Trainer({KIND: tower}, terms, settings, course.folder)
    watch.stage("training", settings.steps)
    history = trainer.fit(
        lambda first: course.batches(first, watch.step), course.reported(), watch.say
    )
    draw_curves(history, course.folder / CURVES)
    if made_by(into) != course.key:
        merge_lora(lora)
        save_sentence_model(model.cpu(), source / CARD, into, course.key)
    return course.folder / CURVES
