"""The YAML header of a Markdown page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

import yaml

from indexer.loaders.base import Report, SourceFile
from indexer.loaders.page import Facts, language_code, parse_date

_HEADER = re.compile(r"\A---[ \t]*\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = ("title",)
_DATE = ("date", "ms.date", "lastmod", "last_updated", "updated")
_LANGUAGE = ("lang", "language", "locale")
_PRODUCT = ("product",)


def split_front_matter(text: str) -> tuple[str, str]:
    """(header, body) of a page; the header is empty where there is none."""
    match = _HEADER.match(text)
    return (match[1], text[match.end() :]) if match else ("", text)


def read_facts(header: str, file: SourceFile, report: Report) -> Facts:
    """Title, date, language and product by their usual keys; all other scalars as metadata.

    A header that is not YAML is noted and left out.
    """
    values = _flatten(_parse(header, file, report))
    day = _take(values, _DATE)
    parsed = parse_date(day) if day else None
    if day and parsed is None:
        report.note(file.absolute, f"date {day!r} is not understood; write it as YYYY-MM-DD")
    return Facts(
        title=" ".join(_take(values, _TITLE).split()),
        language=language_code(_take(values, _LANGUAGE)),
        product=_take(values, _PRODUCT),
        date=parsed,
        metadata=values,
    )


def _parse(header: str, file: SourceFile, report: Report) -> Mapping[object, object]:
    if not header.strip():
        return {}
    try:
        loaded = yaml.safe_load(header)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 2})" if mark is not None else ""
        report.note(file.absolute, f"its header is not valid YAML{where}; read without it")
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _flatten(values: Mapping[object, object]) -> dict[str, str]:
    """Scalars as strings; a list of scalars joined with commas; anything deeper is left out."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        text = _scalar(value)
        if text is None and isinstance(value, list):
            parts = [_scalar(item) for item in value]
            text = ", ".join(part for part in parts if part)
        if text:
            flat[str(key)] = text
    return flat


def _scalar(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value).strip() if isinstance(value, str | int | float) else None


def _take(values: dict[str, str], keys: tuple[str, ...]) -> str:
    """The value under the first of `keys` that is there, in any case; it leaves `values`."""
    for wanted in keys:
        for key in list(values):
            if key.lower() == wanted:
                return values.pop(key)
    return ""
