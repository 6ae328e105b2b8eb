"""A lazy registry: name → "module:attribute", imported when first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Generic, TypeVar, cast

from indexer.errors import UnknownName

T = TypeVar("T")


class Registry(Generic[T]):
    """Names of one plug-in point and where each implementation lives.

    Example: `LOADERS.register("markdown", "indexer.loaders.markdown:MarkdownLoader")`.
    """

    def __init__(self, point: str) -> None:
        self._point = point
        self._targets: dict[str, str] = {}

    def register(self, name: str, target: str) -> None:
        """Add or replace `name`. `target` is "package.module:attribute"."""
        self._targets[name] = target

    def names(self) -> list[str]:
        return sorted(self._targets)

    def get(self, name: str) -> T:
        """Import and return the implementation. Raises UnknownName."""
        try:
            module, attribute = self._targets[name].split(":")
        except KeyError:
            known = ", ".join(self.names())
            raise UnknownName(f"unknown {self._point} {name!r}; known: {known}") from None
        return cast(T, getattr(import_module(module), attribute))
