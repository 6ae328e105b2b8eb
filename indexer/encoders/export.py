"""Exports one model to ONNX: `python -m indexer.encoders.export ENCODER MODEL FOLDER`.

Runs in a process of its own, so that those that serve and index never import torch. The
folder appears whole or not at all. What is wrong with a model is said in one line of JSON
on standard output, with exit code 3.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from indexer.encoders.exported import REFUSED
from indexer.encoders.facts import FACTS_NAME, ModelFacts, write_facts
from indexer.encoders.precision import in_float, is_int8
from indexer.encoders.refusal import explain
from indexer.registry import Registry

Exporter = Callable[[str, Path], ModelFacts]
"""(model reference, empty folder) → facts; fills the folder."""

EXPORTERS: Registry[Exporter] = Registry("exporter")
EXPORTERS.register("sentence-transformers", "indexer.encoders.export_text:export_sentence_model")
EXPORTERS.register("open_clip", "indexer.encoders.export_clip:export_clip_model")
EXPORTERS.register("chinese-clip", "indexer.encoders.export_chinese_clip:export_chinese_clip")
EXPORTERS.register("flava", "indexer.encoders.export_flava:export_flava")
EXPORTERS.register("cross-encoder", "indexer.rerankers.export_cross_encoder:export_cross_encoder")
EXPORTERS.register("blip-itm", "indexer.rerankers.export_blip_itm:export_blip_itm")
EXPORTERS.register("flava-itm", "indexer.rerankers.export_flava_itm:export_flava_itm")
EXPORTERS.register("vilt", "indexer.rerankers.export_vilt:export_vilt")

ARGUMENTS = 3


def export(encoder: str, model: str, folder: Path) -> None:
    """Write the export of `model` to `folder`. Raises MissingModel, BadConfig, UnknownName."""
    exporter = EXPORTERS.get(encoder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        facts = exporter(in_float(model), work)
        if is_int8(model):
            from indexer.encoders.quantise import quantise

            facts = quantise(model, work, facts)
        sizes = {path.name: path.stat().st_size for path in sorted(work.iterdir())}
        write_facts(work, replace(facts, files=sizes))
        for path in work.iterdir():
            _sync(path)
        _publish(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _publish(work: Path, folder: Path) -> None:
    """Rename into place; another process that was faster wins."""
    work.chmod(0o755)
    try:
        work.rename(folder)
    except OSError:
        if not (folder / FACTS_NAME).is_file():
            raise


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    if len(arguments) != ARGUMENTS:
        sys.stderr.write("usage: python -m indexer.encoders.export ENCODER MODEL FOLDER\n")
        return 2
    encoder, model, folder = arguments
    warnings.simplefilter("ignore")
    try:
        export(encoder, model, Path(folder))
    except Exception as error:
        known = explain(model, error)
        told = {"error": type(known).__name__, "message": str(known)}
        sys.stdout.write("\n" + json.dumps(told) + "\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
