"""Which segments are merged, and that it neither lets them pile up nor rewrites too much."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from indexer.store.policy import MOST_SEGMENTS, Size, pick, sizes
from tests.segments import add, build, live, remove


def named(*live: int) -> dict[str, Size]:
    return {f"s{place}": Size(count, 0) for place, count in enumerate(live)}


@pytest.mark.parametrize(
    ("live", "chosen"),
    [
        ((), []),
        ((1,) * 7, []),
        # all alike: everything
        ((1,) * 8, ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"]),
        # a large one stays out of it
        ((10**6, 300, 300, 300, 300, 300, 300, 300), ["s1", "s2", "s3", "s4", "s5", "s6", "s7"]),
        # below the floor all count the same
        ((10**6, 1, 256, 7, 90, 1, 1, 255), ["s1", "s2", "s3", "s4", "s5", "s6", "s7"]),
        # of two runs of the same skew the smaller
        ((2000, 1000, 10**6, 1000, 10**8, 10**10, 10**12, 10**14), ["s1", "s3"]),
        # the given order, not that of sizes
        ((900, 10**9, 800, 10**7, 10**5, 10**11, 10**13, 10**15), ["s0", "s2"]),
    ],
)
def test_too_many_segments(live: tuple[int, ...], chosen: list[str]) -> None:
    assert pick(named(*live)) == chosen


@pytest.mark.parametrize(
    ("size", "due"),
    [(Size(2, 1), False), (Size(199, 100), True), (Size(0, 5), True), (Size(0, 0), False)],
)
def test_mostly_dead_segments_are_rewritten_even_alone(size: Size, due: bool) -> None:
    assert pick({"whole": Size(10, 0), "dead": size}) == (["dead"] if due else [])


def test_few_segments_and_little_rewriting_in_the_long_run() -> None:
    """2,000 additions of 1 to 400 chunks, some deletions: compacted after each."""
    rng = random.Random(0)
    held: dict[str, Size] = {}
    added = written = 0
    for step in range(2000):
        held[f"a{step}"] = Size(rng.randint(1, 400), 0)
        added += held[f"a{step}"].live
        victim = rng.choice(list(held))
        gone = min(held[victim].live, rng.randint(0, 40))
        held[victim] = Size(held[victim].live - gone, held[victim].dead + gone)
        assert len(held) <= MOST_SEGMENTS
        while due := pick(held):
            total = sum(held.pop(id).live for id in due)
            held[f"m{step}"] = Size(total, 0)
            written += total
    assert written / added < 12


def test_sizes_of_a_generation(tmp_path: Path) -> None:
    build(tmp_path, "alpha", "beta")
    add(tmp_path, "gamma")
    remove(tmp_path, "beta")
    first, second = live(tmp_path).segments
    assert sizes(live(tmp_path)) == {first.id: Size(2, 2), second.id: Size(2, 0)}
