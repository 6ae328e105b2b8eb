"""The models to choose from: those to recommend, those on this machine, those open_clip knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.encoders.catalogue import catalogue
from indexer.encoders.known import KNOWN, KnownModel, Published, Role, known_model
from indexer.encoders.present import Presence, Shelf, downloaded_dim, downloaded_role


@dataclass(frozen=True, slots=True)
class Choice:
    """A model under the name that settings take.

    `dim` is the length of a vector and `download` about the bytes to fetch; 0 where there is
    none or nobody has said. `context` (tokens) and `image` (height, width in pixels) are given
    for what open_clip lists.
    """

    name: str
    role: Role
    presence: Presence
    dim: int = 0
    download: int = 0
    languages: tuple[str, ...] = ()
    licence: str = ""
    published: Published | None = None
    context: int = 0
    image: tuple[int, int] | None = None


def recommended(cache: Path) -> list[Choice]:
    """What to recommend, then whatever else this machine has, in the order of roles and names.

    `cache` is the folder of the settings.
    """
    shelf = Shelf(cache)
    known = [_known(model, shelf.presence(model)) for model in KNOWN]
    return known + sorted(_others(shelf), key=lambda item: (item.role, item.name.lower()))


def everything(cache: Path) -> list[Choice]:
    """As `recommended`, and all models of open_clip. Raises MissingModel."""
    shelf = Shelf(cache)
    choices = {item.name: item for item in recommended(cache)}
    for item in catalogue():
        found = choices.get(item.name) or Choice(
            item.name, "clip", shelf.find("clip", item.name, item.hub), item.dim
        )
        choices[item.name] = replace(found, context=item.context, image=item.image)
    return list(choices.values())


def _known(model: KnownModel, presence: Presence) -> Choice:
    return Choice(
        model.name,
        model.role,
        presence,
        model.dim,
        model.megabytes * 10**6,
        model.languages,
        model.licence,
        model.published,
    )


def _others(shelf: Shelf) -> Iterator[Choice]:
    """Exports and downloads that are none of the known models."""
    for (role, name), export in shelf.exports.items():
        if known_model(name) is None:
            facts = export.facts
            found = shelf.find(role, name, "")
            yield Choice(
                name, role, found, facts.dim, languages=facts.languages, licence=facts.licence
            )
    claimed = {model.hub for model in KNOWN}
    for hub, folder in shelf.downloads.items():
        kind = downloaded_role(folder)
        name = f"hf-hub:{hub}" if kind == "clip" else hub
        if kind is None or hub in claimed or (kind, name) in shelf.exports:
            continue
        yield Choice(name, kind, shelf.find(kind, name, hub), downloaded_dim(folder))
