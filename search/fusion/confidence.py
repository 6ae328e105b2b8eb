"""How far to trust the exact words of one question, and its scores on a scale that compares."""

from __future__ import annotations

from collections.abc import Mapping

from indexer.lanes import CLIP, FEATURES, TEXT, WORDS
from indexer.store.analysis import tokens
from indexer.store.base import Store
from indexer.store.codes import is_code
from search.evidence import LONG, telling
from search.fuse import Key, Ranked, distinct
from search.fusion.base import Signals

_BOUNDED = frozenset({TEXT, CLIP, "passages"})
"""Rankings whose scores compare between questions."""

_PARTLY = 0.4  # trust in the words of a ticket: some of its words are the matter, most are not

_NOTHING, _ALL = 1.0, 3.0
"""Attained shares of the best chunk at which the words lane begins to count, and counts in full.

1 is a chunk that has every word of the question once; one that names what was asked has the
words in its title or heading too, and more often. Of questions worded by somebody who had not
seen the text (StackFAQ) nine in ten stay below 1.9; of captions half reach 2.6.
benchmarks/fusion.py measures them.
"""


def signals_of(
    store: Store, words: str, image: bool, understood: bool, weights: Mapping[str, float]
) -> Signals:
    """`words` is all the text of a question, read or typed."""
    known = dict.fromkeys(tokens(words))
    typed = not image and len(known) < LONG
    asked = telling(store.rarity(known)) if typed and known else {}
    attainable = sum(asked.values())
    codes = sum(rarity for word, rarity in asked.items() if is_code(word))
    part = codes / attainable if attainable > 0 else 0.0
    return Signals(weights, len(known), attainable, image, understood, part)


def trust(rankings: Mapping[str, Ranked[Key]], signals: Signals) -> float:
    """In [0, 1], what the words lane counts for of its weight in the settings.

    Text read in an image repeats what a manual shows: all of it. A ticket: a part. A question
    as far as its words are found: BM25 of the best chunk by what is attainable, which is the
    theoretical-maximum normalisation of arXiv 2210.11934 turned into a weight. All where
    there is no text lane to prefer, or one that was fitted to the same words. Codes that are
    found count by themselves: most stand in a document once, in no heading, and to a sentence
    encoder all codes are alike.
    """
    if signals.image or not signals.understood or not rankings.get(TEXT):
        return 1.0
    if signals.words >= LONG:
        return _PARTLY
    attained = max(share(rankings, signals).values(), default=0.0)
    graded = (attained - _NOTHING) / (_ALL - _NOTHING)
    return min(max(graded, min(signals.codes, attained)), 1.0)


def share(rankings: Mapping[str, Ranked[Key]], signals: Signals) -> dict[Key, float]:
    """What each key attains of the BM25 score of all the question's words; 0 where unknown."""
    scale = 1 / signals.attainable if signals.attainable > 0 else 0.0
    return {key: score * scale for key, score in distinct(rankings.get(WORDS, ())).items()}


def adapted(rankings: Mapping[str, Ranked[Key]], signals: Signals) -> dict[str, float]:
    """The weights of the settings, that of the words lane by its `trust`."""
    weights = dict(signals.weights)
    weights[WORDS] = weights.get(WORDS, 1.0) * trust(rankings, signals)
    return weights


def calibrated(rankings: Mapping[str, Ranked[Key]]) -> dict[str, dict[Key, float]]:
    """Every key's best score in each ranking, on a scale that needs no other question.

    Cosines as they are, and so are the scores of the shared space, whose unit is the cosine
    that a hundredth of its chunks reaches; a key without one has the least of the ranking.
    Other scores, which have no upper bound, as shares of the best: a key without one has 0.
    """
    found = {name: distinct(ranking) for name, ranking in rankings.items()}
    everyone = dict.fromkeys((key for one in found.values() for key in one), 0.0)
    for name, scores in found.items():
        best = max(scores.values(), default=0.0)
        if name not in _BOUNDED and best > 0:
            found[name] = everyone | {key: score / best for key, score in scores.items()}
    return found


def stretched(rankings: Mapping[str, Ranked[Key]]) -> dict[str, dict[Key, float]]:
    """Every key's best score in each ranking, its last at 0 and its first at 1.

    Min-max normalisation (Bruch, Gai and Ingber, arXiv 2210.11934). Where none differ all are 1
    and keys that the ranking lacks 0: the few pages that share a line still differ from others.
    Features are counted, so theirs are shares of the most: where no image has many more than the
    next, as in an index of a few images, they say little, and stretching would make it much.
    """
    found = {name: distinct(ranking) for name, ranking in rankings.items()}
    nowhere = dict.fromkeys((key for one in found.values() for key in one), 0.0)
    for name, scores in found.items():
        least, best = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
        least = 0.0 if name == FEATURES else least
        wide = best - least
        if wide > 0:
            found[name] = {key: (score - least) / wide for key, score in scores.items()}
        elif scores:
            found[name] = nowhere | dict.fromkeys(scores, 1.0)
    return found
