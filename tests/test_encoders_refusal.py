"""Bad checkpoints as the command line meets them: one sentence, nothing run, nothing written."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from indexer.encoders.refusal import check_weights
from indexer.errors import BadConfig
from tests.command_line import Run, command_line
from tests.tiny_pairs import Pair, tiny_pair
from tests.torch_process import TorchProcess

WEIGHTS = "model.safetensors"
PICKLE = "pytorch_model.bin"


@pytest.fixture(scope="module")
def pair(torch_process: TorchProcess, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return tiny_pair(torch_process, "chinese-clip", tmp_path_factory.mktemp("refusal"))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return command_line(tmp_path, monkeypatch, capsys)


class _Evil:
    """Makes the folder `mark` when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.mark),))


def _cut(folder: Path) -> None:
    path = folder / WEIGHTS
    os.truncate(path, path.stat().st_size // 2)


def _empty(folder: Path) -> None:
    os.truncate(folder / WEIGHTS, 0)


def _others(folder: Path) -> None:
    save_file({"visual.proj": np.zeros((4, 4), dtype=np.float32)}, folder / WEIGHTS)


def _wider(folder: Path) -> None:
    """The configuration says 16 dimensions, the weights 24."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"projection_dim": 16}))


def _prose(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / PICKLE).write_text("These are not the weights you are looking for.\n")


def _evil(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / PICKLE).write_bytes(pickle.dumps({"a": _Evil(folder / "code-was-run")}))


def _half_written(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        text = (folder / name).read_text()
        (folder / name).write_text(text[: len(text) // 2])

    return spoil


def _absent(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("encoder", "spoil", "said"),
    [
        ("chinese-clip:", _cut, f"{WEIGHTS}: incomplete, "),
        ("chinese-clip:", _empty, f"{WEIGHTS}: empty file; copy the weights again"),
        ("chinese-clip:", _others, "belong to another architecture: logit_scale is missing, and "),
        ("chinese-clip:", _wider, "text_projection.weight has the shape (24, 32), not (16, 32)"),
        ("chinese-clip:", _prose, f"{PICKLE}: no weights; neither safetensors nor a checkpoint"),
        ("chinese-clip:", _evil, "a pickle that carries code"),
        ("chinese-clip:", _half_written("config.json"), "config.json: not valid JSON"),
        ("chinese-clip:", _half_written("tokenizer.json"), "tokenizer.json: not valid JSON"),
        ("chinese-clip:", _absent("tokenizer.json"), "tokenizer.json is missing"),
        ("chinese-clip:", _absent("config.json"), "config.json is missing"),
        ("chinese-clip:", _absent(WEIGHTS), f"expected {WEIGHTS}"),
        ("flava:", lambda _: None, "another architecture, 'chinese_clip', not 'flava'"),
        ("", lambda _: None, "not in open_clip's format (Chinese-CLIP and FLAVA: chinese-clip:"),
    ],
)
def test_bad_folders(
    run: Run,
    pair: Pair,
    manual: Path,
    tmp_path: Path,
    encoder: str,
    spoil: Callable[[Path], None],
    said: str,
) -> None:
    folder = shutil.copytree(pair.folder, tmp_path / "model")
    spoil(folder)
    _refused(run, manual, tmp_path, f"{encoder}local-dir:{folder}", said)
    assert not (folder / "code-was-run").exists()


def _plain_pickle(path: Path, content: object) -> None:
    path.write_bytes(pickle.dumps(content))


def _zipped_pickle(path: Path, content: object) -> None:
    """As torch.save lays it out since 1.6."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(content, protocol=2))
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")


@pytest.mark.parametrize("write", [_plain_pickle, _zipped_pickle])
def test_code_in_a_checkpoint_does_not_run(
    run: Run, manual: Path, tmp_path: Path, write: Callable[[Path, object], None]
) -> None:
    """Neither pickle nor archive; what is inside does run where it is unpickled plainly."""
    mark = tmp_path / "code-was-run"
    write(tmp_path / "evil.pt", {"state_dict": _Evil(mark)})
    _refused(
        run, manual, tmp_path, f"ViT-B-32@{tmp_path / 'evil.pt'}", "a pickle that carries code"
    )
    assert not mark.exists()
    pickle.loads(pickle.dumps(_Evil(mark)))
    assert mark.exists()


def test_a_checkpoint_of_another_model(run: Run, manual: Path, tmp_path: Path) -> None:
    _others(tmp_path)
    reference = f"ViT-B-32@{tmp_path / WEIGHTS}"
    _refused(run, manual, tmp_path, reference, "the weights belong to another architecture")


@pytest.mark.parametrize("name", ["notes.pt", "notes.pth", "notes.bin", "notes.ckpt"])
def test_a_text_file_is_no_checkpoint(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("To do: find the weights.")
    with pytest.raises(BadConfig, match=f"{name}: no weights; neither safetensors nor"):
        check_weights(tmp_path / name)


def test_a_broken_open_clip_configuration(run: Run, manual: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "open_clip_config.json").write_text('{"model_cfg": {"embed_dim"')
    _others(folder)
    _refused(run, manual, tmp_path, f"local-dir:{folder}", "not an open_clip configuration")


def test_an_index_of_another_dimension(
    run: Run, pair: Pair, manual: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights in the folder become others: both dimensions are named, and nothing searched."""
    folder = shutil.copytree(pair.folder, tmp_path / "model")
    reference = f"chinese-clip:local-dir:{folder}"
    assert run("index", manual, "--into", tmp_path / "ix", "--clip", reference).code == 0
    ask = ("search", "--index", tmp_path / "ix", "the pump")
    assert run(*ask).code == 0

    monkeypatch.setenv("TRIPTYCH_MODELS__CLIP", "fake:demo")
    other = run(*ask)
    assert other.refused(f"clip space was made with local-dir:{folder}, but the settings ask for")
    assert "fake:demo" in other.err
    monkeypatch.delenv("TRIPTYCH_MODELS__CLIP")

    weights = load_file(folder / WEIGHTS)
    for name in ("text_projection.weight", "visual_projection.weight"):
        weights[name] = weights[name][:16]
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    _wider(folder)
    outcome = run(*ask)
    assert outcome.code == 2
    last = outcome.err.splitlines()[-1]
    assert last.startswith(f"triptych: the index's clip space was made with local-dir:{folder} ")
    assert "24 dimensions), but" in last
    assert "16 dimensions" in last


def _refused(run: Run, source: Path, home: Path, reference: str, said: str) -> None:
    outcome = run("index", source, "--into", home / "ix", "--clip", reference)
    assert outcome.code == 2
    told = [line for line in outcome.err.splitlines() if not line.startswith("exporting ")]
    assert len(told) == 1
    assert told[0].startswith("triptych: ")
    assert said in told[0]
    assert not (home / "ix").exists()
    left = [path.suffix for path in (home / "cache" / "models").iterdir()]
    assert set(left) <= {".lock"}
