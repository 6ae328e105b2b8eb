"""What the command line prints for people who ask and measure."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue
from rich.console import Console, Group
from rich.padding import Padding
from rich.text import Text

from api.render_answer import print_said
from indexer.records import Box, Place
from search.results import Answer, Hit, Region, SearchResult

_SNIPPET = 240


def print_search(console: Console, result: SearchResult) -> None:
    """Hits with where they stand, why, and a snippet."""
    _print_heard(console, result)
    if result.read:
        words = " · ".join(line.text for line in result.read)
        console.print(Text(f"read in the image: {_clip(words, 160)}", style="dim"))
    _print_corrected(console, result)
    if not result.hits:
        console.print("No hits.")
    for hit in result.hits:
        console.print(_hit(hit))
    _print_footer(console, result)


def print_answer(console: Console, answer: Answer) -> None:
    """The answer, then its sources."""
    _print_heard(console, answer.search)
    _print_corrected(console, answer.search)
    print_said(console, answer)
    console.print(Text(f"confidence {answer.confidence:.2f}", style="dim"))
    if answer.model:
        console.print(Text(f"in the words of {answer.model}, checked", style="dim"))
    if answer.note:
        console.print(Text(answer.note, style="yellow"))
    if answer.citations and answer.found:
        console.print()
        console.print(Text("Sources", style="bold"))
        for citation in answer.citations:
            line = f"[{citation.number}] {citation.title}"
            console.print(Text(line + _where(citation.place, citation.title)))
            shown = f" · {citation.asset}" if citation.asset else ""
            console.print(Text(f"    {citation.document}{shown}", style="dim"))
            if citation.region:
                console.print(Text(f"    {_region(citation.region)}", style="dim"))
            for match in citation.matched[:3]:
                line = f"    in the image at {_edges(match.box)}: {match.text}"
                console.print(Text(line, style="dim"))
    _print_footer(console, answer.search)


def print_info(console: Console, info: Mapping[str, JsonValue]) -> None:
    """Facts of an index as an indented list."""
    console.print(_facts(info))


def _print_heard(console: Console, result: SearchResult) -> None:
    if result.heard:
        console.print(Text(f"heard: {result.heard}", style="dim"))


def _print_corrected(console: Console, result: SearchResult) -> None:
    if result.corrected:
        words = ", ".join(f"{meant} ({typed})" for typed, meant in result.corrected.items())
        console.print(Text(f"searched for: {words}", style="dim"))


def _hit(hit: Hit) -> Group:
    head = Text(f"{hit.rank:>2}  ")
    head.append(hit.title, style="bold")
    head.append(_where(hit.place, hit.title))
    facts = [str(hit.kind), hit.product, hit.date, hit.document]
    facts += [hit.asset] if hit.asset and hit.asset != hit.document else []
    facts += [_region(hit.region)] if hit.region else []
    lanes = [f"{name} #{lane.rank}" for name, lane in hit.lanes.items()]
    return Group(
        head,
        Padding(
            Text(" · ".join(part for part in facts + lanes if part), style="dim"), (0, 0, 0, 4)
        ),
        Padding(Text(_clip(hit.text, _SNIPPET)), (0, 0, 1, 4)),
    )


def _region(region: Region) -> str:
    what = "the image asked with lies" if region.same else "looks like the image asked with"
    return f"{what} at {_edges(region.box)}"


def _edges(box: Box) -> str:
    return f"{box.x0:.2f},{box.y0:.2f} – {box.x1:.2f},{box.y1:.2f}"


def _where(place: Place, title: str) -> str:
    path = "".join(f" › {name}" for name in place.heading if name != title)
    return path + (f", page {place.page}" if place.page else "")


def _print_footer(console: Console, result: SearchResult) -> None:
    took = ", ".join(f"{stage} {ms:.0f}" for stage, ms in result.took_ms.items())
    total = sum(result.took_ms.values())
    console.print(Text(f"{total:.0f} ms ({took})", style="dim"))
    for lane, reason in result.lanes_off.items():
        console.print(Text(f"{lane} lane off: {reason}", style="dim"), soft_wrap=True)


def _facts(value: JsonValue | Mapping[str, JsonValue], indent: int = 0) -> Text:
    text = Text()
    if not isinstance(value, Mapping):
        return Text(f"{value}\n")
    for key, item in value.items():
        text.append("  " * indent + str(key or "(none)"), style="bold")
        if isinstance(item, Mapping) and item:
            text.append("\n").append_text(_facts(item, indent + 1))
        elif isinstance(item, list) and item and isinstance(item[0], list):
            lines = (": ".join(map(str, row)) for row in item if isinstance(row, list))
            text.append("".join(f"\n{'  ' * (indent + 1)}{line}" for line in lines) + "\n")
        elif isinstance(item, list):
            text.append(f" {', '.join(map(str, item)) or '–'}\n")
        else:
            text.append(f" {item if item not in ({}, None) else '–'}\n")
    return text


def _clip(text: str, most: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"
