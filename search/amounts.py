"""What a sentence states in figures: numbers with their units, versions, codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_FIGURE = re.compile(
    r"(?<![\w.])(?:"
    r"(?P<version>v\d+(?:\.\d+)*|\d+\.\d+\.\d+(?:\.\d+)*)"
    r"|(?P<code>[A-Za-z]{1,5}(?=[\w-]*\d)[A-Za-z0-9]*(?:-[A-Za-z0-9]+)*"
    r"|\d+[A-Za-z]{1,3}(?=[\d-])[A-Za-z0-9-]*)"
    r"|(?P<number>[-\u2212]?\d+(?:,\d{3})*(?:\.\d+)?))"
    r"(?![\w]|[.,]\d)",
    re.IGNORECASE | re.ASCII,
)
_UNIT = re.compile(r"[ \u00a0]?(%|°[A-Za-z]{1,3}|[A-Za-zµ]+|[\u4e00-\u9fff]{1,2})")
_ENGLISH = "zero one two three four five six seven eight nine ten eleven twelve"
_CHINESE = "零一二三四五六七八九十"
_WORDS = {word: number for number, word in enumerate(_ENGLISH.split())}
_WORDS |= {word: number for number, word in enumerate(_CHINESE)} | {"两": 2}
_WORDS |= {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "sixty": 60, "ninety": 90}
_COUNTED = re.compile(
    rf"\b({'|'.join(word for word in _WORDS if word.isascii())})(?= [a-z])"
    rf"|([{''.join(word for word in _WORDS if len(word) == 1)}])(?=[分秒小天个次米步年月周])",
    re.IGNORECASE,
)
_REFERS = re.compile(
    r"(?:figure|fig\.|table|section|step|chapter|page|p\.|see|example|line|item|ticket|case|bug"
    r"|no\.|#|第|图|表|见)\s*$",
    re.IGNORECASE,
)
_MONTH = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?|[年月日]", re.IGNORECASE
)
_SCALES = {
    **dict.fromkeys(("s", "sec", "second", "seconds", "秒", "秒钟"), ("s", 1.0)),
    **dict.fromkeys(("min", "minute", "minutes", "分", "分钟"), ("s", 60.0)),
    **dict.fromkeys(("h", "hour", "hours", "小时"), ("s", 3600.0)),
    **dict.fromkeys(("day", "days", "天"), ("s", 86400.0)),
    **dict.fromkeys(("ml", "millilitres", "毫升"), ("l", 0.001)),
    **dict.fromkeys(("l", "litre", "litres", "liter", "liters", "升"), ("l", 1.0)),
    **dict.fromkeys(("mm",), ("m", 0.001)),
    **dict.fromkeys(("cm",), ("m", 0.01)),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters", "米"), ("m", 1.0)),
    **dict.fromkeys(("mb",), ("b", 1.0)),
    **dict.fromkeys(("gb",), ("b", 1000.0)),
}
_ENDINGS = re.compile(r"(?<=[a-z]{3})s$")


class Sort(StrEnum):
    """What a figure is."""

    NUMBER = "number"
    VERSION = "version"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure of a sentence: as it is written, and so that the same ones are equal.

    `value` is in seconds, litres, metres or megabytes where `unit` is one of time, volume,
    length or memory, so that one hour is 60 minutes. `at` is the place in the sentence.
    """

    sort: Sort
    value: str
    unit: str
    written: str
    at: int

    def same(self, other: Amount) -> bool:
        return (self.sort, self.value, self.unit) == (other.sort, other.value, other.unit)


def amounts(text: str) -> tuple[list[Amount], str]:
    """The figures of a sentence in order, and its words without them.

    Number words count ("ten minutes"). A reference ("section 8.2", "step 3") or a part of a
    date is none, and stays among the words.
    """
    text = _COUNTED.sub(lambda found: str(_WORDS[found[0].lower()]), text)
    found: list[Amount] = []
    rest, end = "", 0
    for match in _FIGURE.finditer(text):
        if _REFERS.search(text[: match.start()]) or _dated(text, match):
            continue
        unit = _UNIT.match(text, match.end())
        written = text[match.start() : unit.end() if unit else match.end()]
        found.append(_amount(match, unit[1] if unit else "", written))
        rest += text[end : match.start()] + " "
        end = match.end()
    return found, rest + text[end:]


def _amount(match: re.Match[str], unit: str, written: str) -> Amount:
    plain = match[0].lower()
    if match["code"]:
        return Amount(Sort.CODE, plain.replace("-", ""), "", match[0], match.start())
    if match["version"]:
        return Amount(Sort.VERSION, plain.lstrip("v"), "", match[0], match.start())
    kind, scale = _SCALES.get(unit.lower(), (_ENDINGS.sub("", unit.lower()), 1.0))
    value = float(plain.replace("\u2212", "-").replace(",", ""))
    return Amount(Sort.NUMBER, f"{value * scale:g}", kind, written, match.start())


def _dated(text: str, match: re.Match[str]) -> bool:
    before = text[: match.start()].rstrip()[-12:].split(" ")[-1]
    after = text[match.end() :].lstrip()[:12].split(" ")[0]
    near = any(_MONTH.fullmatch(word.strip(",")) for word in (before, after) if word)
    year = re.fullmatch(r"(?:19|20)\d\d", match[0]) is not None
    return near or year or re.match(r"[-/]\d{1,2}[-/]", text[match.end() :]) is not None
