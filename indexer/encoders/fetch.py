"""Brings a model onto this machine: downloaded where needed, exported, ready without a network."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.config import Settings
from indexer.encoders.base import ENCODERS
from indexer.encoders.choose import canonical, clip_encoder, text_encoder
from indexer.encoders.clip import clip_reference
from indexer.encoders.facts import ModelFacts
from indexer.encoders.known import Role, full_name, known_model
from indexer.encoders.precision import in_float
from indexer.encoders.present import Shelf
from indexer.encoders.refusal import unreachable
from indexer.encoders.source import HUB_NAME, HUB_PREFIX, LOCAL_PREFIX, source_key
from indexer.errors import BadConfig, MissingModel


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model that is ready: its export, and whether that was made just now."""

    name: str
    role: Role
    folder: Path
    facts: ModelFacts
    fresh: bool

    @property
    def size(self) -> int:
        """Bytes of the export."""
        return sum(self.facts.files.values())

    @property
    def portable(self) -> bool:
        """Whether the cache of another machine can take the folder as it is.

        It cannot where the folder's name depends on files of this machine.
        """
        return self.folder.name == source_key(self.facts.encoder, self.facts.model, None)


def fetch(name: str, settings: Settings) -> Fetched:
    """Download and export a model once. Touches no network where it is here or `offline` is set.

    Raises MissingModel when it cannot be had, with the command that would get it, BadConfig
    when it is no model for a space.
    """
    name, role = full_name(name), role_of(full_name(name))
    if role == "reader":
        raise BadConfig(f"{name}: comes with its Python package; there is nothing to fetch")
    before = _found(name, role, settings)
    if before and before.portable:
        return before
    if settings.offline:
        _refuse_absent(name, role, Shelf(settings.cache))
    wanted = settings.models.model_copy(update={role: name})
    encode = text_encoder if role == "text" else clip_encoder
    encode(settings.model_copy(update={"models": wanted}))
    made = _found(name, role, settings)
    if made is None:
        raise MissingModel(f"{name}: its encoder keeps no export; it can be used as it is")
    fresh = before is None or before.folder != made.folder
    return replace(made, fresh=fresh)


def _found(name: str, role: Role, settings: Settings) -> Fetched | None:
    prefix, model = canonical(name)
    known_as = f"{prefix}:{model}" if prefix else model
    export = Shelf(settings.cache).exports.get((role, known_as))
    return Fetched(name, role, export.folder, export.facts, False) if export else None


def role_of(name: str) -> Role:
    """What a model is for, told by its name: a known one, one that open_clip knows, or text."""
    name = in_float(name)
    known = known_model(name)
    if known:
        return known.role
    prefix = name.partition(":")[0]
    if prefix in ENCODERS.names():
        return "text" if prefix == "sentence-transformers" else "clip"
    if name.startswith(LOCAL_PREFIX):
        folder = Path(name.removeprefix(LOCAL_PREFIX)).expanduser()
        return "clip" if (folder / "open_clip_config.json").is_file() else "text"
    architecture = name.partition("@")[0] if "@" in name else name.rpartition("/")[0]
    return "clip" if name.startswith(HUB_PREFIX) or _architecture(architecture) else "text"


def _architecture(name: str) -> bool:
    """Whether open_clip has a configuration of that name; found without importing it."""
    spec = importlib.util.find_spec("open_clip")
    places = spec.submodule_search_locations if spec else None
    folder = Path(next(iter(places))) / "model_configs" if places else None
    return bool(name and folder and (folder / f"{name.replace('/', '-')}.json").is_file())


def _refuse_absent(name: str, role: Role, shelf: Shelf) -> None:
    """Say at once what the exporter would find out after a while."""
    plain = in_float(name)
    known = known_model(plain)
    hub = known.hub if known else _hub_of(plain, role)
    if hub and hub not in shelf.downloads:
        raise MissingModel(unreachable(name, hub, offline=True))


def _hub_of(name: str, role: Role) -> str:
    """The name of the weights on the hub; empty where only open_clip could say, or none is."""
    if role == "clip":
        return clip_reference(name).hub if name.startswith(HUB_PREFIX) else ""
    if not HUB_NAME.fullmatch(name):
        return ""
    return name if "/" in name else f"sentence-transformers/{name}"
