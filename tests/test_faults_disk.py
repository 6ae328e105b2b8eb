"""Disks that are full or read-only: a clear error, and nothing that was committed is lost."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from indexer.building.build import add, build, rebuild
from indexer.building.live import Deletion, LiveWriter, Upload
from indexer.building.progress import Silent
from indexer.building.purge import purge
from indexer.errors import BadConfig, TriptychError
from indexer.store.index import Index
from indexer.store.manifest import read_current, read_manifest
from indexer.store.merge import merge
from indexer.store.verify import verify
from tests.conftest import ROOT
from tests.whole_index import Whole, answers, make_whole, opened

_DISK = 24 << 20
_FREE = (0, 8_000, 64_000, 500_000, 850_000, 900_000, 1_200_000, 1_800_000, _DISK)
"""Bytes that are free at each try; the catalogue of a segment takes some 800 kB."""

_LIMIT = 300_000
"""Bytes beyond which no file may grow: more than the cache has, less than a catalogue."""

Command = Callable[[Whole], object]


def _live(command: Callable[[LiveWriter], object]) -> Command:
    def run(whole: Whole) -> object:
        writer = LiveWriter(whole.root, whole.settings)
        try:
            return command(writer)
        finally:
            writer.close()

    return run


def _index(whole: Whole) -> object:
    (whole.folder / "source" / "valve.md").write_text("# Valve\n\nTurn it the other way.\n")
    return build([whole.folder / "source"], whole.root, whole.settings, True, Silent())


def _add(whole: Whole) -> object:
    (whole.folder / "more.md").write_text("# More\n\nA new page of the pump.\n")
    return add([whole.folder / "more.md"], whole.root, whole.settings, Silent())


def _put(whole: Whole) -> object:
    path = whole.folder / "put.md"
    path.write_text("# Put\n\nA new upload about the valve.\n")
    return _live(lambda writer: writer.change([Upload("put.md", path, ".md")], []))(whole)


def _merge(whole: Whole) -> object:
    live = read_manifest(whole.root, read_current(whole.root))
    return merge(whole.root, [ref.id for ref in live.segments])


COMMANDS: dict[str, Command] = {
    "index": _index,
    "add": _add,
    "put": _put,
    "remove": _live(lambda writer: writer.change([], [Deletion("note.txt")])),
    "merge": _merge,
    "rebuild": lambda whole: rebuild(whole.root, whole.settings, Silent()),
    "purge": lambda whole: purge(whole.root, whole.settings),
}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of everything that an index is made of and in, kept as it was."""
    home = tmp_path_factory.mktemp("disk")
    make_whole(home / "whole")
    return shutil.copytree(home / "whole", home / "fresh")


@pytest.fixture
def whole(fresh: Path) -> Whole:
    """At the same place each time, as an index holds the paths of its sources."""
    folder = fresh.with_name("whole")
    shutil.rmtree(folder)
    return opened(shutil.copytree(fresh, folder))


@contextmanager
def _mounted(folder: Path, *options: str) -> Iterator[None]:
    """Mount over `folder`; skips the test where that is not allowed."""
    made = subprocess.run(["mount", *options, str(folder)], check=False, capture_output=True)
    if made.returncode:
        pytest.skip(f"cannot mount here: {made.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def _small_disk(whole: Whole) -> Iterator[None]:
    """Put the index on a disk of its own, of _DISK bytes."""
    kept = whole.root.rename(whole.folder / "kept")
    whole.root.mkdir()
    with _mounted(whole.root, "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs"):
        subprocess.run(["cp", "-a", f"{kept}/.", str(whole.root)], check=True)
        yield


def _fill(root: Path, free: int) -> None:
    """Take up all of the disk but `free` bytes."""
    path = root / ".filler"
    path.unlink(missing_ok=True)
    found = os.statvfs(root)
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, found.f_bavail * found.f_frsize - free))


def _is_plain(error: BaseException, root: Path) -> bool:
    """Whether an error says what is wrong: one of ours, or a full disk and a path on it."""
    if isinstance(error, TriptychError):
        return True
    named = isinstance(error, OSError) and str(root) in f"{error.filename} {error.filename2}"
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EFBIG} and named


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_loses_nothing(whole: Whole, name: str) -> None:
    before = answers(whole.root)
    with _small_disk(whole):
        failed, wrong = 0, []
        for free in _FREE:
            _fill(whole.root, free)
            generation = read_current(whole.root)
            try:
                COMMANDS[name](whole)
            except Exception as error:  # all of them, not only the first
                failed += 1
                if not _is_plain(error, whole.folder):
                    wrong.append(f"{free} bytes free: {error!r}")
            else:
                break
            if read_current(whole.root) == generation:  # half a purge is a generation too
                assert answers(whole.root) == before
            assert verify(whole.root) == []
        else:
            pytest.fail("it never completed")
        assert failed
        assert not wrong, "\n".join(wrong)
        assert verify(whole.root) == []
        left = {row[1] for row in before["documents"]} - {"note.txt"}
        assert left <= {row[1] for row in answers(whole.root)["documents"]}


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "remove"])
def test_files_that_cannot_grow_lose_nothing(whole: Whole, name: str) -> None:
    """As on a full disk, without one: the system refuses files beyond some size.

    Removing writes small files only, smaller than those of the cache that it opens.
    """
    before, generation = answers(whole.root), read_current(whole.root)
    script = f"from tests.test_faults_disk import limited; limited({name!r})"
    environment = os.environ | {"FOLDER": str(whole.folder)}
    run = subprocess.run(
        [sys.executable, "-c", script],
        check=False, capture_output=True, text=True, env=environment, cwd=ROOT,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (0, "plain\n"), run.stdout + run.stderr
    assert read_current(whole.root) == generation
    assert answers(whole.root) == before
    assert verify(whole.root) == []
    COMMANDS[name](whole)
    assert verify(whole.root) == []


def limited(name: str) -> None:
    """Run a command where no file may grow beyond _LIMIT; print what came of it."""
    whole = opened(Path(os.environ["FOLDER"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LIMIT, _LIMIT))
    try:
        COMMANDS[name](whole)
    except Exception as error:  # told to the parent
        print("plain" if _is_plain(error, whole.folder) else repr(error))
    else:
        print("no error")


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    """Take away the right to write below `folder`, from root as well."""
    if os.geteuid() == 0:
        with _mounted(folder, "--bind", str(folder)):
            subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
            yield
        return
    places = [folder, *folder.rglob("*")]
    modes = [place.stat().st_mode for place in places]
    for place, mode in zip(places, modes, strict=True):
        place.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for place, mode in zip(places, modes, strict=True):
            place.chmod(mode)


def test_a_read_only_index_can_be_searched_and_not_changed(whole: Whole) -> None:
    before, generation = answers(whole.root), read_current(whole.root)
    wrong = []
    with _read_only(whole.root):
        assert answers(whole.root) == before
        assert verify(whole.root) == []
        with Index.open(whole.root, verify=True, generation=1) as index:
            assert index.generation == 1
        for name, command in COMMANDS.items():
            try:
                command(whole)
            except BadConfig as error:
                if not str(error).startswith(f"{whole.root}: cannot write an index here"):
                    wrong.append(f"{name}: {error}")
            except Exception as error:
                wrong.append(f"{name}: {error!r}")
            else:
                wrong.append(f"{name}: no error")
        assert read_current(whole.root) == generation
    assert not wrong, "\n".join(wrong)
