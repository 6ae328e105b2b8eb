"""Speech in English, Chinese and many more languages by Whisper, through transformers."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from indexer.cache import Cache
from indexer.config import Settings
from indexer.encoders.clip import prepare_torchvision
from indexer.encoders.hub import fetched
from indexer.encoders.refusal import check_weights, explain
from indexer.encoders.source import LOCAL_PREFIX, hub_name, local_folder
from indexer.errors import BadConfig, MissingModel
from indexer.readers.speech import Domain
from indexer.records import Heard, Span
from indexer.sound import RATE, Sound

NAME = "whisper"

_WINDOW = 30 * RATE
"""Samples that the model hears at once."""

_SILENCE = 1e-4
"""Root mean square below which a window is not heard: of silence Whisper makes up words."""


class WhisperReader:
    """One model, used by one thread at a time; the texts of the index are not needed.

    `model` is `local-dir:PATH` or a name on the model hub; torch is imported with the first
    recording, and only safetensors are read. Source: Radford et al., "Robust Speech Recognition
    via Large-Scale Weak Supervision", arXiv 2212.04356. Raises BadConfig or MissingModel.
    """

    def __init__(self, model: str, domain: Domain, settings: Settings, cache: Cache) -> None:
        if not model:
            raise BadConfig(
                f"speech reader {NAME!r} needs a model: write {NAME}:ORG/NAME or "
                f"{NAME}:{LOCAL_PREFIX}PATH"
            )
        self._named = f"{NAME}:{model}"
        self._folder = local_folder(model) if model.startswith(LOCAL_PREFIX) else None
        self._hub = "" if self._folder else hub_name(model)
        self._offline = settings.offline
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    def hear(self, sound: Sound) -> tuple[Heard, ...]:
        """See SpeechReader. A span for every thirty seconds, one reading."""
        with self._lock:
            model, processor = self._ready()
            spans = [
                span
                for start in range(0, len(sound), _WINDOW)
                if (span := _span(model, processor, sound[start : start + _WINDOW], start))
            ]
        return (Heard(tuple(spans)),) if spans else ()

    def _ready(self) -> tuple[Any, Any]:
        if self._loaded is None:
            if self._offline:
                os.environ["HF_HUB_OFFLINE"] = "1"
            try:
                self._loaded = _load(self._named, self._folder or fetched(self._hub))
            except (MissingModel, BadConfig):
                raise
            except Exception as error:
                raise explain(self._named, error, self._hub) from error
        return self._loaded


def _load(named: str, folder: Path) -> tuple[Any, Any]:
    """(model, processor)."""
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise MissingModel(f"{named}: no model.safetensors in {folder}; copy the model again")
    for item in weights:
        check_weights(item)
    prepare_torchvision()
    import transformers

    library: Any = transformers
    library.logging.set_verbosity_error()
    model = library.WhisperForConditionalGeneration.from_pretrained(
        str(folder), local_files_only=True, use_safetensors=True
    )
    return model.float().eval(), library.WhisperProcessor.from_pretrained(
        str(folder), local_files_only=True
    )


def _span(model: Any, processor: Any, window: Sound, start: int) -> Span | None:  # noqa: ANN401
    """What is said in a window that begins at sample `start`, None where nothing is."""
    import torch

    if np.sqrt(np.mean(np.square(window))) < _SILENCE:
        return None
    features = processor(window, sampling_rate=RATE, return_tensors="pt").input_features
    with torch.inference_mode():
        made = model.generate(features, return_dict_in_generate=True, output_scores=True)
        steps = model.compute_transition_scores(made.sequences, made.scores, normalize_logits=True)
    text = processor.batch_decode(made.sequences, skip_special_tokens=True)[0].strip()
    sure = float(steps[0].exp().mean()) if steps.numel() else 0.0
    end = (start + len(window)) / RATE
    return Span(text, start / RATE, end, min(1.0, sure)) if text else None
