"""An image tower in the space of the sentence encoder: exported as torch has it, or refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.encoders.clip import ClipEncoder
from indexer.encoders.export_joined import CONFIG, WEIGHTS, is_joined
from indexer.encoders.source import PACKAGED, packaged_folder
from indexer.encoders.text import SentenceEncoder
from indexer.records import Modality, Vectors
from tests.torch_process import TorchProcess

SIZES = [(64, 40), (40, 200), (128, 128), (1280, 800), (33, 31)]  # width, height
TEXTS = ["The printer cannot reach the network", "a photo of a lamp", "", "water " * 300]
REFUSED = ["half", "empty", "other", "bare", "near", "narrow"]

# Runs beside the tests, so that torch stays out of their process.
SCRIPT = """
import json, sys
from dataclasses import replace
from pathlib import Path
import numpy as np, torch
from PIL import Image
from indexer.align.starter.tower import TowerShape, make_tower, save_tower
from indexer.align.starter.train import as_input
from indexer.encoders import export
from indexer.encoders.source import PACKAGED

asked = json.load(sys.stdin)
shape = TowerShape()
tower = make_tower(shape)
again = make_tower(shape)
assert all(torch.equal(a, b) for a, b in zip(tower.parameters(), again.parameters()))
for name in ("joined", "single", "half", "empty", "other", "bare", "near"):
    save_tower(tower, shape, PACKAGED, Path(name))
small = replace(shape, network="test_resnet", side=64)
save_tower(make_tower(replace(small, dim=64)), replace(small, dim=64), PACKAGED, Path("narrow"))
read = replace(shape, side=shape.reading)
images = torch.stack([as_input(Image.open(name), read) for name in asked["images"]])
whole = torch.nn.functional.interpolate(images, (128, 128), mode="bilinear")
middle = images[:, :, 12:140, 12:140]
with torch.no_grad():
    seen = [torch.nn.functional.normalize(tower.eval()(view), dim=1) for view in (whole, middle)]
np.save("wanted.npy", torch.nn.functional.normalize(seen[0] + seen[1], dim=1).numpy())
images = torch.stack([as_input(Image.open(name), shape) for name in asked["images"]])
with torch.no_grad():
    np.save("single.npy", torch.nn.functional.normalize(tower(images), dim=1).numpy())
config = json.loads(Path("single/open_clip_config.json").read_text())
del config["views_cfg"]
Path("single/open_clip_config.json").write_text(json.dumps(config))

weights = Path("half/open_clip_model.safetensors")
weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
Path("empty/open_clip_model.safetensors").unlink()
config = json.loads(Path("other/open_clip_config.json").read_text())
config["model_cfg"]["vision_cfg"]["timm_model_name"] = small.network
Path("other/open_clip_config.json").write_text(json.dumps(config))
config = json.loads(Path("bare/open_clip_config.json").read_text())
del config["preprocess_cfg"]["mean"]
Path("bare/open_clip_config.json").write_text(json.dumps(config))
config = json.loads(Path("near/open_clip_config.json").read_text())
config["views_cfg"]["side"] = 100
Path("near/open_clip_config.json").write_text(json.dumps(config))
for name in asked["refused"]:
    print("\\n" + name, flush=True)
    export.main(["open_clip", f"local-dir:{name}", "refused/model"])
"""


@dataclass(frozen=True)
class Joined:
    """`wanted` are torch's vectors of the images; `refused` maps folders to answers."""

    home: Path
    wanted: Vectors
    refused: dict[str, dict[str, str]]


def image_names(home: Path) -> list[str]:
    random = np.random.default_rng(2)
    names = []
    for number, size in enumerate(SIZES):
        coarse = Image.fromarray(random.integers(0, 256, (7, 9, 3), dtype=np.uint8))
        names.append(f"image{number}.png")
        coarse.resize(size, Image.Resampling.BICUBIC).save(home / names[-1])
    return names


@pytest.fixture(scope="module")
def joined(torch_process: TorchProcess, tmp_path_factory: pytest.TempPathFactory) -> Joined:
    home = tmp_path_factory.mktemp("joined")
    asked = {"images": image_names(home), "refused": REFUSED}
    told = torch_process.script(SCRIPT, asked, folder=home)
    lines = [line for line in told.splitlines() if line.startswith(("{", *REFUSED))]
    answers = {name: json.loads(told) for name, told in zip(lines[::2], lines[1::2], strict=True)}
    return Joined(home, np.load(home / "wanted.npy"), answers)


@pytest.fixture(scope="module")
def encoder(joined: Joined, model_cache: Path) -> ClipEncoder:
    return ClipEncoder(f"local-dir:{joined.home / 'joined'}", model_cache)


def test_facts(encoder: ClipEncoder) -> None:
    assert encoder.dim == 384
    assert encoder.modalities == {Modality.TEXT, Modality.IMAGE}
    assert encoder.facts.image is not None
    assert encoder.facts.image.size == (152, 152)
    assert encoder.facts.image.resize_mode == "squash"


def test_images_agree_with_the_torch_tower(encoder: ClipEncoder, joined: Joined) -> None:
    images = [Image.open(joined.home / f"image{i}.png") for i in range(len(SIZES))]
    cosines = encoder.encode_images(images) @ joined.wanted.T
    assert cosines.diagonal().min() >= 0.9999
    assert cosines.argmax(1).tolist() == list(range(len(SIZES)))


def test_a_tower_without_views_sees_the_whole_image_alone(
    joined: Joined, model_cache: Path
) -> None:
    single = ClipEncoder(f"local-dir:{joined.home / 'single'}", model_cache)
    assert single.facts.image is not None
    assert single.facts.image.size == (128, 128)
    images = [Image.open(joined.home / f"image{i}.png") for i in range(len(SIZES))]
    cosines = single.encode_images(images) @ np.load(joined.home / "single.npy").T
    assert cosines.diagonal().min() >= 0.9999


def test_texts_agree_with_the_sentence_encoder(encoder: ClipEncoder, model_cache: Path) -> None:
    sentences = SentenceEncoder(PACKAGED, model_cache)
    wanted = sentences.encode_texts(TEXTS)
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), wanted, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_queries(TEXTS), wanted, atol=1e-5)
    assert encoder.fingerprint != sentences.fingerprint


@pytest.mark.parametrize(
    ("folder", "kind", "words"),
    [
        ("half", "MissingModel", "incomplete, "),
        ("empty", "MissingModel", "no such file; copy the folder again"),
        ("other", "BadConfig", f"weights of another architecture than {CONFIG} says"),
        ("bare", "BadConfig", "no whole configuration (KeyError('mean'))"),
        ("near", "BadConfig", "side 100 of views_cfg is less than 128"),
        ("narrow", "BadConfig", f"its image tower makes vectors of 64, {PACKAGED} of 384"),
    ],
)
def test_what_does_not_fit_is_refused(joined: Joined, folder: str, kind: str, words: str) -> None:
    answer = joined.refused[folder]
    assert answer["error"] == kind
    assert words in answer["message"]
    assert folder in answer["message"]


def test_a_joined_folder_is_known_by_its_text_tower(joined: Joined, tmp_path: Path) -> None:
    whole = joined.home / "joined"
    assert is_joined(whole)
    assert not is_joined(packaged_folder())
    config = json.loads((whole / CONFIG).read_text())
    config["model_cfg"]["text_cfg"]["hf_model_name"] = "another"
    (tmp_path / CONFIG).write_text(json.dumps(config))
    assert not is_joined(tmp_path)
    (tmp_path / CONFIG).write_text("[]")
    assert not is_joined(tmp_path)


def test_the_weights_are_those_of_the_image_tower_in_half_precision(joined: Joined) -> None:
    path = joined.home / "joined" / WEIGHTS
    length = int.from_bytes(path.read_bytes()[:8], "little")
    header = json.loads(path.read_bytes()[8 : 8 + length])
    del header["__metadata__"]
    assert all(name.startswith("visual.") for name in header)
    assert {entry["dtype"] for entry in header.values()} == {"F16", "I64"}
