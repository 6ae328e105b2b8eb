"""Exports two-tower models of transformers. Runs in the export subprocess only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexer.encoders.clip import IMAGE_GRAPH, TEXT_GRAPH
from indexer.encoders.export_clip import export_image
from indexer.encoders.export_tokens import SAMPLES, save_tokenizer
from indexer.encoders.facts import TOKENIZER_NAME, ImageFacts, ModelFacts, TokenFacts
from indexer.encoders.graph import check_same, fingerprint_of, torch_vectors, write_graph
from indexer.encoders.hub import card, fetched
from indexer.encoders.refusal import explain
from indexer.encoders.source import LOCAL_PREFIX, hub_name, local_folder
from indexer.encoders.tokens import Tokens
from indexer.encoders.transformers_model import LoadedPair, TorchPair, load_pair
from indexer.errors import BadConfig

if TYPE_CHECKING:
    from torch import Tensor, nn

INPUTS = ("input_ids", "attention_mask")
BILINEAR, BICUBIC = 2, 3
"""Pillow's numbers, which preprocessor configurations use."""


@dataclass(frozen=True, slots=True)
class Family:
    """One architecture of transformers, and how its vectors are made.

    `encoder` is a name in `ENCODERS`, `kind` the `model_type` of a config.json and `module`
    the class that holds both towers. `context` is the number of tokens the model was trained
    with. `languages` holds ISO 639-1 codes for a model card that names none. `image` takes
    (module, pixels), `text` takes (module, ids, mask); both return float32 (n, dim) of any
    length.
    """

    encoder: str
    kind: str
    module: str
    context: int
    languages: tuple[str, ...]
    image: Callable[[TorchPair, Tensor], Tensor]
    text: Callable[[TorchPair, Tensor, Tensor], Tensor]


def export_pair(family: Family, model: str, folder: Path) -> ModelFacts:
    """Both towers as graphs with normalisation inside, and the tokenizer.

    Raises MissingModel or BadConfig, the latter too where a graph differs from torch by more
    than a cosine of .9999.
    """
    named = f"{family.encoder}:{model}"
    source = _source(named, model)
    loaded = load_pair(named, source, family.kind, family.module)
    image = image_facts(named, loaded)
    image_tower = as_module(loaded.module, _unit(family.image))
    dim = export_image(named, image_tower, image, folder / IMAGE_GRAPH)
    tokens = write_pair_tokenizer(named, loaded, family.context, INPUTS, folder)
    _export_text(named, as_module(loaded.module, _unit(family.text)), tokens, folder)
    languages, licence = card(source)
    return ModelFacts(
        encoder=family.encoder,
        model=model,
        dim=dim,
        fingerprint=fingerprint_of(
            loaded.module,
            (folder / TOKENIZER_NAME).read_text("utf-8"),
            [loaded.settings, asdict(image), asdict(tokens)],
        ),
        tokens=tokens,
        image=image,
        languages=languages or family.languages,
        licence=licence,
    )


def _source(named: str, model: str) -> Path:
    if model.startswith(LOCAL_PREFIX):
        return local_folder(model)
    hub = hub_name(model)
    try:
        return fetched(hub)
    except Exception as error:
        raise explain(named, error, hub) from error


def as_module(inner: TorchPair, made: Callable[..., Tensor]) -> nn.Module:
    """`made(inner, *inputs)` as a module to trace."""
    from torch import nn

    class Made(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, *inputs: Tensor) -> Tensor:
            return made(self.inner, *inputs)

    return Made().eval()


def _unit(made: Callable[..., Tensor]) -> Callable[..., Tensor]:
    from torch import nn

    return lambda *inputs: nn.functional.normalize(made(*inputs), dim=-1)


def write_pair_tokenizer(
    named: str, loaded: LoadedPair, context: int, inputs: tuple[str, ...], folder: Path
) -> TokenFacts:
    """Save the tokenizer for serving, cut at `context` tokens or what the model has room for.

    Raises BadConfig where it disagrees on samples.
    """
    tokenizer = loaded.tokenizer
    save_tokenizer(named, tokenizer, folder)
    config = loaded.module.config
    positions = getattr(config, "text_config", config).max_position_embeddings
    most = min(context, positions, tokenizer.model_max_length)
    facts = TokenFacts(
        max_tokens=int(most),
        pad_id=tokenizer.pad_token_id or 0,
        inputs=inputs,
        pad_left=tokenizer.padding_side == "left",
    )
    wanted = tokenizer(list(SAMPLES), truncation=True, max_length=facts.max_tokens)["input_ids"]
    if Tokens(folder, facts).ids(SAMPLES) != wanted:
        raise BadConfig(f"{named}: its tokenizer {type(tokenizer).__name__} cannot be exported")
    return facts


def _export_text(named: str, tower: nn.Module, facts: TokenFacts, folder: Path) -> None:
    """One graph for any number and length of texts: the towers mask their padding."""
    tokens = Tokens(folder, facts)
    rows = tokens.ids(SAMPLES)
    path = folder / TEXT_GRAPH
    for together in (rows, *([row] for row in rows)):
        _, feeds = next(tokens.batches(together, len(together)))
        if together is rows:
            write_graph(tower, feeds, path, axes={0: "batch", 1: "length"})
        check_same(named, path, feeds, torch_vectors(tower, feeds))


def image_facts(named: str, loaded: LoadedPair) -> ImageFacts:
    """The folder's image processor as facts. Raises BadConfig where it does anything else."""
    made = loaded.processor
    size = {key: int(value) for key, value in dict(made.size or {}).items() if value}
    crop = {key: int(value) for key, value in dict(made.crop_size or {}).items() if value}
    side = size.get("shortest_edge")
    framed = {"height": side, "width": side} if side else size
    plain = (
        *(made.do_resize, made.do_rescale, made.do_normalize),
        set(size) in ({"shortest_edge"}, {"height", "width"}),
        crop == framed if made.do_center_crop else not side,
        made.resample in (BILINEAR, BICUBIC),
        np.isclose(made.rescale_factor, 1 / 255),
    )
    if not all(plain):
        raise BadConfig(
            f"{named}: its image processor resizes to {size}, crops to {crop} with filter "
            f"{made.resample}; known: bicubic or bilinear to a fixed size, or to the shortest "
            "edge and a centre of the same size"
        )
    return ImageFacts(
        size=(int(framed["height"] or 0), int(framed["width"] or 0)),
        mean=tuple(made.image_mean),
        std=tuple(made.image_std),
        interpolation="bilinear" if made.resample == BILINEAR else "bicubic",
        resize_mode="shortest_floor" if side else "squash",
    )
