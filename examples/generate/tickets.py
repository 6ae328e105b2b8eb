"""Writes the past tickets: 2025 as CSV, 2026 as JSON lines."""

from __future__ import annotations

import csv
import json
import random
from datetime import datetime, timedelta

from examples.generate.facts import read_toml
from examples.generate.places import DATA, KNOWLEDGE, output

Ticket = dict[str, str]

COLUMNS = (
    "id",
    "created",
    "product",
    "language",
    "subject",
    "description",
    "resolution",
    "category",
    "priority",
    "firmware",
)
_PRODUCTS = {"B": "Brewline 300", "R": "Meshline R6", "P": "Meshline P6"}


def write_tickets() -> None:
    """Write `tickets-2025.csv` and `tickets-2026.jsonl`, numbered by date."""
    tickets = _numbered(_dated(_read()))
    folder = KNOWLEDGE / "tickets"
    old = [ticket for ticket in tickets if ticket["created"] < "2026"]
    with output(folder, "tickets-2025.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(old)
    lines = [json.dumps(ticket, ensure_ascii=False) for ticket in tickets[len(old) :]]
    path = output(folder, "tickets-2026.jsonl")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def ticket_paths() -> dict[str, list[str]]:
    """`PROBLEM/LANGUAGE` → the paths of its tickets in an index, `FILE#ID`, by date."""
    found: dict[str, list[str]] = {}
    for problem, ticket in _with_problem(_dated(_read())):
        file = "tickets-2025.csv" if ticket["created"] < "2026" else "tickets-2026.jsonl"
        key = f"{problem}/{ticket['language']}"
        found.setdefault(key, []).append(f"tickets/{file}#{ticket['id']}")
    return found


def _read() -> list[tuple[str, Ticket]]:
    """All written reports as (problem, ticket), in the order of the data files."""
    reports = []
    for path in sorted((DATA / "tickets").glob("*.psv")):
        language = path.stem.split("-")[1]
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE):
                problem = row.pop("problem")
                ticket = {key: value.strip() for key, value in row.items()}
                ticket["product"] = _PRODUCTS[ticket["product"]]
                reports.append((problem, {**ticket, "language": language}))
    return reports


def _dated(reports: list[tuple[str, Ticket]]) -> list[tuple[str, Ticket]]:
    """Every report at a time at which its firmware was in use; the same times on every run."""
    spans = read_toml("ticket-dates.toml")
    chance = random.Random(300)
    dated = []
    for problem, ticket in reports:
        firmware = ticket["firmware"]
        span = spans["problems"].get(f"{problem}/{firmware}", spans["firmware"][firmware])
        first, last = (datetime.fromisoformat(day) for day in span)
        day = first + timedelta(days=chance.randint(0, (last - first).days))
        moment = day + timedelta(minutes=chance.randint(6 * 60 + 30, 22 * 60 + 45))
        dated.append((problem, {**ticket, "created": moment.isoformat(timespec="minutes")}))
    return sorted(dated, key=lambda item: item[1]["created"])


def _with_problem(reports: list[tuple[str, Ticket]]) -> list[tuple[str, Ticket]]:
    counts: dict[str, int] = {}
    numbered = []
    for problem, ticket in reports:
        year = ticket["created"][2:4]
        counts[year] = counts.get(year, 0) + 1
        numbered.append((problem, {**ticket, "id": f"T{year}-{counts[year]:04d}"}))
    return numbered


def _numbered(reports: list[tuple[str, Ticket]]) -> list[Ticket]:
    return [{column: ticket[column] for column in COLUMNS} for _, ticket in _with_problem(reports)]
