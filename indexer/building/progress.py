"""How a long run tells where it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told about stages of work and steps within them."""

    def stage(self, name: str, total: int) -> None:
        """A stage of `total` steps begins; the one before it is over."""

    def step(self, count: int = 1) -> None:
        """`count` more steps of the stage are done."""


class Silent:
    """Progress that nobody watches."""

    def stage(self, name: str, total: int) -> None:
        pass

    def step(self, count: int = 1) -> None:
        pass


class Steps:
    """A known number of steps, told one by one where possible and the rest at the end."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._left = total

    def one(self) -> None:
        if self._left > 0:
            self._left -= 1
            self._progress.step()

    def rest(self) -> None:
        self._progress.step(self._left)
        self._left = 0
