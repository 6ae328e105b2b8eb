"""An index folder that is being worked on: locked, open, with its models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.building.facts import BuildFacts, BuildResult
from indexer.building.job import Job
from indexer.building.opened import Opened, open_mended, open_standing
from indexer.building.originals import originals
from indexer.building.progress import Progress
from indexer.building.recipe import Recipe
from indexer.building.standing import DocumentId, Standing
from indexer.building.update import Update
from indexer.cache import Cache
from indexer.config import Settings
from indexer.errors import IndexMismatch
from indexer.store.index import Index
from indexer.store.lock import writer_lock
from indexer.store.manifest import read_current
from indexer.store.merge import compact
from indexer.store.restore import drop_damaged
from indexer.store.verify import Fault, verify

WAIT_SECONDS = 10.0
"""How long a change waits for another writer's commit before it gives up."""


@dataclass(frozen=True, slots=True)
class Site:
    """An index folder that is being worked on: locked, open, with its models."""

    root: Path
    opened: Opened
    known: BuildFacts | None
    recipe: Recipe

    @property
    def facts(self) -> BuildFacts:
        """What the live generation is made of."""
        return self.known or BuildFacts(models=self.recipe.models, sources=())

    def check_models(self) -> None:
        """Raises IndexMismatch where other models made the index."""
        if self.known is None or self.known.models != self.recipe.models:
            raise other_models(self.root)

    def run(self, job: Job, progress: Progress, fresh: bool = False) -> BuildResult:
        """Do a job. Uploads are read anew where they may become other documents now."""
        stays = not fresh and self.known is not None and self.known.models == self.recipe.models
        stays = stays and not self.opened.has_broken_fit()
        opened = self.opened
        spoilt = opened.spoilt() if stays else []
        standing = Standing(opened.index if stays else None, self.known, spoilt)
        recipe = self.recipe.files(job.facts.captions)
        uploads = [] if opened.index is None else opened.lost_originals(self.facts)
        if opened.index is not None:
            same = stays and (bool(job.within) or standing.ledger.recipe == recipe)
            uploads += originals(spoilt if same else opened.index.documents())
        job = replace(job, originals=uploads, without=opened.without if stays else ())
        result = self._counted(Update(self.root, job, self.recipe, standing).run(progress))
        if job.promote and opened.faults:
            self._drop_damaged()
        if job.promote and not result.unchanged and compact(self.root):
            return replace(result, generation=read_current(self.root).generation)
        return result

    def _counted(self, result: BuildResult) -> BuildResult:
        """The result with the documents that its generation has and the live one had not."""
        if result.unchanged:
            return result
        before = _keys(self.opened.index) if self.opened.index else {}
        with Index.open(self.root, base=self.opened.index, generation=result.generation) as index:
            after = _keys(index)
        both = before.keys() & after.keys()
        return replace(
            result,
            added=len(after.keys() - both),
            updated=sum(before[id] != after[id] for id in both),
            removed=len(before.keys() - both),
        )

    def _drop_damaged(self) -> None:
        """Drop older generations that need what nothing can give back."""
        if left := verify(self.root):
            drop_damaged(self.root, [fault.path for fault in left])


def other_models(root: Path) -> IndexMismatch:
    """The error for an index that cannot be added to as it is, and how to mend that."""
    return IndexMismatch(
        f"{root}: made with other models, or by another version of this program; "
        f"bring it up to date with: triptych rebuild --index {root}"
    )


def _keys(index: Index) -> dict[DocumentId, str]:
    return {(found.source, found.path): found.key for found in index.documents()}


@contextmanager
def open_site(
    root: Path, settings: Settings, faults: Sequence[Fault] | None = None
) -> Iterator[Site]:
    """Lock and open the index, around what `faults` names where they are known.

    A model that cannot be had is told before the folder of a first index is made.
    """
    if not root.exists():
        with closing(Cache(settings.cache)) as cache:
            Recipe(settings, None, cache)
    with (
        writer_lock(root, WAIT_SECONDS),
        closing(Cache(settings.cache)) as cache,
        ExitStack() as stack,
    ):
        opened = open_standing(root) if faults is None else open_mended(root, faults)
        if opened.index is not None:
            stack.enter_context(opened.index)
        live = opened.index.manifest if opened.index else None
        recipe = Recipe(settings, live, cache)
        yield Site(root, opened, BuildFacts.read(live) if live else None, recipe)
