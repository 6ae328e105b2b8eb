"""HTML manuals: the main content of a page, in the encoding it names."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from indexer.config import Settings
from indexer.errors import BadFile
from indexer.loaders.base import Report, SourceFile
from indexer.loaders.page import Facts, language_code, make_document, parse_date
from indexer.loaders.pictures import resolve_picture
from indexer.loaders.text import decode_text, read_bytes
from indexer.loaders.tree import SILENT, drop_elements, tree_blocks
from indexer.records import Document

_FRAME = "nav, footer, [role=navigation], [role=search], [role=contentinfo], [role=banner]"
_NOTE = re.compile(r"admonition|note|tip|warning|caution|important|danger|info|callout", re.I)
_CONTROLS = frozenset({"button", "input", "select", "textarea", "option", "datalist", "output"})
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.I)
_ONE_BYTE = ("iso8859", "cp125", "latin", "ascii", "koi8", "mac")
"""Codecs that take almost any bytes, so that decoding with them proves nothing."""

_UNMARKED = ("utf-8", "utf-16", "utf-32", "utf-7", "utf_")
_META = {"description": "description", "keywords": "keywords", "author": "author"}


class HtmlLoader:
    """Reads one HTML file into one manual page."""

    def __init__(self, settings: Settings) -> None:
        self._limits = settings.limits

    def load(self, file: SourceFile, report: Report) -> Iterator[Document]:
        """Yield the page. Raises BadFile when the file cannot be read as text."""
        data = read_bytes(file.absolute, self._limits)
        tree = LexborHTMLParser(decode_html(data, file.absolute))
        facts = _facts(tree)
        resolve = partial(resolve_picture, file, report=report, limits=self._limits)
        try:
            blocks = tree_blocks(_main(tree), resolve, SILENT | _CONTROLS)
        except RecursionError:
            raise BadFile(file.absolute, "its elements are nested too deeply to read") from None
        yield make_document(file, data, blocks, facts)


def decode_html(data: bytes, path: Path) -> str:
    """Bytes of a page → text, by its byte order mark, the encoding it names, or as UTF-8.

    A named encoding counts only where it decodes every byte, and one that accepts any bytes
    only where the page is not UTF-8. Raises BadFile.
    """
    codec = _named_codec(data)
    if codec and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        order = ("utf-8", codec) if codec.startswith(_ONE_BYTE) else (codec, "utf-8")
        for name in order:
            try:
                text = data.decode(name)
            except (UnicodeDecodeError, LookupError):
                continue
            if "\0" not in text and text.strip():
                return text
    return decode_text(data, path)


def _named_codec(data: bytes) -> str:
    match = _CHARSET.search(data[:4096])
    if match is None:
        return ""
    try:
        name = codecs.lookup(match[1].decode("ascii")).name
    except (LookupError, ValueError):
        return ""
    if name.startswith(_UNMARKED):
        return ""
    # As browsers do: pages that say Latin-1 are written in its Windows extension.
    return "cp1252" if name in ("iso8859-1", "ascii") else name


def _facts(tree: LexborHTMLParser) -> Facts:
    root, title = tree.css_first("html"), tree.css_first("head title")
    named: dict[str, str] = {}
    for meta in tree.css("meta[name][content]"):
        key = (meta.attributes.get("name") or "").lower()
        named.setdefault(key, " ".join((meta.attributes.get("content") or "").split()))
    return Facts(
        title=" ".join(title.text(deep=True).split()) if title is not None else "",
        language=language_code((root.attributes.get("lang") or "") if root is not None else ""),
        product=named.get("product", ""),
        date=parse_date(named.get("date", "")),
        metadata={key: named[name] for name, key in _META.items() if named.get(name)},
    )


def _main(tree: LexborHTMLParser) -> LexborNode:
    """The element that holds the content, freed of what frames it."""
    body = tree.body
    assert body is not None  # the parser makes one for any input
    drop_elements(body.css(_FRAME))
    asides = body.css("aside")
    drop_elements(a for a in asides if not _NOTE.search(a.attributes.get("class") or ""))
    drop_elements(h for h in body.css("header") if h.css_first("h1") is None)
    mains = [node for node in body.css("main, [role=main]") if node.text(deep=True).strip()]
    if len(mains) == 1:
        return mains[0]
    articles = body.css("article")
    return articles[0] if len(articles) == 1 and articles[0].css_first("h1") else body
