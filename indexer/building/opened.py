"""Opening an index that may be damaged: all of it that is whole."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from indexer.building.facts import BuildFacts
from indexer.building.originals import Original
from indexer.errors import IndexDamaged, IndexMismatch, IndexNotFound
from indexer.store.fits import FITS, fit_fault
from indexer.store.index import Index, StoredDocument
from indexer.store.merge import refit
from indexer.store.restore import restore
from indexer.store.uploads import UPLOADED, stored_uploads, uploads_folder
from indexer.store.verify import Fault, verify


@dataclass(frozen=True, slots=True)
class Opened:
    """What can be used of an index: all but the segments `without`.

    `index` is None where there is nothing. `faults` says what was found to be damaged, when
    anything was.
    """

    index: Index | None
    without: frozenset[str] = frozenset()
    faults: Sequence[Fault] = ()

    def lost_originals(self, facts: BuildFacts) -> list[Original]:
        """Uploads that were in the damaged segments: on disk, not removed, in no whole one."""
        if self.index is None or not self.without:
            return []
        standing = {
            document.path.partition("#")[0]
            for document in self.index.documents()
            if document.source == UPLOADED
        }
        return [
            Original(upload.id, upload.name)
            for upload in stored_uploads(self.index.root)
            if upload.id not in standing and not facts.is_removed(UPLOADED, upload.id, upload.id)
        ]

    def has_broken_fit(self) -> bool:
        """Whether the fit of a space is damaged, so that nothing can be added to it."""
        index = self.index
        return index is not None and any(
            fit_fault(index.root, space) for space in index.spaces.values()
        )

    def spoilt(self) -> list[StoredDocument]:
        """Documents of whole segments whose previews are damaged."""
        names = {Path(fault.path).name for fault in self.faults if fault.path.startswith("thumbs/")}
        if self.index is None or not names:
            return []
        return self.index.documents_with(names)


def open_standing(root: Path) -> Opened:
    """The live generation of the index at `root`, or as much of it as is whole.

    Raises IndexMismatch where another version of this program made it and it holds uploads,
    which no source could give back.
    """
    try:
        opened = Opened(Index.open(root))
        if not opened.has_broken_fit():
            return opened
        if opened.index:
            opened.index.close()
    except IndexNotFound:
        if not (root / "generations").is_dir():
            return Opened(None)
    except IndexMismatch:
        if any(uploads_folder(root).glob("*")):
            raise
        return Opened(None)
    except IndexDamaged:
        pass
    return open_mended(root, verify(root))


def open_mended(root: Path, faults: Sequence[Fault]) -> Opened:
    """The index with its damaged files left out. The writer lock is held.

    Its small files are restored from their copies; damaged previews are taken away, so that
    they can be made again.
    """
    restore(root)
    if any(fault.path.startswith(f"{FITS}/") for fault in faults):
        with suppress(IndexDamaged):  # a damaged segment: all of it is built anew
            refit(root, "repair")
    for fault in faults:
        if fault.path.startswith("thumbs/"):
            (root / fault.path).unlink(missing_ok=True)
    damaged = frozenset(fault.segment for fault in faults if fault.segment)
    try:
        index = Index.open(root, without=damaged)
    except IndexNotFound:
        return Opened(None, damaged, faults)
    live = {ref.id for ref in index.manifest.segments}
    return Opened(index, damaged & live, faults)
