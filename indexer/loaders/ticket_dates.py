"""Dates as ticket systems write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_YEAR_FIRST = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_CHINESE = re.compile(r"^(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T\d{4,6}Z?)?$")
_YEAR_LAST = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)")
_DAY_MONTH = re.compile(
    r"^(?:\w{3,9},?\s+)?(\d{1,2})[-/.\s]+([A-Za-z]{3,9})\.?[-/,.\s]+(\d{4})(?!\d)"
)
_MONTH_DAY = re.compile(
    r"^(?:\w{3,9},?\s+)?([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)"
)
_EPOCH = re.compile(r"^\d{9,10}(\d{3})?(?:\.\d+)?$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_date(text: str) -> date | None:
    """The day a text names, in the zone it is written in; None where that is not certain.

    Read are ISO 8601, year first with other signs, 2024年3月5日, English month names, and
    Unix seconds or milliseconds (as UTC). `02/01/2024` is a different day on each side of
    the Atlantic, so it is read only when one of its numbers can be no month.
    """
    text = text.strip()
    for pattern in (_YEAR_FIRST, _CHINESE, _COMPACT):
        if match := pattern.match(text):
            return _day(*(int(part) for part in match.group(1, 2, 3)))
    if match := _YEAR_LAST.match(text):
        first, second, year = (int(part) for part in match.groups())
        return _either_order(year, first, second)
    if match := _DAY_MONTH.match(text):
        return _day(int(match[3]), _month(match[2]), int(match[1]))
    if match := _MONTH_DAY.match(text):
        return _day(int(match[3]), _month(match[1]), int(match[2]))
    if match := _EPOCH.match(text):
        seconds = float(text) / (1000 if match[1] else 1)
        return datetime.fromtimestamp(seconds, UTC).date()
    return None


def _either_order(year: int, first: int, second: int) -> date | None:
    if first == second or second > 12:
        return _day(year, first, second)
    return _day(year, second, first) if first > 12 else None


def _month(name: str) -> int:
    short = name[:3].casefold()
    return _MONTHS.index(short) + 1 if short in _MONTHS else 0


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
