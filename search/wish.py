"""What a question wants to be told: the steps of something, a fact, or a way out of trouble."""

from __future__ import annotations

import re

_HOW = re.compile(
    r"\bhow (?:do|does|can|could|should|would|may|to)\b|\bsteps\b|\bstep by step\b"
    r"|怎[么麼](?!办|辦|回事|会|會|了)|怎样|怎樣|如何|步骤|步驟",
    re.IGNORECASE,
)
_DO = re.compile(
    r"\bwhat (?:now|next|to do)\b|\bwhat(?: is|['’]?s) (?:wrong|going on|the matter)\b"
    r"|\bwhat (?:can|do|must|shall|should) (?:i|we) (?:have to |need to )?do\b|怎[么麼][办辦]",
    re.IGNORECASE,
)
_FACT = re.compile(
    r"\bhow (?!do\b|does\b|can\b|could\b|should\b|would\b|may\b|to\b)\w+"
    r"|(?:^\W*|[,.;:?!]\s+|\b(?:and|at|but|for|from|in|of|ok|on|or|so|to|with) )"
    r"(?:whats?|when|where|which|who|whose|why)\b"
    r"|^\W*(?:and |or |but )?(?:am|are|can|could|did|do|does|has|have|is|may|must|should|will)\b"
    r"|多[久长長少大高]|[几幾]|什[么麼]|哪|为何|為何|[吗嗎]|是不是|能不能|可不可以|是否",
    re.IGNORECASE,
)


def asks_how(question: str) -> bool:
    """Whether a question asks for the steps of something, in English or Chinese."""
    return _HOW.search(question) is not None


def asks_fact(question: str) -> bool:
    """Whether it asks for a fact: an amount, a place, a reason, or whether something is so.

    Neither what asks for steps does, nor what names a trouble or a task in so many words.
    """
    if asks_how(question) or _DO.search(question):
        return False
    return _FACT.search(question) is not None
