"""Latent semantic analysis: values by hand, and the Chinese questions it is there for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.config import Settings
from indexer.encoders.lsa import Fit, LsaEncoder, local_weights, terms, unfitted
from indexer.encoders.lsa_fit import fit
from indexer.errors import BadConfig

AXES = Fit(("pump", "valv", "断网"), np.eye(3, dtype=np.float32), 7)


def test_words_sum_up_to_a_unit_vector() -> None:
    encoder = LsaEncoder(AXES.to_bytes())
    (both, twice, none) = encoder.encode_texts(["pump valve", "断网 pump 断网", "lamp"])
    assert both == pytest.approx([0.70710678, 0.70710678, 0.0])
    length = np.hypot(1.0, 1.0 + np.log(2.0))
    assert twice == pytest.approx([1.0 / length, 0.0, (1.0 + np.log(2.0)) / length])
    assert none.tolist() == [0.0, 0.0, 0.0]


def test_a_fit_survives_being_stored() -> None:
    again = Fit.from_bytes(AXES.to_bytes())
    assert again.words == ("pump", "valv", "断网")
    assert again.directions.tolist() == np.eye(3).tolist()
    assert again.fitted == 7
    with pytest.raises(ValueError, match="not a fit"):
        Fit.from_bytes(b"nothing of the kind")


def test_fingerprints_tell_fits_apart() -> None:
    other = Fit(AXES.words, AXES.directions, 8)
    same = LsaEncoder(AXES.to_bytes()).fingerprint
    assert same == LsaEncoder(AXES.to_bytes()).fingerprint
    assert same != LsaEncoder(other.to_bytes()).fingerprint


def test_characters_of_chinese_words_count_too() -> None:
    assert terms("断网 wifi") == ["断网", "wifi", "断", "网"]
    assert local_weights([1, 2]) == pytest.approx([1.0, 1.6931472])


def test_weights_are_those_of_rarity() -> None:
    """Three texts without a word in common: each axis is a word, weighted log((1 + 3) / 1)."""
    found = fit(["pump", "valve", "lamp"])
    assert found.words == ("lamp", "pump", "valv")
    assert found.fitted == 3
    lengths = np.linalg.norm(found.directions, axis=1)
    assert lengths == pytest.approx([np.log(4.0)] * 3, rel=1e-4)
    cosines = found.directions @ found.directions.T / np.log(4.0) ** 2
    assert cosines == pytest.approx(np.eye(3), abs=1e-4)


def test_words_of_the_same_texts_point_the_same_way() -> None:
    texts = ["pump motor", "pump motor", "valve stem", "valve stem"]
    encoder = LsaEncoder(fit(texts, dim=2).to_bytes())
    pump, motor, valve = encoder.encode_queries(["pump", "motor", "valve"])
    assert pump @ motor == pytest.approx(1.0, abs=1e-3)
    assert pump @ valve == pytest.approx(0.0, abs=1e-3)


def test_nothing_to_fit_to_is_a_fit_that_knows_nothing() -> None:
    encoder = LsaEncoder(fit([]).to_bytes())
    assert encoder.encode_texts(["pump"]).tolist() == [[0.0]]


def test_without_an_index_there_is_no_fit() -> None:
    with pytest.raises(BadConfig, match="fitted to each index"):
        unfitted("lsa", Path(), 1)


def test_an_unknown_fallback_is_refused(tmp_path: Path, fake_settings: Settings) -> None:
    from indexer.building.recipe import Recipe
    from indexer.cache import Cache

    models = fake_settings.models.model_copy(update={"fallback": "magic"})
    settings = fake_settings.model_copy(update={"models": models})
    with pytest.raises(BadConfig, match=r"models\.fallback = magic"):
        Recipe(settings, None, Cache(tmp_path / "cache"))
