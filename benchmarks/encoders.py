"""How fast are the encoders, float and int8, beside the torch libraries they serve?

Run: python -m benchmarks.encoders [--threads N] [--rounds N] [--cache DIR]. Needs no download:
MiniLM comes from its package, ViT-B-32 gets random weights. In every round each contestant
takes its turn in the same process; shown are medians of the rounds, and the median of the
ratios to torch within a round. Shares are of the float32 matrix peak measured in the same run,
by the FLOPs that torch spends on the same items; none is given for short texts, which torch
pads to 77 tokens.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from PIL import Image

from benchmarks.machine import matrix_peak, operations
from indexer.encoders.clip import ClipEncoder, prepare_torchvision
from indexer.encoders.precision import INT8
from indexer.encoders.session import available_threads
from indexer.encoders.source import PACKAGED, packaged_folder
from indexer.encoders.text import SentenceEncoder

ARCHITECTURE = "ViT-B-32"
QUERIES = ("How do I reset my password?", "printer error 0x61 after update", "export to PDF fails")
SENTENCE = (
    "Open Settings and choose Network, then select the adapter whose address should change "
    "and confirm with Apply; a restart is needed only after the driver was replaced. "
)
WARM_UP = 1
T = TypeVar("T")
Encode = Callable[[list[T]], object]


@dataclass(frozen=True)
class Contest(Generic[T]):
    """The same items for torch, our float form and our int8 form, in this order.

    `one_by_one` gives them singly, as questions come. `padded` says that torch computes more
    than the items need, so that its FLOPs measure nobody else's work.
    """

    name: str
    items: Sequence[T]
    sides: tuple[Encode[T], Encode[T], Encode[T]]
    one_by_one: bool = False
    padded: bool = False

    def call(self, side: Encode[T]) -> None:
        parts = [[item] for item in self.items] if self.one_by_one else [list(self.items)]
        for part in parts:
            side(part)

    def flops(self) -> float:
        """What torch computes for one item."""
        return operations(lambda: self.call(self.sides[0])) / len(self.items)

    def run(self, rounds: int) -> list[list[float]]:
        """Items a second: for each round one figure a side."""
        seen = []
        for _ in range(WARM_UP + rounds):
            rates = []
            for side in self.sides:
                began = time.perf_counter()
                self.call(side)
                rates.append(len(self.items) / (time.perf_counter() - began))
            seen.append(rates)
        return seen[WARM_UP:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--threads", type=int, default=available_threads())
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    prepare_torchvision()
    import torch

    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as scratch:
        cache = options.cache or Path(scratch) / "cache"
        contests = [
            *sentences(cache, options.threads),
            *clip(cache, random_clip(cache), options.threads),
        ]
        peaks = [matrix_peak()]
        results = []
        for contest in contests:
            results.append(contest.run(options.rounds))
            peaks.append(matrix_peak())
        report(contests, results, peaks, options.threads)


def sentences(cache: Path, threads: int) -> list[Contest[str]]:
    from sentence_transformers import SentenceTransformer

    peer = SentenceTransformer(str(packaged_folder()), device="cpu")
    ours, small = (SentenceEncoder(PACKAGED + form, cache, threads) for form in ("", INT8))

    def theirs(texts: list[str]) -> object:
        return peer.encode(texts, batch_size=32, show_progress_bar=False)

    sides = (theirs, ours.tower.run, small.tower.run)  # what was asked before is encoded again
    return [
        Contest("MiniLM, short questions one by one", QUERIES * 4, sides, True, padded=True),
        Contest("MiniLM, passages of 104 words", [SENTENCE * 4] * 32, sides),
    ]


def random_clip(parent: Path) -> Path:
    """A folder in open_clip's format with a ViT-B-32 of random weights, always the same."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    folder = parent / "vit-b-32-random"
    if folder.is_dir():
        return folder
    torch.manual_seed(0)
    folder.mkdir(parents=True)
    model = open_clip.create_model(ARCHITECTURE)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    facts = {"model_cfg": open_clip.get_model_config(ARCHITECTURE), "preprocess_cfg": {}}
    (folder / "open_clip_config.json").write_text(json.dumps(facts))
    return folder


def clip(cache: Path, folder: Path, threads: int) -> list[Contest[str] | Contest[Image.Image]]:
    import open_clip
    import torch

    reference = f"local-dir:{folder}"
    model, _, transform = open_clip.create_model_and_transforms(reference)
    model.eval()
    tokenizer = open_clip.get_tokenizer(reference)
    ours, small = (ClipEncoder(reference + form, cache, threads) for form in ("", INT8))

    @torch.inference_mode()
    def texts(batch: list[str]) -> object:
        return model.encode_text(tokenizer(batch), normalize=True)

    @torch.inference_mode()
    def images(batch: list[Image.Image]) -> object:
        return model.encode_image(torch.stack([transform(i) for i in batch]), normalize=True)

    text_sides = (texts, ours.tower.run, small.tower.run)
    image_sides = (images, ours.encode_images, small.encode_images)
    screen = _screen()
    name = ARCHITECTURE
    return [
        Contest(f"{name}, short texts", QUERIES * 5, text_sides, padded=True),
        Contest(f"{name}, texts of 77 tokens", [SENTENCE * 3] * 16, text_sides),
        Contest(f"{name}, images of 224 × 224", [screen.resize((224, 224))] * 8, image_sides),
        Contest(f"{name}, images of 1280 × 800", [screen] * 8, image_sides),
    ]


def _screen() -> Image.Image:
    coarse = np.random.default_rng(0).integers(0, 256, (100, 160, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((1280, 800))


def report(
    contests: Sequence[Contest[str] | Contest[Image.Image]],
    results: Sequence[list[list[float]]],
    peaks: Sequence[float],
    threads: int,
) -> None:
    """One line a contest: items a second, ratio to torch and share of the peak, by side."""
    peak = max(peaks)
    print(
        f"{threads} threads, float32 matrix peak {peak / 1e9:.0f} GFLOP/s "
        f"(lowest seen {min(peaks) / 1e9:.0f})"
    )
    head = "".join(f"{side:>26}" for side in ("torch float32", "float", "int8"))
    print(f"{'items/s, × torch, share of peak':36}{'GFLOP':>7}{head}")
    for contest, rounds in zip(contests, results, strict=True):
        flops = 0 if contest.padded else contest.flops()
        rates = np.asarray(rounds)
        cells = ""
        for side, rate in enumerate(np.median(rates, axis=0)):
            ratio = float(np.median(rates[:, side] / rates[:, 0]))
            share = f"{rate * flops / peak:8.0%}" if flops else f"{'–':>8}"
            cells += f"{rate:10.1f}{ratio:7.2f}×{share}"
        size = f"{flops / 1e9:7.2f}" if flops else f"{'–':>7}"
        print(f"{contest.name:36}{size}{cells}", flush=True)


if __name__ == "__main__":
    main()
