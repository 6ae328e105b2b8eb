"""Markdown manuals: CommonMark with tables, footnotes, YAML header and raw HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from indexer.config import Settings
from indexer.errors import BadFile
from indexer.loaders.base import Report, SourceFile
from indexer.loaders.dialects import plain_markdown
from indexer.loaders.frontmatter import read_facts, split_front_matter
from indexer.loaders.page import make_document, with_lead
from indexer.loaders.pictures import resolve_picture
from indexer.loaders.text import decode_text, read_bytes
from indexer.loaders.tree import parse_html, tree_blocks
from indexer.records import Document

# Names that stand for elements of HTML in a page; any other `<name>` is a placeholder that the
# reader must see, as in `wsl --install <Distro>`.
# fmt: off
_ELEMENTS = frozenset({
    "a", "abbr", "address", "article", "aside", "audio", "b", "bdi", "bdo", "blockquote", "body",
    "br", "button", "canvas", "caption", "center", "cite", "code", "col", "colgroup", "dd", "del",
    "details", "dfn", "div", "dl", "dt", "em", "embed", "figcaption", "figure", "font", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "i", "iframe",
    "img", "input", "ins", "kbd", "label", "li", "link", "main", "mark", "meta", "nav", "noscript",
    "object", "ol", "p", "picture", "pre", "q", "ruby", "rt", "s", "samp", "script", "section",
    "select", "small", "source", "span", "strike", "strong", "style", "sub", "summary", "sup",
    "svg", "path", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "tr",
    "tt", "u", "ul", "var", "video", "wbr",
    "nolink",  # Microsoft Docs: keeps an address from becoming a link
})
# fmt: on
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9_.-]*)([^<>]*)>")


class MarkdownLoader:
    """Reads one Markdown file into one manual page."""

    def __init__(self, settings: Settings) -> None:
        self._limits = settings.limits
        self._parser = _make_parser()

    def load(self, file: SourceFile, report: Report) -> Iterator[Document]:
        """Yield the page. Raises BadFile when the file cannot be read as text."""
        data = read_bytes(file.absolute, self._limits)
        text = decode_text(data, file.absolute)
        header, body = split_front_matter(text)
        facts = read_facts(header, file, report)
        resolve = partial(resolve_picture, file, report=report, limits=self._limits)
        try:
            html = self._parser.render(plain_markdown(body))
            blocks = tree_blocks(parse_html(html), resolve)
        except RecursionError:
            raise BadFile(file.absolute, "its elements are nested too deeply to read") from None
        blocks = with_lead(blocks, facts.metadata.get("description", ""))
        yield make_document(file, data, blocks, facts)


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 100}).enable(
        ["table", "strikethrough"]
    )
    parser.use(footnote_plugin).use(deflist_plugin)
    parser.add_render_rule("html_inline", _raw_html)
    parser.add_render_rule("html_block", _raw_html)
    for name in ("footnote_ref", "footnote_anchor", "footnote_caption"):
        parser.add_render_rule(name, _nothing)
    # Addresses name files here, so they stay as written.
    parser.normalizeLink = _as_written  # type: ignore[method-assign]
    return parser


def _as_written(url: str) -> str:
    return url


def _raw_html(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    return _TAG.sub(_shown, tokens[index].content)


def _shown(match: re.Match[str]) -> str:
    """The tag itself if it is HTML or a component; else its text, to be seen."""
    if match[1].lower() in _ELEMENTS or "=" in match[2] or match[2].strip() == "/":
        return match[0]
    return escape(match[0])


def _nothing(
    _renderer: RendererHTML,
    _tokens: Sequence[Token],
    _index: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    return ""
