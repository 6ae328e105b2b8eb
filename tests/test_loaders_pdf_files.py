"""PDF files: title, facts, limits and damage."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from indexer.config import Limits, Settings
from indexer.errors import BadFile
from indexer.loaders.base import LOADERS, SourceFile
from indexer.loaders.pdf import PdfLoader
from indexer.loaders.pdf_facts import creation_date
from indexer.records import BlockKind
from tests.loading import Notes
from tests.pdf_writer import (
    BODY,
    Sheet,
    encrypted,
    figures,
    load,
    make_pdf,
)


def test_registry_names_the_loader() -> None:
    assert LOADERS.get(".pdf") is PdfLoader


@pytest.mark.parametrize(
    ("info", "title"),
    [
        ("/Title (Pump X200 guide)", "Pump X200 guide"),
        ("/Title (Microsoft Word - guide_v3.doc)", "The largest words"),
        ("/Title (untitled)", "The largest words"),
        ("/Title (guide_v3.indd)", "The largest words"),
        ("", "The largest words"),
    ],
)
def test_title(tmp_path: Path, info: str, title: str) -> None:
    sheet = Sheet().lines(50, 760, *BODY).lines(50, 700, "The largest", "words", size=20, step=24)
    assert load(tmp_path, make_pdf([sheet], info)).title == title


def test_title_is_the_name_of_the_file_where_nothing_stands_out(tmp_path: Path) -> None:
    sheet = Sheet().lines(50, 760, *BODY).lines(50, 700, *BODY)
    assert load(tmp_path, make_pdf([sheet]), "pump_x200-guide.pdf").title == "pump x200 guide"


def test_metadata_and_hash(tmp_path: Path) -> None:
    info = "/Author (Jo Doe) /CreationDate (D:20240305174500+01'00')"
    data = make_pdf([Sheet().text(50, 700, "words")], info)
    document = load(tmp_path, data)
    assert document.metadata == {"author": "Jo Doe", "pages": "1"}
    assert document.date == date(2024, 3, 5)
    assert document.content_hash == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("text", "day"),
    [("D:2023", date(2023, 1, 1)), ("D:20231399", None), ("yesterday", None), ("", None)],
)
def test_creation_date(text: str, day: date | None) -> None:
    assert creation_date(text) == day


def test_more_pages_than_the_limit(tmp_path: Path) -> None:
    notes = Notes()
    settings = Settings(limits=Limits(pdf_pages=2))
    sheets = [Sheet().text(50, 700, f"words {n}") for n in "abc"]
    document = load(tmp_path, make_pdf(sheets), notes=notes, settings=settings)
    assert [block.text for block in document.blocks] == ["words a", "words b"]
    assert len(document.page_previews) == 2
    assert document.metadata["pages"] == "3"
    assert notes.noted == ["3 pages; the first 2 are read (limits.pdf_pages)"]


def test_a_damaged_page_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    notes = Notes()
    sheets = [Sheet().text(50, 700, f"words {n}") for n in "abc"]
    document = load(tmp_path, make_pdf(sheets, missing=[1]), notes=notes)
    assert [(block.page, block.text) for block in document.blocks] == [
        (1, "words a"),
        (3, "words c"),
    ]
    assert len(document.page_previews) == 3
    assert len(notes.skipped) == 1
    assert notes.skipped[0].startswith("page 2: cannot be read")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"<!doctype html><p>Not found", "not a PDF (its first bytes are b'<!doctyp')"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 4, "damaged or truncated PDF"),
        (make_pdf([Sheet()])[:60], "damaged or truncated PDF"),
        (make_pdf([]), "a PDF without pages"),
        (encrypted(), "encrypted: a password is needed to open it; save a copy without one"),
        (
            make_pdf([Sheet(), Sheet()], missing=[0, 1]),
            "no page of this PDF can be read; it is damaged",
        ),
    ],
    ids=["empty", "html", "noise", "truncated", "no pages", "encrypted", "no good page"],
)
def test_files_that_cannot_be_read(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(BadFile) as caught:
        load(tmp_path, data)
    assert caught.value.reason == reason
    assert caught.value.path.endswith("guide.pdf")


def test_missing_and_oversized_files(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot be read: No such file"):
        list(PdfLoader(Settings()).load(SourceFile(tmp_path, "none.pdf"), Notes()))
    small = Settings(limits=Limits(file_bytes=100))
    with pytest.raises(BadFile, match=r"files of up to 100 are read \(limits.file_bytes\)"):
        load(tmp_path, make_pdf([Sheet()]), settings=small)


def test_the_example_manual() -> None:
    root = Path(__file__).resolve().parents[1] / "examples" / "knowledge"
    files = sorted(root.rglob("*.pdf"))
    if not files:
        pytest.skip("examples/knowledge holds no PDF")
    for path in files:
        notes = Notes()
        file = SourceFile(root, path.relative_to(root).as_posix())
        (document,) = PdfLoader(Settings()).load(file, notes)
        pages = {block.page for block in document.blocks}
        contents = 2
        assert pages == set(range(1, len(document.page_previews) + 1)) - {contents}
        assert len(pages) >= 15
        assert {block.level for block in document.blocks if block.kind is BlockKind.HEADING} >= {
            1,
            2,
        }
        captions = [f.picture.caption for f in figures(document) if f.picture]
        assert len(captions) >= 10
        assert sum(caption.startswith("Figure ") for caption in captions) >= 0.9 * len(captions)
        assert not any(b.text.startswith("Figure 1") for b in document.blocks)
        assert (notes.skipped, notes.noted) == ([], [])
