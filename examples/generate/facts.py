"""The facts of both products and the Chinese wording of the screens."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from examples.generate.places import DATA, HERE

Table = dict[str, Any]


def read_toml(name: str) -> Table:
    """The table in `data/NAME`."""
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


@cache
def facts() -> Table:
    """`facts.toml`: names, versions, error codes and parts."""
    return tomllib.loads((HERE / "facts.toml").read_text(encoding="utf-8"))


@cache
def chinese() -> dict[str, str]:
    """English wording of a screen → Simplified Chinese."""
    return dict(read_toml("zh.toml"))


def error_of(code: str) -> dict[str, str]:
    """The error with this code. Raises KeyError for a code neither product has."""
    for product in ("brewer", "router"):
        for error in facts()[product]["errors"]:
            if error["code"] == code:
                return dict(error)
    raise KeyError(f"{code}: no such error code in facts.toml")
