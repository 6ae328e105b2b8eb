"""`triptych models` and `triptych models fetch`, with a hub of our own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer.encoders.text import SentenceEncoder
from tests.command_line import Run, command_line
from tests.fake_hub import Hub, serving, tiny_sentence_model


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tiny_sentence_model(tmp_path_factory.mktemp("hub") / "tiny")
    with serving({"org/tiny": folder}) as running:
        yield running


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], hub: Hub
) -> Run:
    """Commands with an empty cache, an empty hub cache and the hub of the test."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")  # both are set by --offline, and restored so
    monkeypatch.setenv("TRIPTYCH_OFFLINE", "0")
    hub.asked.clear()
    return command_line(tmp_path, monkeypatch, capsys)


def test_fetch_downloads_once_and_then_needs_no_network(run: Run, hub: Hub, tmp_path: Path) -> None:
    first = run("models", "fetch", "org/tiny")
    assert (first.code, first.out.splitlines()[0]) == (
        0,
        "org/tiny: exported, ready without a network",
    )
    assert "8 dimensions · de en · mit" in first.out
    assert 'models.text = "org/tiny"' in first.out
    assert "for a machine without a network: copy that folder into models/" in first.out
    assert sum("GET /org/tiny" in asked for asked in hub.asked) == 8  # its files, once each
    assert all("org/tiny" in asked for asked in hub.asked)
    hub.asked.clear()
    again = run("models", "fetch", "org/tiny", "--offline", "--json").json()
    assert (again["fresh"], again["dim"], again["role"]) == (False, 8, "text")
    listed = run("models", "--json").json()["models"]
    assert [item["state"] for item in listed if item["name"] == "org/tiny"] == ["exported"]
    vectors = SentenceEncoder("org/tiny", tmp_path / "cache").encode_texts(["a", "b c"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-6)
    assert hub.asked == []


@pytest.mark.parametrize("flag", [("--offline", "models", "fetch"), ("models", "fetch")])
def test_offline_refuses_at_once(
    run: Run, hub: Hub, monkeypatch: pytest.MonkeyPatch, flag: tuple[str, ...]
) -> None:
    if flag[0] == "models":
        monkeypatch.setenv("TRIPTYCH_OFFLINE", "1")
    refused = run(*flag, "ViT-B-32/laion2b_s34b_b79k")
    assert refused.refused("run: triptych models fetch ViT-B-32/laion2b_s34b_b79k;")
    assert "hf download laion/CLIP-ViT-B-32-laion2B-s34B-b79K --local-dir FOLDER" in refused.err
    assert hub.asked == []


def test_offline_asks_nothing_even_where_only_the_exporter_knows(run: Run, hub: Hub) -> None:
    refused = run("models", "fetch", "RN50/openai", "--offline")
    assert "triptych models fetch RN50/openai;" in refused.err
    assert "hf download timm/resnet50_clip.openai" in refused.err
    assert (refused.code, hub.asked) == (2, [])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("org/absent", "org/absent: no such model on the hub; check the name"),
        ("org/private", "org/private: no such model on the hub; check the name"),
        ("org/gated", "org/gated: the hub gives it only to those who accepted its terms"),
    ],
)
def test_what_the_hub_refuses(run: Run, name: str, said: str) -> None:
    refused = run("models", "fetch", name)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.splitlines()[-1].startswith(f"triptych: {said}")


@pytest.mark.parametrize("model", ["org/tiny", "ViT-B-32/laion2b_s34b_b79k"])
def test_a_hub_out_of_reach(run: Run, monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    refused = run("models", "fetch", model)
    assert refused.code == 2
    assert "the model hub cannot be reached; with a network run: triptych models" in refused.err
    assert "Retrying" not in refused.err  # six times for each file, 24 seconds


def test_a_reader_is_not_fetched(run: Run) -> None:
    assert run("models", "fetch", "rapidocr").refused("there is nothing to fetch")


def test_wide_terminals_get_one_line_for_each_model(run: Run) -> None:
    lines = run("models").out.splitlines()
    row = next(line for line in lines if line.startswith("ViT-B-16-SigLIP2-256/webli"))
    assert row.split() == [
        "ViT-B-16-SigLIP2-256/webli",
        *("768", "1.5", "GB", "many", "apache-2.0", ".532", "[5]", "no"),
    ]
    assert "[5] COCO caption → image R@1 (big_vision, README_siglip2.md)" in lines


def test_narrow_terminals_get_the_name_above(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("models").out.splitlines()
    at = lines.index("ViT-B-32-256/datacomp_s34b_b86k")
    assert lines[at + 1].split() == ["512", "605.0", "MB", "en", "mit", ".399", "[4]", "no"]
    assert max(map(len, lines)) <= 80
