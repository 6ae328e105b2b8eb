"""Comparing chunks of several modalities in one space."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from indexer.errors import BadQuery, UnknownName
from indexer.records import Chunk, Document, Filter, Kind, Modality, Picture, Place, Vectors
from indexer.store.centres import Centre, find_centres, unit
from indexer.store.generations import Change, commit
from indexer.store.index import ChunkRow, Index, Origin, SegmentWriter, WordFields
from indexer.store.merge import merge
from tests.segments import SPACES, add, build, live, remove

TEXT, IMAGE = Modality.TEXT, Modality.IMAGE
X = np.array([1, 0, 0, 0], np.float32)


def table(*rows: list[float]) -> Vectors:
    return np.array(rows, np.float32)


def test_a_centre_is_the_mean_of_a_modality() -> None:
    found = find_centres(table([1, 0], [0, 1], [0, -1], [1, 0]), [TEXT, IMAGE, IMAGE, IMAGE])
    assert found == {IMAGE: Centre(3, (0.3333333, 0.0)), TEXT: Centre(1, (1.0, 0.0))}
    assert find_centres(np.empty((0, 2), np.float32), []) == {}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Texts at e0, e1 and e0, images at e3, e2 and e3, in two segments."""
    build(tmp_path / "index", "alpha", "beta")
    add(tmp_path / "index", "alpha")
    return tmp_path / "index"


def test_means_join_segments_and_ten_vectors_of_no_direction(root: Path) -> None:
    with Index.open(root) as index:
        means = index.means("clip")
        assert list(means) == [IMAGE, TEXT]
        assert means[TEXT] == pytest.approx(np.array([2, 1, 0, 0]) / 13)
        assert means[IMAGE] == pytest.approx(np.array([0, 0, 1, 2]) / 13)
        assert list(index.means("text")) == [TEXT]


def test_a_score_is_a_cosine_on_the_scale_of_its_modality(root: Path) -> None:
    # Directions from the mean (2, 1, 0, 0)/13: of e0 (11, -1)/√122, of e1 (-2, 12)/√148.
    # Cosines with e0: twice 11/√122, and -2/√148; the best of these three is 11/√122.
    best, last = 11 / sqrt(122), -2 / sqrt(148)
    mean, chance = (2 * best + last) / 3, 2.33 / sqrt(4)
    reach = (3 * (best - mean) + 10 * chance) / 13
    with Index.open(root) as index:
        found = index.across("clip", X, 9, None)
        assert [near.id for near in found] == [0, 1 << 32, 1, 3, 1 + (1 << 32), 2]
        assert [near.score for near in found] == pytest.approx(
            [
                *[(best - 3 / 13 * mean) / reach] * 2,
                *[0] * 3,  # images stand at right angles
                (last - 3 / 13 * mean) / reach,
            ],
            abs=1e-6,
        )
        assert index.across("clip", X, 2, None) == found[:2]
        assert [near.score for near in index.across("clip", 0 * X, 9, None)] == [0.0] * 6


def test_a_selection_holds_and_leaves_scores_as_they_are(root: Path) -> None:
    with Index.open(root) as index:
        whole = {near.id: near.score for near in index.across("clip", X, 9, None)}
        for condition, ids in (("image", [1, 3, 1 + (1 << 32)]), ("text", [0, 1 << 32, 2])):
            selection = index.select([Filter("modality", "=", condition)], frozenset())
            found = index.across("clip", X, 9, selection)
            assert [near.id for near in found] == ids
            assert [near.score for near in found] == pytest.approx([whole[i] for i in ids])


def test_deleted_chunks_are_not_found_but_count_until_a_merge(root: Path) -> None:
    remove(root, "alpha")
    with Index.open(root) as index:
        assert [near.id for near in index.across("clip", X, 9, None)] == [3, 2]
        # Of the second segment nothing lives; in the first, e0 is dead.
        assert index.means("clip")[TEXT] == pytest.approx(np.array([1, 1, 0, 0]) / 12)
    merge(root, [ref.id for ref in live(root).segments])
    with Index.open(root) as index:
        assert index.means("clip")[TEXT] == pytest.approx(np.array([0, 1, 0, 0]) / 11)


def test_bad_requests(root: Path) -> None:
    with Index.open(root) as index:
        with pytest.raises(UnknownName, match="unknown space 'sound'"):
            index.means("sound")
        with pytest.raises(UnknownName, match="unknown space 'sound'"):
            index.across("sound", X, 1, None)
        with pytest.raises(BadQuery, match="finite vectors of 4 numbers"):
            index.across("clip", X[:2], 1, None)


def test_neighbours_of_two_modalities_mix(tmp_path: Path) -> None:
    """Texts lie along +e3 and images along -e3; what they are about is e0 or e1."""
    rows = [
        (modality, [1.0, 0.0] if i < 5 else [0.0, 1.0])
        for modality in (TEXT, IMAGE)
        for i in range(20)
    ]
    vectors = table(*([*about, 0, 2 if modality is TEXT else -2] for modality, about in rows))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with SegmentWriter(tmp_path) as writer:
        entries = [
            ChunkRow(
                Chunk(m, Place(), picture=None if m is TEXT else Picture("a.png", b"")),
                "",
                WordFields("", "", "", ""),
            )
            for m, _ in rows
        ]
        document = Document("a.md", "a", Kind.MANUAL, (), "h")
        writer.add_vectors("clip", writer.add(Origin("s", "a.md", "k"), document, entries), vectors)
        commit(tmp_path, Change("index", SPACES, {}, b"{}", added=[writer.seal()]))
    with Index.open(tmp_path) as index:
        query = vectors[0]  # a text about e0
        alike = [near.id for near in index.nearest("clip", query, 10, None)]
        assert alike == list(range(5)) + list(range(5, 10))  # texts, whatever they are about
        centred = unit(query - index.means("clip")[TEXT])
        mixed = [near.id for near in index.across("clip", centred, 10, None)]
        assert sorted(mixed) == [0, 1, 2, 3, 4, 20, 21, 22, 23, 24]
