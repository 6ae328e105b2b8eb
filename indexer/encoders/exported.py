"""Exported models in the cache: found there, or exported once by a subprocess."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import indexer
from indexer import errors
from indexer.encoders.facts import ModelFacts, read_facts
from indexer.encoders.source import source_key
from indexer.errors import MissingModel, TriptychError

REFUSED = 3
"""Exit code of the exporter when it explained what is wrong."""

_LOG = logging.getLogger(__name__)
_ABANDONED_AFTER = 3600.0


def exported(encoder: str, model: str, source: Path | None, cache: Path) -> tuple[Path, ModelFacts]:
    """The folder of an exported model and its facts; exports it first where it is absent.

    `source` is the model's folder or file, None for a model from the hub. torch runs in a
    subprocess only. Raises MissingModel or BadConfig.
    """
    folder = cache.expanduser().absolute() / "models" / source_key(encoder, model, source)
    facts = read_facts(folder)
    if facts is None:
        with _alone(folder):
            facts = read_facts(folder) or _export(encoder, model, folder)
    return folder, facts


def _export(encoder: str, model: str, folder: Path) -> ModelFacts:
    _LOG.info("exporting %s to ONNX, once (usually 10 to 30 seconds, minutes with +int8)", model)
    began = time.monotonic()
    _sweep(folder)
    command = [sys.executable, "-P", "-m", "indexer.encoders.export", encoder, model, str(folder)]
    run = subprocess.run(
        command, capture_output=True, text=True, errors="replace", env=environment(), check=False
    )
    if run.returncode:
        raise _failure(model, run)
    facts = read_facts(folder)
    if facts is None:
        raise MissingModel(f"{model}: the export in {folder} is damaged; is the disk full?")
    _LOG.info("exported %s in %.0f s", model, time.monotonic() - began)
    return facts


def _failure(model: str, run: subprocess.CompletedProcess[str]) -> TriptychError:
    """What the exporter said, as the error it meant."""
    if run.returncode == REFUSED:
        told = json.loads(run.stdout.splitlines()[-1])
        kind: type[TriptychError] = getattr(errors, told["error"])
        return kind(told["message"])
    if run.returncode < 0:
        why = f"killed by signal {-run.returncode}; is there enough memory?"
    else:
        lines = [line for line in run.stderr.splitlines() if line.strip()]
        why = lines[-1].strip() if lines else f"exit code {run.returncode}"
    return MissingModel(f"{model}: export failed: {why}")


def environment() -> dict[str, str]:
    """Of a subprocess that loads models: it finds this package wherever it was started, is quiet.

    HF_HUB_OFFLINE is inherited: where it is set, nothing there asks a network.
    """
    home = str(Path(indexer.__file__).resolve().parent.parent)
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }


def _sweep(folder: Path) -> None:
    """Remove a damaged export and what killed exports of this model left behind."""
    if folder.exists():
        doomed = folder.with_name(f".{folder.name}.{os.getpid()}.old")
        folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    for left in folder.parent.glob(f".{folder.name}.*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_AFTER:
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One export of a model at a time; the lock goes with its process."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = (folder.parent / f"{folder.name}.lock").open("w")
    except OSError as error:
        raise MissingModel(f"{folder.parent}: cannot write the model cache: {error}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
