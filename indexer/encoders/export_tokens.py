"""Tokenizers as `tokenizer.json`. Runs in the export subprocess only."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from indexer.encoders.clip_model import ClipTokenizer
from indexer.encoders.facts import TOKENIZER_NAME, TokenFacts
from indexer.encoders.tokens import Tokens
from indexer.errors import BadConfig

PIECES = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"
"""What CLIP calls a word. Its two special tokens are left out on purpose: open_clip takes the
words `<end_of_text>` inside a text for the end of it, here they are words like any other."""

SAMPLES = (
    "A photo of a red bicycle, leaning against the wall!",
    "error 0x80070005: access denied (see KB-4023057)",
    "it's what they've   said &amp; we'll\tsee",
    "Größe ändern: wie geht das?",
    "打印机无法连接网络",
    "👍🏽 works 🖨️",
    "",
    "restart the device and try again " * 40,
)


def write_tokenizer(model: str, tokenizer: ClipTokenizer, context: int, folder: Path) -> TokenFacts:
    """Save open_clip's `tokenizer` for serving and say how to use it.

    Raises BadConfig where the saved form disagrees with it on samples.
    """
    inner = getattr(tokenizer, "tokenizer", None)
    if inner is None:
        facts = _byte_pairs(tokenizer, context, folder)
    else:
        facts = _hugging_face(model, tokenizer, inner, context, folder)
    tokens = Tokens(folder, facts)
    rows = tokens.ids(SAMPLES)
    ours = [next(tokens.batches([row], 1))[1]["input_ids"][0] for row in rows]
    if not np.array_equal(ours, tokenizer(list(SAMPLES), context_length=context).numpy()):
        raise BadConfig(f"{model}: its tokenizer {type(tokenizer).__name__} cannot be exported")
    return facts


def save_tokenizer(named: str, tokenizer: ClipTokenizer, folder: Path) -> None:
    """Save a tokenizer of transformers as `tokenizer.json`, without padding or truncation.

    Raises BadConfig where it has no such form.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise BadConfig(f"{named}: its tokenizer has no tokenizer.json form")
    backend.no_padding()
    backend.no_truncation()
    backend.save(str(folder / TOKENIZER_NAME))


def _byte_pairs(tokenizer: ClipTokenizer, context: int, folder: Path) -> TokenFacts:
    """CLIP's own byte-pair encoding, rebuilt from its vocabulary and merges."""
    from tokenizers import Regex, Tokenizer, models
    from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
    from tokenizers.processors import TemplateProcessing

    merges = list(tokenizer.bpe_ranks)
    built = Tokenizer(models.BPE(vocab=tokenizer.encoder, merges=merges, end_of_word_suffix="</w>"))
    split = Split(Regex(PIECES), behavior="removed", invert=True)
    bytes_only = ByteLevel(add_prefix_space=False, use_regex=False)
    built.pre_tokenizer = Sequence([split, bytes_only])
    start, end = (tokenizer.decoder[i] for i in tokenizer.all_special_ids[:2])
    built.post_processor = TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(start, tokenizer.sot_token_id), (end, tokenizer.eot_token_id)],
    )
    built.save(str(folder / TOKENIZER_NAME))
    return TokenFacts(
        max_tokens=context,
        pad_id=0,
        inputs=("input_ids",),
        clean=_cleaning(tokenizer),
        fixed=True,
        end_id=tokenizer.eot_token_id,
    )


def _hugging_face(
    model: str, tokenizer: ClipTokenizer, inner: ClipTokenizer, context: int, folder: Path
) -> TokenFacts:
    if getattr(tokenizer, "tokenizer_mode", None):
        raise BadConfig(f"{model}: its tokenizer has no tokenizer.json form")
    save_tokenizer(model, inner, folder)
    stripped = bool(getattr(tokenizer, "strip_sep_token", None))
    return TokenFacts(
        max_tokens=context,
        pad_id=inner.pad_token_id or 0,
        inputs=("input_ids",),
        pad_left=inner.padding_side == "left",
        clean=_cleaning(tokenizer),
        fixed=True,
        drop_id=inner.sep_token_id if stripped else None,
    )


def _cleaning(tokenizer: ClipTokenizer) -> str:
    """open_clip's cleaning function by its name; SigLIP's tokenizer always canonicalises."""
    clean = getattr(tokenizer, "clean_fn", None)
    return "canonicalize" if clean is None else clean.__name__.removeprefix("_clean_")
