"""What Sphinx adds to reStructuredText: its roles and directives, reduced to their content."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.directives.images import Figure, Image
from docutils.parsers.rst.languages import en
from docutils.parsers.rst.states import Inliner

_DIRECTIVE = re.compile(r"^[ \t]*\.\.[ \t]+(?:\|[^|]+\|[ \t]+)?([A-Za-z][\w.:+-]*)::", re.MULTILINE)
_ROLE = re.compile(r":([A-Za-z][\w.:+-]*):`|`:([A-Za-z][\w.:+-]*):")
_TARGET = re.compile(r"^(.*?)\s*<[^<>]*>$", re.DOTALL)
_MARKERS = {"menuselection": ("-->", "▸"), "guilabel": ("&", "")}
_LITERAL = frozenset({"code-block", "sourcecode", "code", "prompt"})
# fmt: off
_LISTS_OF_FILES = frozenset({
    "toctree", "index", "literalinclude", "include", "tabularcolumns", "default-domain",
    "currentmodule", "highlight", "contents", "sectnum", "raw",
})
_ADMONITIONS = frozenset({
    "attention", "caution", "danger", "error", "hint", "important", "note", "seealso", "tip",
    "todo", "warning",
})
# fmt: on


class _AnyOptions(dict[str, Any]):
    """An option table that takes any name, as written."""

    def __missing__(self, key: str) -> Callable[[str], str]:
        return directives.unchanged

    def __bool__(self) -> bool:
        return True


class ContentDirective(Directive):
    """A directive of which only the argument and the content matter."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = _AnyOptions()

    def run(self) -> list[nodes.Node]:
        name = self.name.lower()
        if name in _LISTS_OF_FILES:
            return []
        if name in _LITERAL:
            caption = self.options.get("caption", "")
            code = nodes.literal_block("", "\n".join(self.content))
            return [*([nodes.paragraph("", caption)] if caption else []), code]
        out: list[nodes.Node] = []
        argument = " ".join(self.arguments)
        if argument and name != "only":
            words, messages = self.state.inline_text(argument, self.lineno)
            out.append(nodes.paragraph(argument, "", *words, *messages))
        body = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, body, match_titles=True)
        return [*out, *body.children]


class _Admonition(ContentDirective):
    """A note, whose text may begin on the line of its name."""

    optional_arguments = 0


class _LenientImage(Image):
    """An image of which only address, alternative text and name matter."""

    option_spec: ClassVar[dict[str, Any]] = _AnyOptions()

    def run(self) -> list[nodes.Node]:
        self.options = {key: self.options[key] for key in ("alt",) if key in self.options}
        return list(super().run())


class _LenientFigure(Figure):
    """A figure likewise, with its caption."""

    option_spec: ClassVar[dict[str, Any]] = _AnyOptions()

    def run(self) -> list[nodes.Node]:
        self.options = {key: self.options[key] for key in ("alt",) if key in self.options}
        return list(super().run())


def register_names(text: str) -> None:
    """Make docutils take every directive and role that `text` uses.

    Names that docutils knows keep their meaning, save those that Sphinx gives more options.
    """
    directives.register_directive("image", _LenientImage)
    directives.register_directive("figure", _LenientFigure)
    for name in _LITERAL | _LISTS_OF_FILES:
        directives.register_directive(name, ContentDirective)
    for name in _ADMONITIONS:
        directives.register_directive(name, _Admonition)
    for name in set(_DIRECTIVE.findall(text)):
        lower = name.lower()
        if lower not in en.directives and lower not in _ADMONITIONS:
            directives.register_directive(lower, ContentDirective)
    for before, after in set(_ROLE.findall(text)):
        role = (before or after).lower()
        if role not in en.roles:
            roles.register_local_role(role, _content_role)  # type: ignore[arg-type]


def _content_role(
    name: str,
    rawtext: str,
    text: str,
    _line: int,
    _inliner: Inliner,
    _options: Mapping[str, Any] | None = None,
    _content: Sequence[str] | None = None,
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    return [nodes.inline(rawtext, _role_words(name, text))], []


def _role_words(role: str, text: str) -> str:
    """The words a reader sees: the title of a link, a menu path with arrows, a bare name."""
    text = nodes.unescape(text)
    old, new = _MARKERS.get(role.rpartition(":")[2], ("", ""))
    if old:
        return text.replace(old, new).replace("&", "")
    titled = _TARGET.match(text)
    if titled is not None and titled[1]:
        return titled[1]
    return text.lstrip("~!") if ":" in role or text.startswith(("~", "!")) else text
