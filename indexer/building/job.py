"""What a run over an index folder is to do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.building.facts import BuildFacts
from indexer.building.originals import Original


@dataclass(frozen=True, slots=True)
class Job:
    """What a run is to do.

    `facts` says what the index is made of from now on; of that, `walk` is looked through now,
    and of that only what lies at or below one of `within`, if there are any. The rest stays as
    it is. `revive` brings removed documents back. `originals` are uploads to be read anew, and
    written where the index does not have them as they are read now. `without` are segments of
    the live generation that are damaged.
    """

    cause: str
    walk: Sequence[Path]
    facts: BuildFacts
    within: Sequence[Path] = ()
    revive: bool = False
    originals: Sequence[Original] = ()
    without: Collection[str] = ()
    promote: bool = True
