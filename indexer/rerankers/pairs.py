"""A question and texts → padded token ids of the pairs, with the `tokenizers` library alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.facts import TOKENIZER_NAME, TokenFacts

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PairFeeds = dict[str, NDArray[np.int64]]


class PairTokens:
    """A cross-encoder's tokenizer, loaded when first used."""

    def __init__(self, folder: Path, facts: TokenFacts) -> None:
        self._path = folder / TOKENIZER_NAME
        self._facts = facts
        self._lock = Lock()
        self._tokenizer: Tokenizer | None = None

    def feeds(self, question: str, texts: Sequence[str]) -> PairFeeds:
        """Inputs of the graph by name, int64 (n, length), padded to the longest pair.

        Of a pair beyond `max_tokens` its longer half is cut first.
        """
        with self._lock:
            tokenizer = self._tokenizer = self._tokenizer or self._open()
        rows = tokenizer.encode_batch([(_utf8(question), _utf8(text)) for text in texts])
        width = max(1, *(len(row.ids) for row in rows))
        ids = np.full((len(rows), width), self._facts.pad_id, dtype=np.int64)
        mask, types = np.zeros_like(ids), np.zeros_like(ids)
        for i, row in enumerate(rows):
            length = len(row.ids)
            where = slice(width - length, None) if self._facts.pad_left else slice(0, length)
            ids[i, where], mask[i, where], types[i, where] = row.ids, 1, row.type_ids
        found = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        return {name: found[name] for name in self._facts.inputs}

    def _open(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._path))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self._facts.max_tokens, strategy="longest_first")
        return tokenizer


def _utf8(text: str) -> str:
    """`text` with lone surrogates, which no tokenizer takes, replaced by question marks."""
    return text.encode("utf-8", "replace").decode()
