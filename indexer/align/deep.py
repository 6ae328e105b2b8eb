"""Training the sentence model of an index on its questions, where that finds more."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_data_path
from pydantic import JsonValue

from indexer.adapter import Adapter, Memory, write_adapter
from indexer.align import course as courses
from indexer.align.course import Course, Watch, train
from indexer.align.examples import Examples, examples_of
from indexer.align.lesson import Lesson, check_right, read_lesson
from indexer.align.matter import matters
from indexer.align.metric import nearest_right
from indexer.align.negatives import mine
from indexer.align.pairs import Pair
from indexer.align.pool import Pool, nearby
from indexer.align.sentence import check_trainable, made_by
from indexer.align.trial import FOLDS, Change, compare, folds, gained, ranks
from indexer.align.tune import changes_json
from indexer.building.build import rebuild
from indexer.building.facts import BuildResult
from indexer.building.progress import Progress
from indexer.cache import Cache, content_key
from indexer.config import Settings
from indexer.encoders.cached import CachedEncoder
from indexer.encoders.choose import encoder_of
from indexer.encoders.source import LOCAL_PREFIX
from indexer.encoders.text import SentenceEncoder
from indexer.errors import BadQuery
from indexer.lanes import TEXT
from indexer.records import Vectors
from indexer.store.index import Index

FEWEST = 30
"""Matters below which those held out, a fifth, could not show a gain beyond chance."""

_ENCODED = 256
"""Passages encoded between two steps of progress."""


@dataclass(frozen=True, slots=True)
class Deepening:
    """What came of it on the questions held out, and where the model is.

    `matters` counts what hangs together, by document or group; a fifth is held out. `cosine`
    is the mean similarity of questions and what answers them, before and after. `model` is a
    sentence-transformers folder, None where it was removed again; `curves` is a PNG.
    `left_out` counts pairs in a language that the encoder does not read.
    """

    pairs: int
    held_out: int
    matters: int
    left_out: int
    changes: Mapping[str, Change]
    cosine: tuple[float, float]
    model: Path | None
    curves: Path
    helps: bool


def deepen(
    root: Path, file: Path, settings: Settings, into: Path | None, watch: Watch
) -> Deepening:
    """Train the index's sentence model on the pairs in `file`, and measure what that gains.

    LoRA (arXiv 2106.09685) on the matrices of attention, by symmetric InfoNCE in batches with
    hard negatives; a fifth of the pairs is held out, whose documents no other pair is about.
    The index is only read. A training that was killed goes on where it was: the cache keeps
    it, by what it is made of. The model goes to `into`, or to the user's data folder and stays
    there only if it helps (see `gained`).

    Raises BadQuery for pairs that cannot be used or a folder that is taken, IndexMismatch,
    MissingModel or BadConfig for a model that cannot be trained, and what opening an index
    raises; all of these before any training. CannotWrite.
    """
    lesson = read_lesson(root, file)
    _check_enough(file, len(lesson.pairs), len({pair.group for pair in lesson.pairs}), 0)
    check_trainable(root, lesson.space)
    key = _key(lesson)
    name = f"{root.resolve().name}-{key[:12]}"
    model = (into or user_data_path("triptych") / "models" / name).absolute()
    _check_free(model, key)
    encoder = encoder_of(lesson.space, settings, root)
    kept = lesson.understood(encoder.languages)
    left_out = len(lesson.pairs) - len(kept)
    queries = encoder.encode_queries([pair.text for pair in kept])
    examples = examples_of(kept, queries, lesson.pool)
    check_right(file, kept, examples)
    matter = matters(examples, lesson.pool)
    _check_enough(file, len(kept), len(np.unique(matter)), left_out)
    held = folds(matter) == FOLDS - 1  # a matter too large for a fifth is in a fold before it
    course = Course(
        lesson.space.model,
        [pair.text for pair in kept],
        lesson.passages(),
        mine(examples, lesson.pool),
        held,
        settings.cache / "tuning" / key[:16],
        key,
    )
    curves = train(course, model, settings.cache, watch)
    tested = [pair for pair, out in zip(kept, held, strict=True) if out]
    trial = _Trial(tested, queries[held], course.passages, lesson.pool)
    changes, cosine = trial.measure(model, matter[held], settings, watch)
    helps = gained(changes)
    if not helps and into is None:
        shutil.rmtree(model)
    counts = len(kept), len(tested), len(np.unique(matter)), left_out
    kept_at = model if helps or into else None
    return Deepening(*counts, changes, cosine, kept_at, curves, helps)


def install(root: Path, result: Deepening, settings: Settings, progress: Progress) -> BuildResult:
    """Encode the index anew with the model trained, as the next generation.

    The one that is live serves meanwhile. An adapter of the old vectors gives way to one that
    leaves questions where they are and their scores on the scale that evidence for an answer
    is calibrated on. Raises as `rebuild` does.
    """
    named = {"text": f"{LOCAL_PREFIX}{result.model}"}
    models = settings.models.model_copy(update=named)
    built = rebuild(root, settings.model_copy(update={"models": models}), progress)
    with Index.open(root) as index:
        space = index.spaces[TEXT]
    before, after = result.cosine
    scale = before / after if min(before, after) > 0 else 1.0
    still = np.zeros((space.dim, space.dim), np.float32)
    figures: dict[str, JsonValue] = {"pairs": result.pairs, "deep": changes_json(result.changes)}
    none = Memory.none(space.dim)
    write_adapter(root, Adapter(TEXT, space.fingerprint, still, still[0], none, scale, figures))
    return built


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """Held-out `pairs` with their untuned `queries` (n, dim), against all `passages`."""

    pairs: Sequence[Pair]
    queries: Vectors
    passages: Sequence[str]
    pool: Pool

    def measure(
        self, model: Path, matter: NDArray[np.int64], settings: Settings, progress: Progress
    ) -> tuple[dict[str, Change], tuple[float, float]]:
        """Ranks before and after, by the model as it would be served; and the mean cosines.

        Vectors stay in the cache, where a rebuild of the index finds them.
        """
        needed = {name for pair in self.pairs for name in pair.relevant}
        near = nearby(self.pool, self.queries, needed)
        pool = self.pool.subset(near)
        texts = [text for text, wanted in zip(self.passages, near, strict=True) if wanted]
        tuned = SentenceEncoder(f"{LOCAL_PREFIX}{model}", settings.cache, settings.threads)
        queries = tuned.encode_queries([pair.text for pair in self.pairs])
        progress.stage("measuring", len(texts))
        parts: list[Vectors] = []
        with closing(Cache(settings.cache)) as cache:
            encoder = CachedEncoder(tuned, cache)
            for start in range(0, len(texts), _ENCODED):
                parts.append(encoder.texts(texts[start : start + _ENCODED]))
                progress.step(len(parts[-1]))
        tuned_pool = replace(pool, vectors=np.concatenate(parts))
        before = examples_of(self.pairs, self.queries, pool)
        after = replace(before, queries=queries)
        changes = compare(
            ranks(self.queries, before, pool), ranks(queries, after, tuned_pool), matter
        )
        return changes, (_cosine(before, pool), _cosine(after, tuned_pool))


def _cosine(examples: Examples, pool: Pool) -> float:
    return float(np.einsum("nd,nd->n", examples.queries, nearest_right(examples, pool)).mean())


def _key(lesson: Lesson) -> str:
    """Everything that decides the weights: model, pairs, passages and the way of training."""
    pairs = [[p.text, p.relevant, sorted(p.exclude), p.group] for p in lesson.pairs]
    passages = content_key("\0".join(lesson.passages()))
    way = [courses.RANK, courses.BATCH, courses.EPOCHS, courses.LENGTH, courses.RATE]
    return content_key(json.dumps([lesson.space.fingerprint, pairs, passages, way]))


def _check_free(model: Path, key: str) -> None:
    if model.exists() and made_by(model) != key and (model.is_file() or any(model.iterdir())):
        raise BadQuery(f"{model}: not empty; name another folder with --into")


def _check_enough(file: Path, pairs: int, matters: int, left_out: int) -> None:
    if matters >= FEWEST:
        return
    foreign = f" ({left_out:,} more in a language the encoder does not read)" if left_out else ""
    raise BadQuery(
        f"{file}: {pairs:,} pairs{foreign} about {matters:,} different matters (by document or "
        f"group); training takes {FEWEST}, as a fifth is held out to tell a gain from chance"
    )
