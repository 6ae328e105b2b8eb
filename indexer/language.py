"""Which language a text is in."""

from __future__ import annotations

import re
from collections.abc import Collection

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_LETTER = re.compile(r"[^\W\d_]")

_OTHER_SCRIPT = frozenset({"zh", "ja"})
_SHORTEST = 40  # characters below which statistics guess more than they know
_SAMPLE = 4000


def detect_language(text: str, default: str = "en") -> str:
    """ISO 639-1 code of the main language of `text`.

    Chinese and Japanese are told by their script: one character of theirs carries about as
    much as half a Latin word, so a fifth of all letters is enough. Other languages are told
    by py3langid, where the text is long enough; `default` otherwise.
    """
    sample = text[:_SAMPLE]
    letters = len(_LETTER.findall(sample))
    han = len(_HAN.findall(sample))
    kana = len(_KANA.findall(sample))
    if letters and (han + kana) / letters >= 0.2:
        return "ja" if kana > han / 10 else "zh"
    if letters < _SHORTEST:
        return default
    from py3langid import classify

    code, _ = classify(sample)
    return str(code)


def understood(text: str, languages: Collection[str]) -> bool:
    """Whether a model of these languages (empty: of any) can make sense of `text`.

    Only Chinese and Japanese are ever refused: an English model breaks their text into
    characters it knows little of, and gives a vector that is near everything. Languages in
    Latin script share words and names with English, and are let through.
    """
    if not languages:
        return True
    language = detect_language(text)
    return language in languages or language not in _OTHER_SCRIPT
