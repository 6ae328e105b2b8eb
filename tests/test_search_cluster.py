from __future__ import annotations

from math import cos, radians, sin

import numpy as np
import pytest

from indexer.records import Vectors
from search.cluster import average_link, central
from search.naming import Naming


def fan(*degrees: float) -> Vectors:
    return np.array([(cos(radians(d)), sin(radians(d))) for d in degrees], np.float32)


def test_nearest_clusters_are_joined_down_to_the_cut() -> None:
    # 0 and 10 join at cos 10 = .985; 40 is cos 40 = .766 and cos 30 = .866 from them, .816 on
    # average; 120 is further than cos 80 = .174 from all.
    vectors = fan(0, 10, 40, 120)
    assert average_link(vectors, 0.99) == [[0], [1], [2], [3]]
    assert average_link(vectors, 0.82) == [[0, 1], [2], [3]]
    assert average_link(vectors, 0.81) == [[0, 1, 2], [3]]
    # cos 120 = -.5, cos 110 = -.342, cos 80 = .174: -.223 on average
    assert average_link(vectors, -0.22) == [[0, 1, 2], [3]]
    assert average_link(vectors, -0.23) == [[0, 1, 2, 3]]


def test_equal_vectors_and_none() -> None:
    assert average_link(fan(0, 90, 0, 90, 0), 0.5) == [[0, 2, 4], [1, 3]]
    assert average_link(np.zeros((0, 2), np.float32), 0.5) == []
    assert average_link(fan(7), 0.5) == [[0]]


@pytest.mark.parametrize("cut", [0.1, 0.3, 0.6])
def test_the_same_as_joining_one_pair_at_a_time(cut: float) -> None:
    vectors = np.random.default_rng(5).normal(size=(60, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    clusters = [[row] for row in range(len(vectors))]
    while True:
        pairs = [
            (float(cosines[np.ix_(one, other)].mean()), i, j)
            for i, one in enumerate(clusters)
            for j, other in enumerate(clusters[:i])
        ]
        best, i, j = max(pairs)
        if best < cut:
            break
        clusters[j] += clusters.pop(i)
    assert sorted(map(sorted, clusters)) == sorted(average_link(vectors, cut))


def test_the_central_row_is_nearest_to_all() -> None:
    assert central(fan(0, 30, 50, 170), [0, 1, 2]) == 1
    assert central(fan(0, 30, 50, 170), [3]) == 3


def test_a_cluster_is_named_by_words_that_others_lack() -> None:
    naming = Naming(
        [
            ["Pump leaks\nThe pump is leaking oil", "E17 at the pump\nleaks again"],
            ["Pump is loud\nA loud pump and a loud fan"],
            ["the pump", "a pump"],
        ]
    )
    # leak: 2 texts and 1 first line, nowhere else; pump: 4, but everywhere; e17: 2
    assert naming.words(0) == ("leaks", "E17", "oil")
    assert naming.words(1)[0] == "loud"


def test_chinese_words_name_a_cluster_too() -> None:
    naming = Naming([["磁盘已满\n磁盘已满，无法保存"], ["网络断开\n网络再次断开"]])
    assert "磁盘" in naming.words(0)
    assert {"网络", "断开"} <= set(naming.words(1))
