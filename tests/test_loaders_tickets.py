"""Tickets from CSV, TSV, JSON Lines and JSON."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from indexer.config import Settings, TicketColumns
from indexer.errors import BadFile
from indexer.loaders.base import LOADERS, SourceFile
from indexer.loaders.columns import Columns, recognise
from indexer.loaders.tickets import TicketLoader
from indexer.records import Block, BlockKind, Document, Kind, Picture
from tests.loading import Notes


def load(
    folder: Path,
    name: str,
    content: str | bytes,
    notes: Notes | None = None,
    columns: TicketColumns | None = None,
) -> list[Document]:
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    settings = Settings(tickets=columns or TicketColumns())
    return list(TicketLoader(settings).load(SourceFile(folder, name), notes or Notes()))


def texts(document: Document) -> list[tuple[str, str]]:
    return [(block.kind.value, block.text) for block in document.blocks]


def jsonl(*records: object) -> str:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records) + "\n"


def test_registry_names_the_loader() -> None:
    for suffix in (".csv", ".tsv", ".jsonl", ".ndjson"):
        assert LOADERS.get(suffix) is TicketLoader


def test_a_csv_record_becomes_a_document(tmp_path: Path) -> None:
    (document,) = load(
        tmp_path,
        "t.csv",
        "Ticket ID,Subject,Description,Solution,Created,Product,Lang,Priority,Note\n"
        'T-7,No water,"It hums.\n\nNo water comes.",Descale it twice and then rinse it,'
        "2024-03-05T10:00:00Z,Brewer,en-US,high,\n",
    )
    assert document == Document(
        path="t.csv#T-7",
        title="No water",
        kind=Kind.TICKET,
        blocks=(
            Block(BlockKind.HEADING, "Description", level=2),
            Block(BlockKind.PARAGRAPH, "It hums."),
            Block(BlockKind.PARAGRAPH, "No water comes."),
            Block(BlockKind.HEADING, "Resolution", level=2),
            Block(BlockKind.PARAGRAPH, "Descale it twice and then rinse it"),
        ),
        content_hash=document.content_hash,
        language="en",
        product="Brewer",
        date=date(2024, 3, 5),
        metadata={"Priority": "high"},
    )
    assert len(document.content_hash) == 64


def test_chinese_headers(tmp_path: Path) -> None:
    (document,) = load(
        tmp_path,
        "t.csv",
        "\ufeff工单号,标题,描述,解决方案,创建时间,产品,语言,状态\n"
        "8,不出水,按键后没有水,除垢两次,2024年3月5日,咖啡机,中文,已关闭\n",
    )
    assert (document.path, document.title, document.date) == ("t.csv#8", "不出水", date(2024, 3, 5))
    assert (document.product, document.language) == ("咖啡机", "zh")
    assert document.metadata == {"状态": "已关闭"}
    assert texts(document) == [
        ("heading", "Description"),
        ("paragraph", "按键后没有水"),
        ("heading", "Resolution"),
        ("paragraph", "除垢两次"),
    ]


def test_a_resolution_column_of_statuses_is_metadata(tmp_path: Path) -> None:
    head = "id,summary,description,resolution\n"
    first, second = load(tmp_path, "t.csv", head + "1,A,text,FIXED\n2,B,text,won't fix this\n")
    assert texts(first) == [("paragraph", "text")]
    assert first.metadata == {"resolution": "FIXED"}
    assert second.metadata == {"resolution": "won't fix this"}
    first, second = load(tmp_path, "t.csv", head + "1,A,text,FIXED\n2,B,text,Turn it off and on\n")
    assert first.metadata == {}
    assert texts(first)[-1] == ("paragraph", "FIXED")


def test_an_answer_resolves_where_there_is_a_text_besides() -> None:
    nothing = TicketColumns()
    assert recognise(["question", "answer"], [], nothing) == Columns(
        title="question", body=("answer",)
    )
    assert recognise(["title", "question", "answer"], [], nothing) == Columns(
        title="title", body=("question",), resolution=("answer",)
    )
    assert recognise(["name", "id", "Key", "title"], [], nothing) == Columns(id="id", title="title")


def test_columns_named_in_the_settings_win(tmp_path: Path) -> None:
    notes = Notes()
    (document,) = load(
        tmp_path,
        "t.csv",
        "id,title,Betreff,Text A,Text B,Antwort\n1,x,No water,one,two,Descale\n",
        notes,
        TicketColumns(title="Betreff", body=("Text B", "Text A"), resolution=("Antwort", "Gone")),
    )
    assert document.title == "No water"
    assert [block.text for block in document.blocks] == [
        "Description",
        "two",
        "one",
        "Resolution",
        "Descale",
    ]
    assert document.metadata == {"title": "x"}
    assert notes.noted == ["tickets.resolution names 'Gone', which is no column here"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    rows = [["id", "title", "body"], ["1", "A, b; c", "x"]]
    body = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    (document,) = load(tmp_path, "t.csv", body)
    assert (document.path, document.title) == ("t.csv#1", "A, b; c")


def test_tsv_and_the_separator_line_of_spreadsheets(tmp_path: Path) -> None:
    (document,) = load(tmp_path, "t.tsv", "id\ttitle\n1\tA, b; c, d; e, f\n")
    assert document.title == "A, b; c, d; e, f"
    (document,) = load(tmp_path, "t.csv", "sep=|\r\nid|title\r\n1|A,b\r\n")
    assert (document.path, document.title) == ("t.csv#1", "A,b")


def test_utf_16_and_line_ends_of_windows(tmp_path: Path) -> None:
    content = 'id,title,body\r\n1,No water,"a\r\nb\r\n\r\nc"\r\n'.encode("utf-16")
    (document,) = load(tmp_path, "t.csv", content)
    assert texts(document) == [("paragraph", "a\nb"), ("paragraph", "c")]


def test_json_lines_with_answers(tmp_path: Path) -> None:
    first, second = load(
        tmp_path,
        "t.jsonl",
        jsonl(
            {"id": 1, "title": "A", "answers": ["one", "two\n\nthree"], "tags": ["x", "y"]},
            {
                "id": "b",
                "title": "B",
                "answers": [
                    {"author": {"name": "Jo"}, "body": "first", "votes": 3},
                    {"writer": "Al", "words": "second"},
                ],
                "fields": {"status": "open", "due": {"days": 3}},
                "closed": False,
                "owner": None,
            },
        ),
    )
    assert texts(first) == [("paragraph", "one"), ("paragraph", "two"), ("paragraph", "three")]
    assert first.metadata == {"tags": "x, y"}
    assert texts(second) == [("paragraph", "first"), ("paragraph", "Al"), ("paragraph", "second")]
    assert second.metadata == {"fields.status": "open", "fields.due.days": "3", "closed": "false"}
    assert (first.path, second.path) == ("t.jsonl#1", "t.jsonl#b")


def test_nested_keys_can_be_named_in_the_settings(tmp_path: Path) -> None:
    (document,) = load(
        tmp_path,
        "t.jsonl",
        jsonl({"key": "K-1", "fields": {"summary": "No water", "text": "It hums"}}),
        columns=TicketColumns(title="fields.summary", body=("fields.text",)),
    )
    assert (document.path, document.title) == ("t.jsonl#K-1", "No water")
    assert texts(document) == [("paragraph", "It hums")]


def test_lists_of_objects_that_are_not_mapped_are_noted_once(tmp_path: Path) -> None:
    notes = Notes()
    record = {"title": "A", "comments": [{"text": "x"}]}
    load(tmp_path, "t.jsonl", jsonl(record, record), notes)
    assert notes.noted == [
        "'comments' holds lists of objects, which are not indexed; "
        "name it in tickets.body or tickets.resolution"
    ]


def test_a_json_array_of_records(tmp_path: Path) -> None:
    (document,) = load(tmp_path, "t.json", json.dumps([{"id": 1, "title": "A", "text": "b"}]))
    assert (document.path, texts(document)) == ("t.json#1", [("paragraph", "b")])
    with pytest.raises(BadFile, match="an object, where an array of records is due"):
        load(tmp_path, "t.json", '{"id": 1}')


def test_without_ids_records_are_counted(tmp_path: Path) -> None:
    documents = load(tmp_path, "t.csv", "title\nA\nB\n")
    assert [document.path for document in documents] == ["t.csv#1", "t.csv#2"]
    assert texts(documents[1]) == [("paragraph", "B")]


def test_the_same_text_twice_is_two_documents_and_the_same_id_is_noted(tmp_path: Path) -> None:
    notes = Notes()
    documents = load(tmp_path, "t.csv", "id,title\n1,A\n1,A\n1~2,B\n1,C\n2,A\n", notes)
    assert [document.path for document in documents] == [
        "t.csv#1",
        "t.csv#1~2",
        "t.csv#1~2~2",
        "t.csv#1~3",
        "t.csv#2",
    ]
    assert documents[0].content_hash == documents[1].content_hash
    assert documents[0].content_hash != documents[4].content_hash
    assert notes.noted[0] == "record 2: the id '1' was used before; kept as t.csv#1~2"
    assert len(notes.noted) == 3


def test_a_title_is_made_from_the_text(tmp_path: Path) -> None:
    first, second = load(
        tmp_path, "t.csv", f'text,category\n"No water\nat all",x\n{"word " * 40},y\n'
    )
    assert first.title == "No water"
    assert texts(first) == [("paragraph", "No water\nat all")]
    assert second.title == "word " * 19 + "word…"


def test_images_of_a_record(tmp_path: Path) -> None:
    notes = Notes()
    (tmp_path / "in" / "shots").mkdir(parents=True)
    (tmp_path / "in" / "shots" / "e04.png").write_bytes(b"png bytes")
    (tmp_path / "in" / "t.csv").write_text(
        "id,title,screenshot\n1,A,shots/e04.png; gone.png\n2,A,\n", encoding="utf-8"
    )
    loader = TicketLoader(Settings())
    first, second = loader.load(SourceFile(tmp_path, "in/t.csv"), notes)
    assert first.path == "in/t.csv#1"
    assert first.blocks == (
        Block(BlockKind.PARAGRAPH, "A"),
        Block(BlockKind.FIGURE, picture=Picture("in/shots/e04.png", b"png bytes")),
    )
    assert second.blocks == (Block(BlockKind.PARAGRAPH, "A"),)
    assert notes.noted == ["links to gone.png, which is not there"]
    before = first.content_hash
    (tmp_path / "in" / "shots" / "e04.png").write_bytes(b"other bytes")
    first, _ = loader.load(SourceFile(tmp_path, "in/t.csv"), notes)
    assert first.content_hash != before
