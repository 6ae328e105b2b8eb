"""Every file of an index, damaged in every way: noticed, never a wrong answer, and mended.

By default each kind of file is damaged once; with `FAULTS=all` in the environment every file
is, in every way.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

import pytest

from indexer.building.build import add
from indexer.building.live import LiveWriter, Upload
from indexer.building.progress import Silent
from indexer.building.repair import repair
from indexer.errors import IndexDamaged
from indexer.store.generations import rollback
from indexer.store.manifest import read_current, read_manifest
from indexer.store.uploads import UPLOADED
from indexer.store.verify import verify
from tests.whole_index import DAMAGES, Answers, Whole, answers, damage, files, make_whole

_MANY_ALIKE = re.compile(r"[0-9a-f]{16,}(-[0-9a-f]{8})?|00000[123]")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return make_whole(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def expected(whole: Whole) -> Answers:
    return answers(whole.root)


def _cases(root: Path) -> Iterator[tuple[str, str]]:
    """Files and how to damage each."""
    everything = os.environ.get("FAULTS") == "all"
    hows = cycle(DAMAGES)
    seen = set()
    for name in files(root):
        kind = _MANY_ALIKE.sub("*", name)
        if everything:
            yield from ((name, how) for how in DAMAGES)
        elif kind not in seen:
            seen.add(kind)
            yield name, next(hows)


def _live_parts(whole: Whole) -> tuple[str, ...]:
    """The beginnings of the paths without which the live generation does not open."""
    live = read_manifest(whole.root, read_current(whole.root))
    segments = [f"segments/{ref.id}/" for ref in live.segments]
    return ("CURRENT", f"generations/{live.generation:06d}.json", *segments)


def _live_uploads(expected: Answers) -> set[str]:
    """The originals, and what lies beside them, of documents that are live."""
    return {str(file) for source, _, file, _ in expected["documents"] if source == UPLOADED}


def test_damage_is_named_and_mended(whole: Whole, expected: Answers, tmp_path: Path) -> None:
    wrong = []
    for number, (name, how) in enumerate(_cases(whole.root)):
        root = whole.copy(tmp_path / str(number))
        damage(root / name, how)
        try:
            _check_noticed(whole, root, name, expected)
            _check_mended(whole, root, name, expected)
        except Exception as error:  # all of them, not only the first
            wrong.append(f"{name} {how}: {error!r}"[:400])
    assert number > 20
    assert not wrong, "\n".join(wrong)


def _check_noticed(whole: Whole, root: Path, name: str, expected: Answers) -> None:
    assert name in {fault.path for fault in verify(root)}, "verify does not name it"
    if name.startswith(_live_parts(whole)) and not name.endswith(".copy"):
        with pytest.raises(IndexDamaged, match=f"{re.escape(str(root / name))}: "):
            answers(root)
    else:
        _check_same(answers(root), expected)


def _check_mended(whole: Whole, root: Path, name: str, expected: Answers) -> None:
    assert name in {fault.path for fault in repair(root, whole.settings, Silent()).faults}
    left = {fault.path for fault in verify(root)}
    if Path(name).name in _live_uploads(expected):
        assert left == {name}, "no copy of an original is anywhere"
    elif name.startswith("documents/"):  # until a merge, a live segment names replaced ones too
        assert left <= {name}, "not clean after the repair"
    else:
        assert not left, "not clean after the repair"
    _check_same(answers(root), expected)


def _check_same(found: Answers, expected: Answers) -> None:
    for question, rows in expected.items():
        assert found[question] == rows, question


@pytest.mark.parametrize(
    "pair",
    [
        ("CURRENT", "CURRENT.copy"),
        ("CURRENT", "generations/000004.json"),
        ("generations/000004.json", "generations/000003.copy"),
        ("segments/{0}/catalog.duckdb", "ledgers/{ledger}.json"),
        ("segments/{0}/segment.json", "segments/{1}/text.faiss"),
        ("segments/{1}/clip.faiss", "CURRENT"),
        ("segments/{1}/words/meta.json", "generations/000004.json"),
    ],
)
def test_two_damages_at_once(
    whole: Whole, expected: Answers, tmp_path: Path, pair: Sequence[str]
) -> None:
    """The second segment holds uploads, the first what came from the source."""
    live = read_manifest(whole.root, read_current(whole.root))
    ids = [ref.id for ref in live.segments]
    names = [part.format(*ids, ledger=live.ledger) for part in pair]
    root = whole.copy(tmp_path / "ix")
    for name, how in zip(names, ("emptied", "removed"), strict=True):
        damage(root / name, how)
    assert {fault.path for fault in verify(root)} >= set(names)
    repair(root, whole.settings, Silent())
    assert verify(root) == []
    _check_same(answers(root), expected)


def test_a_generation_lost_with_its_copy_leaves_the_one_before(
    whole: Whole, tmp_path: Path
) -> None:
    before = whole.copy(tmp_path / "before")
    rollback(before, 3)
    root = whole.copy(tmp_path / "ix")
    for suffix in (".json", ".copy"):
        damage(root / f"generations/000004{suffix}", "emptied")
    assert {"CURRENT", "generations/000004.copy"} <= {fault.path for fault in verify(root)}
    repair(root, whole.settings, Silent())
    assert verify(root) == []
    _check_same(answers(root), answers(before))


def test_an_original_that_is_lost_can_be_uploaded_again(
    whole: Whole, expected: Answers, tmp_path: Path
) -> None:
    _, id, name, _ = next(row for row in expected["documents"] if row[0] == UPLOADED)
    root = whole.copy(tmp_path / "ix")
    (tmp_path / "again").write_bytes((root / "documents" / str(name)).read_bytes())
    damage(root / "documents" / str(name), "flipped")
    writer = LiveWriter(root, whole.settings)
    writer.change([Upload(str(id), tmp_path / "again", ".md")], [])
    writer.close()
    assert verify(root) == []
    _check_same(answers(root), expected)


def test_a_lost_ledger_costs_no_document(whole: Whole, expected: Answers, tmp_path: Path) -> None:
    root = whole.copy(tmp_path / "ix")
    live = read_manifest(root, read_current(root))
    damage(root / f"ledgers/{live.ledger}.json", "emptied")
    (tmp_path / "more.md").write_text("# More\n\nA page about nothing.\n")
    add([tmp_path / "more.md"], root, whole.settings, Silent())
    found = {row[:2] for row in answers(root)["documents"]}
    assert found == {
        (str(tmp_path), "more.md"),
        *(row[:2] for row in expected["documents"]),
    }
