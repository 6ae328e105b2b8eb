"""Error codes, part numbers and versions: one and the same however it is written."""

from __future__ import annotations

import re

_VERSION = re.compile(r"v(\d+(?:\.\d+)+)")
_HEX = re.compile(r"0x(?=[0-9a-f]*\d)([0-9a-f]{4,})")
_NUMBERED = re.compile(r"[a-z]{1,4}(\d{5,})")
_HYPHENS = re.compile(r"[-_]+")
_OTHER_JOINTS = re.compile(r"[.'#+]")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_LONG_NUMBER = 5

_SPACED = re.compile(r"(?<![\w.'/-])(?![AIai] )([A-Z]{1,4}|[a-z]) (\d+[A-Za-z]?)(?![\w-]|\.\d)")
"""Letters and a number set apart: E 04, KB 5034441. Small letters only one, and no article."""

_ZEROS = re.compile(r"([a-z]{1,4})0*([1-9]\d*)")
_DIGITS = 4

_GAP = re.compile(r"[A-Za-z] \d")


def plain(whole: str) -> str:
    """A lower-case word in one piece as everybody's writing of it: E-04 → e04, 0x8007 → 8007.

    Only hyphens and underscores are left out, and only where no other joint is in the word:
    without its dots 2.53.1 would be another number.
    """
    if number := _HEX.fullmatch(whole):
        return number[1]
    return whole if _OTHER_JOINTS.search(whole) else _HYPHENS.sub("", whole)


def number(whole: str) -> str | None:
    """The number alone, where some say it without what is before: v2.53.1, KB5034441."""
    found = _VERSION.fullmatch(whole) or _NUMBERED.fullmatch(whole)
    return found[1] if found else None


def spaced(text: str) -> list[str]:
    """The codes that `text`, in its own case, writes with a space: E 04 → e04."""
    if not _GAP.search(text):  # much the faster pattern
        return []
    return [f"{letters}{digits}".lower() for letters, digits in _SPACED.findall(text)]


def padded(code: str) -> list[str]:
    """What a code may be written as by those who leave zeros out or put them in: e7 → e07, e007.

    Of letters and a number of up to four digits; nothing for other codes.
    """
    found = _ZEROS.fullmatch(code)
    if found is None:
        return []
    letters, number = found.groups()
    same = (letters + number.zfill(size) for size in range(len(number), _DIGITS + 1))
    return [other for other in same if other != code]


def is_code(word: str) -> bool:
    """Whether a word, as analysed, names one thing and no amount: letters with digits, no version.

    A number alone needs five digits: "300" or "2025" says too little.
    """
    digits = len(_DIGIT.findall(word))
    if not digits or re.fullmatch(r"v\d+", word):
        return False
    return _LETTER.search(word) is not None or (digits >= _LONG_NUMBER and "." not in word)
