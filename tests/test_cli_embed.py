"""The command `embed`: rows in the order of the lines, all of them or nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import api.embed
from indexer.records import Vectors
from tests.command_line import Run, command_line, index_of
from tests.fakes import FakeEncoder

RED, GREEN, BLUE, PUMP, VALVE = np.eye(8, dtype=np.float32)[:5]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    return command_line(tmp_path, monkeypatch, capsys)


def vectors(path: str = "out.npy") -> Vectors:
    made: Vectors = np.load(path)
    assert made.dtype == np.float32
    return made


def test_a_row_for_each_text_in_order(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.embed, "TEXTS_AT_ONCE", 2)
    Path("list.txt").write_text("pump pump valve\r\nred\nvalve\nred\npump")
    outcome = run("embed", "--texts", "list.txt", "--out", "out.npy", "--json")
    assert outcome.json() == {
        "out": "out.npy",
        "rows": 5,
        "dim": 8,
        "space": "text",
        "model": "demo",
        "fingerprint": "fake-demo",
    }
    first = np.array([0, 0, 0, 2, 1, 0, 0, 0]) / np.sqrt(5)
    np.testing.assert_allclose(vectors(), [first, RED, VALVE, RED, PUMP], atol=1e-7)


def test_a_row_for_each_image_in_order(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.embed, "IMAGES_AT_ONCE", 2)
    Image.new("RGB", (9, 5), (0, 0, 200)).save("a b.png")
    Image.new("RGB", (4, 4), (0, 90, 0)).save("green.png")
    Path("list.txt").write_text("a b.png\ngreen.png\na b.png\n")
    outcome = run("embed", "--images", "list.txt", "--out", "out.npy", "--clip", "fake:seen")
    assert (outcome.code, outcome.out) == (0, "out.npy: 3 × 8, clip space of seen\n")
    np.testing.assert_array_equal(vectors(), [BLUE, GREEN, BLUE])


@pytest.mark.parametrize(
    ("options", "space"),
    [
        ((), "text space of demo"),
        (("--text-model", "fake:other"), "text space of other"),
        (("--clip", "fake:seen"), "clip space of seen"),
        (("--clip", "fake:seen", "--space", "text"), "text space of demo"),
    ],
)
def test_which_space_encodes_texts(run: Run, options: tuple[str, ...], space: str) -> None:
    Path("list.txt").write_text("pump\n")
    outcome = run("embed", "--texts", "list.txt", "--out", "out.npy", *options)
    assert outcome.out == f"out.npy: 1 × 8, {space}\n"


def test_an_index_brings_its_models(
    run: Run, manual: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = index_of(run, manual, tmp_path)
    monkeypatch.setenv("TRIPTYCH_MODELS__TEXT", "fake:changed")
    Path("list.txt").write_text("pump\n")
    asked = ("embed", "--texts", "list.txt", "--out", "out.npy", "--index", index)
    assert run(*asked).out == "out.npy: 1 × 8, text space of demo\n"
    assert run(*asked, "--clip", "fake:seen").refused("--index brings its own models")
    assert run(*asked, "--space", "clip").refused("has no clip space; make it with")


def test_what_is_known_is_not_encoded_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("list.txt").write_text("pump\nvalve\n")
    asked = ("embed", "--texts", "list.txt", "--out", "out.npy")
    assert run(*asked).code == 0
    Path("out.npy").unlink()
    monkeypatch.setattr(FakeEncoder, "encode_texts", None)
    assert run(*asked).code == 0
    np.testing.assert_array_equal(vectors(), [PUMP, VALVE])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"pump\n\nvalve\n", "list.txt, line 2: empty"),
        (b"pump\n \n", "list.txt, line 2: empty"),
        (b"pump\n\n", "list.txt, line 2: empty"),
        (b"", "list.txt: no lines"),
        (b"pump\nvalve\n\xff\n", "list.txt, line 3: not UTF-8"),
    ],
)
def test_lines_that_are_no_texts(run: Run, content: bytes, said: str) -> None:
    Path("list.txt").write_bytes(content)
    assert run("embed", "--texts", "list.txt", "--out", "out.npy").refused(said)
    assert not Path("out.npy").exists()


def test_a_missing_image_is_named_before_any_is_encoded(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeEncoder, "encode_images", None)
    Image.new("RGB", (4, 4), "red").save("there.png")
    Path("list.txt").write_text("there.png\nabsent.png\n")
    outcome = run("embed", "--images", "list.txt", "--out", "out.npy", "--clip", "fake:seen")
    assert outcome.refused("list.txt, line 2: absent.png: no such file")


def test_a_broken_image_leaves_what_was_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.embed, "IMAGES_AT_ONCE", 1)
    Image.new("RGB", (4, 4), "red").save("there.png")
    Path("broken.png").write_bytes(b"%PDF-1.7")
    Path("list.txt").write_text("there.png\nbroken.png\n")
    Path("out.npy").write_bytes(b"older")
    outcome = run("embed", "--images", "list.txt", "--out", "out.npy", "--clip", "fake:seen")
    assert outcome.refused("list.txt, line 2: broken.png: not an image (it holds a PDF)")
    assert Path("out.npy").read_bytes() == b"older"
    assert not list(Path().glob(".out*"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "give either --images LIST.txt or --texts LIST.txt"),
        (("--texts", "list.txt", "--images", "list.txt"), "give either --images"),
        (("--texts", "absent.txt"), "absent.txt: No such file"),
        (("--texts", "list.txt", "--space", "words"), "--space words: no such space"),
        (("--texts", "list.txt", "--space", "clip"), "no CLIP model is chosen"),
        (("--images", "there.txt", "--space", "text"), "encodes text only"),
        (("--images", "there.txt"), "no CLIP model is chosen"),
        (("--texts", "list.txt", "--index", "absent"), "no index in absent"),
    ],
)
def test_options_that_do_not_fit(run: Run, options: tuple[str, ...], said: str) -> None:
    Path("list.txt").write_text("pump\n")
    Path("there.txt").write_text("list.txt\n")
    assert run("embed", "--out", "out.npy", *options).refused(said)


@pytest.mark.parametrize(("out", "said"), [(".", "a folder"), ("absent/out.npy", "no such folder")])
def test_places_where_no_file_can_be(run: Run, out: str, said: str) -> None:
    Path("list.txt").write_text("pump\n")
    assert run("embed", "--texts", "list.txt", "--out", out).refused(said)
