"""Exports sentence-transformers models. Runs in the export subprocess only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.encoders.clip import prepare_torchvision
from indexer.encoders.export_tokens import save_tokenizer
from indexer.encoders.facts import TOKENIZER_NAME, ModelFacts, TokenFacts
from indexer.encoders.graph import check_same, fingerprint_of, torch_vectors, write_graph
from indexer.encoders.hub import card, fetched
from indexer.encoders.refusal import check_weights
from indexer.encoders.source import hub_name
from indexer.encoders.text import GRAPH_NAME, sentence_source
from indexer.encoders.tokens import Tokens
from indexer.errors import BadConfig, MissingModel

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor, nn

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
MODULES = ("Transformer", "Pooling", "Dense", "Normalize", "LayerNorm", "Dropout")
NO_LIMIT = 1_000_000
"""Tokenizers without a limit state an absurd one."""

PASSAGE_PROMPTS = ("document", "passage", "corpus")
SAMPLES = (
    "The printer shows error 0x61 after the update.",
    "How do I reset my password?",
    "a",
    "Open the settings, choose Network and restart the device. " * 12,
)


def export_sentence_model(model: str, folder: Path) -> ModelFacts:
    """Transformer, pooling and normalisation as one graph, with its tokenizer."""
    source = sentence_source(model)
    if source is None:
        name = hub_name(model)
        source = fetched(name if "/" in name else f"sentence-transformers/{name}")
    loaded = _load(model, source)
    facts = _facts(model, source, loaded, folder)
    tower = _tower(loaded)
    tokens = Tokens(folder, facts.tokens)
    rows = tokens.ids(SAMPLES)
    for together in (rows, *([row] for row in rows)):
        _, feeds = next(tokens.batches(together, len(together)))
        if together is rows:
            write_graph(tower, feeds, folder / GRAPH_NAME, axes={0: "batch", 1: "length"})
        wanted = torch_vectors(tower, feeds)
        check_same(model, folder / GRAPH_NAME, feeds, wanted)
    return replace(facts, dim=int(wanted.shape[1]))


def _load(model: str, source: Path) -> SentenceTransformer:
    if not (source / "config.json").is_file() and not (source / "modules.json").is_file():
        raise MissingModel(f"{model}: {source} holds no sentence-transformers model")
    for path in [*source.rglob("*.safetensors"), *source.rglob("*.bin")]:
        check_weights(path)
    _check_modules(model, source / "modules.json")
    prepare_torchvision()
    from sentence_transformers import SentenceTransformer

    loaded = SentenceTransformer(
        str(source), device="cpu", local_files_only=True, trust_remote_code=False
    )
    prompts = any(loaded.prompts.values())
    if prompts and any(getattr(module, "include_prompt", True) is False for module in loaded):
        raise BadConfig(f"{model}: leaves its prompt out of the pooling, which is not supported")
    return loaded.float().eval()


def _check_modules(model: str, path: Path) -> None:
    """Only modules whose serving form is known. A folder without a list is a plain transformer."""
    try:
        listed = json.loads(path.read_text("utf-8")) if path.is_file() else []
        kinds = [str(module["type"]).rpartition(".")[2] for module in listed]
    except (ValueError, KeyError, TypeError) as error:
        raise BadConfig(f"{path}: not a list of modules ({error})") from error
    if kinds and (kinds[0] != "Transformer" or not set(kinds) <= set(MODULES)):
        raise BadConfig(f"{model}: built from {', '.join(kinds)}; known: {', '.join(MODULES)}")


def _facts(model: str, source: Path, loaded: SentenceTransformer, folder: Path) -> ModelFacts:
    """Writes the tokenizer file and collects what serving needs to know, all but `dim`."""
    tokenizer: Any = loaded.tokenizer
    save_tokenizer(model, tokenizer, folder)
    languages, licence = card(source)
    tokens = TokenFacts(
        max_tokens=_max_tokens(loaded),
        pad_id=tokenizer.pad_token_id or 0,
        inputs=tuple(name for name in INPUTS if name in tokenizer("a")),
        pad_left=tokenizer.padding_side == "left",
        clean="lowercase" if getattr(loaded[0], "do_lower_case", False) else "none",
    )
    prompts = _prompts(loaded.prompts, loaded.default_prompt_name)
    settings = [[_settings(module) for module in loaded], asdict(tokens), prompts]
    return ModelFacts(
        encoder="sentence-transformers",
        model=model,
        dim=0,
        fingerprint=fingerprint_of(loaded, (folder / TOKENIZER_NAME).read_text("utf-8"), settings),
        tokens=tokens,
        query_prompt=prompts[0],
        passage_prompt=prompts[1],
        languages=languages,
        licence=licence,
    )


def _prompts(named: Mapping[str, str | None], default: str | None) -> tuple[str, str]:
    """(query prompt, passage prompt). The default counts only for a model with neither.

    An empty prompt is passed over: sentence-transformers adds an empty `document` to models
    that call theirs `passage`.
    """
    passage = next((text for name in PASSAGE_PROMPTS if (text := named.get(name))), "")
    query = named.get("query") or ""
    if not (query or passage) and default:
        query = passage = named.get(default) or ""
    return query, passage


def _max_tokens(loaded: SentenceTransformer) -> int:
    transformer: Any = loaded[0]
    limits = (loaded.max_seq_length, loaded.tokenizer.model_max_length)
    known = [limit for limit in limits if limit and limit < NO_LIMIT]
    return int(
        known[0]
        if known
        else getattr(transformer.auto_model.config, "max_position_embeddings", 512)
    )


def _settings(module: nn.Module) -> str:
    """What a module computes beyond its weights, as stable text without paths or versions."""
    inner: Any = getattr(module, "auto_model", None)
    places: tuple[str, ...] = ()
    if inner is not None:
        facts = inner.config.to_diff_dict()
        places = ("_name_or_path", "transformers_version", "dtype", "torch_dtype", "architectures")
    else:
        facts = dict(module.get_config_dict())  # type: ignore[operator]
    kept = {key: value for key, value in facts.items() if key not in places}
    return f"{type(module).__name__} {json.dumps(kept, sort_keys=True, default=str)}"


def _tower(loaded: SentenceTransformer) -> nn.Module:
    from torch import nn

    class SentenceTower(nn.Module):
        """Inputs in the order of INPUTS → unit sentence vectors."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = loaded

        def forward(self, *inputs: Tensor) -> Tensor:
            features = dict(zip(INPUTS, inputs, strict=False))
            vectors: Tensor = self.inner(features)["sentence_embedding"]
            return nn.functional.normalize(vectors, dim=-1)

    return SentenceTower().eval()
