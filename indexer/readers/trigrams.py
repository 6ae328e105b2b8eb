"""A trigram model of the words that an index holds, over a general one, in ARPA's format."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log10

START, END = "<s>", "</s>"

_NEVER = -99.0
_LEAST = 1e-4
"""What is left at least for words that did not follow."""

Gram = tuple[str, ...]


class Trigrams:
    """Witten and Bell's smoothing: what followed a history once or never shares as much as
    there were kinds of followers, by the shorter history; at the end by `general`.

    `general` has a probability for every word of the vocabulary, END among them. Source: Witten
    and Bell, "The Zero-Frequency Problem" (IEEE Trans. Information Theory 37(4), 1991).
    """

    def __init__(
        self, phrases: Iterable[tuple[Sequence[str], float]], general: Mapping[str, float]
    ) -> None:
        """`phrases` are words of `general`, each with what it counts for."""
        self._general = general
        self._counts: defaultdict[Gram, float] = defaultdict(float)
        self._totals: defaultdict[Gram, float] = defaultdict(float)
        self._kinds: Counter[Gram] = Counter()
        for words, weight in phrases:
            said = (START, *words, END)
            for place in range(1, len(said)):
                for first in range(max(0, place - 2), place + 1):
                    self._count(said[first : place + 1], weight)

    def _count(self, gram: Gram, weight: float) -> None:
        self._kinds[gram[:-1]] += gram not in self._counts
        self._counts[gram] += weight
        self._totals[gram[:-1]] += weight

    def probability(self, gram: Gram) -> float:
        """That of the last word after those before it, two at most."""
        shorter = self.probability(gram[1:]) if gram[:-1] else self._general[gram[-1]]
        kinds = self._kinds[gram[:-1]]
        if not kinds:
            return shorter
        return (self._counts.get(gram, 0.0) + kinds * shorter) / (self._totals[gram[:-1]] + kinds)

    def to_arpa(self) -> str:
        """The model with back-off weights, as text. Source: Doug Paul's format, as `ngram-format`
        of SRILM describes it: base-10 logarithms, shortest first."""
        grams: dict[int, list[Gram]] = {1: [(word,) for word in self._general], 2: [], 3: []}
        for gram in self._counts:
            if len(gram) > 1:
                grams[len(gram)].append(gram)
        logs = {gram: log10(self.probability(gram)) for found in grams.values() for gram in found}
        backoffs = self._backoffs(logs)
        grams[1].append((START,))
        logs[START,] = _NEVER
        lines = ["\\data\\", *(f"ngram {n}={len(found)}" for n, found in grams.items())]
        for n, found in grams.items():
            lines += ["", f"\\{n}-grams:"]
            for gram in sorted(found):
                backoff = f"\t{backoffs.get(gram, 0.0):.4f}" if n < 3 else ""
                lines.append(f"{logs[gram]:.4f}\t{' '.join(gram)}{backoff}")
        return "\n".join([*lines, "", "\\end\\", ""])

    def _backoffs(self, logs: Mapping[Gram, float]) -> dict[Gram, float]:
        """History → logarithm of what its other followers keep of their shorter probability."""
        seen: defaultdict[Gram, float] = defaultdict(float)
        shorter: defaultdict[Gram, float] = defaultdict(float)
        for gram, log in logs.items():
            if len(gram) > 1:
                seen[gram[:-1]] += 10**log
                shorter[gram[:-1]] += 10 ** logs[gram[1:]]
        return {
            history: log10(max(_LEAST, 1 - seen[history]) / max(_LEAST, 1 - shorter[history]))
            for history in seen
        }
