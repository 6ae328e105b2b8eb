"""Building an index: sources in, a committed generation out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from indexer.building.facts import BuildFacts, BuildResult
from indexer.building.job import Job
from indexer.building.progress import Progress
from indexer.building.site import open_site
from indexer.building.sources import located
from indexer.config import Settings
from indexer.errors import BadFile, IndexNotFound


def build(
    paths: Sequence[Path], into: Path, settings: Settings, captions: bool, progress: Progress
) -> BuildResult:
    """Make the index in the folder `into` hold `paths`, and what `add` and uploads brought.

    What has not changed since the last time stays as it is; the rest becomes the next
    generation. Without `captions`, captions and alternative texts stay out of the index.
    Raises BadFile for a path that is not there or when nothing at all can be indexed; the
    generation that was live stays so then, as it does when the process is killed.
    """
    sources = tuple(dict.fromkeys(str(located(path)) for path in paths))
    with open_site(into, settings) as site:
        facts = site.facts.model_copy(update={"sources": sources, "captions": captions})
        _check_added(facts, into)
        return site.run(Job("index", facts.walked, facts), progress)


def rebuild(
    root: Path, settings: Settings, progress: Progress, promote: bool = True
) -> BuildResult:
    """Index all that an index was made of anew, beside the generation that is live.

    With `promote` off the new generation is written and not served; `rollback` to its number
    makes it live. Raises IndexNotFound, BadFile for a source that is gone.
    """
    check_index(root)
    with open_site(root, settings) as site:
        _check_added(site.facts, root)
        job = Job("rebuild", site.facts.walked, site.facts, promote=promote)
        return site.run(job, progress, fresh=True)


def add(paths: Sequence[Path], root: Path, settings: Settings, progress: Progress) -> BuildResult:
    """Take files or folders into an index beside what it was made of.

    A path below a source brings that part of it up to date; removed documents come back.
    Raises IndexNotFound, IndexMismatch where the settings name other models, BadFile.
    """
    check_index(root)
    places = [located(path) for path in paths]
    with open_site(root, settings) as site:
        site.check_models()
        facts = site.facts.with_added(places)
        walk = [source for place in places if (source := facts.source_of(place)) is not None]
        job = Job("add", list(dict.fromkeys(walk)), facts, within=places, revive=True)
        return site.run(job, progress)


def check_index(root: Path) -> None:
    """Raises IndexNotFound where no index was ever made: a slip of the path makes no folder."""
    if not (root / "CURRENT").exists() and not (root / "generations").is_dir():
        raise IndexNotFound(
            f"no index in {root}; make one with: triptych index SOURCE --into {root}"
        )


def _check_added(facts: BuildFacts, root: Path) -> None:
    for path in facts.walked:
        if str(path) in facts.added and not path.exists():
            raise BadFile(
                path,
                "was added to this index and is gone; put it back, or take its documents out "
                f"with: triptych remove --index {root} {path}",
            )
