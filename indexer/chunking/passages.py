"""Passages: the text of sections packed to a size that an encoder takes in whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from indexer.chunking.sections import Path, Section, heading_texts, shared_path, union_box
from indexer.config import Chunking
from indexer.records import Block, BlockKind, Box, Place
from indexer.sentences import count_tokens, split_text

_LINED = (BlockKind.LIST_ITEM, BlockKind.TABLE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a block that stays whole. `gap` is what stands between it and the one before."""

    text: str
    gap: str
    tokens: int
    index: int
    page: int | None
    box: Box | None


@dataclass(frozen=True, slots=True)
class _Part:
    """Consecutive pieces of one section; without pieces, a heading that has nothing below."""

    path: Path
    pieces: tuple[Piece, ...] = ()

    @property
    def base(self) -> Path:
        return self.path if self.pieces else self.path[:-1]


@dataclass(frozen=True, slots=True)
class Passage:
    """What becomes one text chunk: parts of neighbouring sections on one page."""

    group: int
    page: int | None
    parts: tuple[_Part, ...]

    @property
    def base(self) -> Path:
        """The headings that all parts stand under."""
        base = self.parts[0].base
        for part in self.parts[1:]:
            base = shared_path(base, part.base)
        return base

    @property
    def text(self) -> str:
        """The pieces, with the headings that `base` does not name on lines of their own."""
        known, lines = self.base, ""
        for part in self.parts:
            titles = heading_texts(part.path[len(shared_path(known, part.path)) :])
            for text in (*titles, join_pieces(part.pieces)):
                lines += ("\n\n" if lines and text else "") + text
            known = part.path
        return lines

    @property
    def tokens(self) -> int:
        known, total = self.base, 0
        for part in self.parts:
            for title in heading_texts(part.path[len(shared_path(known, part.path)) :]):
                total += count_tokens(title)
            total += sum(piece.tokens for piece in part.pieces)
            known = part.path
        return total

    @property
    def place(self) -> Place:
        boxes = [piece.box for part in self.parts for piece in part.pieces]
        boxes += [part.path[-1].box for part in self.parts if not part.pieces]
        return Place(page=self.page, box=union_box(boxes), heading=heading_texts(self.base))

    @property
    def order(self) -> int:
        """The index of the first block in it."""
        first = self.parts[0]
        return first.pieces[0].index if first.pieces else first.path[-1].index


def join_pieces(pieces: tuple[Piece, ...] | list[Piece]) -> str:
    text = "".join(piece.gap + piece.text for piece in pieces)
    return text[len(pieces[0].gap) :] if pieces else ""


def make_passages(sections: list[Section], shown: set[int], settings: Chunking) -> list[Passage]:
    """The passages of a document in order.

    `shown` holds the indexes of headings that some figure names; any other heading without
    text below becomes text itself.
    """
    passages: list[Passage] = []
    for section in sections:
        for pieces in _pack(section, settings):
            part = _Part(section.path, tuple(pieces))
            passages.append(Passage(section.group, pieces[0].page, (part,)))
    named = {h.index for passage in passages for part in passage.parts for h in part.path}
    named |= shown | {h.index for section in sections for h in section.path[:-1]}
    for section in sections:
        if section.path and section.path[-1].index not in named:
            page = section.path[-1].page
            passages.append(Passage(section.group, page, (_Part(section.path),)))
    passages.sort(key=lambda passage: passage.order)
    for related in (_is_child, _is_sibling, _is_near):
        passages = _join_small(passages, related, settings)
    return passages


def block_pieces(index: int, block: Block, before: Block | None, longest: int) -> list[Piece]:
    """A block as pieces of at most `longest` tokens, cut at lines, sentences, then words."""
    lined = before is not None and block.kind is before.kind and block.kind in _LINED
    first = "\n" if lined else "\n\n"
    atoms = split_text(block.text, min(40, longest), longest)
    return [
        Piece(atom.text, atom.gap if number else first, atom.tokens, index, block.page, block.box)
        for number, atom in enumerate(atoms)
    ]


def has_text(block: Block) -> bool:
    return bool(block.text.strip()) and (block.kind is not BlockKind.FIGURE or not block.picture)


def _pack(section: Section, settings: Chunking) -> list[list[Piece]]:
    """Fill passages block by block. A block is cut only where it does not fit whole."""
    packs: list[list[Piece]] = []
    size, before = 0, None
    for index, block in section.blocks:
        if not has_text(block):
            continue
        unit = block_pieces(index, block, before, settings.most)
        before = block
        total = sum(piece.tokens for piece in unit)
        turns = not packs or packs[-1][-1].page != block.page or size >= settings.target
        fits = size + total <= settings.most
        if turns or (not fits and 5 * size >= 3 * settings.target):
            packs.append(_lead_in(packs, unit, settings))
            size = sum(piece.tokens for piece in packs[-1])
            fits = size + total <= settings.most
        for piece in unit:
            full = size + piece.tokens > settings.most or (not fits and size >= settings.target)
            if packs[-1] and full:
                packs.append([])
                size = 0
            packs[-1].append(piece)
            size += piece.tokens
    packs = [pack for pack in packs if pack]
    for one, other in pairwise(packs):
        _balance(one, other, settings)
    return [pack for pack in packs if pack]


def _lead_in(packs: list[list[Piece]], unit: list[Piece], settings: Chunking) -> list[Piece]:
    """Take "do the following:" off the last passage, to stand before what follows."""
    last = packs[-1] if packs else []
    if len(last) < 2 or not unit or not last[-1].text.endswith((":", "：")):
        return []
    fits = last[-1].tokens <= _small(settings) and (
        last[-1].tokens + unit[0].tokens <= settings.most and last[-1].page == unit[0].page
    )
    return [last.pop()] if fits else []


def _balance(one: list[Piece], other: list[Piece], settings: Chunking) -> None:
    """Leave no small rest: move it into the passage before, or fill it up from there."""
    sizes = [sum(piece.tokens for piece in pack) for pack in (one, other)]
    if not one or one[-1].page != other[0].page or sizes[1] >= _small(settings):
        return
    if sum(sizes) <= settings.most:
        other[:0] = one
        one.clear()
        return
    while len(one) > 1 and sizes[1] + one[-1].tokens <= sizes[0] - one[-1].tokens:
        piece = one.pop()
        other.insert(0, piece)
        sizes = [sizes[0] - piece.tokens, sizes[1] + piece.tokens]
        if sizes[1] >= settings.target // 2:
            break


def _join_small(
    passages: list[Passage], related: Callable[[Passage, Passage], bool], settings: Chunking
) -> list[Passage]:
    """Join each small passage with the one before or after it where they are `related`."""
    joined: list[Passage] = []
    for passage in passages:
        both = _joined(joined[-1], passage, settings) if joined else None
        if both is not None and related(joined[-1], passage):
            joined[-1] = both
        else:
            joined.append(passage)
    return joined


def _joined(one: Passage, other: Passage, settings: Chunking) -> Passage | None:
    if one.group != other.group or one.page != other.page:
        return None
    if min(one.tokens, other.tokens) >= _small(settings):
        return None
    both = Passage(one.group, one.page, one.parts + other.parts)
    return both if both.tokens <= settings.most else None


def _small(settings: Chunking) -> int:
    return settings.target // 4


def _is_child(one: Passage, other: Passage) -> bool:
    """`other` lies below the heading of `one`."""
    depth = len(one.parts[0].path)
    return len(other.base) >= depth and len(shared_path(one.parts[0].path, other.base)) == depth


def _is_sibling(one: Passage, other: Passage) -> bool:
    """Both stand below the same heading, or one of them below that of the other."""
    common = len(shared_path(one.base, other.base))
    return common >= max(len(one.base), len(other.base)) - 1


def _is_near(_one: Passage, _other: Passage) -> bool:
    """Both stand below the same heading of level 1 or 2, which `_joined` has checked."""
    return True
