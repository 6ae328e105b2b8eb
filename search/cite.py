"""From a supported document to what is quoted of it, and to its citation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.base import Encoder
from indexer.records import Modality, StoredChunk
from indexer.store.analysis import tokens
from indexer.store.base import Store
from search.alike import claim
from search.choice import codes_asked
from search.compose import Quoted, verbatim
from search.evidence import telling
from search.matching import matched_lines
from search.outline import Form, Unit
from search.passages import read
from search.prepare import Prepared
from search.quote import Extract, chooses, quote
from search.recall import Group
from search.results import Citation
from search.sources import Source
from search.wish import asks_fact

_ENCODED = 16
"""Most units of one passage that are compared with the question by meaning."""

_LISTED = (Form.ITEM, Form.ROW)


@dataclass(frozen=True, slots=True)
class Cited:
    """One source of an answer in the forms that the steps behind need."""

    group: Group
    citation: Citation
    quoted: Quoted
    source: Source


@dataclass(frozen=True, slots=True)
class _Read:
    said: StoredChunk
    units: list[Unit]
    own: range


class Citer:
    """Quotes passages with regard to one question."""

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder

    def cite(
        self,
        kept: Sequence[tuple[Group, StoredChunk]],
        prepared: Prepared,
        rarity: Mapping[str, float],
    ) -> list[Cited]:
        """Quotes of groups with their chunks to quote, numbered from 1.

        `rarity` holds the words of the question, as analysed. A quote that only repeats words
        of the question, as a label on a screen may, or that was read off an image, is left out
        where there is another.
        """
        reads = [_Read(said, *read(self._store, said)) for _, said in kept]
        codes = codes_asked((chunk.product for _, chunk in kept), rarity)
        candidates = self._candidates(reads, prepared, rarity, codes)
        steps = not asks_fact(prepared.typed)
        scored = (
            unit.text for one in reads if chooses(one.units, one.own, steps) for unit in one.units
        )
        vectors = self._encode(text for text in scored if text in candidates)
        said: list[tuple[Group, _Read, list[Extract]]] = []
        for (group, _), one in zip(kept, reads, strict=True):
            scores = self._scores(one.units, vectors, prepared, rarity, codes)
            extracts = quote(one.units, scores, one.own, prepared.words, steps)
            said.append((group, one, extracts))
        asked = set(tokens(prepared.words))
        new = [some for some in said if not (_echoes(some[2], asked) or _read_off(some[1].said))]
        new = new or said
        vectors |= self._encode(
            text
            for text in _compared([extracts for _, _, extracts in new])
            if text in candidates and text not in vectors
        )
        found: list[Cited] = []
        for number, (group, one, extracts) in enumerate(new, start=1):
            quoted = Quoted(number, extracts, vectors)
            texts = frozenset(unit.text for extract in extracts for unit in extract.units)
            claims = tuple(claim(one.units[i].text) for i in one.own)
            found.append(
                Cited(
                    group,
                    _citation(number, group, one.said, verbatim(extracts), rarity),
                    quoted,
                    Source(number, one.said, claims, texts),
                )
            )
        return found

    def _candidates(
        self,
        reads: Sequence[_Read],
        prepared: Prepared,
        rarity: Mapping[str, float],
        codes: set[str],
    ) -> set[str]:
        """The texts that may be compared by meaning: of each passage those of most words asked.

        Those of its neighbours too: a table goes on in them, and a row that scores by words alone
        would stand behind all rows of the passage.
        """
        found: set[str] = set()
        if prepared.vector is None:
            return found
        for one in reads:
            if len(one.own) > 1:
                likely = sorted(one.units, key=lambda unit: -_share(unit, rarity, codes))
                found.update(unit.text for unit in likely[:_ENCODED])
        return found

    def _encode(self, texts: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """Unit vectors by text, in one call."""
        distinct = list(dict.fromkeys(texts))
        if not distinct:
            return {}
        return dict(zip(distinct, self._encoder.encode_texts(distinct), strict=True))

    def _scores(
        self,
        units: Sequence[Unit],
        vectors: Mapping[str, NDArray[np.float32]],
        prepared: Prepared,
        rarity: Mapping[str, float],
        codes: set[str],
    ) -> NDArray[np.float32]:
        """Cosine to the question plus the share of its words; float32 (len(units),)."""
        scores = np.asarray([_share(unit, rarity, codes) for unit in units], np.float32)
        for place, unit in enumerate(units):
            if prepared.vector is not None and unit.text in vectors:
                scores[place] += np.float32(vectors[unit.text] @ prepared.vector)
        return scores


def _compared(quotes: Sequence[Sequence[Extract]]) -> list[str]:
    """The sentences quoted, where there are those of several sources to compare (compose.py)."""
    said = [
        [unit.text for extract in extracts if extract.form not in _LISTED for unit in extract.units]
        for extracts in quotes
    ]
    return [text for texts in said for text in texts] if sum(map(bool, said)) > 1 else []


def _echoes(extracts: Sequence[Extract], asked: set[str]) -> bool:
    """Whether all that is quoted is words of the question, `asked`, as analysed."""
    units = (unit for extract in extracts for unit in extract.units)
    return bool(asked) and all(asked.issuperset(tokens(unit.text)) for unit in units)


def _read_off(said: StoredChunk) -> bool:
    """Whether an image is quoted by nothing but the words that were read in it."""
    return said.modality is Modality.IMAGE and not said.text and not said.context


def _share(unit: Unit, rarity: Mapping[str, float], codes: set[str]) -> float:
    """What a unit has of the question's words, counted by their rarity, and 1 for its `codes`.

    A title has nothing.
    """
    words = telling(rarity)
    total = sum(words.values())
    if not total or unit.form is Form.TITLE:
        return 0.0
    has = set(tokens(unit.text))
    share = sum(weight for word, weight in words.items() if word in has) / total
    return share + (not codes.isdisjoint(has))


def _citation(
    number: int, group: Group, said: StoredChunk, quoted: str, words: Mapping[str, float]
) -> Citation:
    best = group.chunks[0]
    shown = best if best.modality is Modality.IMAGE else said
    return Citation(
        number=number,
        document=best.document,
        title=best.title,
        place=said.place,
        quote=quoted,
        asset=shown.asset,
        thumb=shown.thumb,
        matched=matched_lines(shown.lines, words),
        region=group.region if shown.id == group.seen else None,
    )
