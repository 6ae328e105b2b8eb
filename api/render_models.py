"""What the command line says about models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from pydantic import JsonValue
from rich.console import Console
from rich.filesize import decimal
from rich.text import Text

from indexer.config import Settings
from indexer.encoders.fetch import Fetched
from indexer.encoders.known import known_model
from indexer.encoders.listing import Choice
from indexer.encoders.present import hub_cache

Row = tuple[str, ...]

HEADINGS: Row = ("model", "dim", "download", "lang", "licence", "published", "here")
ALL_HEADINGS: Row = ("model", "dim", "context", "image", "here")
ROLES = {
    "text": "text space: models.text",
    "clip": "shared space of images and texts: models.clip, --clip",
    "reader": "text in images: models.reader",
}
ALL_TITLE = "all that open_clip knows: --clip; those with @FILE need a checkpoint of your own"
INDENT = 4
GAP = "  "
NONE = "–"


def models_json(choices: Sequence[Choice], settings: Settings) -> dict[str, JsonValue]:
    """Every model with its facts; sizes in bytes, what nobody has said is null."""
    return {
        "models": [_choice_json(item) for item in choices],
        "cache": str(settings.cache),
        "hub_cache": str(hub_cache()),
        "offline": settings.offline,
    }


def fetched_json(fetched: Fetched) -> dict[str, JsonValue]:
    """What was fetched and where it lies."""
    return {
        "model": fetched.name,
        "role": fetched.role,
        "fresh": fetched.fresh,
        "folder": str(fetched.folder),
        "bytes": fetched.size,
        "dim": fetched.facts.dim,
        "languages": list(fetched.facts.languages),
        "licence": fetched.facts.licence or None,
    }


def print_models(console: Console, choices: Sequence[Choice]) -> None:
    """What to recommend and what is here, by role; then all of open_clip, if asked for."""
    published = [item.published for item in choices if item.published]
    sources = list(dict.fromkeys((item.measure, item.source) for item in published))
    shown = [item for item in choices if known_model(item.name) or item.presence.size]
    rows = [_row(item, sources) for item in shown]
    for role, title in ROLES.items():
        chosen = [row for item, row in zip(shown, rows, strict=True) if item.role == role]
        if chosen:
            _print_rows(console, title, HEADINGS, chosen, _widths([HEADINGS, *rows]))
    listed = sorted(
        (_all_row(item) for item in choices if item.image), key=lambda row: row[0].lower()
    )
    if listed:
        widths = _widths([ALL_HEADINGS, *listed])
        _print_rows(console, ALL_TITLE, ALL_HEADINGS, listed, widths)
    for number, (measure, source) in enumerate(sources, 1):
        console.print(Text(f"[{number}] {measure} ({source})", style="dim"))
    console.print(
        Text("apple-amlr: for research only; cc-by-nc-4.0: not for commercial use", style="dim")
    )
    more = "" if listed else "; all that open_clip knows: triptych models --all"
    console.print(Text(f"bring one here: triptych models fetch MODEL{more}", style="dim"))


def print_fetched(console: Console, fetched: Fetched) -> None:
    """Where the model lies and what to type to use it."""
    facts = fetched.facts
    languages = " ".join(facts.languages) or "languages not stated"
    licence = facts.licence or "licence not stated"
    done = "exported, ready without a network" if fetched.fresh else "was here already"
    use = (
        f"triptych index SOURCE --into DIR --clip {fetched.name}"
        if fetched.role == "clip"
        else f'models.text = "{fetched.name}" in triptych.toml, or TRIPTYCH_MODELS__TEXT'
    )
    lines = [
        f"{fetched.name}: {done}",
        f"    {facts.dim} dimensions · {languages} · {licence} · {decimal(fetched.size)}",
        f"    in {fetched.folder}",
        f"use it: {use}",
    ]
    if fetched.portable:
        lines.append("for a machine without a network: copy that folder into models/ of its cache")
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def _row(item: Choice, sources: Sequence[tuple[str, str]]) -> Row:
    figure = NONE
    if item.published:
        number = sources.index((item.published.measure, item.published.source)) + 1
        figure = f"{item.published.value:.3f}".lstrip("0") + f" [{number}]"
    return (
        item.name,
        str(item.dim or NONE),
        decimal(item.download) if item.download else NONE,
        " ".join(item.languages) or NONE,
        item.licence or NONE,
        figure,
        _here(item),
    )


def _all_row(item: Choice) -> Row:
    height, width = item.image or (0, 0)
    return item.name, str(item.dim), str(item.context), f"{height}×{width}", _here(item)


def _here(item: Choice) -> str:
    if item.presence.state == "absent":
        return "no"
    return f"{item.presence.state} {decimal(item.presence.size)}"


def _widths(rows: Sequence[Row]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _print_rows(
    console: Console, title: str, headings: Row, rows: Sequence[Row], widths: Sequence[int]
) -> None:
    """Aligned columns; where they are too wide, the name stands on a line above its facts."""
    narrow = sum(widths) + len(GAP) * (len(widths) - 1) > console.width
    console.print(Text(title, style="bold"), soft_wrap=True)
    for line, style in _lines(headings, rows, widths, narrow):
        console.print(Text(line.rstrip(), style=style), soft_wrap=True)
    console.print()


def _lines(
    headings: Row, rows: Sequence[Row], widths: Sequence[int], narrow: bool
) -> Iterator[tuple[str, str]]:
    """(line, style)."""
    skipped = 1 if narrow else 0
    lead = " " * INDENT if narrow else ""

    def aligned(row: Row) -> str:
        cells = zip(row[skipped:], widths[skipped:], headings[skipped:], strict=True)
        right = ("dim", "download", "context")
        return lead + GAP.join(
            cell.rjust(width) if heading in right else cell.ljust(width)
            for cell, width, heading in cells
        )

    yield aligned(headings), "dim"
    for row in rows:
        if narrow:
            yield row[0], ""
        yield aligned(row), "dim" if narrow else ""


def _choice_json(item: Choice) -> dict[str, JsonValue]:
    return {
        "name": item.name,
        "role": item.role,
        "dim": item.dim or None,
        "download": item.download or None,
        "languages": list(item.languages),
        "licence": item.licence or None,
        "published": asdict(item.published) if item.published else None,
        "state": item.presence.state,
        "bytes": item.presence.size,
        "folder": str(item.presence.place) if item.presence.place else None,
        "context": item.context or None,
        "image": list(item.image) if item.image else None,
    }
