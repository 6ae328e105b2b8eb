"""Texts → padded token ids, with the `tokenizers` library alone."""

from __future__ import annotations

import html
import string
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.facts import TOKENIZER_NAME, TokenFacts

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Feeds = dict[str, NDArray[np.int64]]
_PUNCTUATION = str.maketrans("", "", string.punctuation)


class Tokens:
    """A model's tokenizer, loaded when first used."""

    def __init__(self, folder: Path, facts: TokenFacts) -> None:
        self._path = folder / TOKENIZER_NAME
        self._facts = facts
        self._clean = CLEANERS[facts.clean]
        self._lock = Lock()
        self._tokenizer: Tokenizer | None = None

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, special tokens included, at most `max_tokens` long."""
        with self._lock:
            tokenizer = self._tokenizer = self._tokenizer or self._open()
        rows = tokenizer.encode_batch([self._clean(_utf8(text)) for text in texts])
        return [self._fit(row.ids) for row in rows]

    def batches(
        self, rows: Sequence[list[int]], size: int, even: float = 0.0
    ) -> Iterator[tuple[list[int], Feeds]]:
        """Groups of at most `size`, longest first: (positions in `rows`, inputs).

        In a group no row is shorter than the share `even` of the longest: padding costs as
        much as words do.
        """
        order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
        while order:
            least = 0.0 if self._facts.fixed else even * len(rows[order[0]])
            picked = [i for i in order[:size] if len(rows[i]) >= least]
            order = order[len(picked) :]
            yield picked, self._feeds([rows[i] for i in picked])

    def _fit(self, ids: list[int]) -> list[int]:
        facts = self._facts
        if len(ids) > facts.max_tokens:
            ids = ids[: facts.max_tokens]
            if facts.end_id is not None:
                ids[-1] = facts.end_id
        if facts.drop_id is not None:
            ids = [0 if item == facts.drop_id else item for item in ids]
        return ids

    def _feeds(self, rows: list[list[int]]) -> Feeds:
        facts = self._facts
        width = facts.max_tokens if facts.fixed else max(1, *map(len, rows))
        ids = np.full((len(rows), width), facts.pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for i, row in enumerate(rows):
            where = slice(width - len(row), None) if facts.pad_left else slice(0, len(row))
            ids[i, where] = row
            mask[i, where] = 1
        all_feeds = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(ids),
        }
        return {name: all_feeds[name] for name in facts.inputs}

    def _open(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._path))
        tokenizer.no_padding()
        if self._facts.end_id is None:
            tokenizer.enable_truncation(self._facts.max_tokens)
        else:
            tokenizer.no_truncation()
        return tokenizer


def _utf8(text: str) -> str:
    """`text` with lone surrogates, which no tokenizer takes, replaced by question marks."""
    return text.encode("utf-8", "replace").decode()


def _repaired(text: str) -> str:
    """Mis-decoded characters mended and HTML entities resolved, twice as CLIP does."""
    import ftfy

    return html.unescape(html.unescape(ftfy.fix_text(text))).strip()


def _whitespace(text: str) -> str:
    return " ".join(_repaired(text).split())


def _canonical(text: str) -> str:
    plain = _repaired(text).replace("_", " ").translate(_PUNCTUATION)
    return " ".join(plain.lower().split())


CLEANERS: dict[str, Callable[[str], str]] = {
    "none": str,
    "lowercase": str.lower,
    "whitespace": _whitespace,
    "lower": lambda text: _whitespace(text).lower(),
    "canonicalize": _canonical,
}
"""Text cleaning by name: those of open_clip, and `lowercase` of sentence-transformers."""
