"""A line in the terminal while a model is downloaded and exported."""

from __future__ import annotations

import logging
from types import TracebackType

from rich.console import Console
from rich.filesize import decimal
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed
from rich.text import Text

from indexer.encoders.present import downloaded_bytes

_LOOKS_A_SECOND = 2


class _Downloaded(ProgressColumn):
    """What the hub's cache has gained; the export that follows gains nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._before = downloaded_bytes()

    def render(self, task: Task) -> Text:
        gained = downloaded_bytes() - self._before
        return Text(f"{decimal(gained)} downloaded" if gained > 0 else "", style="dim")


class DownloadBar:
    """Shows the time and the bytes that came. Silent where the error stream is no terminal."""

    def __init__(self, name: str) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            _Downloaded(),
            Elapsed(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            refresh_per_second=_LOOKS_A_SECOND,
        )
        self._bar.add_task(name, total=None)
        self._log = logging.getLogger("indexer.encoders.exported")

    def __enter__(self) -> DownloadBar:
        if not self._bar.disable:
            self._log.setLevel(logging.WARNING)  # its lines would run into the bar
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
        self._log.setLevel(logging.NOTSET)
