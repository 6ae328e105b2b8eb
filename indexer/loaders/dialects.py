"""Extensions of Markdown that publishing tools add, turned into plain Markdown.

GitBook (`{% hint %}`), Microsoft Docs (`:::image:::`, `> [!NOTE]`, rows, zones), VitePress and
Docusaurus (`::: tip`), MkDocs (`!!! note`, `{: .class }`), template includes (`{{…}}`). What
they wrap stays; what they only steer goes. Code, fenced or inline, is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_FENCE = re.compile(r"^[\s>]*(?:(?:[-*+]|\d+[.)])\s+)?(`{3,}|~{3,})([^`]*)$")
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*\"([^\"]*)\"")
_COLONS = re.compile(r"^([\s>]*):{3,}[ \t]*([\w-]*)(.*)$")
_TITLED = re.compile(
    r"^(?:tip|info|note|warning|danger|details|important|caution|success|question|example)$", re.I
)
_CALLOUT = re.compile(r"^([\s>]*>[\s>]*)\[!(\w+)[^\]\[]*\][-+]?[ \t]*(.*)$")
_ADMONITION = re.compile(r"^([ ]*)(?:!!!|\?\?\?\+?)[ ]+[\w -]+?(?:[ ]+\"(.*)\")?[ ]*$")
_HEADING_ID = re.compile(r"^([\s>]*#{1,6}\s.*?)[ \t]*\{:?[ \t]*[#.][^{}]*\}[ \t]*$")
_ATTRIBUTE_LIST = re.compile(r"^\s*\{:[^{}]*\}\s*$")
_SPACED_IMAGE = re.compile(
    r"!\[([^\]]*)\]\(\s*([^<>()\"]*?\.\w{3,4})(?:[ \t]+=\d*%?x\d*%?)?([ \t]+\"[^\"]*\")?\s*\)"
)
_CODE_OR = r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))|"
_INLINE = re.compile(
    _CODE_OR
    + r"(?P<tag>\{%.*?%\}|&#xNAN;)"
    + r"|(?P<include>\[!INCLUDE[ \t]*\[[^\]]*\]\([^)]*\)\]|\{\{[^{}]*\}\})"
    + r"|:::no-loc[ \t]+text=\"(?P<word>[^\"]*)\":::"
    + r"|(?P<picture>:::image\b[^:]*(?::(?!::)[^:]*)*:::)"
    + r"|(?P<size>(?<=\))\{[^{}\n]*=[^{}\n]*\})",
    re.IGNORECASE,
)

_LONGEST = 10_000
"""Longer lines are data, not text; the patterns above would take too long on them."""


def plain_markdown(text: str) -> str:
    """Markdown without the extensions above, line for line where it can be."""
    return "\n".join(_outside_fences(_dedented(text.split("\n")), _plain_line))


def _outside_fences(lines: Iterator[str], change: Callable[[str], str]) -> Iterator[str]:
    fence = ""
    for line in lines:
        match = _FENCE.match(line)
        if fence:
            closes = match is not None and match[1].startswith(fence) and not match[2].strip()
            fence = "" if closes else fence
            yield line
        elif match is not None:
            fence = match[1]
            yield line
        else:
            yield change(line)


def _dedented(lines: list[str]) -> Iterator[str]:
    """Lines with the body of MkDocs admonitions moved out to their marker's indent."""
    marker: int | None = None
    for line in lines:
        match = _ADMONITION.match(line)
        indent = len(line) - len(line.lstrip(" "))
        if match is not None:
            marker = indent
            yield f"\n{match[1]}{match[2] or ''}\n"
        elif marker is not None and line.strip() and indent < marker + 4:
            marker = None
            yield line
        else:
            yield line if marker is None or not line.strip() else line[:marker] + line[marker + 4 :]


def _plain_line(line: str) -> str:
    if len(line) > _LONGEST:
        return line
    if callout := _CALLOUT.match(line):
        is_text = callout[2].lower() not in ("video", "div", "include")
        return callout[1] + (callout[3] if is_text else "")
    if colons := _COLONS.match(line):
        indent, name, rest = colons.groups()
        if not rest.rstrip().endswith(":::"):
            return indent + (rest.strip() if _TITLED.match(name) and "=" not in rest else "")
        if name.lower() not in ("image", "no-loc"):
            return indent
    if _ATTRIBUTE_LIST.match(line):
        return ""
    line = _HEADING_ID.sub(r"\1", line)
    line = _INLINE.sub(_plain_inline, line)
    return _SPACED_IMAGE.sub(_bracketed, line)


def _plain_inline(match: re.Match[str]) -> str:
    if match["code"] is not None:
        return match["code"]
    if match["word"] is not None:
        return match["word"]
    if match["tag"] is not None:
        title = dict(_ATTRIBUTE.findall(match["tag"])).get("title", "")
        return f"\n\n{title}\n\n" if title else ""
    if match["picture"] is not None:
        return _picture(match["picture"])
    return ""


def _picture(directive: str) -> str:
    attributes = dict(_ATTRIBUTE.findall(directive))
    source = attributes.get("source", "").replace("<", "%3C").replace(">", "%3E")
    alt = re.sub(r"([\[\]\\])", r"\\\1", attributes.get("alt-text", ""))
    return f"![{alt}](<{source}>)" if source else ""


def _bracketed(match: re.Match[str]) -> str:
    """An image whose address holds spaces, as Markdown wants it."""
    alt, source, title = match.groups()
    return f"![{alt}](<{source}>{title or ''})" if source else match[0]
