"""An open index: searched in every way, described, damaged, read by many."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from indexer.errors import (
    BadQuery,
    UnknownName,
)
from indexer.records import Filter, Scored
from indexer.store.base import Store
from indexer.store.index import Index
from tests.segments import EAST, SPACES, add, build, live, remove, titles


@pytest.fixture
def root(tmp_path: Path) -> Path:
    build(tmp_path / "index", "alpha", "beta", "gamma")
    return tmp_path / "index"


def test_search_in_every_way(root: Path) -> None:
    with Index.open(root) as index:
        store: Store = index
        found = store.nearest("text", EAST, 2, None)
        assert titles(index, found) == ["alpha", "beta"]
        assert [scored.score for scored in found] == pytest.approx([1, np.cos(0.1)])
        assert [s.id for s in store.nearest("clip", np.eye(4, dtype=np.float32)[1], 2, None)] == [
            2,
            5,
        ]
        assert [scored.id for scored in store.words("gamma", 5, None)] == [5, 4]
        selection = store.select([Filter("n", ">=", "1")], frozenset({"gamma.png"}))
        assert selection is not None
        assert selection.masks[0].tolist() == [False, False, True, True, True, False]
        assert titles(index, store.nearest("text", EAST, 9, selection)) == ["beta", "gamma"]
        assert [scored.id for scored in store.words("gamma beta", 5, selection)] == [3, 2, 4]
        assert store.thumb("beta.webp") == root / "thumbs" / "beta.webp"


def test_the_index_describes_itself(root: Path) -> None:
    with Index.open(root) as index:
        assert index.generation == 1
        assert index.spaces == SPACES
        assert index.manifest.build == {"by": "test"}
        assert index.manifest.quality["text"] == {"vectors": 3.0, "recall_at_10": 1.0}
        assert index.counts() == {
            "documents": 3,
            "chunks": 6,
            "kind": {"manual": 3},
            "language": {"en": 3},
            "modality": {"text": 3, "image": 3},
            "product": {"Pump": 3},
        }


def test_no_filter_selects_everything(root: Path) -> None:
    with Index.open(root) as index:
        assert index.select([], frozenset()) is None
        assert index.select([], frozenset({"nothing"})) is None
        assert index.select([Filter("kind", "=", "manual")], frozenset()) is None
        nothing = index.select([Filter("kind", "=", "ticket")], frozenset())
        assert nothing is not None
        assert nothing.count == 0
        assert index.words("alpha", 5, nothing) == []
        assert index.nearest("text", EAST, 5, nothing) == []


def test_wrong_questions(root: Path) -> None:
    with Index.open(root) as index:
        with pytest.raises(UnknownName, match="unknown space 'sound'; this index has: clip, text"):
            index.nearest("sound", np.zeros(2, np.float32), 1, None)
        with pytest.raises(BadQuery, match="space text takes finite vectors of 2 numbers"):
            index.nearest("text", np.zeros(3, np.float32), 1, None)
        with pytest.raises(BadQuery, match="unknown filter key 'x'"):
            index.select([Filter("x", "=", "1")], frozenset())
        for unknown in (6, -1, 1 << 32, 10**30):
            with pytest.raises(BadQuery, match=f"no chunk {unknown} in generation 1"):
                index.get([0, unknown])
        for name in ("", "..", "../CURRENT", "/etc/passwd", "none.webp", "a/b", ".hidden"):
            assert index.thumb(name) is None


def test_get_keeps_order_and_repeats(root: Path) -> None:
    with Index.open(root) as index:
        assert [chunk.id for chunk in index.get([5, 0, 5, 2])] == [5, 0, 5, 2]
        assert index.get([]) == []


def test_a_whole_document(tmp_path: Path) -> None:
    build(tmp_path, "alpha", "beta")
    add(tmp_path, "gamma")
    with Index.open(tmp_path) as index:
        assert [chunk.id for chunk in index.document(3)] == [2, 3]
        assert [chunk.title for chunk in index.document(1 << 32)] == ["gamma", "gamma"]
        for unknown in (4, 1 << 32 | 2, 2 << 32):
            with pytest.raises(BadQuery, match=f"no chunk {unknown} in generation 2"):
                index.document(unknown)


def test_several_segments_answer_as_one(tmp_path: Path) -> None:
    build(tmp_path, "alpha", "beta")
    add(tmp_path, "gamma", "alpha")
    with Index.open(tmp_path) as index:
        ids = [scored.id for scored in index.nearest("text", EAST, 3, None)]
        assert ids == [0, (1 << 32) + 2, 2]
        assert titles(index, index.words("alpha about", 2, None)) == ["alpha", "alpha"]
        chosen = index.select([Filter("title", "=", "alpha")], frozenset())
        assert chosen is not None
        assert [mask.tolist() for mask in chosen.masks] == [
            [True, True, False, False],
            [False, False, True, True],
        ]
        assert index.counts()["documents"] == 4


def test_words_weigh_the_same_in_every_segment(tmp_path: Path) -> None:
    build(tmp_path / "one", "alpha", "beta", "gamma", "delta")
    build(tmp_path / "three", "alpha")
    add(tmp_path / "three", "beta", "gamma")
    add(tmp_path / "three", "delta")
    with Index.open(tmp_path / "one") as one, Index.open(tmp_path / "three") as three:
        for question in ("gamma", "about delta", "alpha beta about"):
            scores = [[s.score for s in index.words(question, 9, None)] for index in (one, three)]
            assert scores[0] == pytest.approx(scores[1])
        assert one.rarity(["gamma", "about", "none"]) == three.rarity(["gamma", "about", "none"])
        # 2 of 8 chunks hold gamma, 4 hold about
        assert one.rarity(["gamma", "about"]) == pytest.approx(
            {"gamma": np.log(1 + 6.5 / 2.5), "about": np.log(2)}
        )


def test_tombstones_are_left_out_everywhere(tmp_path: Path) -> None:
    build(tmp_path, "alpha", "beta", "gamma")
    remove(tmp_path, "alpha", "gamma")
    with Index.open(tmp_path) as index:
        assert titles(index, index.nearest("text", EAST, 9, None)) == ["beta"]
        assert [s.id for s in index.nearest("clip", np.eye(4, dtype=np.float32)[1], 9, None)] == [
            2,
            3,
        ]
        assert index.words("alpha gamma", 9, None) == []
        assert {s.id for s in index.words("alpha beta about", 9, None)} == {2, 3}
        assert index.select([], frozenset()) is None
        assert index.select([Filter("n", "<=", "1")], frozenset()) is None
        chosen = index.select([], frozenset({"beta.png"}))
        assert chosen is not None
        assert chosen.masks[0].tolist() == [False, False, True, False, False, False]
        assert titles(index, index.words("alpha beta", 9, chosen)) == ["beta"]
        assert [chunk.id for chunk in index.document(3)] == [2, 3]
        for dead in (0, 1, 4, 5):
            for ask in (index.document, lambda id: index.get([2, id])):
                with pytest.raises(BadQuery, match=f"no chunk {dead} in generation 2"):
                    ask(dead)
        assert [found.path for found in index.documents()] == ["beta.md"]
        assert index.documents("alpha.md") == []
        assert all(value > 0 for value in index.rarity(["alpha", "beta", "about"]).values())


def test_counts_leave_out_what_is_deleted(tmp_path: Path) -> None:
    build(tmp_path, "alpha", "beta", "gamma")
    add(tmp_path, "delta")
    remove(tmp_path, "alpha")
    with Index.open(tmp_path) as index:
        assert index.counts() == {
            "documents": 3,
            "chunks": 6,
            "kind": {"manual": 3},
            "language": {"en": 3},
            "modality": {"text": 3, "image": 3},
            "product": {"Pump": 3},
        }
    remove(tmp_path, "beta", "gamma", "delta")
    with Index.open(tmp_path) as index:
        assert index.manifest.segments == ()
        assert index.counts() == {
            "documents": 0, "chunks": 0, "kind": {}, "language": {}, "modality": {}, "product": {}
        }  # fmt: skip
        assert index.nearest("text", EAST, 5, None) == []
        assert index.words("alpha", 5, None) == []
        assert index.rarity(["alpha"]) == {"alpha": pytest.approx(np.log(2))}


def test_documents_of_a_path(root: Path) -> None:
    segment = live(root).segments[0].id
    with Index.open(root) as index:
        found = index.documents("beta.md")
        assert [(f.segment, f.number, f.source, f.file, f.key) for f in found] == [
            (segment, 1, "src", "beta.md", "k")
        ]
        assert [found.path for found in index.documents()] == ["alpha.md", "beta.md", "gamma.md"]


def test_an_empty_index(tmp_path: Path) -> None:
    build(tmp_path)
    with Index.open(tmp_path) as index:
        assert index.manifest.segments == ()
        assert index.words("x", 5, None) == []
        assert index.nearest("clip", np.eye(4, dtype=np.float32)[0], 5, None) == []
        assert index.counts()["chunks"] == 0
        assert index.documents() == []


def test_a_second_process_reads_while_open(root: Path) -> None:
    code = (
        "from pathlib import Path; from indexer.store.index import Index;"
        f"index = Index.open(Path({str(root)!r}));"
        "print(index.get([index.words('beta', 1, None)[0].id])[0].title)"
    )
    with Index.open(root) as index:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout == "beta\n"
        assert titles(index, index.words("beta", 1, None)) == ["beta"]


def test_many_threads_at_once(root: Path) -> None:
    vector = np.array([0.9, 0.1], np.float32)
    with Index.open(root) as index:

        def ask(number: int) -> tuple[list[Scored], list[Scored], str, int]:
            chosen = index.select([Filter("n", "<", str(1 + number % 3))], frozenset())
            count = 6 if chosen is None else chosen.count
            nearest = index.nearest("text", vector, 3, chosen)
            words = index.words("about gamma alpha", 6, chosen)
            return nearest, words, index.get([number % 6])[0].title, count

        alone = [ask(number) for number in range(6)]
        with ThreadPoolExecutor(12) as pool:
            assert list(pool.map(ask, range(60))) == alone * 10
        assert [answer[3] for answer in alone[:3]] == [2, 4, 6]
