"""What a cluster of questions is about: its most telling words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce
from math import log

from indexer.store.analysis import tokens

_WORDS = 3
_TELLING = re.compile(r"(?=.*[^\W\d_]).{2}", re.DOTALL)
_EDGES = re.compile(r"^[^\w#+]+|[^\w#+]+$")

# Words that stand in any question and say nothing of its matter; `tokens` keeps them, since
# they may tell passages apart.
_IDLE = frozenset(
    word
    for text in (
        "I me my we our you your he she his her its them who what which when where why how",
        "am been being do does did doing done have has had having can could should would may",
        "about after again all also already always another any anymore anything back because",
        "before between both completely different each even ever every few first from get gets",
        "getting got here just keep keeps last like many more most much never new now off once",
        "one only other out over please same see since so some something still than though time",
        "today too tried try two under until up use used using very via want way well went were",
        "while without work working works yet bad good nothing nobody thanks hello help",
        "左右 现在 已经 还是 可以 没有 不能 不是 晚上 每天 早上 今天 昨天 出来 比较 之后 以后 时候",
        "一直 自己 知道 问题 这样 那样 因为 所以 但是 还有 如果 只有 怎么办 需要 使用",
    )
    for word in tokens(text)
)


class Naming:
    """Class-based TF-IDF, for which every cluster is one document.

    A word weighs tf · log(1 + A / f): how often the cluster has it, how many words a cluster
    has on average, and how often the word stands in all. Source: Grootendorst, "BERTopic:
    Neural topic modeling with a class-based TF-IDF procedure", arXiv 2203.05794, section 3.3.
    Unlike there a question counts a word once, or twice if its first line has it, since one
    long ticket would name the cluster.
    """

    def __init__(self, clusters: Sequence[Sequence[str]]) -> None:
        """`clusters` holds all questions, those that belong to no cluster as one more."""
        self._counts = [_counted(texts) for texts in clusters]
        self._all = reduce(Counter.__add__, self._counts, Counter[str]())
        self._average = self._all.total() / max(1, len(clusters))
        self._written = _written(text for texts in clusters for text in texts)

    def words(self, cluster: int) -> tuple[str, ...]:
        """The three words that tell a cluster best from the others, as they are written."""
        weights = {
            word: count * log(1 + self._average / self._all[word])
            for word, count in self._counts[cluster].items()
        }
        chosen: list[str] = []
        for word in sorted(weights, key=lambda word: (-weights[word], word)):
            shown = self._written.get(word, word)
            if not any(shown in other or other in shown for other in chosen):
                chosen.append(shown)
            if len(chosen) == _WORDS:
                break
        return tuple(chosen)


def _counted(texts: Sequence[str]) -> Counter[str]:
    """Words, as analysed, of whole texts and of first lines; no numbers, no single letters."""
    counts: Counter[str] = Counter()
    for text in texts:
        for part in (text, text.strip().partition("\n")[0]):
            counts.update(w for w in set(tokens(part)) - _IDLE if _TELLING.match(w))
    return counts


def _written(texts: Iterable[str]) -> dict[str, str]:
    """How each word, as analysed, is most often written; in small letters where that ties."""
    forms: dict[str, Counter[str]] = {}
    for piece in (piece for text in texts for piece in text.split()):
        found = tokens(piece)
        if len(found) == 1:
            forms.setdefault(found[0], Counter())[_EDGES.sub("", piece)] += 1
    return {
        word: max(counts, key=lambda form: (counts[form], form.islower(), form))
        for word, counts in forms.items()
    }
