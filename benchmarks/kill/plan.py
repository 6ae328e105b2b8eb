"""What is done next to an index, and what the index has to hold afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from benchmarks.kill.models import marker_of, markers_in, picture_of
from benchmarks.kill.operation import Operation
from benchmarks.kill.tree import Markers, Shape, Tree, page_text, tickets_text
from benchmarks.kill.truth import Truth
from indexer.store.uploads import UPLOADED

_SHARES = {"index": 25, "rebuild": 15, "put": 18, "remove": 14, "add": 12, "merge": 8, "purge": 8}
_MOST_ADDED = 3
_ADDED = Shape(pages=3, pictures=1, exports=1, tickets=12)

Planned = tuple[Operation, Truth]


class World:
    """A source folder, folders beside it, uploads: all that an index can be made of."""

    def __init__(self, folder: Path, shape: Shape, rng: Random) -> None:
        self._folder = folder.resolve()
        self._markers = Markers()
        self._rng = rng
        self._pictures = shape.pictures > 0
        self._source = Tree(self._folder / "source", shape, self._markers, rng)
        self._others: dict[str, Tree] = {}

    def first(self, truth: Truth) -> Planned:
        """The first build."""
        return self._index(truth)

    def choose(self, truth: Truth) -> str:
        """The kind of the next operation, after which its plan can be asked for."""
        kind = self._rng.choices(list(_SHARES), list(_SHARES.values()))[0]
        if kind in {"index", "rebuild"}:
            self.change()
        return kind

    def change(self) -> None:
        """Change the source and now and then a folder beside it."""
        self._source.change(self._rng.randint(1, 10))
        for tree in self._others.values():
            if self._rng.random() < 0.3:
                tree.change(self._rng.randint(1, 3))

    def plan(self, kind: str, truth: Truth) -> Planned:
        """An operation of that kind, and what is true after it."""
        plans: dict[str, Callable[[Truth], Planned]] = {
            "index": self._index,
            "rebuild": lambda truth: (
                Operation("rebuild"),
                truth.built(self._source, self._others),
            ),
            "put": self._put,
            "remove": self._remove,
            "add": self._add,
            "merge": lambda truth: (Operation("merge"), truth),
            "purge": lambda truth: (
                Operation("purge", whole_cache=self._rng.random() < 0.3),
                truth,
            ),
        }
        return plans[kind](truth)

    def _index(self, truth: Truth) -> Planned:
        operation = Operation("index", paths=(str(self._source.root),))
        return operation, truth.built(self._source, self._others)

    def _add(self, truth: Truth) -> Planned:
        """A new folder beside the source, or a file that is in the index, changed or not."""
        if self._rng.random() < 0.4 or len(truth.added) >= _MOST_ADDED:
            trees = [self._source, *(self._others[place] for place in truth.added)]
            tree = self._rng.choice(trees)
            tree.change(1)
            file = self._rng.choice(tree.files())
            return Operation("add", paths=(str(tree.root / file),)), truth.with_file(tree, file)
        root = self._folder / f"added-{len(self._others)}"
        shape = _ADDED if self._pictures else Shape(2, 0, 0, 0)
        tree = self._others[str(root)] = Tree(root, shape, self._markers, self._rng)
        return Operation("add", paths=(str(root),)), truth.with_tree(tree)

    def _remove(self, truth: Truth) -> Planned:
        """A few documents, sometimes a file with all its records or a folder that was added."""
        if truth.added and self._rng.random() < 0.2:
            place = self._rng.choice(truth.added)
            return Operation("remove", deletions=((place, None),)), truth.without_place(place)
        keys = sorted(truth.documents)
        chosen = self._rng.sample(keys, self._rng.randint(1, 4))
        small = [key for key in keys if "#" in key[1] and key[0] in {UPLOADED, *truth.added}]
        if small and self._rng.random() < 0.3:
            source, path = self._rng.choice(small)
            chosen = [(source, path.partition("#")[0])]
        deletions = tuple((path, source) for source, path in chosen)
        return Operation("remove", deletions=deletions), truth.without(chosen)

    def _put(self, truth: Truth) -> Planned:
        """One to three uploads, some of which take the place of others."""
        uploads: list[tuple[str, str]] = []
        for _ in range(self._rng.randint(1, 3)):
            id, file, documents = self._upload()
            if id not in dict(uploads):
                truth = truth.with_upload(id, documents)
                uploads.append((id, str(file)))
        return Operation("put", uploads=tuple(uploads)), truth

    def _upload(self) -> tuple[str, Path, dict[str, frozenset[str]]]:
        """An id, a new file, and the documents in it."""
        kind = self._rng.choice(("page", "tickets", "photo") if self._pictures else ("page",))
        number = self._markers.take()
        (self._folder / "uploads").mkdir(exist_ok=True)
        name = f"{kind}-{self._rng.randint(1, 6)}"
        suffix = {"page": ".md", "tickets": ".csv", "photo": ".png"}[kind]
        id, file = f"up/{name}{suffix}", self._folder / "uploads" / f"{number:06x}{suffix}"
        if kind == "photo":
            picture_of(number).save(file)
            return id, file, {id: frozenset({marker_of(number)})}
        if kind == "page":
            text = page_text(self._markers, self._rng)
            documents = {id: markers_in(text)}
        else:
            rows = {f"U{n}": marker_of(self._markers.take()) for n in range(5)}
            text = tickets_text({name: [marker] for name, marker in rows.items()})
            documents = {f"{id}#{name}": frozenset({marker}) for name, marker in rows.items()}
        file.write_text(text)
        return id, file, documents
