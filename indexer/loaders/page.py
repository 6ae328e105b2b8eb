"""What every loader of manuals does with the blocks it has read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePosixPath

from indexer.loaders.base import SourceFile
from indexer.records import Block, BlockKind, Document, Kind

_INDEX_STEMS = frozenset({"readme", "index", "home", "_index"})
_DATE_FORMATS = (
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%Y/%m/%d",
)
_LANGUAGE = re.compile(r"^([a-z]{2})(?:[-_].*)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page says about itself, as far as it does."""

    title: str = ""
    language: str = ""
    product: str = ""
    date: date | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def make_document(file: SourceFile, data: bytes, blocks: Iterable[Block], facts: Facts) -> Document:
    """The manual page read from `data`, with its hash, and a title in any case.

    The title is what the page names, else its first outermost heading, else its file name.
    """
    kept = tuple(blocks)
    return Document(
        path=file.path,
        title=facts.title or _first_heading(kept) or readable_name(file.path),
        kind=Kind.MANUAL,
        blocks=kept,
        content_hash=content_hash(data, kept),
        language=facts.language,
        product=facts.product,
        date=facts.date,
        metadata=facts.metadata,
    )


def content_hash(data: bytes, blocks: Iterable[Block]) -> str:
    """SHA-256 (hex) over the bytes of a file, then those of its pictures in their order."""
    digest = hashlib.sha256(data)
    for block in blocks:
        if block.picture is not None:
            digest.update(block.picture.data)
    return digest.hexdigest()


def readable_name(path: str) -> str:
    """`guides/first-steps.md` → "First steps"; an index page is named after its folder."""
    pure = PurePosixPath(path)
    stem = pure.stem
    if stem.lower() in _INDEX_STEMS and pure.parent.name:
        stem = pure.parent.name
    words = re.sub(r"[-_\s]+", " ", stem).strip() or stem
    return words[:1].upper() + words[1:]


def language_code(value: str) -> str:
    """`en-US` → "en"; anything that is not a language code → ""."""
    match = _LANGUAGE.match(value.strip())
    return match[1].lower() if match else ""


def parse_date(value: str) -> date | None:
    """A day in ISO form or in one of the forms page headers carry (month first in 1/2/2024)."""
    text = value.strip().replace("/", "-") if value[:4].isdigit() else value.strip()
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        pass
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def with_lead(blocks: list[Block], lead: str) -> list[Block]:
    """`blocks` with `lead` as a paragraph below the first heading, unless they say it already."""
    key = " ".join(lead.split()).casefold()
    if not key or any(key in " ".join(block.text.split()).casefold() for block in blocks):
        return blocks
    at = 1 if blocks and blocks[0].kind is BlockKind.HEADING and blocks[0].level == 1 else 0
    return [*blocks[:at], Block(BlockKind.PARAGRAPH, " ".join(lead.split())), *blocks[at:]]


def _first_heading(blocks: tuple[Block, ...]) -> str:
    headings = (b.text for b in blocks if b.kind is BlockKind.HEADING and b.level == 1)
    return next(headings, "")
