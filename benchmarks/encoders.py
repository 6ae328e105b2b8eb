"""How fast are the encoders, beside the libraries whose models they serve?

Run: python -m benchmarks.encoders [--threads N] [--cache DIR]. Needs no download: MiniLM comes
from its package, ViT-B-32 gets random weights. Prints one table; every row times both sides
in turn in the same process.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from indexer.encoders.clip import ClipEncoder, prepare_torchvision
from indexer.encoders.session import available_threads
from indexer.encoders.source import PACKAGED, packaged_folder
from indexer.encoders.text import SentenceEncoder

QUERIES = ("How do I reset my password?", "printer error 0x61 after update", "export to PDF fails")
SENTENCE = (
    "Open Settings and choose Network, then select the adapter whose address should change "
    "and confirm with Apply; a restart is needed only after the driver was replaced. "
)
ROUNDS = 3
T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--threads", type=int, default=available_threads())
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    prepare_torchvision()
    import torch

    torch.set_num_threads(options.threads)
    print(f"{options.threads} threads; torch {torch.__version__}")
    print(f"{'':42}{'torch':>10}{'here':>10}")
    with tempfile.TemporaryDirectory() as scratch:
        cache = options.cache or Path(scratch)
        sentences(cache, options.threads)
        clip(cache, Path(scratch), options.threads)


def sentences(cache: Path, threads: int) -> None:
    from sentence_transformers import SentenceTransformer

    peer = SentenceTransformer(str(packaged_folder()), device="cpu")
    ours = SentenceEncoder(PACKAGED, cache, threads)
    passages = [f"{i}. " + SENTENCE * (1 + i % 6) for i in range(96)]

    def theirs(texts: list[str]) -> object:
        return peer.encode(texts, batch_size=32, show_progress_bar=False)

    pair = (theirs, ours.encode_texts)
    latency = [median_ms(partial(_each, encode)) / len(QUERIES) for encode in pair]
    row("MiniLM, one short query, p50, ms", *latency)
    row("MiniLM, passages of 26 to 156 words, /s", *rates(pair, passages))


def clip(cache: Path, scratch: Path, threads: int) -> None:
    import open_clip
    import torch

    torch.manual_seed(0)
    model, _, transform = open_clip.create_model_and_transforms("ViT-B-32")
    model.eval()
    tokenizer = open_clip.get_tokenizer("ViT-B-32")
    torch.save(model.state_dict(), scratch / "random.pt")
    ours = ClipEncoder(f"ViT-B-32@{scratch / 'random.pt'}", cache, threads)

    @torch.inference_mode()
    def texts(batch: list[str]) -> object:
        return model.encode_text(tokenizer(batch), normalize=True)

    @torch.inference_mode()
    def images(batch: list[Image.Image]) -> object:
        return model.encode_image(torch.stack([transform(i) for i in batch]), normalize=True)

    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (100, 160, 3), dtype=np.uint8)
    screens = [Image.fromarray(coarse).resize((1280, 800)) for _ in range(8)]
    row("ViT-B-32, short texts, /s", *rates((texts, ours.encode_texts), list(QUERIES) * 5))
    long = [SENTENCE * 3] * 16
    row("ViT-B-32, texts of 77 tokens, /s", *rates((texts, ours.encode_texts), long))
    row("ViT-B-32, images of 1280 × 800, /s", *rates((images, ours.encode_images), screens))


def _each(encode: Callable[[list[str]], object]) -> None:
    for query in QUERIES:
        encode([query])


def median_ms(call: Callable[[], object], times: int = 30) -> float:
    """Median wall time of a call in milliseconds, after two calls that do not count."""
    seen = []
    for _ in range(times + 2):
        began = time.perf_counter()
        call()
        seen.append((time.perf_counter() - began) * 1000)
    return float(np.median(seen[2:]))


def rates(
    pair: tuple[Callable[[list[T]], object], Callable[[list[T]], object]], items: list[T]
) -> tuple[float, float]:
    """Items a second of both sides: the best of a few rounds taken in turn."""
    best = [0.0, 0.0]
    for _ in range(ROUNDS):
        for side, encode in enumerate(pair):
            began = time.perf_counter()
            encode(items)
            best[side] = max(best[side], len(items) / (time.perf_counter() - began))
    return best[0], best[1]


def row(name: str, peer: float, ours: float) -> None:
    print(f"{name:42}{peer:>10.1f}{ours:>10.1f}", flush=True)


if __name__ == "__main__":
    main()
