"""reStructuredText manuals, those written for Sphinx included. Nothing is inserted or run."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from docutils import nodes
from docutils.core import publish_doctree, publish_from_doctree
from docutils.parsers.rst import Parser
from docutils.utils import SystemMessage

from indexer.config import Settings
from indexer.errors import BadFile
from indexer.loaders.base import Report, SourceFile
from indexer.loaders.page import Facts, language_code, make_document, parse_date
from indexer.loaders.pictures import resolve_picture
from indexer.loaders.sphinx import register_names
from indexer.loaders.text import decode_text, read_bytes
from indexer.loaders.tree import SILENT, parse_html, tree_blocks
from indexer.records import Document

_INSERTS = re.compile(r"^[ \t]*\.\.[ \t]+(?:include|literalinclude)::[ \t]*(\S.*)$", re.MULTILINE)
_SETTINGS = {
    "_disable_config": True,
    "doctitle_xform": False,
    "docinfo_xform": True,
    "embed_stylesheet": False,
    "file_insertion_enabled": False,
    "halt_level": 5,
    "initial_header_level": 1,
    "input_encoding": "unicode",
    "line_length_limit": 10_000_000,
    "math_output": "LaTeX",
    "output_encoding": "unicode",
    "raw_enabled": False,
    "report_level": 5,
    "smart_quotes": False,
    "stylesheet_path": "",
    "syntax_highlight": "none",
    "traceback": True,
}


class RstLoader:
    """Reads one reStructuredText file into one manual page."""

    def __init__(self, settings: Settings) -> None:
        self._limits = settings.limits

    def load(self, file: SourceFile, report: Report) -> Iterator[Document]:
        """Yield the page. Raises BadFile when the file cannot be read."""
        data = read_bytes(file.absolute, self._limits)
        text = decode_text(data, file.absolute)
        for name in _INSERTS.findall(text):
            report.note(file.absolute, f"includes {name.strip()}; included files are not read")
        resolve = partial(resolve_picture, file, report=report, limits=self._limits)
        try:
            tree = _parse(text)
            facts = _take_facts(tree)
            _clean(tree)
            root = parse_html(_html(tree))
            blocks = tree_blocks(root, resolve, SILENT)
        except RecursionError:
            raise BadFile(file.absolute, "its elements are nested too deeply to read") from None
        except (SystemMessage, AssertionError, ValueError, TypeError, KeyError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise BadFile(file.absolute, f"not readable as reStructuredText: {reason}") from error
        yield make_document(file, data, blocks, facts)


def _parse(text: str) -> nodes.document:
    register_names(text)
    overrides = {**_SETTINGS, "warning_stream": io.StringIO()}
    return publish_doctree(text, parser=Parser(), settings_overrides=overrides)


def _html(tree: nodes.document) -> str:
    overrides: dict[str, Any] = {**_SETTINGS, "warning_stream": io.StringIO()}
    html = publish_from_doctree(tree, writer="html5", settings_overrides=overrides)
    return html.decode() if isinstance(html, bytes) else str(html)


def _take_facts(tree: nodes.document) -> Facts:
    """The fields at the head of the page, which leave the tree."""
    fields: dict[str, str] = {}
    for info in list(tree.findall(nodes.docinfo)):
        for entry in info.children:
            name, value = type(entry).__name__, entry.astext()
            if isinstance(entry, nodes.field):
                name, value = (child.astext() for child in entry.children)
            fields[name.lower()] = " ".join(value.split())
        info.parent.remove(info)
    for meta in list(tree.findall(nodes.meta)):
        fields.setdefault(str(meta.get("name", "")).lower(), str(meta.get("content", "")))
        meta.parent.remove(meta)
    return Facts(
        title=fields.pop("title", ""),
        language=language_code(fields.pop("language", fields.pop("lang", ""))),
        product=fields.pop("product", ""),
        date=parse_date(fields.pop("date", "")),
        metadata={key: value for key, value in fields.items() if key and value},
    )


def _clean(tree: nodes.document) -> None:
    """Take out messages and comments; what could not be resolved stays as its own text."""
    for message in list(tree.findall(nodes.system_message)):
        message.parent.remove(message)
    for comment in list(tree.findall(nodes.comment)):
        comment.parent.remove(comment)
    for image in tree.findall(nodes.image):
        image["alt"] = image.get("alt", "")  # the writer would put the address there
    for problem in list(tree.findall(nodes.problematic)):
        text = re.sub(r"\s*<[^<>]*>(?=`?_*$)", "", problem.astext()).strip("`|_*")
        problem.parent.replace(problem, nodes.Text(text))
