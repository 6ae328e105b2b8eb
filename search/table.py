"""A table from its rows as passages keep them: `Header: value | …`, or values alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from search.outline import cells

Header = tuple[str, ...]
Rows = tuple[tuple[str, ...], ...]

_KEY = re.compile(r"(?!\w+:[/\\])[^:]{1,40}: ")
_HEADER_WORDS = 5
_SENTENCE = re.compile(r"[.!?。！？;；]$|\d|^-")


def has_header(rows: Sequence[str]) -> bool:
    """Whether the first of several rows names the columns of the others."""
    if len(rows) < 2:
        return False
    names, below = cells(rows[0]), cells(rows[1])
    if _keys(rows[0]) and _keys(rows[0]) == _keys(rows[1]):
        return False
    if all(any(cell.startswith(f"{name}: ") for name in names) for cell in below):
        return True
    short = all(len(name.split()) <= _HEADER_WORDS and not _SENTENCE.search(name) for name in names)
    return short and len(names) == len(below) and len(set(names)) == len(names)


def make_table(heading: str | None, rows: Sequence[str]) -> tuple[Header, Rows]:
    """The header and the cells of `rows`, in as many columns.

    The header is that of `heading`, or what all cells are marked with; else its cells are
    empty. A cell that a row lacks is empty.
    """
    names = cells(heading) if heading else _common(rows)
    parted = [_parted(row, names) for row in rows]
    if names and all(found is not None for found in parted):
        return tuple(names), tuple(found for found in parted if found is not None)
    plain = [cells(row) for row in rows]
    width = max(len(names), *map(len, plain))
    padded = tuple(tuple(row + [""] * (width - len(row))) for row in plain)
    return tuple(names + [""] * (width - len(names))), padded


def _parted(row: str, names: Sequence[str]) -> tuple[str, ...] | None:
    """The cells of a row under `names`; None where one is marked with none of them."""
    found = dict.fromkeys(names, "")
    for cell in cells(row):
        name = next((name for name in names if cell.startswith(f"{name}: ")), None)
        if name is None:
            return None
        found[name] = cell.removeprefix(f"{name}: ")
    return tuple(found.values())


def _common(rows: Sequence[str]) -> list[str]:
    """The marks of the row that has most, where all of its cells and of the others' have one."""
    keys = [_keys(row) for row in rows]
    most = max(keys, key=len, default=[])
    fits = all(found and set(found) <= set(most) for found in keys)
    return most if fits and len(set(most)) == len(most) else []


def _keys(row: str) -> list[str]:
    """What the cells of a row are marked with; nothing where one is not."""
    found = [match[0][:-2] if (match := _KEY.match(cell)) else "" for cell in cells(row)]
    return found if all(found) else []
