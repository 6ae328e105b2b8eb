"""`triptych bench synthesize`: the folder that it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from indexer.config import Limits
from indexer.sound import decode_sound
from search.qrels import read_queries
from search.synthesize import pictures, spoken
from tests.command_line import Run, command_line, index_of

COPIES = ("crop-60", "crop-30", "resized", "dark", "photo")
DIAL, DIAL_AGAIN, LAMP = "images/dial.png", "images/again.jpg", "images/lamp.png"


class NoSpeaker:
    """As on a machine without a synthesiser."""

    def __init__(self) -> None:
        raise OSError("no synthesiser")


class Beeper:
    """Says every word as a tenth of a second of a tone."""

    rate = 16_000

    def speak(self, text: str, voice: str, pace: int) -> NDArray[np.int16]:
        times = np.arange(len(text.split()) * self.rate // 10) / self.rate
        return (np.sin(2 * np.pi * 440 * times) * 8000).astype(np.int16)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    # the fake reader reads one line in every image
    monkeypatch.setattr(pictures, "_LINES", 1)
    monkeypatch.setattr(spoken, "Speaker", NoSpeaker)
    return command_line(tmp_path, monkeypatch, capsys)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two pages with the same dial, one with a compressed copy of it, one with a lamp; tickets."""
    root = tmp_path / "source"
    (root / "images").mkdir(parents=True)
    dial, lamp = patches(1), patches(2)
    dial.save(root / DIAL)
    dial.save(root / DIAL_AGAIN, quality=80)
    lamp.save(root / LAMP)
    Image.new("RGB", (400, 300), "red").save(root / "images" / "plain.png")
    common = "## Overview\n\nRead the safety notes in the box before you begin the work.\n\n"
    for name, picture in (("pump", DIAL), ("valve", DIAL), ("tank", DIAL_AGAIN), ("lamp", LAMP)):
        (root / f"{name}.md").write_text(
            f"# {name.title()} of the brewer\n\n{common}## Replace the {name} by hand\n\n"
            f"Loosen both screws below the {name} with a small driver, then pull gently.\n\n"
            f"![A {name} seen from below]({picture})\n\n![](images/plain.png)\n"
        )
    (root / "tickets.csv").write_text(
        "id,subject,description,resolution\n"
        "T1,Grinder makes noise,My machine rattles every morning before coffee comes out slowly.,"
        "Replaced the burrs.\n"
        "T2,Display stays dark,Yesterday evening nothing lit although cable and fuse are fine.,\n"
    )
    return root


def patches(seed: int) -> Image.Image:
    """400 × 300 pixels in 48 colours."""
    colours = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(colours).resize((400, 300), Image.Resampling.NEAREST)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "queries.jsonl").read_text().splitlines()]


def test_every_kind_is_drawn_with_all_that_is_right(run: Run, source: Path, tmp_path: Path) -> None:
    index = index_of(run, source, tmp_path)
    out = tmp_path / "made" / "set"
    found = run("bench", "synthesize", "--index", index, "--out", out, "--json").json()
    made = lines(out)
    kinds = {name: facts["count"] for name, facts in found["kinds"].items()}
    # a title and a heading of each page, "Overview" is on four; two pictures that show something
    assert kinds["heading"] == 8
    assert (kinds["ticket-subject"], kinds["ticket-problem"]) == (2, 2)
    assert {kinds[name] for name in COPIES} == {2}
    assert kinds["screenshot"] == 2
    assert (found["count"], found["documents"]) == (len(made), 6)
    assert found["queries"] == str(out / "queries.jsonl")

    def of(kind: str) -> list[dict[str, Any]]:
        return [line for line in made if line["kind"] == kind]

    assert {tuple(line["relevant"]) for line in of("heading")} == {
        ("lamp.md",),
        ("pump.md",),
        ("tank.md",),
        ("valve.md",),
    }
    dial = ["pump.md", "tank.md", "valve.md"]
    for kind in (*COPIES, "screenshot"):
        assert sorted(line["relevant"] for line in of(kind)) == [["lamp.md"], dial]
    assert sorted(line["exclude"] for line in of("screenshot")) == [
        [DIAL_AGAIN, DIAL],
        [LAMP],
    ]
    assert all("exclude" not in line for line in made if line["kind"] != "screenshot")
    right = {tuple(line["relevant"]) for line in of("ticket-subject")}
    assert right == {("tickets.csv#T1",), ("tickets.csv#T2",)}
    # "noise" and "Grinder" stand in the subject, so the problem is asked without them
    (problem,) = (line for line in of("ticket-problem") if line["relevant"] == ["tickets.csv#T1"])
    assert len(problem["text"].split()) == 8
    captions = {line["text"]: line["relevant"] for line in of("caption-seen")}
    assert captions["A lamp seen from below"] == [LAMP]
    assert captions["A pump seen from below"] == [DIAL]


def test_what_is_written_can_be_measured(run: Run, source: Path, tmp_path: Path) -> None:
    index = index_of(run, source, tmp_path)
    out = tmp_path / "set"
    shown = run("bench", "synthesize", "--index", index, "--out", out, "--count", 1).out
    assert "12 queries from 6 documents" not in shown
    assert "11 queries from 6 documents" in shown
    assert "only 6 documents: ten hits drawn at random hold the right one of 100%" in shown
    assert "captions are searched here" in shown
    assert f"--queries {out / 'queries.jsonl'}" in shown
    queries = read_queries(out / "queries.jsonl", None)
    assert [query.kind for query in queries] == [
        "heading",
        "known-item",
        "ticket-subject",
        "ticket-problem",
        "caption-seen",
        *COPIES,
        "screenshot",
    ]
    sizes = {}
    for query in queries:
        if query.image is not None:
            assert query.query(1).image is not None
            with Image.open(query.image) as image:
                sizes[query.kind] = image.size
    assert sizes["screenshot"] == sizes["dark"] == (400, 300)
    assert sizes["crop-60"] == (310, 232)
    assert sizes["crop-30"] == (219, 164)


def test_headings_and_subjects_are_spoken_where_a_synthesiser_is(
    run: Run, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = index_of(run, source, tmp_path)
    silent = run("bench", "synthesize", "--index", index, "--out", tmp_path / "none", "--json")
    assert any(
        note.startswith("no spoken: needs headings or subjects in English, and eSpeak NG")
        for note in silent.json()["notes"]
    )
    monkeypatch.setattr(spoken, "Speaker", Beeper)
    out = tmp_path / "set"
    run("bench", "synthesize", "--index", index, "--out", out, "--count", 3)
    written = [line for line in lines(out) if line["kind"] == "spoken"]
    queries = [one for one in read_queries(out / "queries.jsonl", None) if one.voice]
    assert [query.kind for query in queries] == ["spoken"] * 3
    for line, query in zip(written, queries, strict=True):
        voice = query.query(1).voice
        assert voice is not None
        sound = decode_sound(voice, Limits())
        assert len(sound) == pytest.approx(len(line["said"].split()) * 1_600, abs=2)
        assert np.argmax(np.abs(np.fft.rfft(sound))) * 16_000 / len(sound) == pytest.approx(440)


def test_the_seed_decides(run: Run, source: Path, tmp_path: Path) -> None:
    index = index_of(run, source, tmp_path)
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        assert run("bench", "synthesize", "--index", index, "--out", tmp_path / name,
                   "--seed", seed).code == 0  # fmt: skip
    one, same, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()}
        for name in ("one", "same", "other")
    )
    assert one == same
    assert one["queries.jsonl"] != other["queries.jsonl"]


def test_without_captions_none_is_asked(run: Run, source: Path, tmp_path: Path) -> None:
    index = tmp_path / "plain"
    assert run("index", source, "--into", index, "--without-captions").code == 0
    found = run("bench", "synthesize", "--index", index, "--out", tmp_path / "set", "--json").json()
    assert found["kinds"]["caption-seen"]["count"] == 0
    assert "the index was made without captions, so there are none to ask" in found["notes"]


def test_an_index_of_words_says_what_it_lacks(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "words"
    source.mkdir()
    for name in ("pump", "valve"):
        (source / f"{name}.md").write_text(f"# The {name} explained\n\nIt moves.\n")
    index = index_of(run, source, tmp_path)
    found = run("bench", "synthesize", "--index", index, "--out", tmp_path / "set", "--json").json()
    assert found["count"] == 2
    assert "no ticket-subject: needs tickets with subjects" in found["notes"]
    lacking = next(note for note in found["notes"] if note.startswith("no crop-60"))
    assert lacking.startswith("no crop-60, crop-30, resized, dark, photo: needs images")


def test_nothing_is_overwritten_or_put_where_it_would_be_indexed(
    run: Run, source: Path, tmp_path: Path
) -> None:
    index = index_of(run, source, tmp_path)
    out = tmp_path / "set"
    out.mkdir()
    (out / "notes.txt").write_text("mine")

    def refused(folder: Path, said: str, *more: object) -> bool:
        outcome = run("bench", "synthesize", "--index", index, "--out", folder, *more)
        return outcome.refused(said)

    assert refused(out, "exists and is not an empty folder; name a new one")
    assert refused(out / "notes.txt", "exists and is not an empty folder")
    assert refused(source / "queries", "where a build would find it; name a folder outside")
    assert refused(index / "queries", "name a folder outside")
    assert refused(tmp_path / "x", "--count 0: at least one query", "--count", 0)
    assert sorted(path.name for path in out.iterdir()) == ["notes.txt"]
    assert not (source / "queries").exists()
    assert not (tmp_path / "x").exists()
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run("bench", "synthesize", "--index", index, "--out", empty).code == 0
    assert not list(tmp_path.glob(".*-*"))


def test_an_index_of_one_document_is_refused(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "one"
    source.mkdir()
    (source / "pump.md").write_text("# Pump\n\nThe pump moves water.\n")
    index = index_of(run, source, tmp_path)
    outcome = run("bench", "synthesize", "--index", index, "--out", tmp_path / "set")
    assert outcome.refused("holds 1 document(s); queries tell nothing with fewer than two")
    outcome = run("bench", "synthesize", "--index", tmp_path / "gone", "--out", tmp_path / "set")
    assert outcome.refused("gone")
