"""Documents out for good, and uploads in: each change one generation, all or nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from indexer.building.build import add, build, rebuild
from indexer.building.live import Deletion, LiveWriter
from indexer.building.progress import Silent
from indexer.config import Models, Settings
from indexer.errors import BadFile, BadQuery, IndexMismatch, IndexNotFound, NoSuchDocument
from indexer.store.clear import clear
from indexer.store.index import Index
from indexer.store.manifest import read_current
from indexer.store.uploads import UPLOADED, uploads_folder
from tests.building import change, changes, contents, index, paths, picture, texts, upload
from tests.pdf_writer import Sheet, make_pdf

TABLE = "id,subject,description\nX1,Pump,The pump drips.\nX2,Valve,The valve drips.\n"


def _other(settings: Settings) -> Settings:
    models = Models(text="fake:other", clip="fake:other", reader="fake")
    return settings.model_copy(update={"models": models})


@pytest.fixture
def root(manual: Path, tmp_path: Path, fake_settings: Settings) -> Path:
    index(manual, tmp_path / "ix", fake_settings)
    return tmp_path / "ix"


@pytest.mark.parametrize(
    ("id", "gone", "came"),
    [
        ("valve.md", ["valve.md"], ["valve.md"]),
        ("lamp.png", ["lamp.png"], ["lamp.png"]),
        ("tickets.csv#T2", ["tickets.csv#T2"], ["tickets.csv#T2"]),
        ("tickets.csv", ["tickets.csv#T1", "tickets.csv#T2"], ["tickets.csv#T1", "tickets.csv#T2"]),
    ],
)
def test_what_was_removed_stays_out_until_it_is_added(
    root: Path, manual: Path, fake_settings: Settings, id: str, gone: list[str], came: list[str]
) -> None:
    before = paths(root)
    result = change(root, fake_settings, gone=[id])
    assert (result.generation, result.deleted) == (2, len(gone))
    left = [path for path in before if path not in gone]
    assert paths(root) == left
    assert changes(index(manual, root, fake_settings)) == (0, 0, 0)
    assert index(manual, root, fake_settings).unchanged
    rebuild(root, fake_settings, Silent())
    assert paths(root) == left
    back = add([manual / id.partition("#")[0]], root, fake_settings, Silent())
    assert changes(back) == (len(came), 0, 0)
    assert paths(root) == before
    rebuild(root, fake_settings, Silent())
    assert paths(root) == before


def test_a_removed_file_keeps_its_new_records_out(
    root: Path, manual: Path, fake_settings: Settings
) -> None:
    change(root, fake_settings, gone=["tickets.csv"])
    with (manual / "tickets.csv").open("a") as table:
        table.write("T3,New,New one.,Mend.,V20,2025-06-16\n")
    index(manual, root, fake_settings)
    assert "tickets.csv#T3" not in paths(root)


def test_a_removed_document_stays_out_when_it_changes(
    root: Path, manual: Path, fake_settings: Settings
) -> None:
    change(root, fake_settings, gone=["valve.md"])
    (manual / "valve.md").write_text("# Valve\n\nOther words.\n")
    index(manual, root, fake_settings)
    assert "valve.md" not in paths(root)


def test_a_file_is_not_a_record_of_one_that_its_name_begins_with(
    root: Path, manual: Path, fake_settings: Settings
) -> None:
    (manual / "valve.md#2.md").write_text("# Second\n\nSecond.\n")
    index(manual, root, fake_settings)
    assert change(root, fake_settings, gone=["valve.md"]).deleted == 1
    index(manual, root, fake_settings)
    assert "valve.md#2.md" in paths(root)


def test_an_id_in_two_sources_needs_its_source(
    root: Path, manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    other = tmp_path / "other"
    shutil.copytree(manual, other)
    index([manual, other], root, fake_settings)
    before = contents(root)
    with pytest.raises(BadQuery, match=rf"valve\.md: is in several sources \({other}, {manual}\)"):
        change(root, fake_settings, gone=["valve.md"])
    for nothing in (Deletion("none.md"), Deletion("valve.md", UPLOADED)):
        with pytest.raises(NoSuchDocument, match="no such document"):
            change(root, fake_settings, gone=[nothing])
    with pytest.raises(NoSuchDocument):
        change(root, fake_settings, gone=[Deletion("pump.md", str(other)), "none.md"])
    assert (contents(root), read_current(root).generation) == (before, 2)
    assert change(root, fake_settings, gone=[Deletion("valve.md", str(other))]).deleted == 1
    with Index.open(root) as opened:
        assert [found.source for found in opened.documents("valve.md")] == [str(manual)]


def test_uploads_of_every_kind_are_replaced_and_survive_all(
    root: Path, manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    bodies = tmp_path / "bodies"
    pdf = make_pdf([Sheet().text(72, 700, "The screen of the pump.")])
    picture(tmp_path / "red.png", (255, 0, 0))
    result = change(
        root,
        fake_settings,
        [
            upload(bodies, "faq/wifi.md", "# Wifi\n\nThe valve.\n"),
            upload(bodies, "note", "A plain note.", ".txt"),
            upload(bodies, "t.csv", TABLE),
            upload(bodies, "shot.png", (tmp_path / "red.png").read_bytes()),
            upload(bodies, "doc.pdf", pdf),
        ],
    )
    assert (result.generation, result.documents, result.deleted) == (2, 6, 0)
    uploaded = ["doc.pdf", "faq/wifi.md", "note", "shot.png", "t.csv#X1", "t.csv#X2"]
    with Index.open(root) as opened:
        assert sorted(d.path for d in opened.documents() if d.source == UPLOADED) == uploaded
    before = contents(root)
    assert index(manual, root, fake_settings).unchanged
    (manual / "valve.md").unlink()
    assert changes(index(manual, root, fake_settings)) == (0, 0, 1)
    rebuild(root, _other(fake_settings), Silent())
    with Index.open(root) as opened:
        assert sorted(d.path for d in opened.documents() if d.source == UPLOADED) == uploaded
    del before[str(manual), "valve.md"]
    assert contents(root) == before  # the fake of another name gives the same vectors
    again = change(
        root,
        _other(fake_settings),
        [
            upload(bodies, "faq/wifi.md", "# Wifi\n\nThe pump.\n"),
            upload(bodies, "t.csv", TABLE[:50]),
        ],
    )
    assert (again.documents, again.deleted) == (2, 0)
    assert texts(root, "faq/wifi.md") == ["The pump."]
    assert "t.csv#X2" not in paths(root)
    assert change(root, _other(fake_settings), gone=["note", "t.csv"]).deleted == 2


def test_one_bad_upload_leaves_everything_as_it_was(
    root: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    bodies = tmp_path / "bodies"
    change(root, fake_settings, [upload(bodies, "shot.md", "Old.")])
    kept = {path.name for path in uploads_folder(root).iterdir()}
    before = contents(root)
    for bad, reason in (
        (upload(bodies, "empty.md", b""), r"^empty\.md: empty file"),
        (upload(bodies, "latin.txt", "Größe".encode("latin-1")), r"^latin\.txt: not UTF-8"),
        (upload(bodies, "cut.pdf", b"%PDF-1.7\n1 0 obj\n<<"), r"^cut\.pdf: "),
        (upload(bodies, "no.png", "<html>"), r"^no\.png: not an image \(it holds HTML"),
        (upload(bodies, "no", "<html>", ".png"), r"^no: not an image \(it holds HTML"),
    ):
        good = upload(bodies, "shot.md", "New.")
        with pytest.raises(BadFile, match=reason):
            change(root, fake_settings, [good, bad], gone=["valve.md"])
        assert (contents(root), read_current(root).generation) == (before, 2)
    assert clear(root, only_live=True)
    assert {path.name for path in uploads_folder(root).iterdir()} == kept
    assert [path.name for path in (root / "segments").glob(".*")] == []


@pytest.mark.parametrize("id", ["../x.md", "/x.md", "a/./b.md", "a#b.md", ""])
def test_ids_that_are_no_file_names_are_refused(
    root: Path, tmp_path: Path, fake_settings: Settings, id: str
) -> None:
    with pytest.raises(BadQuery, match=r"an id is like guides/wifi\.md"):
        change(root, fake_settings, [upload(tmp_path / "bodies", id, "Text.", ".md")])


def test_an_id_twice_in_a_change_is_refused(
    root: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    twice = [upload(tmp_path / "bodies", "a.md", text) for text in ("One.", "Two.")]
    with pytest.raises(BadQuery, match=r"a\.md: is there 2 times"):
        change(root, fake_settings, twice)


def test_what_an_uploaded_page_lacks_is_a_note(
    root: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    page = upload(tmp_path / "bodies", "p.md", "# P\n\nText.\n\n![Gone](gone.png)\n")
    result = change(root, fake_settings, [page])
    assert [(str(note.path), note.reason) for note in result.notes] == [
        ("p.md", "links to gone.png, which is not there")
    ]


def test_removed_uploads_do_not_come_back(
    root: Path, manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    bodies = tmp_path / "bodies"
    table = upload(bodies, "t.csv", TABLE)
    change(root, fake_settings, [table, upload(bodies, "a.md", "Alpha.")])
    change(root, fake_settings, gone=["t.csv#X1", Deletion("a.md", UPLOADED)])
    rebuild(root, _other(fake_settings), Silent())
    assert [path for path in paths(root) if path in ("a.md", "t.csv#X1", "t.csv#X2")] == [
        "t.csv#X2"
    ]
    change(root, _other(fake_settings), [table])  # uploaded again, all of it is wanted
    rebuild(root, fake_settings, Silent())
    assert {"t.csv#X1", "t.csv#X2"} < set(paths(root))


def test_uploads_follow_the_settings_of_an_index(
    root: Path, manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    bodies = tmp_path / "bodies"
    (manual / "x.md").write_text("X.")
    long = "The pump moves water. " * 60
    change(root, fake_settings, [upload(bodies, "l.md", long), upload(bodies, "s.md", "Short.")])
    chunking = fake_settings.chunking.model_copy(update={"target": 40})
    small = fake_settings.model_copy(update={"chunking": chunking})
    again = build([manual], root, small, True, Silent())
    assert changes(again) == (1, 1, 0)
    assert len(texts(root, "l.md")) > 6
    assert index(manual, root, small).unchanged


def test_a_writer_follows_a_rebuild_with_other_models(
    root: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    left_open = fake_settings.model_copy(update={"models": Models(reader="fake")})
    writer = LiveWriter(root, left_open)
    bodies = tmp_path / "bodies"
    writer.change([upload(bodies, "a.md", "Alpha.")], [])
    rebuild(root, _other(fake_settings), Silent())
    assert writer.change([upload(bodies, "b.md", "Beta.")], []).generation == 4
    writer.close()
    with pytest.raises(IndexMismatch, match="triptych rebuild --index"):
        change(root, fake_settings, [upload(bodies, "c.md", "Gamma.")])
    with pytest.raises(IndexNotFound, match="no index in"):
        LiveWriter(tmp_path / "none", fake_settings)


def test_an_original_stays_while_a_generation_needs_it(
    root: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    bodies = tmp_path / "bodies"
    change(root, fake_settings, [upload(bodies, "a.md", "Alpha.")])
    [original] = [path for path in uploads_folder(root).iterdir() if path.suffix == ".md"]
    change(root, fake_settings, gone=["a.md"])
    assert original.read_text() == "Alpha."
    for number in range(12):
        change(root, fake_settings, [upload(bodies, "b.md", f"Beta {number}.")])
    assert not original.exists()
    assert len([p for p in uploads_folder(root).iterdir() if p.suffix == ".md"]) < 12
