"""Ticket files: dates, real exports, limits and damage."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from indexer.config import Limits, Settings
from indexer.errors import BadFile
from indexer.loaders.base import SourceFile
from indexer.loaders.ticket_dates import parse_date
from indexer.loaders.tickets import TicketLoader
from indexer.records import BlockKind
from tests.loading import Notes
from tests.test_loaders_tickets import load

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "knowledge"


def test_ragged_rows_are_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    notes = Notes()
    documents = load(
        tmp_path,
        "t.csv",
        'id,title,body\n1,A,"two\nlines"\n2,B\n\n3,C,x,y\n4,D,z,,\n',
        notes,
    )
    assert [document.path for document in documents] == ["t.csv#1", "t.csv#4"]
    assert notes.skipped == [
        "record 2 (line 4): 2 fields where the header has 3",
        "record 3 (line 6): 4 fields where the header has 3",
    ]


def test_an_open_quote_does_not_swallow_records_in_silence(tmp_path: Path) -> None:
    notes = Notes()
    documents = load(tmp_path, "t.csv", 'id,title\n1,A\n2,"B\n3,C\n4,D\n', notes)
    assert [document.title for document in documents] == ["A"]
    assert notes.skipped == [
        "record 2 (line 3): a quote is opened and never closed; all that follows it is lost"
    ]


def test_huge_fields(tmp_path: Path) -> None:
    text = "word " * 60_000
    (document,) = load(tmp_path, "t.csv", f"id,title,body\n1,A,{text}\n")
    assert document.blocks[0].text == text.strip()


def test_bad_lines_are_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    notes = Notes()
    documents = load(
        tmp_path,
        "t.jsonl",
        '{"title": "A"}\n\n{"title": \n[1]\n{"id": 9}\n"x"\n{"title": "B"}\n',
        notes,
    )
    assert [document.title for document in documents] == ["A", "B"]
    assert [reason.split(": ")[0] for reason in notes.skipped] == [
        "line 3",
        "line 4",
        "line 6",
        "record 4",
    ]
    assert notes.skipped[0].startswith("line 3: not valid JSON: ")
    assert notes.skipped[1] == "line 4: an array, where an object with named fields is due"
    assert notes.skipped[3] == "record 4: neither title nor text"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-01-02 17:14:21+00:00", date(2020, 1, 2)),
        ("2020-01-02T17:14:21.5Z", date(2020, 1, 2)),
        ("2020/1/2", date(2020, 1, 2)),
        ("20200102", date(2020, 1, 2)),
        ("2024年3月5日", date(2024, 3, 5)),
        ("1577985261", date(2020, 1, 2)),
        ("1577985261000", date(2020, 1, 2)),
        ("25/12/2024", date(2024, 12, 25)),
        ("12/25/2024", date(2024, 12, 25)),
        ("25.12.2024 10:00", date(2024, 12, 25)),
        ("03/03/2024", date(2024, 3, 3)),
        ("Tue, 5 Mar 2024 10:00:00 +0000", date(2024, 3, 5)),
        ("March 5th, 2024", date(2024, 3, 5)),
        ("02/01/2024", None),
        ("2024-02-30", None),
        ("soon", None),
        ("", None),
    ],
)
def test_dates(text: str, day: date | None) -> None:
    assert parse_date(text) == day


def test_an_ambiguous_date_is_kept_as_metadata(tmp_path: Path) -> None:
    (document,) = load(tmp_path, "t.csv", "title,date\nA,02/01/2024\n")
    assert document.date is None
    assert document.metadata == {"date": "02/01/2024"}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("t.csv", "", "empty file"),
        ("t.csv", " \n", "no records"),
        ("t.csv", "id,title\n", "no records"),
        ("t.jsonl", "nope\n", "no records"),
        ("t.csv", "id,title\n1,caf\xe9\n".encode("latin-1"), "not UTF-8 text"),
        ("t.csv", b"PK\x03\x04\x00\x00", "binary data (it holds NUL bytes), not text"),
        (
            "t.csv",
            "id,colour\n1,red\n",
            "no title or text column recognised among id, colour; set tickets.title, tickets.body "
            "or tickets.resolution to the columns that hold them",
        ),
        ("t.json", "{", "not valid JSON: "),
    ],
)
def test_files_that_cannot_be_read(
    tmp_path: Path, name: str, content: str | bytes, reason: str
) -> None:
    with pytest.raises(BadFile) as caught:
        load(tmp_path, name, content)
    assert caught.value.reason.startswith(reason)


def test_missing_and_oversized_files(tmp_path: Path) -> None:
    loader = TicketLoader(Settings(limits=Limits(file_bytes=10)))
    with pytest.raises(BadFile, match="cannot be read: No such file"):
        list(loader.load(SourceFile(tmp_path, "none.csv"), Notes()))
    (tmp_path / "t.csv").write_text("id,title\n1,A\n", encoding="utf-8")
    with pytest.raises(BadFile, match=r"13 bytes; files of up to 10 are read"):
        list(loader.load(SourceFile(tmp_path, "t.csv"), Notes()))


def test_records_come_one_at_a_time(tmp_path: Path) -> None:
    rows = "\n".join(f"{n},title {n}" for n in range(1, 5000))
    (tmp_path / "t.csv").write_text(f"id,title\n{rows}\nbad\n", encoding="utf-8")
    notes = Notes()
    documents = TicketLoader(Settings()).load(SourceFile(tmp_path, "t.csv"), notes)
    assert next(documents).path == "t.csv#1"
    assert notes.skipped == []
    assert sum(1 for _ in documents) == 4998
    assert len(notes.skipped) == 1


def shared(path: str) -> SourceFile:
    file = SourceFile(DATA, path)
    if not file.absolute.is_file():
        pytest.skip(f"{path}: the shared data is not here")
    return file


def test_stackfaq() -> None:
    notes = Notes()
    file = shared("questions/stackfaq/docs.jsonl")
    documents = list(TicketLoader(Settings()).load(file, notes))
    assert len(documents) == 125
    assert sum(len(document.blocks) for document in documents) >= 719
    assert documents[0].path == "questions/stackfaq/docs.jsonl#sf0"
    assert documents[0].title == "Strikethrough with GitHub Markdown"
    assert documents[0].blocks[0].text == "Use ~~tildes around the words~~."
    assert (notes.skipped, notes.noted) == ([], [])


def test_seamonkey() -> None:
    notes = Notes()
    file = shared("tickets/seamonkey/SeaMonkey_bugs.csv")
    documents = list(TicketLoader(Settings()).load(file, notes))
    assert len(documents) == 1076
    assert documents[0].path.endswith("#1606681")
    assert documents[0].date == date(2020, 1, 2)
    assert documents[0].metadata == {
        "Status": "RESOLVED",
        "Priority": "--",
        "Resolution": "FIXED",
        "Resolved": "2020-11-01 20:04:54+00:00",
    }
    assert all(block.kind is BlockKind.PARAGRAPH for d in documents for block in d.blocks)
    assert (notes.skipped, notes.noted) == ([], [])


def test_example_tickets() -> None:
    files = [
        path
        for path in sorted((EXAMPLES / "tickets").rglob("*"))
        if path.suffix in (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
    ]
    if not files:
        pytest.skip("examples/knowledge/tickets is not here")
    notes = Notes()
    for path in files:
        file = SourceFile(EXAMPLES, path.relative_to(EXAMPLES).as_posix())
        documents = list(TicketLoader(Settings()).load(file, notes))
        assert len(documents) > 10
        assert all(document.title and document.blocks for document in documents)
        assert any(block.text == "Resolution" for d in documents for block in d.blocks)
    assert (notes.skipped, notes.noted) == ([], [])
