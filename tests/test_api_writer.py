"""Changes reach the worker one by one, and a worker that fails takes nothing else with it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from api import writer as writer_module
from api.problems import Busy, NotReady, Refused, WriterFailed
from api.schemas import Written
from api.uploads import Delete, Upload
from api.writer import Writer

SCRIPT = str(Path(__file__).parent / "api_worker.py")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "current").write_text("1")
    (tmp_path / "body").write_text("# Pump\n")
    return tmp_path


def made(folder: Path, idle: float = 60, seconds: float = 20) -> Writer:
    return Writer(folder, (sys.executable, "-I", SCRIPT, str(folder)), idle, seconds)


def run(writer: Callable[[], Writer], use: Callable[[Writer], Awaitable[None]]) -> None:
    """Use a writer within a loop of its own, and close it."""

    async def used() -> None:
        opened = writer()
        try:
            await use(opened)
        finally:
            await opened.close()

    asyncio.run(used())


def change(folder: Path, writer: Writer, id: str) -> Coroutine[Any, Any, Written]:
    return writer.write([Upload(id, folder / "body", ".md")], [])


def asked(folder: Path) -> list[str]:
    """The ids put in, in the order the worker saw them."""
    lines = (folder / "asked").read_text().splitlines() if (folder / "asked").exists() else []
    return [put["id"] for line in lines for put in json.loads(line)["put"]]


def starts(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "starts").read_text().split()]


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_the_worker_is_asked(folder: Path) -> None:
    async def use(writer: Writer) -> None:
        upload = Upload("faq/热.md", folder / "body", ".md")
        written = await writer.write([upload], [Delete("old.md"), Delete("x.md", "uploaded")])
        assert written == Written(generation=2, documents=1, deleted=2, notes=[])
        assert json.loads((folder / "asked").read_text()) == {
            "put": [
                {
                    "id": "faq/热.md",
                    "suffix": ".md",
                    "mode": (folder / "body").stat().st_mode & 0o777,
                    "body": "# Pump\n",
                    "kept": str(folder / "body"),
                }
            ],
            "delete": [{"id": "old.md", "source": None}, {"id": "x.md", "source": "uploaded"}],
        }

    run(lambda: made(folder), use)


def test_changes_are_made_in_order_by_one_process(folder: Path) -> None:
    ids = [f"{number}.md" for number in range(20)]

    async def use(writer: Writer) -> None:
        written = await asyncio.gather(*(change(folder, writer, id) for id in ids))
        assert [one.generation for one in written] == list(range(2, 22))

    run(lambda: made(folder), use)
    assert asked(folder) == ids
    assert len(starts(folder)) == 1


def test_a_refusal_changes_nothing_else(folder: Path) -> None:
    async def use(writer: Writer) -> None:
        bad = asyncio.create_task(change(folder, writer, "bad.md"))
        good = asyncio.create_task(change(folder, writer, "good.md"))
        with pytest.raises(Refused, match=r"bad\.md: not UTF-8") as caught:
            await bad
        assert (caught.value.kind, caught.value.http_status) == ("BadFile", 422)
        assert (await good).generation == 2

    run(lambda: made(folder), use)
    assert len(starts(folder)) == 1


@pytest.mark.parametrize(
    ("id", "reason"),
    [
        ("die.md", "the writing process died: nobody knows whether the change was made"),
        ("hang.md", "the writing process gave no answer within 1 s: nobody knows whether"),
        ("nonsense.md", "the writing process answered nonsense: nobody knows whether"),
    ],
)
def test_a_worker_that_fails_is_replaced(folder: Path, id: str, reason: str) -> None:
    async def use(writer: Writer) -> None:
        with pytest.raises(WriterFailed, match=reason) as caught:
            await change(folder, writer, id)
        assert caught.value.http_status == 503
        assert not running(starts(folder)[0])
        assert (await change(folder, writer, "next.md")).generation == 2

    run(lambda: made(folder, seconds=1), use)
    assert asked(folder) == [id, "next.md"]
    assert len(starts(folder)) == 2


def test_a_worker_that_died_between_changes_costs_none(folder: Path) -> None:
    async def use(writer: Writer) -> None:
        await change(folder, writer, "a.md")
        os.kill(starts(folder)[0], 9)
        worker = writer._worker
        assert worker is not None
        await until(lambda: not worker.alive)
        assert (await change(folder, writer, "b.md")).generation == 3

    run(lambda: made(folder), use)
    assert len(starts(folder)) == 2


def test_a_worker_that_cannot_start_says_why(folder: Path) -> None:
    (folder / "refuse").touch()

    async def use(writer: Writer) -> None:
        with pytest.raises(Refused, match="made with other models") as caught:
            await change(folder, writer, "a.md")
        assert (caught.value.kind, caught.value.http_status) == ("IndexMismatch", 503)
        (folder / "refuse").unlink()
        assert (await change(folder, writer, "a.md")).generation == 2

    run(lambda: made(folder), use)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("/no/such/program",), "/no/such/program: cannot be started: No such file"),
        ((sys.executable, "-c", "pass"), "died: the writing process could not start"),
    ],
)
def test_a_command_that_is_no_worker(folder: Path, command: tuple[str, ...], reason: str) -> None:
    async def use(writer: Writer) -> None:
        with pytest.raises(WriterFailed, match=reason):
            await change(folder, writer, "a.md")

    run(lambda: Writer(folder, command), use)


def test_a_worker_starts_beside_and_ends_when_idle(folder: Path) -> None:
    async def use(writer: Writer) -> None:
        writer.start()
        await until((folder / "starts").exists)
        await change(folder, writer, "a.md")
        assert len(starts(folder)) == 1
        await until(lambda: not running(starts(folder)[0]))
        assert (await change(folder, writer, "b.md")).generation == 3
        assert len(starts(folder)) == 2

    run(lambda: made(folder, idle=0.3), use)


def test_a_worker_in_use_is_not_idle(folder: Path) -> None:
    async def use(writer: Writer) -> None:
        await change(folder, writer, "a.md")
        first = writer._idle
        await change(folder, writer, "b.md")
        assert first is not None
        assert first.cancelled()
        assert writer._idle is not None
        assert not writer._idle.cancelled()

    run(lambda: made(folder), use)


def test_a_caller_that_leaves_does_not_shift_the_answers(folder: Path) -> None:
    async def use(writer: Writer) -> None:
        first = asyncio.create_task(change(folder, writer, "wait.md"))
        await until(lambda: asked(folder) == ["wait.md"])
        first.cancel()
        second = asyncio.create_task(change(folder, writer, "bad.md"))
        await asyncio.sleep(0.05)
        assert not first.done()  # its file is being read
        (folder / "go").touch()
        with pytest.raises(asyncio.CancelledError):
            await first
        with pytest.raises(Refused, match="not UTF-8"):
            await second
        assert (await change(folder, writer, "next.md")).generation == 3

    run(lambda: made(folder), use)


def test_only_so_many_changes_wait(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "MOST_WAITING", 2)

    async def use(writer: Writer) -> None:
        with writer.admit():
            with writer.admit(), pytest.raises(Busy, match="2 changes are waiting already"):
                writer.admit().__enter__()
            with writer.admit():
                assert writer.waiting == 2
        assert writer.waiting == 0

    run(lambda: made(folder), use)


def test_closing_lets_the_change_at_hand_finish(folder: Path) -> None:
    async def use(writer: Writer) -> None:
        change_at_hand = asyncio.create_task(change(folder, writer, "wait.md"))
        await until(lambda: asked(folder) == ["wait.md"])
        closing = asyncio.create_task(writer.close())
        await asyncio.sleep(0.05)
        with pytest.raises(NotReady, match="the service is stopping"):
            await asyncio.wait_for(_after(folder, change(folder, writer, "late.md")), 5)
        assert (await change_at_hand).generation == 2
        await closing
        assert not running(starts(folder)[0])

    run(lambda: made(folder), use)
    assert asked(folder) == ["wait.md"]


async def _after(folder: Path, work: Coroutine[Any, Any, Written]) -> Written:
    (folder / "go").touch()
    return await work


def test_closing_ends_a_worker_that_hangs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "END_SECONDS", 0.2)

    async def use(writer: Writer) -> None:
        hanging = asyncio.create_task(change(folder, writer, "hang.md"))
        await until(lambda: asked(folder) == ["hang.md"])
        await writer.close()
        assert not running(starts(folder)[0])
        with pytest.raises(asyncio.CancelledError):
            await hanging

    run(lambda: made(folder), use)
