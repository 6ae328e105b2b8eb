"""What an index has to hold, and how each operation changes that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.kill.tree import Tree
from indexer.store.uploads import UPLOADED

Key = tuple[str, str]
"""(source, path) of a document."""

State = Mapping[Key, frozenset[str]]
"""The markers of each document."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The documents of an index, the names that no build may bring back, the places added."""

    documents: State = field(default_factory=dict)
    removed: frozenset[Key] = frozenset()
    added: tuple[str, ...] = ()

    @property
    def markers(self) -> frozenset[str]:
        return frozenset().union(*self.documents.values())

    def built(self, source: Tree, others: Mapping[str, Tree]) -> Truth:
        """After `index` or `rebuild`: all of the source, of the places added, of the uploads."""
        trees = [source, *(others[place] for place in self.added)]
        found = {key: text for tree in trees for key, text in state_of(tree).items()}
        uploads = {key: text for key, text in self.documents.items() if key[0] == UPLOADED}
        stays = {key: text for key, text in found.items() if not self.is_removed(key)}
        return replace(self, documents=stays | uploads)

    def with_tree(self, tree: Tree) -> Truth:
        """After `add` of a folder beside the source."""
        place = str(tree.root)
        others = {key: text for key, text in self.documents.items() if key[0] != place}
        return Truth(
            others | state_of(tree),
            frozenset(key for key in self.removed if key[0] != place),
            tuple(dict.fromkeys([*self.added, place])),
        )

    def with_file(self, tree: Tree, file: str) -> Truth:
        """After `add` of a file of a tree that is in the index."""
        source = str(tree.root)

        def is_in(key: Key) -> bool:
            return key[0] == source and key[1].partition("#")[0] == file

        others = {key: text for key, text in self.documents.items() if not is_in(key)}
        fresh = {key: text for key, text in state_of(tree).items() if is_in(key)}
        removed = frozenset(key for key in self.removed if not is_in(key))
        return Truth(others | fresh, removed, self.added)

    def without(self, keys: Iterable[Key]) -> Truth:
        """After `remove` of documents, or of a file with all its records."""
        gone = set(keys)
        dead = {
            (source, path)
            for source, path in self.documents
            if not {(source, path), (source, path.partition("#")[0])}.isdisjoint(gone)
        }
        left = {key: text for key, text in self.documents.items() if key not in dead}
        return Truth(left, self.removed | dead | gone, self.added)

    def without_place(self, place: str) -> Truth:
        """After `remove` of a folder that was added."""
        dead = {key for key in self.documents if key[0] == place}
        left = {key: text for key, text in self.documents.items() if key not in dead}
        added = tuple(path for path in self.added if path != place)
        return Truth(left, self.removed | dead, added)

    def with_upload(self, id: str, documents: Mapping[str, frozenset[str]]) -> Truth:
        """After `put` of an upload that holds these documents, by path."""
        others = {
            key: text
            for key, text in self.documents.items()
            if key[0] != UPLOADED or key[1].partition("#")[0] != id
        }
        fresh = {(UPLOADED, path): text for path, text in documents.items()}
        back = {(UPLOADED, id), *fresh}
        return replace(self, documents=others | fresh, removed=self.removed - back)

    def is_removed(self, key: Key) -> bool:
        source, path = key
        return not {key, (source, path.partition("#")[0])}.isdisjoint(self.removed)


def state_of(tree: Tree) -> dict[Key, frozenset[str]]:
    """The documents of a tree as an index names them."""
    source = str(Path(tree.root).resolve())
    return {(source, path): text for path, text in tree.documents.items()}
