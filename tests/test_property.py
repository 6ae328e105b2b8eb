"""Any sequence of changes leaves an index that answers as a plain dictionary does.

`PROPERTY_EXAMPLES` sets how many sequences are tried; without it they are few, and the same
in every run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from indexer.building.build import add, build, rebuild
from indexer.building.facts import BuildResult
from indexer.building.live import Deletion, LiveWriter, Upload
from indexer.building.progress import Silent
from indexer.building.purge import purge
from indexer.config import Models, Settings
from indexer.errors import BadFile, BadQuery, NoSuchDocument
from indexer.store.generations import rollback
from indexer.store.index import Index
from indexer.store.manifest import generation_numbers
from indexer.store.merge import merge
from indexer.store.verify import verify
from tests.fakes import AXES
from tests.plain_index import MARKS, PRODUCTS, SIZES, Content, Entry, Part, check, write
from tests.plain_state import State

EXAMPLES = os.environ.get("PROPERTY_EXAMPLES")

File = tuple[str, Content]
"""A file's name and what it holds."""

_words = st.builds(
    Part, st.sampled_from(MARKS), st.lists(st.sampled_from(AXES), max_size=3).map(tuple)
)
_tickets = st.builds(
    lambda part, product: Entry("ticket", (part,), product), _words, st.sampled_from(PRODUCTS)
)
_pictures = st.builds(
    lambda size, red, blue: Part(f"{size[0]}x{size[1]}", (), (red, 0, blue)),
    st.sampled_from(SIZES),
    st.integers(0, 255),
    st.integers(1, 255),
)
_page = st.lists(_words, min_size=1, max_size=2).map(lambda p: {"": Entry("manual", tuple(p))})
_table = st.dictionaries(st.sampled_from(["#T1", "#T2"]), _tickets, min_size=1)
_picture = _pictures.map(lambda part: {"": Entry("image", (part,))})

FILES: st.SearchStrategy[File] = st.one_of(
    st.tuples(st.sampled_from(["a.md", "b.md"]), _page),
    st.tuples(st.just("t.csv"), _table),
    st.tuples(st.just("p.png"), _picture),
)
NAMES = st.sampled_from(["a.md", "b.md", "t.csv", "p.png"])
FOLDERS = st.sampled_from([0, 1])


class Changes(RuleBasedStateMachine):
    """An index and its dictionary, changed side by side and compared after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="property-")).resolve()
        self.root = self.folder / "ix"
        self.sources = (self.folder / "one", self.folder / "two")
        for source in self.sources:
            source.mkdir()
        models = Models(text="fake:demo", clip="fake:demo", reader="fake")
        self.settings = Settings(cache=self.folder / "cache", workers=2, models=models)
        self.disk: dict[Path, Content] = {}
        self.state = State({})
        self.kept: dict[int, State] = {}
        self.writer: LiveWriter | None = None
        self.reader: Index | None = None

    @initialize(page=_page, files=st.lists(FILES, max_size=3))
    def first(self, page: Content, files: Sequence[File]) -> None:
        self.edit(0, [("a.md", page), *files], None)
        self.index([0], False)

    @rule(folder=FOLDERS, files=st.lists(FILES, max_size=2), gone=st.none() | NAMES)
    def edit(self, folder: int, files: Sequence[File], gone: str | None) -> None:
        for name, content in files:
            path = self.sources[folder] / name
            write(path, content)
            self.disk[path] = content
        path = self.sources[folder] / str(gone)
        if self.disk.pop(path, None) is not None:
            path.unlink()

    @rule(which=st.sampled_from([[0], [1], [0, 1]]), again=st.booleans())
    def index(self, which: Sequence[int], again: bool) -> None:
        sources = self.state.sources if again else tuple(self.sources[i] for i in which)
        wanted = State(self.state.documents, sources, self.state.added, self.state.removed)
        self._all(
            lambda: build(sources, self.root, self.settings, True, Silent()),
            wanted.full(self.disk),
        )

    @rule(folder=FOLDERS, name=st.none() | NAMES)
    def add(self, folder: int, name: str | None) -> None:
        place = self.sources[folder] / (name or "")
        if place.exists():
            wanted = self.state.with_added(self.disk, place)
            self._built(lambda: add([place], self.root, self.settings, Silent()), wanted)

    @rule(promote=st.booleans())
    def rebuild(self, promote: bool) -> None:
        before = self.state
        self._all(
            lambda: rebuild(self.root, self.settings, Silent(), promote),
            before.full(self.disk),
        )
        if not promote:
            self.state = before

    @rule(
        uploads=st.lists(FILES, max_size=2, unique_by=lambda file: file[0]),
        doomed=st.lists(st.integers(0, 50), max_size=2),
        named=st.booleans(),
    )
    def change(self, uploads: Sequence[File], doomed: Sequence[int], named: bool) -> None:
        """Uploads in; documents, whole files, added paths, or what is not there, out."""
        deletions = self._deletions(doomed, named)
        if not uploads and not deletions:
            return
        writer = self.writer or LiveWriter(self.root, self.settings)
        self.writer = writer
        made = [self._upload(*file) for file in uploads]
        try:
            wanted = self.state.changed(dict(uploads), deletions)
        except (BadQuery, NoSuchDocument) as error:
            with pytest.raises(type(error)):
                writer.change(made, deletions)
            self._note(self.state)
            return
        generation = writer.change(made, deletions).generation
        self._note(self.state)  # segments may have been merged first
        self.state = self.kept[generation] = wanted

    @rule(number=st.integers(0, 9))
    def rollback(self, number: int) -> None:
        numbers = generation_numbers(self.root)
        chosen = numbers[number % len(numbers)]
        rollback(self.root, chosen)
        self.state = self.kept[chosen]

    @rule(which=st.lists(st.integers(0, 7), min_size=1, max_size=3))
    def merge(self, which: Sequence[int]) -> None:
        with Index.open(self.root) as index:
            segments = [ref.id for ref in index.manifest.segments]
        if segments:
            merge(self.root, list({segments[i % len(segments)] for i in which}))
        self._note(self.state)

    @rule()
    def purge(self) -> None:
        purge(self.root, self.settings)
        self._note(self.state)
        assert len(self.kept) == 1

    @rule()
    def restart(self) -> None:
        """Go on in a new process."""
        self._close()

    @invariant()
    def agrees(self) -> None:
        if self.kept:
            before, self.reader = self.reader, Index.open(self.root, base=self.reader)
            if before is not None:
                before.close()
            check(self.reader, self.state.documents)

    def teardown(self) -> None:
        try:
            self._close()
            assert not self.kept or verify(self.root) == []
        finally:
            shutil.rmtree(self.folder)

    def _close(self) -> None:
        for held in (self.writer, self.reader):
            if held is not None:
                held.close()
        self.writer = self.reader = None

    def _deletions(self, doomed: Sequence[int], named: bool) -> list[Deletion]:
        ids = {(source, path) for source, path in self.state.documents}
        ids |= {(source, path.partition("#")[0]) for source, path in ids}
        choice = [*sorted(ids), *(("", str(path)) for path in self.state.added), ("", "none.md")]
        chosen = [choice[number % len(choice)] for number in doomed]
        return [Deletion(path, (source or None) if named else None) for source, path in chosen]

    def _upload(self, name: str, content: Content) -> Upload:
        path = self.folder / name
        write(path, content)
        return Upload(name, path, path.suffix)

    def _all(self, command: Callable[[], BuildResult], wanted: State) -> None:
        """A build that looks through everything: what was added has to be there."""
        if all(path.exists() for path in wanted.added):
            self._built(command, wanted)
            return
        with pytest.raises(BadFile, match="was added to this index and is gone"):
            command()

    def _built(self, command: Callable[[], BuildResult], wanted: State) -> None:
        try:
            command()
        except BadFile:
            assert not wanted.documents
            return
        self.state = wanted
        self._note(wanted)

    def _note(self, state: State) -> None:
        """Generations that are new hold `state`."""
        self.kept = {n: self.kept.get(n, state) for n in generation_numbers(self.root)}


TestChanges = Changes.TestCase
TestChanges.settings = settings(
    max_examples=int(EXAMPLES or 5),
    stateful_step_count=8 if EXAMPLES is None else 25,
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
