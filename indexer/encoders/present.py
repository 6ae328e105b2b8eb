"""Which models are on this machine, found without opening one or asking a network."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from indexer.encoders.base import ENCODERS
from indexer.encoders.clip import CHECKPOINTS, clip_reference
from indexer.encoders.facts import FACTS_NAME, ModelFacts, read_facts
from indexer.encoders.known import KnownModel, Role
from indexer.encoders.precision import in_float
from indexer.encoders.text import sentence_source
from indexer.errors import TriptychError

State = Literal["installed", "exported", "downloaded", "absent"]
_REPO = "models--"


@dataclass(frozen=True, slots=True)
class Presence:
    """Where a model is: inside a package, exported to ONNX, in the hub's cache, or nowhere.

    `size` is in bytes on disk, `place` the folder; a downloaded model is exported when it is
    first used.
    """

    state: State
    size: int = 0
    place: Path | None = None


ABSENT = Presence("absent")


@dataclass(frozen=True, slots=True)
class Export:
    """A model in the cache of exports."""

    folder: Path
    facts: ModelFacts

    @property
    def name(self) -> str:
        """The name settings take; with the encoder before it where that is not the usual one."""
        usual = self.facts.encoder in ("open_clip", "sentence-transformers")
        return self.facts.model if usual else f"{self.facts.encoder}:{self.facts.model}"

    @property
    def role(self) -> Role:
        return "text" if self.facts.image is None else "clip"


class Shelf:
    """The models of this machine, looked up once.

    `cache` is the folder of the settings; the hub's is found as the hub's own library does.
    """

    def __init__(self, cache: Path) -> None:
        self.hub = hub_cache()
        self.exports = {(item.role, item.name): item for item in _exports(cache)}
        self.downloads = dict(_downloads(self.hub))

    def presence(self, model: KnownModel) -> Presence:
        """Where one of the known models is."""
        if not model.hub:
            return _installed(model)
        return self.find(model.role, model.name, model.hub)

    def find(self, role: Role, name: str, hub: str) -> Presence:
        """Where a model from the hub is; `hub` is the name of its weights there."""
        export = self.exports.get((role, name))
        if export:
            return Presence("exported", _size(export.folder), export.folder)
        folder = self.downloads.get(hub)
        return Presence("downloaded", _size(folder), folder) if folder else ABSENT


def hub_cache() -> Path:
    """The folder of downloads.

    Source: huggingface_hub, "Environment variables" (HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME).
    """
    named = os.environ.get("HF_HUB_CACHE")
    if named:
        return Path(named).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{caches}/huggingface"
    return Path(home).expanduser() / "hub"


def downloaded_bytes() -> int:
    """The size of the hub's cache, unfinished files included."""
    return _size(hub_cache())


def _installed(model: KnownModel) -> Presence:
    """What arrives inside a package: its folder, whether or not it was exported yet."""
    try:
        if model.role == "reader":
            spec = importlib.util.find_spec(model.name)
            folder = Path(next(iter(spec.submodule_search_locations or ()))) if spec else None
        elif model.role == "text":
            folder = sentence_source(model.name)
        else:
            folder = clip_reference(model.name).source
    except TriptychError:
        return ABSENT
    return Presence("installed", _size(folder), folder) if folder else ABSENT


def _exports(cache: Path) -> Iterator[Export]:
    """Whole exports, the newest last; those of a folder or file that is gone are of no use."""
    found = (cache.expanduser() / "models").glob(f"*/{FACTS_NAME}")
    for path in sorted(found, key=lambda path: path.stat().st_mtime_ns):
        facts = read_facts(path.parent)
        encodes = facts is not None and facts.encoder in ENCODERS.names()  # else a reranker
        if facts is not None and encodes and _reachable(in_float(facts.model)):
            yield Export(path.parent, facts)


def _reachable(model: str) -> bool:
    local = model.partition("local-dir:")[2] or model.partition("@")[2]
    return not local or Path(local).expanduser().exists()


def _downloads(cache: Path) -> Iterator[tuple[str, Path]]:
    """(hub name, its folder in the cache) of what has weights."""
    for folder in sorted(cache.glob(f"{_REPO}*")):
        snapshots = folder.glob("snapshots/*/**/*")
        if any(path.suffix in CHECKPOINTS and path.exists() for path in snapshots):
            yield folder.name.removeprefix(_REPO).replace("--", "/"), folder


def downloaded_role(folder: Path) -> Role | None:
    """What a folder of the hub's cache can be used as; None where the project has no use for it."""
    if any(folder.glob("snapshots/*/open_clip_config.json")):
        return "clip"
    if any(folder.glob("snapshots/*/modules.json")):
        return "text"
    return None


def downloaded_dim(folder: Path) -> int:
    """The length of a vector, as the configuration in a download says it; 0 where none does."""
    for path in folder.glob("snapshots/*/*config.json"):
        try:
            told = json.loads(path.read_text("utf-8"))
            dim = told["model_cfg"]["embed_dim"] if "model_cfg" in told else told["hidden_size"]
            return int(dim)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return 0


def _size(folder: Path) -> int:
    """Bytes of the files below, each once: the hub's cache links to them from its snapshots."""
    files = (path for path in folder.rglob("*") if not path.is_symlink())
    return sum(path.stat().st_size for path in files if path.is_file())
