"""What a catalog knows of its documents: where they come from, how many, all of them whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from indexer.records import Box, Chunk, Kind, Line, Modality, Picture, Place
from indexer.store.catalog import Origin, StoredDocument, WholeDocument
from tests.catalogs import document, image, stored, text

PLACES = [
    (document("m.md", kind=Kind.MANUAL, language="en", product="P"), [text(), image("a.png")]),
    (document("t.csv#1", kind=Kind.TICKET, language="de", product="P"), []),
    (document("t.csv#2", kind=Kind.TICKET, language="de"), [text()]),
    (document("t.csvx", kind=Kind.TICKET, language="en"), [text(), text()]),
]


def test_documents_and_their_origins(tmp_path: Path) -> None:
    with stored(tmp_path, PLACES) as catalog:
        assert catalog.owners().tolist() == [0, 0, 2, 3, 3]
        every = catalog.documents("s", None)
        assert [(found.number, found.path) for found in every] == [
            (0, "m.md"), (1, "t.csv#1"), (2, "t.csv#2"), (3, "t.csvx"),
        ]  # fmt: skip
        assert every[1] == StoredDocument("s", 1, "src", "t.csv#1", "f1", "k1", Kind.TICKET)
        assert catalog.documents("s", "t.csv") == every[1:3]
        assert catalog.documents("s", "t.csv#2") == every[2:3]
        assert catalog.documents("s", "t.cs") == []
        assert catalog.files("src") == {"f0", "f1", "f2", "f3"}
        assert catalog.files("other") == set()


def test_counts_of_some_documents(tmp_path: Path) -> None:
    with stored(tmp_path, PLACES) as catalog:
        assert catalog.count({0, 2}) == {
            "kind": {"manual": 1, "ticket": 1},
            "language": {"en": 1, "de": 1},
            "product": {"P": 1, "": 1},
            "modality": {"text": 2, "image": 1},
        }
        assert catalog.count({1})["modality"] == {}


def test_whole_documents_come_back_as_they_went_in(tmp_path: Path) -> None:
    entry = document(
        "a.md#7", title="T", kind=Kind.TICKET, language="de", product="P", date=date(2024, 2, 29),
        groups=("g", "h"), metadata={"k": "v"}, content_hash="c",
    )  # fmt: skip
    place = Place(3, Box(0, 0.25, 0.5, 1), ("A", "B"), 1.5, 2.0)
    chunk = Chunk(
        Modality.IMAGE, place, "t", "c", (Line("l", Box(0, 0, 1, 1), 0.5),), Picture("p.png", b"")
    )
    with stored(tmp_path, [PLACES[0], (entry, [text("first"), chunk]), PLACES[1]]) as catalog:
        assert catalog.read(1, 3) == [
            WholeDocument(
                1, Origin("src", "f1", "k1"), entry,
                [(text("first"), "t2.webp"), (chunk, "t3.webp")],
            ),
            WholeDocument(2, Origin("src", "f2", "k2"), PLACES[1][0], ()),
        ]  # fmt: skip
