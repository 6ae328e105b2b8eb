"""What the command line prints of similar tickets and of gaps."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from indexer.records import Kind
from search.gaps import Gap, Gaps, Unanswered
from search.matters import Matter, Question
from search.similar import Neighbour, Similar

_BAR = 12
_CLIP = 110


def gaps_json(found: Gaps) -> dict[str, JsonValue]:
    """All clusters, those of a single question too; confidence in [0, 1]."""
    return {
        "questions": found.asked,
        "answered": found.answered,
        "unanswered": found.unanswered,
        "clusters": [
            {
                "name": " · ".join(gap.words),
                "words": list(gap.words),
                "size": len(gap.questions),
                "central": _unanswered(gap.central),
                "questions": [_unanswered(one) for one in gap.questions],
            }
            for gap in found.clusters
        ],
    }


def print_gaps(console: Console, found: Gaps, most: int) -> None:
    """The clusters of more than one question, largest first, each with its typical question."""
    share = found.unanswered / found.asked
    console.print(
        f"{found.asked:,} questions: the manuals answer {found.answered:,}, "
        f"not the other {found.unanswered:,} ({share:.0%})",
        style="bold",
    )
    shown = [(len(gap.questions), _gap(gap)) for gap in found.clusters]
    _print_clusters(console, shown, most, "question")


def matters_json(tickets: Sequence[Question], found: Sequence[Matter]) -> dict[str, JsonValue]:
    """All clusters of tickets, those of one ticket too."""

    def named(row: int) -> JsonValue:
        return {"id": tickets[row].id, "title": tickets[row].title}

    return {
        "tickets": len(tickets),
        "clusters": [
            {
                "name": " · ".join(matter.words),
                "words": list(matter.words),
                "size": len(matter.rows),
                "central": named(matter.central),
                "tickets": [named(row) for row in matter.rows],
            }
            for matter in found
        ],
    }


def print_matters(
    console: Console, tickets: Sequence[Question], found: Sequence[Matter], most: int
) -> None:
    """The clusters of more than one ticket, largest first, each with its typical ticket."""
    console.print(f"{len(tickets):,} tickets", style="bold")
    shown = [
        (len(matter.rows), Group(*_named(matter.words, tickets[matter.central])))
        for matter in found
    ]
    _print_clusters(console, shown, most, "ticket")


def print_similar(console: Console, found: Similar) -> None:
    """The tickets, the likeness of each in per cent, what is the same matter marked."""
    ticket = found.kind is Kind.TICKET
    console.print(Text(found.title, style="bold"), Text(found.document, style="dim"))
    if not found.tickets:
        said = "no other tickets" if ticket else "solves no ticket of this index"
        console.print(Text(f"    {said}", style="dim"))
        return
    mark = "duplicate" if ticket else "solved"
    table = Table.grid(padding=(0, 2))
    for neighbour in found.tickets:
        table.add_row(*_neighbour(neighbour, mark))
    console.print(table)


def _print_clusters(
    console: Console, found: Sequence[tuple[int, Group]], most: int, one: str
) -> None:
    """(size, what is shown) of clusters; those beyond `most` and of a single one are counted."""
    several = [cluster for cluster in found if cluster[0] > 1]
    if several:
        console.print()
        console.print(_table(several[:most]))
    alone = len(found) - len(several)
    rest = [f"{len(several) - most:,} smaller clusters"] if len(several) > most else []
    rest += [f"{alone:,} single {one}{'' if alone == 1 else 's'}"] if alone else []
    if rest:
        console.print(Text(f"and {', '.join(rest)}; all with --json", style="dim"))


def _table(clusters: Sequence[tuple[int, Group]]) -> Table:
    largest = clusters[0][0]
    table = Table.grid(padding=(0, 2, 1, 0))
    table.add_column(justify="right", style="bold")
    table.add_column()
    table.add_column(ratio=1)
    for size, shown in clusters:
        bar = "█" * max(1, round(_BAR * size / largest))
        table.add_row(f"{size:,}", Text(bar.ljust(_BAR), style="cyan"), shown)
    return table


def _gap(gap: Gap) -> Group:
    central = gap.central
    lines = _named(gap.words, central.question)
    if central.document:
        closest = f"closest page: {_clip(central.title)}, confidence {central.confidence:.2f}"
        lines.append(Text(closest, style="dim"))
    return Group(*lines)


def _named(words: Sequence[str], central: Question) -> list[Text]:
    return [
        Text(" · ".join(words) or central.title, style="bold"),
        Text(_clip(central.title)),
        Text(central.id, style="dim"),
    ]


def _neighbour(one: Neighbour, mark: str) -> tuple[Text, Text, Text]:
    hit = one.hit
    facts = " · ".join(part for part in (hit.product, hit.date, hit.document) if part)
    style = "bold" if one.same else ""
    return (
        Text(f"{one.likeness:>4.0%}", style=style),
        Text(mark if one.same else "", style="green"),
        Text(_clip(hit.title), style=style).append(f"\n{facts}", style="dim not bold"),
    )


def _unanswered(one: Unanswered) -> dict[str, JsonValue]:
    closest: JsonValue = None
    if one.document:
        closest = {"document": one.document, "title": one.title}
    return {
        "id": one.question.id,
        "title": one.question.title,
        "confidence": round(one.confidence, 4),
        "closest": closest,
    }


def _clip(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _CLIP else flat[: _CLIP - 1].rstrip() + "…"
