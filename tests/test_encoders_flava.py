"""FlavaEncoder against the contrastive head of transformers' FLAVA, on a small model."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.encoders.base import ENCODERS
from indexer.encoders.transformers_clip import FlavaEncoder
from indexer.errors import MissingModel
from tests.tiny_pairs import TEXTS, Pair, tiny_pair
from tests.torch_process import TorchProcess


@pytest.fixture(scope="module")
def pair(torch_process: TorchProcess, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Saved as `FlavaForPreTraining`, as the published weights are."""
    return tiny_pair(torch_process, "flava", tmp_path_factory.mktemp("flava"))


@pytest.fixture(scope="module")
def encoder(pair: Pair) -> FlavaEncoder:
    return FlavaEncoder(pair.model, pair.home / "cache", 1)


def test_facts(encoder: FlavaEncoder) -> None:
    assert ENCODERS.get("flava") is FlavaEncoder
    assert (encoder.name, encoder.dim) == ("flava", 24)
    assert encoder.languages == {"en"}
    assert encoder.facts.tokens.max_tokens == 77


def test_texts_agree_with_the_contrastive_head(encoder: FlavaEncoder, pair: Pair) -> None:
    """float32 sums in another order: 1e-5 is ten times what is seen."""
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), pair.wanted["text"], atol=1e-5)
    singles = np.concatenate([encoder.encode_queries([text]) for text in TEXTS])
    np.testing.assert_allclose(singles, pair.wanted["text"], atol=1e-5)
    alike = pair.wanted["text"] @ pair.wanted["text"].T - np.eye(len(TEXTS))
    assert alike.max() < 0.95, "texts that all look alike would prove nothing"


def test_images_agree_with_the_contrastive_head(encoder: FlavaEncoder, pair: Pair) -> None:
    made = encoder.encode_images(pair.images())
    np.testing.assert_allclose(made, pair.wanted["image"], atol=1e-5)


def test_hub_out_of_reach(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(pair.home / "hf"))
    wanted = "hf download facebook/flava-full --local-dir FOLDER, then use flava:local-dir:FOLDER"
    with pytest.raises(MissingModel, match=wanted):
        FlavaEncoder("hf-hub:facebook/flava-full", pair.home / "cache")
