"""Small Chinese-CLIP and FLAVA models with random weights, and what transformers makes of them.

torch stays out of the process of the tests: a script builds the models beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.torch_process import TorchProcess

SIZES = [(64, 40), (40, 64), (33, 31), (1280, 800), (20, 20), (32, 32), (47, 50)]
"""Width, height. The models take 32 by 32; the last one has an odd number of rows to crop."""

TEXTS = [
    "打印机无法连接网络",
    "重启设备，再试一次。",
    "The printer cannot reach the network",
    "打印机 error 0x61, restart!",
    "naïve 龘 unknown",
    "",
    "重启设备" * 60,
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
vocabulary = [*marks, *words, *letters, *("##" + item for item in letters),
              *"打印机无法连接网络重启设备再试一次，。"]
text = tower | {"vocab_size": len(vocabulary), "max_position_embeddings": 128}
image = tower | {"image_size": 32, "patch_size": 8}
torch.manual_seed(0)
if kind == "chinese-clip":
    context = 52
    made = transformers.ChineseCLIPModel(transformers.ChineseCLIPConfig(
        text_config=text, vision_config=image, projection_dim=24))
    Processor = transformers.ChineseCLIPImageProcessor
    framing = {"do_center_crop": False}
else:
    context = 77
    made = transformers.FlavaForPreTraining(transformers.FlavaConfig(
        text_config=text, image_config=image, multimodal_config=tower, hidden_size=32,
        projection_dim=24,
        image_codebook_config={"num_groups": 4, "hidden_size": 8, "num_blocks_per_group": 1}))
    Processor = transformers.FlavaImageProcessor
    framing = {"crop_size": {"height": 32, "width": 32}}
with torch.no_grad():
    for parameter in made.parameters():
        if parameter.dim() > 1:
            parameter.normal_(0, 0.4)
made.eval()
squash = {"size": {"height": 32, "width": 32}, **framing}
shortest = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
folder = home / "tiny"
folder.mkdir()
made.save_pretrained(folder)
(home / "vocab.txt").write_text("\\n".join(vocabulary), "utf-8")
tokenizer = transformers.BertTokenizer(str(home / "vocab.txt"))
tokenizer.save_pretrained(folder)
Processor(**squash).save_pretrained(folder)

images = [Image.open(home / name).convert("RGB") for name in asked["images"]]
found = {}
for name, options in {"squash": squash, "shortest": shortest}.items():
    (home / name).mkdir()
    Processor(**options).save_pretrained(home / name)
    for backend in ("pil", "torchvision"):
        processor = transformers.AutoImageProcessor.from_pretrained(home / name, backend=backend)
        pixels = processor(images, return_tensors="pt")["pixel_values"]
        found[f"{name}-{backend}"] = pixels.numpy()
ids = tokenizer(asked["texts"], padding=True, truncation=True, max_length=context,
                return_tensors="pt")
pixels = torch.from_numpy(found["squash-pil"])
unit = torch.nn.functional.normalize
with torch.no_grad():
    if kind == "chinese-clip":
        found["image"] = unit(made.get_image_features(pixels).pooler_output, dim=-1)
        found["text"] = unit(made.get_text_features(**ids).pooler_output, dim=-1)
    else:
        seen = []
        made.global_contrastive_head.register_forward_pre_hook(lambda _, given: seen.extend(given))
        made(input_ids=ids.input_ids, attention_mask=ids.attention_mask, pixel_values=pixels,
             return_loss=False)
        found["image"], found["text"] = seen[:2]
np.savez(home / "wanted.npz", **{name: np.asarray(value) for name, value in found.items()})
"""


@dataclass(frozen=True)
class Pair:
    """`wanted` holds transformers' own vectors (unit length) and pixels by name."""

    home: Path
    wanted: dict[str, Any]

    @property
    def folder(self) -> Path:
        return self.home / "tiny"

    @property
    def model(self) -> str:
        return f"local-dir:{self.folder}"

    def images(self) -> list[Image.Image]:
        return [Image.open(self.home / name).convert("RGB") for name in _names()]


def tiny_pair(torch_process: TorchProcess, kind: str, home: Path) -> Pair:
    """A model of `kind`, an encoder's name, saved as transformers does; seven texts and images."""
    random = np.random.default_rng(2)
    for name, size in zip(_names(), SIZES, strict=True):
        coarse = Image.fromarray(random.integers(0, 256, (9, 11, 3), dtype=np.uint8))
        coarse.resize(size, Image.Resampling.BICUBIC).save(home / name)
    asked = {"home": str(home), "kind": kind, "texts": TEXTS, "images": _names()}
    torch_process.script(SCRIPT, asked)
    return Pair(home, dict(np.load(home / "wanted.npz")))


def _names() -> list[str]:
    return [f"image{i}.png" for i in range(len(SIZES))]
