"""ChineseClipEncoder against transformers' own Chinese-CLIP, on a small model."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Models, Settings
from indexer.encoders.base import ENCODERS
from indexer.encoders.choose import canonical
from indexer.encoders.pixels import prepare
from indexer.encoders.tokens import Tokens
from indexer.encoders.transformers_clip import ChineseClipEncoder
from indexer.errors import BadConfig
from indexer.records import Modality
from search.engine import Engine
from search.query import Query
from tests.tiny_pairs import TEXTS, Pair, tiny_pair
from tests.torch_process import TorchProcess

LEVEL = 1 / 255 / 0.26
"""One of the 256 levels of a channel, after normalisation."""


@pytest.fixture(scope="module")
def pair(torch_process: TorchProcess, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return tiny_pair(torch_process, "chinese-clip", tmp_path_factory.mktemp("chinese"))


@pytest.fixture(scope="module")
def encoder(pair: Pair) -> ChineseClipEncoder:
    return ChineseClipEncoder(pair.model, pair.home / "cache", 1)


def test_facts(encoder: ChineseClipEncoder) -> None:
    assert ENCODERS.get("chinese-clip") is ChineseClipEncoder
    assert (encoder.name, encoder.dim) == ("chinese-clip", 24)
    assert encoder.modalities == {Modality.TEXT, Modality.IMAGE}
    assert encoder.languages == {"zh"}
    assert encoder.facts.licence == ""


def test_token_ids(encoder: ChineseClipEncoder, pair: Pair) -> None:
    """Five marks, ten words and punctuation marks, 72 letters and digits, then the characters."""
    (folder,) = (pair.home / "cache" / "models").glob("tiny-*[!k]")
    rows = Tokens(folder, encoder.facts.tokens).ids(["打印机", "The network", "龘", TEXTS[-1]])
    words = 5
    first = words + 10 + 72
    assert rows[0] == [2, first, first + 1, first + 2, 3]
    assert rows[1] == [2, words, words + 4, 3]
    assert rows[2] == [2, 1, 3]
    assert (len(rows[3]), rows[3][-1]) == (52, 3)


def test_texts_agree_with_transformers(encoder: ChineseClipEncoder, pair: Pair) -> None:
    """float32 sums in another order: 1e-5 is ten times what is seen."""
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), pair.wanted["text"], atol=1e-5)
    singles = np.concatenate([encoder.encode_queries([text]) for text in TEXTS])
    np.testing.assert_allclose(singles, pair.wanted["text"], atol=1e-5)
    alike = pair.wanted["text"] @ pair.wanted["text"].T - np.eye(len(TEXTS))
    assert alike.max() < 0.95, "texts that all look alike would prove nothing"


def test_images_agree_with_transformers(encoder: ChineseClipEncoder, pair: Pair) -> None:
    made = encoder.encode_images(pair.images())
    np.testing.assert_allclose(made, pair.wanted["image"], atol=1e-5)


@pytest.mark.parametrize(
    ("framing", "mode"), [("squash", "squash"), ("shortest", "shortest_floor")]
)
def test_pixels_agree_with_transformers(
    encoder: ChineseClipEncoder, pair: Pair, framing: str, mode: str
) -> None:
    """Pillow scales here and in transformers' "pil" processor: equal but for float rounding.

    Its torchvision processor scales tensors, whose values may round to the next level, two of
    them where both directions are scaled.
    """
    assert encoder.facts.image
    made = prepare(pair.images(), replace(encoder.facts.image, resize_mode=mode))
    np.testing.assert_allclose(made, pair.wanted[f"{framing}-pil"], atol=1e-6)
    np.testing.assert_allclose(made, pair.wanted[f"{framing}-torchvision"], atol=2 * LEVEL)


def test_a_saved_processor_decides_the_framing(pair: Pair) -> None:
    """The class's own way, the shortest edge and a centre crop, is taken from the folder."""
    folder = shutil.copytree(pair.folder, pair.home / "cropped")
    shutil.copy(pair.home / "shortest" / "preprocessor_config.json", folder)
    made = ChineseClipEncoder(f"local-dir:{folder}", pair.home / "cache", 1)
    assert made.facts.image
    assert (made.facts.image.resize_mode, made.facts.image.size) == ("shortest_floor", (32, 32))
    path = folder / "preprocessor_config.json"
    path.write_text(path.read_text().replace('"shortest_edge": 32', '"shortest_edge": 40'))
    with pytest.raises(BadConfig, match=r"resizes to \{'shortest_edge': 40\}, crops to"):
        ChineseClipEncoder(f"local-dir:{folder}", pair.home / "cache", 1)


def test_references(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = f"local-dir:{tmp_path.resolve()}/model"
    assert canonical("chinese-clip:local-dir:model") == ("chinese-clip", place)
    hub = "hf-hub:OFA-Sys/chinese-clip-vit-base-patch16"
    assert canonical(f"chinese-clip:{hub}") == ("chinese-clip", hub)
    assert ChineseClipEncoder.source(hub) is None
    with pytest.raises(BadConfig, match="write chinese-clip:local-dir:PATH or chinese-clip:hf-hub"):
        ChineseClipEncoder("ViT-B-16/openai", tmp_path)


def test_an_index_made_with_it_opens_from_anywhere(
    pair: Pair,
    manual: Path,
    tmp_path: Path,
    fake_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(pair.home)
    models = Models(text="fake:demo", clip="chinese-clip:local-dir:tiny", reader="fake")
    here = fake_settings.model_copy(update={"models": models, "cache": pair.home / "cache"})
    build([manual], tmp_path / "ix", here, True, Silent())
    monkeypatch.chdir(tmp_path)
    plain = Settings(cache=pair.home / "cache", models=Models(reader="fake"))
    engine = Engine.open(tmp_path / "ix", plain)
    result = engine.search(Query(image=(manual / "lamp.png").read_bytes()))
    best = min(result.hits, key=lambda hit: hit.lanes["clip"].rank)
    assert (best.document, best.lanes["clip"].rank) == ("lamp.png", 1)
    engine.close()
