"""What a title or heading alone says, beside the passage below it, as one score of meaning."""

from __future__ import annotations

from collections.abc import Mapping

from indexer.lanes import HEADS, TEXT
from search.evidence import LONG
from search.fuse import Key, Ranked, distinct
from search.fusion.base import Signals
from search.fusion.confidence import trust


def headed(
    scores: Mapping[str, dict[Key, float]],
    rankings: Mapping[str, Ranked[Key]],
    signals: Signals,
) -> dict[str, dict[Key, float]]:
    """`scores` with those of the text lane as (passage + w · head) / (1 + w), all cosines.

    w is the weight of the settings, less the share of it that the words lane is trusted with:
    a question is worded like a title where it is not in the words of the text. A vector of a
    whole passage, title in front, is mostly its body; the title alone decides among passages
    about the same. What has no head counts by its passage alone, and so does everything for a
    ticket, which has its own title in its vector (search/ticket_text.py). Source:
    question-question similarity beside question-answer similarity, Sakata et al., "FAQ
    Retrieval using Query-Question Similarity and BERT-Based Query-Answer Relevance",
    arXiv 1905.02851.
    """
    found = {n: one for n, one in scores.items() if n != HEADS}
    heads, texts = distinct(rankings.get(HEADS, ())), scores.get(TEXT, {})
    if not heads or not texts or signals.words >= LONG:
        return found
    weight = signals.weights.get(HEADS, 0.0) * (1 - trust(rankings, signals))
    least = min(texts.values())
    both: dict[Key, float] = {}
    for key in dict.fromkeys([*texts, *heads]):
        text = texts.get(key, least)
        both[key] = (text + weight * heads.get(key, text)) / (1 + weight)
    found[TEXT] = both
    return found
