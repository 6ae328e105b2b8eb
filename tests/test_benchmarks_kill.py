"""The kill benchmark: kills are survived, and what they could break would be seen."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from benchmarks.kill.campaign import Campaign
from benchmarks.kill.check import Inspector
from benchmarks.kill.models import (
    MarkerEncoder,
    forget_work,
    marker_of,
    markers_in,
    picture_of,
    repeated,
)
from benchmarks.kill.operation import Operation, Site, perform
from benchmarks.kill.plan import World
from benchmarks.kill.reader import digest
from benchmarks.kill.tree import Markers, Shape, Tree
from benchmarks.kill.truth import Truth, state_of
from benchmarks.kill.victim import STAGES, Aim, Disk, run
from indexer.store.uploads import UPLOADED

SMALL = Shape(pages=4, pictures=2, exports=1, tickets=10)


@pytest.fixture
def made(tmp_path: Path) -> tuple[Site, Tree, Truth]:
    """A small index, the tree that it is made of, and what it has to hold."""
    tree = Tree(tmp_path / "source", SMALL, Markers(), Random(3))
    site = Site(str(tmp_path / "index"), str(tmp_path / "cache"), False)
    perform(site, Operation("index", paths=(str(tree.root),)))
    return site, tree, Truth(state_of(tree))


def inspector(site: Site) -> Inspector:
    cache = Path(site.cache) / "parent"
    cache.mkdir(exist_ok=True)
    return Inspector(Path(site.root), MarkerEncoder("text", cache, 1), True, Random(0))


def test_a_campaign_comes_to_its_end_without_a_failure(tmp_path: Path) -> None:
    site = Site(str(tmp_path / "index"), str(tmp_path / "cache"), False)
    rng = Random(5)
    said: list[str] = []
    report = Campaign(site, World(tmp_path, SMALL, rng), rng, said.append).run(2)
    assert report.failures == []
    assert report.kills.total() == 2
    assert report.finished["index"] >= 1
    assert report.requests > 0
    assert any("round 0: finished index in " in line for line in said)


def test_a_sound_index_passes(made: tuple[Site, Tree, Truth]) -> None:
    site, _, truth = made
    found, failures = inspector(site).inspect([truth.documents], ["mkfffff0"])
    assert failures == []
    assert found == truth.documents


def test_what_is_wrong_is_named(made: tuple[Site, Tree, Truth]) -> None:
    site, _, truth = made
    first, second, *_ = sorted(truth.documents)
    wanted = {key: text for key, text in truth.documents.items() if key != first}
    wanted[UPLOADED, "up/gone.md"] = frozenset({"mk000000"})
    wanted[second] = truth.documents[second] | {"mk000001"}
    _, failures = inspector(site).inspect([wanted], ())
    assert [(failure.kind, failure.what) for failure in failures] == [
        ("resurrected documents", f"{first} is there"),
        ("lost documents", f"{second} has [] and lacks ['mk000001']"),
        ("lost documents", f"{(UPLOADED, 'up/gone.md')} is gone"),
    ]


def test_damage_and_a_missing_index_are_failures(made: tuple[Site, Tree, Truth]) -> None:
    site, _, truth = made
    look = inspector(site)
    [catalog] = Path(site.root).glob("segments/*/catalog.duckdb")
    whole = catalog.read_bytes()
    catalog.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    found, failures = look.inspect([truth.documents], ())
    assert found is None
    assert {failure.kind for failure in failures} == {"verify faults", "does not open"}
    shutil.rmtree(site.root)
    found, failures = look.inspect([truth.documents], ())
    assert {failure.kind for failure in failures} == {"verify faults", "does not open"}


def test_an_operation_is_killed_where_it_is_aimed(made: tuple[Site, Tree, Truth]) -> None:
    site, _, truth = made
    operation = Operation("rebuild")
    outcome = run(site, operation, Aim("time", 0.0))
    assert (outcome.killed, outcome.stage) == (True, STAGES[0])
    outcome = run(site, operation, Aim("seal", 0.0))
    assert outcome.killed
    assert outcome.stage in STAGES[2:]
    outcome = run(site, operation, None)
    assert (outcome.killed, outcome.error) == (False, "")
    _, failures = inspector(site).inspect([truth.documents], ())
    assert failures == []
    outcome = run(site, Operation("remove", deletions=(("none.md", None),)), None)
    assert outcome.error.startswith("failed NoSuchDocument: none.md: no such document in ")


@pytest.mark.parametrize(
    ("after", "stage"),
    [
        (Disk(frozenset({".partial-b"}), frozenset({"a"}), frozenset({1}), 1), STAGES[1]),
        (Disk(frozenset(), frozenset({"a", "b"}), frozenset({1}), 1), STAGES[2]),
        (Disk(frozenset(), frozenset({"a", "b"}), frozenset({1, 2}), 1), STAGES[3]),
        (Disk(frozenset(), frozenset({"a"}), frozenset({1, 2}), 2), STAGES[4]),
        (Disk(frozenset(), frozenset({"a"}), frozenset({1}), 1), STAGES[0]),
    ],
)
def test_stages_are_told_by_what_is_on_disk(after: Disk, stage: str) -> None:
    assert after.stage_since(Disk(frozenset(), frozenset({"a"}), frozenset({1}), 1)) == stage


def test_repeated_work_is_counted_by_space(tmp_path: Path) -> None:
    text, clip = (MarkerEncoder(name, tmp_path, 1) for name in ("text", "clip"))
    text.encode_texts(["mk000001", "mk000002"])
    clip.encode_texts(["mk000001"])
    assert repeated(tmp_path) == 0
    text.encode_texts(["mk000001", "mk000002"])
    clip.encode_texts(["mk000001"])
    assert repeated(tmp_path) == 2
    forget_work(tmp_path)
    assert repeated(tmp_path) == 0


def test_a_marker_is_near_what_has_it_and_nothing_else(tmp_path: Path) -> None:
    encoder = MarkerEncoder("text", tmp_path, 1)
    [one, both] = encoder.encode_texts(["press mk000001", "mk000001 mk000002"])
    [asked, other] = encoder.encode_queries(["mk000001", "mk000003"])
    [pictured] = encoder.encode_images([picture_of(1)])
    assert asked @ one == pytest.approx(1)
    assert asked @ pictured == pytest.approx(1)
    assert asked @ both == pytest.approx(0.71, abs=0.05)
    assert abs(other @ one) < 0.25


def test_truth_follows_each_operation(tmp_path: Path) -> None:
    source = Tree(tmp_path / "source", SMALL, Markers(), Random(3))
    root = str(source.root.resolve())
    truth = Truth().built(source, {})
    upload = {"up/t.csv#U0": frozenset({"mk00000a"}), "up/t.csv#U1": frozenset({"mk00000b"})}
    truth = truth.with_upload("up/t.csv", upload)
    page = min(path for path in source.documents if path.endswith(".md"))
    less = truth.without([(root, page), (UPLOADED, "up/t.csv#U0")])
    assert truth.documents.keys() - less.documents.keys() == {
        (root, page),
        (UPLOADED, "up/t.csv#U0"),
    }
    assert less.built(source, {}).documents == less.documents
    assert less.with_file(source, page).documents[root, page] == source.documents[page]
    assert less.with_upload("up/t.csv", upload).documents.keys() >= {(UPLOADED, "up/t.csv#U0")}
    assert digest(less.documents) != digest(truth.documents)
    assert digest(dict(sorted(less.documents.items(), reverse=True))) == digest(less.documents)


def test_a_tree_says_what_its_files_hold(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "source", SMALL, Markers(), Random(3))
    tree.change(40)
    written = {
        marker
        for path in tree.files()
        if not path.endswith(".png")
        for marker in markers_in((tree.root / path).read_text())
    }
    known = frozenset().union(*tree.documents.values())
    assert written <= known
    assert all(
        name.endswith(".png") or "#" in name or written & text
        for name, text in tree.documents.items()
    )
    assert markers_in(f"a {marker_of(10)}.") == {"mk00000a"}
