"""The part of a passage that answers: whole sentences, steps from the right one on, rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.outline import Form, Unit
from search.table import has_header

STEPS = 8
"""Most steps quoted of one list."""
ROWS = 6
"""Most rows quoted of one table."""

_GAP = 2
_MOST = 5
_REPLY = 3  # sentences behind a question that a page asks itself
_KEEP = 0.6
_ROW_KEEP = 0.8
_ROW_RISE = 0.6
_MANY = 4
_SHORT = 500  # characters

_NAMED_STEP = re.compile(r"\bstep (\d{1,2})\b|第\s*(\d{1,2})\s*步", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Extract:
    """Units of one passage that stay together: sentences, the steps of a list, rows of a table.

    `heading` is the first row of the table that rows are from. `more` counts the steps behind
    those quoted, or the rows that match as well and are too many.
    """

    units: tuple[Unit, ...]
    heading: Unit | None = None
    more: int = 0

    @property
    def form(self) -> Form:
        return self.units[0].form


def quote(
    units: Sequence[Unit],
    scores: NDArray[np.float32],
    own: range,
    asked: str = "",
    steps: bool = False,
) -> list[Extract]:
    """What to quote of a passage, around its best scored unit.

    `scores` has shape (len(units),), larger is better; `own` are the units of the passage
    itself, beside which those of its neighbours only complete a list or a table. A sentence
    takes neighbours along while their score is at least 0.6 of its own, 5 at most. A list is
    quoted whole with what introduces it, from the step on that `asked` names, 8 steps at
    most; of a table those rows that score at least 0.8 of the best, and of 4 or more 0.6 of the
    way from the worst to the best, 6 at most. A short passage without a table is quoted whole.
    A question that a page asks itself brings the answer.

    Where `steps` are wanted, running text brings those that follow it; elsewhere a list without
    numbers is quoted like a table.
    """
    if not own:
        return []
    if _whole(units, own, steps):
        chosen = {i for i in own if units[i].form is not Form.TITLE} or set(own)
    else:
        best = own[0] + int(np.argmax(scores[own[0] : own[-1] + 1]))
        chosen = _around(units, scores, own, best)
    chosen |= _reply(units, max(chosen))
    if steps:
        chosen |= _following(units, max(chosen))
    return _extracts(units, scores, chosen, _named_step(asked), steps)


def chooses(units: Sequence[Unit], own: range, steps: bool = False) -> bool:
    """Whether `quote` looks at scores: a short passage without a table is quoted whole."""
    return not _whole(units, own, steps)


def _whole(units: Sequence[Unit], own: range, steps: bool) -> bool:
    length = sum(len(units[i].text) for i in own)
    parts = any(units[i].form is Form.ROW or (units[i].loose and not steps) for i in own)
    return not parts and len(own) <= _MOST and length <= _SHORT


def _reply(units: Sequence[Unit], last: int) -> set[int]:
    """The sentences behind a last one that is a question, up to the next question."""
    found: set[int] = set()
    if not units[last].asks:
        return found
    for place in range(last + 1, min(last + 1 + _REPLY, len(units))):
        if units[place].form is not Form.SENTENCE or units[place].asks:
            break
        found.add(place)
    return found


def _following(units: Sequence[Unit], last: int) -> set[int]:
    """The first step of a list that begins behind running text, a caption aside."""
    if units[last].form is Form.SENTENCE:
        for place in range(last + 1, min(last + 2 + _GAP, len(units))):
            if units[place].form is Form.ITEM:
                return {place} if units[place].count == 1 else set()
    return set()


def _around(units: Sequence[Unit], scores: NDArray[np.float32], own: range, best: int) -> set[int]:
    """The run of sentences about the best unit, or that unit alone where it is no sentence."""
    if units[best].form is Form.TITLE:
        best = min(best + 1, own[-1])
    if units[best].form is not Form.SENTENCE:
        lead = _lead(units, best)
        return {best} if lead is None else {lead, best}
    start, end = best, best + 1
    floor = _KEEP * float(scores[best])
    while end - start < _MOST:
        after = float(scores[end]) if _joins(units, own, end) else -1.0
        before = float(scores[start - 1]) if _joins(units, own, start - 1) else -1.0
        if max(after, before) < floor:
            break
        if after >= before:
            end += 1
        else:
            start -= 1
    chosen = set(range(start, end))
    listed = end < len(units) and units[end].form in (Form.ITEM, Form.ROW)
    return chosen | {end} if listed and units[end - 1].introduces else chosen


def _joins(units: Sequence[Unit], own: range, place: int) -> bool:
    return place in own and units[place].form is Form.SENTENCE


def _lead(units: Sequence[Unit], place: int) -> int | None:
    """The sentence that introduces the list or table of a unit."""
    form = units[place].form
    first = place
    while first > 0 and units[first - 1].form is form:
        first -= 1
    return first - 1 if first > 0 and units[first - 1].introduces else None


def _extracts(
    units: Sequence[Unit], scores: NDArray[np.float32], chosen: set[int], step: int, steps: bool
) -> list[Extract]:
    found: list[Extract] = []
    done = -1
    for place in sorted(chosen):
        if place <= done:
            continue
        if units[place].form is Form.ITEM:
            items = _items(units, place)
            if units[place].loose and not steps:
                found.append(Extract(tuple(units[item] for item in _matching(scores, items))))
            else:
                found.append(_list(units, items, place, step))
            done = items[-1]
        elif units[place].form is Form.ROW:
            rows = _rows(units, place)
            found.append(_table(units, scores, rows))
            done = rows[-1]
        elif found and found[-1].form not in (Form.ITEM, Form.ROW):
            found[-1] = Extract((*found[-1].units, units[place]))
        else:
            found.append(Extract((units[place],)))
    return found


def _items(units: Sequence[Unit], place: int) -> list[int]:
    """The places of all items of the list that a unit is in.

    A picture's caption may stand between two numbered steps: the count goes on behind it.
    """
    found = [place]
    while (before := _next(units, found[0], -1)) is not None:
        found.insert(0, before)
    while (after := _next(units, found[-1], 1)) is not None:
        found.append(after)
    return found


def _next(units: Sequence[Unit], place: int, way: int) -> int | None:
    for far in range(1, _GAP + 2):
        other = place + way * far
        if not 0 <= other < len(units):
            return None
        if units[other].form is not Form.ITEM:
            continue
        counts = units[place].count, units[other].count
        if far == 1:
            restarts = counts[(1 + way) // 2] == 1 and counts[(1 - way) // 2] > 1
            return None if restarts else other
        return other if min(counts) > 0 and counts[1] == counts[0] + way else None
    return None


def _matching(scores: NDArray[np.float32], places: Sequence[int]) -> list[int]:
    """The places that score about as well as the best of them, in order."""
    found = [float(scores[place]) for place in places]
    floor = _ROW_KEEP * max(found)
    if len(found) >= _MANY:  # all rows of a table have the words of its header
        floor = max(floor, min(found) + _ROW_RISE * (max(found) - min(found)))
    return [place for place in places if scores[place] >= floor]


def _list(units: Sequence[Unit], items: Sequence[int], best: int, step: int) -> Extract:
    """The steps from the one named on; where the best lies beyond the limit, from that one on."""
    place = items.index(best)
    start = next((i for i, item in enumerate(items) if step and units[item].count == step), 0)
    if place >= start + STEPS:
        start = place
    steps = tuple(units[item] for item in items[start : start + STEPS])
    return Extract(steps, more=max(0, len(items) - start - STEPS))


def _rows(units: Sequence[Unit], place: int) -> range:
    first = last = place
    while first > 0 and units[first - 1].form is Form.ROW:
        first -= 1
    while last + 1 < len(units) and units[last + 1].form is Form.ROW:
        last += 1
    return range(first, last + 1)


def _table(units: Sequence[Unit], scores: NDArray[np.float32], rows: range) -> Extract:
    """The rows that match about as well as the best, and their header."""
    heading = units[rows[0]] if has_header([units[row].text for row in rows]) else None
    good = _matching(scores, rows[1:] if heading else rows)
    kept = sorted(sorted(good, key=lambda row: -scores[row])[:ROWS])
    return Extract(tuple(units[row] for row in kept), heading, len(good) - len(kept))


def _named_step(asked: str) -> int:
    """The step that a question or a screen names, 0 where none or several are named."""
    named = {int(first or second) for first, second in _NAMED_STEP.findall(asked)}
    return named.pop() if len(named) == 1 else 0
