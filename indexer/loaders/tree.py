"""A tree of HTML elements → the blocks of a document. Every markup loader ends here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from indexer.loaders.table import table_rows
from indexer.records import Block, BlockKind, Picture

Resolve = Callable[[str], tuple[str, bytes] | None]
"""An address of a picture → its asset and bytes, or None where there is nothing to show."""

# fmt: off
SILENT = frozenset({
    "script", "style", "template", "noscript", "svg", "math-ml", "iframe", "object", "embed",
    "video", "audio", "canvas", "head", "title", "colgroup",
})
# fmt: on
"""Elements whose content is not text of the page."""

# fmt: off
BLOCK_TAGS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog",
    "div", "dl", "dt", "fieldset", "figcaption", "footer", "form", "header", "hgroup", "hr",
    "html", "legend", "li", "main", "menu", "nav", "ol", "p", "section", "summary", "tbody",
    "td", "th", "thead", "tr", "ul",
})
# fmt: on

_CJK = r"\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
_CJK_BREAK = re.compile(rf"(?<=[{_CJK}])[ \t]*\n\s*(?=[{_CJK}])")
_LINE_BREAK = "\u2028"


def parse_html(html: str) -> LexborNode:
    """The body of an HTML page or fragment."""
    body = LexborHTMLParser(html).body
    assert body is not None  # the parser makes one for any input
    return body


def tree_blocks(root: LexborNode, resolve: Resolve, silent: frozenset[str] = SILENT) -> list[Block]:
    """The text, tables and figures below `root`, in reading order.

    A figure follows the text it stands in. Its alternative text and caption are its own and
    appear in no other block. Elements named in `silent` are left out.
    """
    walk = _Walk(resolve, silent)
    walk.children(root)
    walk.flush()
    return walk.blocks


def drop_elements(nodes: Iterable[LexborNode]) -> None:
    """Take elements out of their tree. Freeing one frees those inside it: outer ones only."""
    found = list(nodes)
    ids = {node.mem_id for node in found}
    outer = [node for node in found if not any(n.mem_id in ids for n in _ancestors(node))]
    for node in outer:
        node.decompose()


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def squeeze(text: str) -> str:
    """Text with white space as a page shows it; line breaks that were asked for stay."""
    text = _CJK_BREAK.sub("", text)
    lines = (" ".join(line.split()) for line in text.split(_LINE_BREAK))
    return "\n".join(line for line in lines if line)


@dataclass(frozen=True, slots=True)
class _Role:
    """What text becomes when it is flushed. `marker` goes before the first of it."""

    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    marker: str = ""


class _Walk:
    """One pass over a tree: gathers inline text and pictures, and flushes them into blocks."""

    def __init__(self, resolve: Resolve, silent: frozenset[str]) -> None:
        self.blocks: list[Block] = []
        self._resolve = resolve
        self._silent = silent
        self._role = _Role()
        self._caption = ""
        self._words: list[str] = []
        self._figures: list[Block] = []

    def children(self, node: LexborNode) -> None:
        for child in node.iter(include_text=True, skip_empty=False):
            self._visit(child)

    def flush(self) -> None:
        """Close the running block."""
        text = squeeze("".join(self._words))
        self._words.clear()
        if self._role.kind is BlockKind.HEADING:
            text = text.replace("\n", " ")
        if text:
            role = self._role
            self.blocks.append(Block(role.kind, role.marker + text, level=role.level))
            self._role = replace(role, marker="")
        self.blocks += self._figures
        self._figures.clear()

    def _visit(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "-text":
            self._words.append(node.text_content or "")
        elif tag.startswith("-") or tag in self._silent or "hidden" in node.attributes:
            return
        elif tag in _HANDLERS:
            _HANDLERS[tag](self, node)
        elif tag in BLOCK_TAGS:
            self.flush()
            self.children(node)
            self.flush()
        else:
            self.children(node)

    def _as(self, role: _Role, node: LexborNode) -> None:
        """Walk `node` with its text in another role."""
        self.flush()
        outer, self._role = self._role, role
        self.children(node)
        self.flush()
        self._role = outer

    def line_break(self, _node: LexborNode) -> None:
        self._words.append(_LINE_BREAK)

    def heading(self, node: LexborNode) -> None:
        drop_elements(node.css("a.headerlink, a.anchor, a.header-anchor"))
        self._as(_Role(BlockKind.HEADING, int((node.tag or "h1")[1])), node)

    def listing(self, node: LexborNode) -> None:
        """`ol` and `ul`: each item a block, numbered where the list is."""
        self.flush()
        ordered = node.tag == "ol"
        number = _number(node, "start", 1)
        for child in node.iter(include_text=True, skip_empty=False):
            if child.tag != "li":
                self._visit(child)
                continue
            number = _number(child, "value", number)
            self._as(_Role(BlockKind.LIST_ITEM, marker=f"{number}. " if ordered else ""), child)
            number += 1
        self.flush()

    def term(self, node: LexborNode) -> None:
        self._as(_Role(BlockKind.LIST_ITEM), node)

    def code(self, node: LexborNode) -> None:
        self.flush()
        for line_break in node.css("br"):
            line_break.replace_with("\n")
        text = (node.text(deep=True) or "").expandtabs(4)
        text = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
        if text.strip():
            self.blocks.append(Block(BlockKind.CODE, text))
        for image in node.css("img"):
            self.image(image)
        self.flush()

    def figure(self, node: LexborNode) -> None:
        """Pictures get the caption of their `figure`; without one, it is a paragraph."""
        self.flush()
        captions = node.css("figcaption")
        caption = " ".join(squeeze(c.text(deep=True, separator="")) for c in captions).strip()
        seen = len(self.blocks)
        drop_elements(captions)
        outer, self._caption = self._caption, caption
        self.children(node)
        self._caption = outer
        self.flush()
        shown = any(block.kind is BlockKind.FIGURE for block in self.blocks[seen:])
        if caption and not shown:
            self.blocks.append(Block(BlockKind.PARAGRAPH, caption))

    def image(self, node: LexborNode) -> None:
        attributes = node.attributes
        address = attributes.get("data-src") or attributes.get("src") or ""
        found = self._resolve(address) if address.strip() else None
        self._words.append(" ")
        if found is None:
            return
        alt = squeeze(attributes.get("alt") or "")
        caption = self._caption or squeeze(attributes.get("title") or "")
        if caption == alt and not self._caption:
            caption = ""
        picture = Picture(found[0], found[1], alt=alt, caption=caption)
        self._figures.append(Block(BlockKind.FIGURE, picture=picture))

    def table(self, node: LexborNode) -> None:
        """A table as lines of text; its pictures follow the row they stand in."""
        self.flush()
        if node.css_first("h1, h2, h3, h4, h5, h6, table table, pre") is not None:
            self.children(node)  # a table for layout
            self.flush()
            return
        for caption in node.css("caption"):
            self.children(caption)
            self.flush()
        self.blocks += _table_blocks(table_rows(node, self._cell))
        self.flush()

    def _cell(self, node: LexborNode) -> tuple[str, list[Block]]:
        blocks = tree_blocks(node, self._resolve, self._silent)
        words = " ".join(block.text.replace("\n", " ") for block in blocks if block.text)
        return words, [block for block in blocks if block.kind is BlockKind.FIGURE]


def _table_blocks(rows: Iterator[tuple[str, list[Block]]]) -> list[Block]:
    blocks: list[Block] = []
    lines: list[str] = []
    for line, figures in rows:
        if line:
            lines.append(line)
        if figures and lines:
            blocks.append(Block(BlockKind.TABLE, "\n".join(lines)))
            lines = []
        blocks += figures
    if lines:
        blocks.append(Block(BlockKind.TABLE, "\n".join(lines)))
    return blocks


def _number(node: LexborNode, attribute: str, default: int) -> int:
    value = (node.attributes.get(attribute) or "").strip()
    return int(value) if re.fullmatch(r"-?\d{1,9}", value) else default


_HANDLERS: dict[str, Callable[[_Walk, LexborNode], None]] = {
    "br": _Walk.line_break,
    "wbr": lambda _walk, _node: None,
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _Walk.heading),
    "ol": _Walk.listing,
    "ul": _Walk.listing,
    "dt": _Walk.term,
    "dd": _Walk.term,
    "pre": _Walk.code,
    "figure": _Walk.figure,
    "img": _Walk.image,
    "table": _Walk.table,
}
