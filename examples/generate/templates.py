"""Jinja templates: screens, photos, the manual and the pages all come from here."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from examples.generate.facts import chinese, error_of, facts
from examples.generate.places import HERE, KNOWLEDGE

_MIME = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}


def render(template: str, lang: str, values: Mapping[str, object]) -> str:
    """The text of a template. Raises when a name or a Chinese wording is missing."""
    wording = (lambda text: chinese()[text]) if lang == "zh" else (lambda text: text)
    return _environment().get_template(template).render(_=wording, lang=lang, **values)


def asset(name: str) -> str:
    """A file of `knowledge/` as a data URI, so that pages need no server."""
    return data_uri(KNOWLEDGE / name)


def data_uri(path: Path) -> str:
    """A picture file as a data URI."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{_MIME[path.suffix]};base64,{data}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE), undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.globals.update(facts=facts(), error_of=error_of, asset=asset)
    return environment
