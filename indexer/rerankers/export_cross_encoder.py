"""Exports cross-encoders of sentence-transformers. Runs in the export subprocess only."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.encoders.clip import prepare_torchvision
from indexer.encoders.export_tokens import save_tokenizer
from indexer.encoders.facts import TOKENIZER_NAME, ModelFacts, TokenFacts
from indexer.encoders.graph import fingerprint_of
from indexer.encoders.hub import card, fetched_as
from indexer.encoders.refusal import check_weights
from indexer.encoders.transformers_model import check_loaded
from indexer.errors import BadConfig, MissingModel
from indexer.rerankers.graph import GRAPH_NAME, check_scorer, write_scorer
from indexer.rerankers.pairs import PairTokens
from indexer.rerankers.source import reranker_source

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder
    from torch import Tensor, nn

NAME = "cross-encoder"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
KIND = "ForSequenceClassification"
LONGEST = 512
"""Tokens of a pair, where neither tokenizer nor model names a limit."""

NO_LIMIT = 1_000_000
"""Tokenizers without a limit state an absurd one."""

QUESTION = "How do I reset the printer after error 0x61?"
SAMPLES = (
    "Hold the power button for ten seconds, then start the printer again.",
    "a",
    "打印机无法连接网络",
    "Open the settings, choose Network and restart the device. " * 40,
)


def export_cross_encoder(model: str, folder: Path) -> ModelFacts:
    """Transformer, head and activation as one graph, with its tokenizer.

    Raises MissingModel or BadConfig, the latter too where the graph or the tokens of a sample
    differ from what the library makes.
    """
    named = f"{NAME}:{model}"
    source = reranker_source(NAME, model) or fetched_as(named, model)
    loaded = _load(named, source)
    tokens = _write_tokenizer(named, loaded, folder)
    scorer = _scorer(loaded)
    pairs = PairTokens(folder, tokens)
    for together in (SAMPLES, *([text] for text in SAMPLES)):
        feeds = pairs.feeds(QUESTION, together)
        if together is SAMPLES:
            axes = {name: {0: "batch", 1: "length"} for name in feeds}
            write_scorer(scorer, feeds, folder / GRAPH_NAME, axes)
        check_scorer(named, scorer, feeds, folder / GRAPH_NAME)
    languages, licence = card(source)
    activation = type(loaded.activation_fn).__name__
    return ModelFacts(
        encoder=NAME,
        model=model,
        dim=1,
        fingerprint=fingerprint_of(
            scorer, (folder / TOKENIZER_NAME).read_text("utf-8"), [activation, asdict(tokens)]
        ),
        tokens=tokens,
        languages=languages,
        licence=licence,
    )


def _load(named: str, source: Path) -> CrossEncoder:
    """The library's own model. Raises BadConfig where it is none with one score per pair."""
    path = source / "config.json"
    if not path.is_file():
        raise MissingModel(f"{named}: {path} is missing; the folder holds no cross-encoder")
    config = json.loads(path.read_text("utf-8"))
    kinds = [str(kind) for kind in config.get("architectures") or []]
    if not any(kind.endswith(KIND) for kind in kinds):
        raise BadConfig(
            f"{named}: a {', '.join(kinds) or 'model of no known kind'}; a cross-encoder is a "
            f"model {KIND} with one score"
        )
    for weights in [*source.glob("*.safetensors"), *source.glob("*.bin")]:
        check_weights(weights)
    prepare_torchvision()
    import transformers
    from sentence_transformers import CrossEncoder

    # transformers fills a missing head with random numbers, and the library would not say so.
    _, found = transformers.AutoModelForSequenceClassification.from_pretrained(
        str(source), local_files_only=True, weights_only=True, output_loading_info=True
    )
    check_loaded(named, found)
    loaded: CrossEncoder = CrossEncoder(
        str(source), device="cpu", local_files_only=True, trust_remote_code=False
    )
    if len(loaded) != 1 or loaded.num_labels != 1:
        raise BadConfig(
            f"{named}: {len(loaded)} modules with {loaded.num_labels} scores; a reranker has one "
            "module with one score"
        )
    if loaded.default_prompt_name and loaded.prompts.get(loaded.default_prompt_name):
        raise BadConfig(f"{named}: puts a prompt before every pair, which is not supported")
    loaded.float().eval()
    return loaded


def _write_tokenizer(named: str, loaded: CrossEncoder, folder: Path) -> TokenFacts:
    """Save the tokenizer for serving. Raises BadConfig where it disagrees on samples."""
    tokenizer: Any = loaded.tokenizer
    transformer: Any = loaded[0]
    save_tokenizer(named, tokenizer, folder)
    positions = getattr(transformer.auto_model.config, "max_position_embeddings", 0)
    limits = [limit for limit in (tokenizer.model_max_length, positions) if 0 < limit < NO_LIMIT]
    facts = TokenFacts(
        max_tokens=int(min(limits, default=LONGEST)),
        pad_id=tokenizer.pad_token_id or 0,
        inputs=tuple(name for name in INPUTS if name in tokenizer("a", "b")),
        pad_left=tokenizer.padding_side == "left",
    )
    wanted = loaded.preprocess([(QUESTION, text) for text in SAMPLES])
    for name, made in PairTokens(folder, facts).feeds(QUESTION, SAMPLES).items():
        if made.tolist() != wanted[name].tolist():
            raise BadConfig(f"{named}: its tokenizer {type(tokenizer).__name__} cannot be exported")
    return facts


def _scorer(loaded: CrossEncoder) -> nn.Module:
    from torch import nn

    class Scorer(nn.Module):
        """Inputs in the order of INPUTS → float32 (n,)."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = loaded

        def forward(self, *inputs: Tensor) -> Tensor:
            scores = self.inner(dict(zip(names, inputs, strict=True)))["scores"]
            activated: Tensor = activation(scores)
            return activated.reshape(-1)

    activation: Any = loaded.activation_fn
    names = [name for name in INPUTS if name in loaded.tokenizer("a", "b")]
    return Scorer().eval()
