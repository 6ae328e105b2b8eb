"""Mending a damaged index from its sources, its uploads and the cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from indexer.building.build import check_index
from indexer.building.facts import BuildResult
from indexer.building.job import Job
from indexer.building.progress import Progress
from indexer.building.site import open_site
from indexer.config import Settings
from indexer.store.verify import Fault, verify


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair found and did; `gone` are sources that were not there to help."""

    faults: tuple[Fault, ...]
    result: BuildResult | None
    gone: tuple[Path, ...]


def repair(root: Path, settings: Settings, progress: Progress) -> Repaired:
    """Mend an index: what is damaged is left out and taken in anew from sources and uploads.

    Whole segments stay as they are. A source that is gone is left alone: its documents in
    whole segments stay, those in damaged ones are lost and counted. Raises IndexNotFound.
    """
    check_index(root)
    faults = verify(root)
    if not faults:
        return Repaired((), None, ())
    with open_site(root, settings, faults) as site:
        there = [path for path in site.facts.walked if path.exists()]
        gone = tuple(path for path in site.facts.walked if not path.exists())
        result = site.run(Job("repair", there, site.facts), progress)
    return Repaired(tuple(faults), result, gone)
