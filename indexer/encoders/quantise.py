"""Float graphs → graphs with 8-bit matrices. Runs in the export subprocess only.

Dynamic quantisation of ONNX Runtime: weights as signed 8-bit integers with a scale for each
column, inputs of a matrix as 8-bit integers with a scale of their own at run time
(https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html). One scale
for all columns costs MiniLM .13 of cosine. Weights keep to 7 bits (`reduce_range`), because
sums of two 8-bit products overflow 16 bits on processors with AVX2 or AVX-512 but without
VNNI; so the same file gives the same vectors on either.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from indexer.encoders.clip import IMAGE_BATCH, IMAGE_GRAPH
from indexer.encoders.facts import ModelFacts
from indexer.encoders.pixels import prepare
from indexer.encoders.precision import INT8, in_float
from indexer.encoders.sample import Screens, passages, screens
from indexer.encoders.session import Session
from indexer.encoders.text_tower import BATCH
from indexer.encoders.tokens import Tokens
from indexer.errors import BadConfig
from indexer.records import Vectors

QUANTISER = 1
"""Raised whenever the same float graph would give other 8-bit vectors; in the fingerprint."""

MOST_LOST = 0.01
CUTOFF = 10
PASSAGES = 250
SCREENS = 120
MATRICES = ("MatMul", "Gemm")


@dataclass(frozen=True, slots=True)
class Found:
    """Vectors of questions and of their answers, float32 (n, dim) each, row for row."""

    questions: Vectors
    answers: Vectors

    @property
    def recall(self) -> float:
        """The share of questions with their answer among the nearest ten."""
        scores = self.questions @ self.answers.T
        nearer = ~(scores <= np.diag(scores)[:, None])  # so that what is no number finds nothing
        return float((nearer.sum(axis=1) < CUTOFF).mean())


Encode = Callable[[Path], Found]


def quantise(model: str, folder: Path, facts: ModelFacts) -> ModelFacts:
    """Replace the float graphs in `folder` by 8-bit ones; the facts of the result.

    A tower whose weights are mostly convolutions stays as it is: they would gain nothing.
    Checked is recall@10 of 8-bit against float vectors on the sample of `sample.py`: 250
    English passages for a text tower, 120 drawn screens for an image tower. Real documents
    may fare otherwise; `benchmarks/encoders.py` measures that. Raises BadConfig where recall
    falls by more than .01, or where no tower can be quantised.
    """
    done = [path.name for path in sorted(folder.glob("*.onnx")) if _mostly_matrices(path)]
    if not done:
        raise BadConfig(
            f"{model}: convolutions throughout, which 8 bits do not speed up; use {in_float(model)}"
        )
    for name in done:
        encode = _screens_through(facts) if name == IMAGE_GRAPH else _texts_through(folder, facts)
        before = encode(folder / name)
        _rewrite(folder / name)
        _check(model, name, before, encode(folder / name))
    said = f"{facts.fingerprint}\0{INT8}\0{QUANTISER}\0{','.join(done)}"
    return replace(facts, model=model, fingerprint=hashlib.sha256(said.encode()).hexdigest())


def _check(model: str, name: str, before: Found, after: Found) -> None:
    if round(before.recall - after.recall, 6) > MOST_LOST:
        raise BadConfig(
            f"{model}: with 8 bits its {name} finds less, recall@{CUTOFF} {after.recall:.3f} "
            f"after {before.recall:.3f} on sample questions; use {in_float(model)}"
        )


def _rewrite(path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    made = path.with_suffix(".int8")
    logging.disable(logging.WARNING)  # it advises a preparation that changes nothing here
    try:
        quantize_dynamic(
            path,
            made,
            op_types_to_quantize=list(MATRICES),
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )
    finally:
        logging.disable(logging.NOTSET)
    made.replace(path)


def _mostly_matrices(path: Path) -> bool:
    """Whether a graph's constant matrices hold more weights than its convolutions do."""
    import onnx

    graph: Any = onnx.load(str(path)).graph
    sizes: Mapping[str, int] = {item.name: int(np.prod(item.dims)) for item in graph.initializer}
    kinds = {"Conv": 0, **dict.fromkeys(MATRICES, 0)}
    for node in graph.node:
        if node.op_type in kinds:
            kinds[node.op_type] += sum(sizes.get(name, 0) for name in node.input)
    convolved = kinds.pop("Conv")
    return sum(kinds.values()) > convolved


def _texts_through(folder: Path, facts: ModelFacts) -> Encode:
    questions, answers = passages(PASSAGES)
    tokens = Tokens(folder, facts.tokens)

    def encode(path: Path) -> Found:
        session = Session(path)

        def vectors(texts: Sequence[str], prompt: str) -> Vectors:
            rows = tokens.ids([prompt + text for text in texts])
            made = np.empty((len(rows), facts.dim), dtype=np.float32)
            for positions, feeds in tokens.batches(rows, BATCH):
                made[positions] = session.run(feeds)
            return made

        return Found(vectors(questions, facts.query_prompt), vectors(answers, facts.passage_prompt))

    return encode


def _screens_through(facts: ModelFacts) -> Encode:
    questions, answers = screens(SCREENS)
    image_facts = facts.image
    assert image_facts is not None  # there is an image graph

    def encode(path: Path) -> Found:
        session = Session(path)

        def vectors(images: Screens) -> Vectors:
            made = [
                session.run({"image": prepare(images[start : start + IMAGE_BATCH], image_facts)})
                for start in range(0, len(images), IMAGE_BATCH)
            ]
            return np.concatenate(made)

        return Found(vectors(questions), vectors(answers))

    return encode
