"""Filters → a SQL condition on the documents table. Values travel as parameters only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from indexer.errors import BadQuery
from indexer.records import Filter, Kind, Modality, Operator

COLUMNS: Mapping[str, str] = {
    "kind": "d.kind",
    "language": "d.language",
    "product": "d.product",
    "date": "d.date",
    "title": "d.title",
    "document": "d.path",
    "modality": "c.modality",
}
"""Keys with a column of their own; any other key is looked up in the metadata."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "kind": tuple(str(kind) for kind in Kind),
    "modality": tuple(str(modality) for modality in Modality),
}
_LOWER = frozenset({"kind", "language", "modality"})
_SQL_OPERATORS: Mapping[Operator, str] = {
    "=": "=", "!=": "<>", ">=": ">=", "<=": "<=", ">": ">", "<": "<",
}  # fmt: skip
_NUMBER = r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})"


@dataclass
class Condition:
    """SQL with `?` in it, and the values that take their places, in order."""

    sql: str
    values: list[object] = field(default_factory=list)


def check_filters(filters: Iterable[Filter], metadata_keys: Iterable[str]) -> None:
    """Raise BadQuery for a key that no document has, or a value that cannot be compared."""
    known = sorted(set(metadata_keys))
    folded = {key.casefold() for key in known}
    for item in filters:
        key = item.key.casefold()
        if key == "date":
            _date(item)
        elif key in _NAMES:
            _check_name(item, key)
        elif key not in COLUMNS and key not in folded:
            raise BadQuery(
                f"unknown filter key {item.key!r}; known: {', '.join([*COLUMNS, *known])}"
            )


def to_condition(filters: Sequence[Filter], metadata_keys: Iterable[str]) -> Condition:
    """One condition for all filters of checked keys.

    `=` on the same key are alternatives; everything else must hold together. Text compares by
    code point, dates as dates, metadata as numbers where both sides are numbers. A document
    without the field passes `!=` and nothing else.
    """
    keys = list(metadata_keys)
    together: dict[tuple[str, Operator, int], list[Condition]] = {}
    for place, item in enumerate(filters):
        key = item.key.casefold()
        slot = 0 if item.operator == "=" else place
        together.setdefault((key, item.operator, slot), []).append(_one(item, key, keys))
    return _join("AND", [_join("OR", group) for group in together.values()])


def _one(item: Filter, key: str, keys: Sequence[str]) -> Condition:
    if item.operator == "!=":
        same = _one(Filter(item.key, "=", item.value), key, keys)
        return Condition(f"NOT {same.sql}", same.values)
    operator = _SQL_OPERATORS[item.operator]
    if key == "date":
        return Condition(f"coalesce(d.date {operator} ?, false)", [_date(item)])
    if key in COLUMNS:
        value = item.value.lower() if key in _LOWER else item.value
        return Condition(f"({COLUMNS[key]} {operator} ?)", [value])
    exact = [name for name in keys if name.casefold() == key]
    return _join("OR", [_metadata(name, operator, item.value) for name in exact], empty="false")


def _metadata(name: str, operator: str, value: str) -> Condition:
    if not re.fullmatch(_NUMBER, value):
        return Condition(f"coalesce(d.metadata[?] {operator} ?, false)", [name, value])
    sql = (
        "coalesce(CASE WHEN regexp_full_match(d.metadata[?], ?) "
        f"THEN CAST(d.metadata[?] AS DOUBLE) {operator} ? "
        f"ELSE d.metadata[?] {operator} ? END, false)"
    )
    return Condition(sql, [name, _NUMBER, name, float(value), name, value])


def _join(word: str, parts: Sequence[Condition], empty: str = "true") -> Condition:
    if not parts:
        return Condition(empty)
    sql = "(" + f" {word} ".join(part.sql for part in parts) + ")"
    return Condition(sql, [value for part in parts for value in part.values])


def _date(item: Filter) -> date:
    try:
        return date.fromisoformat(item.value)
    except ValueError:
        raise BadQuery(
            f"filter {item.key}{item.operator}{item.value}: "
            f"{item.value!r} is not a date like 2024-12-31"
        ) from None


def _check_name(item: Filter, key: str) -> None:
    known = _NAMES[key]
    if item.operator in {"=", "!="} and item.value.lower() not in known:
        raise BadQuery(f"unknown {key} {item.value!r}; known: {', '.join(known)}")
