"""Small BLIP, FLAVA and ViLT models with random weights, and what transformers makes of them.

torch stays out of the process of the tests: a script builds the models beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.torch_process import TorchProcess

SIZES = [(64, 40), (40, 64), (33, 31), (320, 200), (20, 20), (200, 50)]
"""Width, height of the images; the last is longer than ViLT keeps."""

TEXTS = [
    "The printer cannot reach the network",
    "error 0x61, restart!",
    "naïve 龘 unknown",
    "restart the network " * 60,
]

SCRIPT = """
import json, pathlib, sys
import numpy as np
from PIL import Image
from indexer.encoders.clip import prepare_torchvision
prepare_torchvision()
import torch, transformers

asked = json.load(sys.stdin)
home, kind = pathlib.Path(asked["home"]), asked["kind"]
tower = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 2}
marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
words = "the printer cannot reach network error restart , . !".split()
letters = [*"abcdefghijklmnopqrstuvwxyz0123456789"]
vocabulary = [*marks, *words, *letters, *("##" + item for item in letters)]
text = tower | {"vocab_size": len(vocabulary), "max_position_embeddings": 128}
image = tower | {"image_size": 32, "patch_size": 8}
square = {"height": 32, "width": 32}
torch.manual_seed(0)
if kind == "blip-itm":
    context = 35
    made = transformers.BlipForImageTextRetrieval(transformers.BlipConfig(
        text_config=text | {"encoder_hidden_size": 32, "projection_dim": 24}, vision_config=image,
        projection_dim=24, image_text_hidden_size=24))
    processor = transformers.BlipImageProcessor(size=square)
elif kind == "flava-itm":
    context = 77
    made = transformers.FlavaForPreTraining(transformers.FlavaConfig(
        text_config=text, image_config=image, multimodal_config=tower, hidden_size=32,
        projection_dim=24,
        image_codebook_config={"num_groups": 4, "hidden_size": 8, "num_blocks_per_group": 1}))
    processor = transformers.FlavaImageProcessor(size=square, crop_size=square)
else:
    context = 40
    made = transformers.ViltForImageAndTextRetrieval(transformers.ViltConfig(
        **text | {"max_position_embeddings": 40}, image_size=96, patch_size=32))
    processor = transformers.ViltImageProcessor(size={"shortest_edge": 96})
with torch.no_grad():
    for name, parameter in made.named_parameters():
        if parameter.dim() > 1 or "bias" in name or name.endswith("cls_token"):
            parameter.normal_(0, 0.3)
made.eval()
folder = home / "tiny"
folder.mkdir()
made.save_pretrained(folder)
(home / "vocab.txt").write_text("\\n".join(vocabulary), "utf-8")
tokenizer = transformers.BertTokenizer(str(home / "vocab.txt"))
tokenizer.save_pretrained(folder)
processor.save_pretrained(folder)
processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")

scores, shapes = [], []
for words in asked["texts"]:
    ids = tokenizer(words, truncation=True, max_length=context, return_tensors="pt").input_ids
    row = []
    for name in asked["images"]:
        given = processor(Image.open(home / name).convert("RGB"), return_tensors="pt")
        shapes.append(list(given["pixel_values"].shape[2:]))
        with torch.no_grad():
            if kind == "blip-itm":
                found = made(input_ids=ids, pixel_values=given["pixel_values"]).itm_score
            elif kind == "flava-itm":
                found = made(input_ids=ids, input_ids_masked=ids, return_loss=False,
                             pixel_values=given["pixel_values"],
                             bool_masked_pos=torch.zeros(1, 16).bool()).itm_logits
            else:
                found = made(input_ids=ids, **given).logits
        row.append(float(found[0, 0] if kind == "vilt" else found.softmax(-1)[0, 1]))
    scores.append(row)
print("\\n" + json.dumps({"scores": scores, "shapes": shapes}))
"""


@dataclass(frozen=True)
class TinyMatcher:
    """`scores` holds transformers' own, (texts, images); `shapes` (height, width) of its pixels."""

    home: Path
    scores: Any
    shapes: list[list[int]]

    @property
    def model(self) -> str:
        return f"local-dir:{self.home / 'tiny'}"


def tiny_matcher(torch_process: TorchProcess, kind: str, home: Path) -> TinyMatcher:
    """A model of `kind`, a reranker's name, saved as transformers does, and images beside it."""
    random = np.random.default_rng(2)
    for name, size in zip(image_names(), SIZES, strict=True):
        coarse = Image.fromarray(random.integers(0, 256, (9, 11, 3), dtype=np.uint8))
        coarse.resize(size, Image.Resampling.BICUBIC).save(home / name)
    asked = {"home": str(home), "kind": kind, "texts": TEXTS, "images": image_names()}
    told = torch_process.script(SCRIPT, asked)
    found = json.loads(told.splitlines()[-1])
    return TinyMatcher(home, np.array(found["scores"]), found["shapes"][: len(SIZES)])


def image_names() -> list[str]:
    return [f"image{i}.png" for i in range(len(SIZES))]
