"""The lines of a screen: which of them tell it from others, and which chunks have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from indexer.records import Scored
from indexer.store.base import Selection, Shown, Store

_COMMON = 3
"""Images that may show a line before it is taken for furniture: a menu, a button, a title."""

_OTHERS = 0.001
"""What the other lines of a chunk count for beside its best, which they cannot outdo."""


@dataclass(frozen=True, slots=True)
class Screen:
    """The distinct lines read in an image, with where each stands in the index."""

    shown: Mapping[str, Shown]

    @classmethod
    def of(cls, lines: Iterable[str], store: Store, selection: Selection | None) -> Screen:
        """`selection` holds the chunks that may be found."""
        distinct = list(dict.fromkeys(lines))
        return cls(dict(zip(distinct, store.shown(distinct, selection), strict=True)))

    def weights(self) -> dict[str, float]:
        """What the words of each line count for, in (0, 1].

        What stands on many screens says little about one: the weight falls with the root of
        the number of images that show the line.
        """
        return {
            line: max(1.0, shown.images / _COMMON) ** -0.5 for line, shown in self.shown.items()
        }

    def ranked(self, k: int) -> list[Scored]:
        """The k chunks with the most telling lines, best first.

        The rarest line that a chunk has whole decides, and where that ties all it has. A sum
        over words, as BM25 is, lets the twenty entries of a menu outdo the one line that names
        the dialog.
        """
        best: dict[int, float] = {}
        total: dict[int, float] = {}
        for shown in self.shown.values():
            for id in shown.chunks:
                best[id] = max(shown.rarity, best.get(id, 0.0))
                total[id] = total.get(id, 0.0) + shown.rarity
        scored = [Scored(id, rarity + _OTHERS * total[id]) for id, rarity in best.items()]
        return sorted(scored, key=lambda one: (-one.score, one.id))[:k]
