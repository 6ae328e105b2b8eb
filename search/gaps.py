"""The questions that the manuals do not answer, clustered and named."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from indexer.encoders.base import Encoder
from indexer.errors import BadQuery
from indexer.records import Filter, Kind
from search.matters import CHARACTERS, Question, matters
from search.query import Query
from search.supported import Supported

_MANUALS = Filter("kind", "=", str(Kind.MANUAL))


class Rates(Protocol):
    """What rates the evidence for a question: `search.engine.Engine`."""

    def supported(self, query: Query) -> list[Supported]: ...


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question without an answer, the page likeliest to have one, and how likely, in [0, 1]."""

    question: Question
    confidence: float
    document: str
    title: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions of one matter. `words` name it; `central` is the most typical of them."""

    words: tuple[str, ...]
    central: Unanswered
    questions: tuple[Unanswered, ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """How many questions were asked, how many the manuals answer, and the rest in clusters."""

    asked: int
    answered: int
    clusters: tuple[Gap, ...]

    @property
    def unanswered(self) -> int:
        return self.asked - self.answered


def find_gaps(
    questions: Sequence[Question],
    engine: Rates,
    encoder: Encoder,
    evidence: float,
    step: Callable[[], None],
) -> Gaps:
    """Ask the manuals every question; cluster those of less confidence than `evidence`.

    Clusters come largest first, the questions of each as they were given. `step` is called
    after each question. Raises BadQuery where there is no question.
    """
    if not questions:
        raise BadQuery("no questions: the index holds no tickets; give --questions FILE.jsonl")
    answered: list[str] = []
    left: list[Unanswered] = []
    for question in questions:
        best = _best(engine, question)
        if best.confidence >= evidence:
            answered.append(question.text)
        else:
            left.append(best)
        step()
    gaps = [
        Gap(matter.words, left[matter.central], tuple(left[row] for row in matter.rows))
        for matter in matters([one.question for one in left], encoder, answered)
    ]
    return Gaps(len(questions), len(answered), tuple(gaps))


def read_questions(path: Path) -> list[Question]:
    """The questions of a JSONL file, lines `{"id"?, "text"}`; other keys are left alone.

    Lines without text, which ask with an image or sound, are left out. Raises BadQuery naming
    the line at fault, or when no question is left.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadQuery(f"{path}: cannot be read: {error}") from error
    found = [_parse(line, number, path) for number, line in enumerate(lines, 1) if line.strip()]
    questions = [question for question in found if question.text.strip()]
    if not questions:
        raise BadQuery(f"{path}: holds no line with a text")
    return questions


def _parse(line: str, number: int, path: Path) -> Question:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise BadQuery(f"{path}: line {number}: not JSON: {error}") from error
    text = data.get("text", "") if isinstance(data, dict) else None
    if not isinstance(text, str):
        raise BadQuery(f"{path}: line {number}: no object with a 'text'")
    return Question(str(data.get("id", number)), text)


def _best(engine: Rates, question: Question) -> Unanswered:
    """The page of the manuals that is likeliest to answer a question; none is 0 likely."""
    asked = Query(question.text[:CHARACTERS], filters=(_MANUALS,))
    best = max(engine.supported(asked), key=lambda one: one.confidence, default=None)
    if best is None:
        return Unanswered(question, 0.0, "", "")
    return Unanswered(question, best.confidence, best.said.document, best.said.title)
