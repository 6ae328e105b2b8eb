"""ClipEncoder against open_clip itself, on a small model with random weights."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from indexer.encoders.base import ENCODERS
from indexer.encoders.clip import ClipEncoder
from indexer.encoders.pixels import prepare
from indexer.encoders.source import source_key
from indexer.encoders.tokens import Tokens
from indexer.errors import BadConfig, BadQuery, MissingModel, TriptychError
from indexer.records import Modality
from tests.torch_process import TorchProcess

VISION = {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8, "head_width": 32}
TOWERS = {"embed_dim": 32, "vision_cfg": VISION, "text_cfg": {"width": 64, "heads": 2, "layers": 2}}
SIZES = [(64, 40), (40, 64), (33, 31), (1280, 800), (20, 20), (32, 32), (7, 50)]  # width, height
TRANSFORMS: list[dict[str, Any]] = [
    {"size": 32},
    {"size": 32, "interpolation": "bilinear", "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]},
    {"size": 32, "resize_mode": "squash"},
    {"size": 48, "resize_mode": "longest", "fill_color": 255},
    {"size": [32, 48]},
]
WORDS = [
    *("photo", "printer", "won't", "ERROR", "0x80070005", "(see", "KB-4023057)", "it's", "they'll"),
    *("&amp;", "&lt;b&gt;", "café", "naïve", "Größe", "打印机", "无法", "连接", "网络。", "設定"),
    *("👍🏽", "🖨️", "🇩🇪", "…", "—", "“quoted”", "C:\\Users\\me", "100%", "$5.99", "a_b-c", "ﬁle"),
    *("https://example.org/x?y=1", "½", "²", "Ⅷ", "ǅ", "İstanbul", "١٢٣", "עברית\tтест\n日本語"),
]

# Runs beside the tests, so that torch stays out of their process. Working folder: the models'.
SCRIPT = """
import json, pathlib, sys
import numpy as np
from PIL import Image
from indexer.encoders import export
from indexer.encoders.clip import prepare_torchvision
prepare_torchvision()
import open_clip, torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from safetensors.torch import save_file

asked = json.load(sys.stdin)
tiny, other = pathlib.Path("tiny"), pathlib.Path("other")
torch.manual_seed(0)
model = open_clip.CLIP(**asked["towers"]).eval()
text = json.dumps({"model_cfg": asked["towers"], "preprocess_cfg": {}})
for folder in (tiny, other):
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(text)
save_file(model.state_dict(), tiny / "open_clip_model.safetensors")
torch.save({"state_dict": model.state_dict()}, "tiny.pt")
whole = pathlib.Path("tiny.pt").read_bytes()
pathlib.Path("half.pt").write_bytes(whole[: len(whole) // 2])
wider = asked["towers"] | {"embed_dim": 16}
save_file(open_clip.CLIP(**wider).state_dict(), other / "open_clip_model.safetensors")

images = [Image.open(name) for name in asked["images"]]
transforms = [image_transform_v2(PreprocessCfg(**c), is_train=False) for c in asked["transforms"]]
pixels = {f"pixels{i}": torch.stack([t(image) for image in images]).numpy()
          for i, t in enumerate(transforms)}
ids = open_clip.get_tokenizer("local-dir:tiny")(asked["texts"])
with torch.no_grad():
    made = {"image": model.encode_image(torch.from_numpy(pixels["pixels0"]), normalize=True),
            "text": model.encode_text(ids, normalize=True)}
np.savez("wanted.npz", ids=ids.numpy(), **pixels, **{k: v.numpy() for k, v in made.items()})
for reference in asked["refused"]:
    print("\\n" + reference, flush=True)
    export.main(["open_clip", reference, "refused/model"])
"""


@dataclass(frozen=True)
class Tiny:
    """`wanted` is what torch and open_clip compute; `refused` maps references to answers."""

    home: Path
    wanted: dict[str, Any]
    refused: dict[str, dict[str, str]]

    @property
    def model(self) -> str:
        return f"local-dir:{self.home / 'tiny'}"


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, ("code-was-run",))


def _texts() -> list[str]:
    """200 texts, from none to far more words than fit."""
    random = np.random.default_rng(1)
    lengths = [0, 1, 2, 3, 5, 8, 13, 21, 200]
    return [
        " ".join(str(word) for word in random.choice(WORDS, lengths[i % len(lengths)]))
        for i in range(200)
    ]


def _images(home: Path) -> list[str]:
    random = np.random.default_rng(2)
    names = []
    for i, (width, height) in enumerate(SIZES):
        coarse = Image.fromarray(random.integers(0, 256, (9, 11, 3), dtype=np.uint8))
        names.append(f"image{i}.png")
        coarse.resize((width, height), Image.Resampling.BICUBIC).save(home / names[-1])
    return names


REFUSED = [
    "local-dir:other",
    "ViT-B-32@evil.pt",
    "ViT-B-32@tiny.pt",
    "ViT-B-32@half.pt",
    "ViT-B-32/laion2b_s34b_b79",
    "ViT-B-33/openai",
    "ViT-B-32/openai",
    "hf-hub:nobody/nothing",
]


@pytest.fixture(scope="session")
def tiny(torch_process: TorchProcess, tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    home = tmp_path_factory.mktemp("clip")
    (home / "evil.pt").write_bytes(pickle.dumps({"state_dict": _Evil()}))
    asked = {
        "towers": TOWERS,
        "images": _images(home),
        "texts": _texts(),
        "transforms": TRANSFORMS,
        "refused": REFUSED,
    }
    told = torch_process.script(SCRIPT, asked, folder=home)
    lines = [line for line in told.splitlines() if line.startswith(("{", *REFUSED))]
    answers = {name: json.loads(told) for name, told in zip(lines[::2], lines[1::2], strict=True)}
    return Tiny(home, dict(np.load(home / "wanted.npz")), answers)


@pytest.fixture(scope="session")
def encoder(tiny: Tiny) -> ClipEncoder:
    return ClipEncoder(tiny.model, tiny.home / "cache")


def _opened(tiny: Tiny) -> list[Image.Image]:
    return [Image.open(tiny.home / f"image{i}.png").convert("RGB") for i in range(len(SIZES))]


def test_facts(encoder: ClipEncoder) -> None:
    assert ENCODERS.get("open_clip") is ClipEncoder
    assert encoder.dim == 32
    assert encoder.modalities == {Modality.TEXT, Modality.IMAGE}
    assert encoder.languages == {"en"}
    assert not encoder.facts.tokens.fixed


def test_token_ids_agree_with_open_clip(encoder: ClipEncoder, tiny: Tiny) -> None:
    tokens = Tokens(_folder(tiny), encoder.facts.tokens)
    padded = [row + [0] * (77 - len(row)) for row in tokens.ids(_texts())]
    np.testing.assert_array_equal(padded, tiny.wanted["ids"])


def test_texts_agree_with_torch(encoder: ClipEncoder, tiny: Tiny) -> None:
    np.testing.assert_allclose(encoder.encode_texts(_texts()), tiny.wanted["text"], atol=1e-4)
    singles = np.concatenate([encoder.encode_queries([text]) for text in _texts()[:9]])
    np.testing.assert_allclose(singles, tiny.wanted["text"][:9], atol=1e-4)


def test_images_agree_with_torch(encoder: ClipEncoder, tiny: Tiny) -> None:
    made = encoder.encode_images(_opened(tiny))
    assert np.sum(made * tiny.wanted["image"], axis=1).min() >= 0.9995


@pytest.mark.parametrize("number", range(len(TRANSFORMS)))
def test_pixels_agree_with_open_clip(encoder: ClipEncoder, tiny: Tiny, number: int) -> None:
    made = dict(TRANSFORMS[number])
    size = made.pop("size")
    size = tuple(size) if isinstance(size, list) else (size, size)
    assert encoder.facts.image
    facts = replace(encoder.facts.image, size=size, fill=made.pop("fill_color", 0), **made)
    np.testing.assert_allclose(
        prepare(_opened(tiny), facts), tiny.wanted[f"pixels{number}"], atol=1e-2
    )


def test_long_strip_is_cheap(encoder: ClipEncoder) -> None:
    strip = Image.new("RGB", (60_000, 1), "red")
    patch = Image.new("RGB", (32, 32), "red")
    first, second = encoder.encode_images([strip, patch])
    np.testing.assert_allclose(first, second, atol=1e-5)


def test_nothing_and_empty(encoder: ClipEncoder) -> None:
    assert encoder.encode_images([]).shape == (0, 32)
    assert encoder.encode_texts([]).shape == (0, 32)
    with pytest.raises(BadQuery, match="without pixels"):
        encoder.encode_images([Image.new("RGB", (0, 4))])


def _folder(tiny: Tiny) -> Path:
    key = source_key("open_clip", tiny.model, tiny.home / "tiny")
    return tiny.home / "cache" / "models" / key


def test_same_weights_elsewhere_and_exports_at_once(encoder: ClipEncoder, tiny: Tiny) -> None:
    """Two exports of one copy race; the fingerprint does not depend on the place."""
    copy = shutil.copytree(tiny.home / "tiny", tiny.home / "copy")
    with ThreadPoolExecutor(2) as pool:
        made = pool.map(lambda _: ClipEncoder(f"local-dir:{copy}", tiny.home / "cache"), range(2))
    assert {item.fingerprint for item in made} == {encoder.fingerprint}
    left = [path.name for path in (tiny.home / "cache" / "models").iterdir()]
    assert not [name for name in left if name.startswith(".")]


def test_changed_weights_are_exported_again(encoder: ClipEncoder, tiny: Tiny) -> None:
    before = source_key("open_clip", tiny.model, tiny.home / "tiny")
    weights = tiny.home / "tiny" / "open_clip_model.safetensors"
    stat = weights.stat()
    os.utime(weights, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert source_key("open_clip", tiny.model, tiny.home / "tiny") != before
    os.utime(weights, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert source_key("open_clip", tiny.model, tiny.home / "tiny") == before


def test_damaged_and_killed_exports_are_made_anew(encoder: ClipEncoder, tiny: Tiny) -> None:
    cache = tiny.home / "cache2"
    folder = cache / "models" / _folder(tiny).name
    command = ["-m", "indexer.encoders.export", "open_clip", tiny.model, str(folder)]
    killed = subprocess.Popen([sys.executable, *command], cwd=Path(__file__).parent.parent)
    while not list(folder.parent.glob(f".{folder.name}.*/*.onnx")) and killed.poll() is None:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not folder.exists()
    shutil.copytree(_folder(tiny), folder)
    os.truncate(folder / "text.onnx", 1000)
    again = ClipEncoder(tiny.model, cache)
    assert again.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(again.encode_texts(["a"]), encoder.encode_texts(["a"]))


@pytest.mark.parametrize(
    ("reference", "error", "words"),
    [
        ("local-dir:other", BadConfig, "another architecture"),
        ("ViT-B-32@evil.pt", BadConfig, "carries code"),
        ("ViT-B-32@tiny.pt", BadConfig, "another architecture"),
        ("ViT-B-32@half.pt", MissingModel, "damaged or incomplete"),
        ("ViT-B-32/laion2b_s34b_b79", BadConfig, "near: laion2b_s34b_b79k"),
        ("ViT-B-33/openai", BadConfig, "near: ViT-B-32"),
        ("ViT-B-32/openai", MissingModel, "hf download timm/vit_base_patch32_clip_224.openai"),
        ("hf-hub:nobody/nothing", MissingModel, "hf download nobody/nothing --local-dir"),
    ],
)
def test_refused_models(tiny: Tiny, reference: str, error: type[TriptychError], words: str) -> None:
    told = tiny.refused[reference]
    assert told["error"] == error.__name__
    assert reference.partition("@")[2] in told["message"]
    assert words in told["message"]
    assert "\n" not in told["message"]
    assert not (tiny.home / "code-was-run").exists()
    assert not list((tiny.home / "refused").iterdir())


def test_half_a_safetensors_file(tiny: Tiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny.home / "tiny", tmp_path / "half")
    weights = folder / "open_clip_model.safetensors"
    os.truncate(weights, weights.stat().st_size // 2)
    with pytest.raises(
        MissingModel, match=r"open_clip_model.safetensors: incomplete, [\d,]+ bytes"
    ):
        ClipEncoder(f"local-dir:{folder}", tmp_path)
