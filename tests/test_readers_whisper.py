"""Whisper through transformers, with a tiny random model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.cache import Cache
from indexer.config import Models, Settings
from indexer.encoders.clip import prepare_torchvision
from indexer.errors import BadConfig, MissingModel
from indexer.readers.speech import Domain, SpeechReader, speech_reader_of
from indexer.sound import RATE

NOTHING = Domain("", lambda: (), lambda: ())
WORDS = ("<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>")


def reader(model: str, tmp_path: Path, offline: bool = True) -> SpeechReader:
    models = Models(speech=f"whisper:{model}")
    settings = Settings(cache=tmp_path / "cache", models=models, offline=offline)
    cache = Cache(settings.cache)
    cache.close()
    found = speech_reader_of(NOTHING, settings, cache)
    assert found is not None
    return found


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A Whisper of random weights whose tokens are letters."""
    prepare_torchvision()
    import torch
    import transformers

    library: Any = transformers

    folder = tmp_path / "tiny"
    folder.mkdir()
    vocabulary = {chr(ord("a") + i): i for i in range(26)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = library.WhisperTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), unk_token="<|endoftext|>",
        bos_token="<|endoftext|>", eos_token="<|endoftext|>", pad_token="<|endoftext|>",
    )  # fmt: skip
    tokenizer.add_special_tokens({"additional_special_tokens": list(WORDS[1:])})
    ids = {word: tokenizer.convert_tokens_to_ids(word) for word in WORDS}
    torch.manual_seed(0)
    config = library.WhisperConfig(
        vocab_size=len(tokenizer), d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16,
        decoder_ffn_dim=16, num_mel_bins=80, max_target_positions=32, max_length=12,
        pad_token_id=ids[WORDS[0]], bos_token_id=ids[WORDS[0]], eos_token_id=ids[WORDS[0]],
        decoder_start_token_id=ids[WORDS[1]], suppress_tokens=[], begin_suppress_tokens=[],
    )  # fmt: skip
    model = library.WhisperForConditionalGeneration(config)
    model.generation_config.max_length = 12
    model.generation_config.no_timestamps_token_id = ids["<|notimestamps|>"]
    model.save_pretrained(folder)
    features = library.WhisperFeatureExtractor(feature_size=80)
    library.WhisperProcessor(features, tokenizer).save_pretrained(folder)
    return folder


def test_a_recording_is_heard_the_same_every_time(tiny: Path, tmp_path: Path) -> None:
    subject = reader(f"local-dir:{tiny}", tmp_path)
    sound = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    (first,) = subject.hear(sound)
    assert subject.hear(sound) == (first,)
    assert set(first.text) <= set("abcdefghijklmnopqrstuvwxyz ")
    assert (first.spans[0].start, first.spans[0].end) == (0.0, 1.0)
    assert 0 < first.confidence < 1
    assert subject.hear(np.zeros(RATE, np.float32)) == ()


def test_what_cannot_be_loaded_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="speech reader 'whisper' needs a model"):
        reader("", tmp_path)
    with pytest.raises(MissingModel, match="no such folder"):
        reader(f"local-dir:{tmp_path}/none", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingModel, match=r"no model\.safetensors"):
        reader(f"local-dir:{tmp_path}/empty", tmp_path).hear(np.ones(RATE, np.float32))
