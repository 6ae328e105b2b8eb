"""A process that queries an index all the time and follows its generations.

    python -m benchmarks.kill.reader SITE LOG      (SITE in JSON)

Ends when its stdin does. LOG gets a JSON object per line: for each generation its number and
the digest of all that it holds, for each failure its kind and a sentence, at the end counts.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import IO

from benchmarks.kill.check import markers_of, observe
from benchmarks.kill.operation import Site
from benchmarks.kill.truth import State
from indexer.encoders.base import Encoder
from indexer.encoders.choose import text_encoder
from indexer.lanes import TEXT
from indexer.store.index import Index

_K = 5
_PAUSE = 0.005


def digest(state: State) -> str:
    """A hash of a state."""
    rows = sorted((*key, *sorted(markers)) for key, markers in state.items())
    return sha256(json.dumps(rows).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Opened:
    index: Index
    state: State
    keys: list[tuple[str, str]]


class Reader:
    """Queries the live generation and, once there was a newer one, the one before it as well,
    as requests in flight do."""

    def __init__(self, root: Path, encoder: Encoder, by_marker: bool, log: IO[str]) -> None:
        self._root = root
        self._encoder = encoder
        self._by_marker = by_marker
        self._log = log
        self._held: list[_Opened] = []
        self._dead: list[str] = []
        self._rng = Random(0)
        self.requests = 0
        self.generations = 0

    def follow(self) -> None:
        """Take up the live generation where it is another."""
        if self._held and not self._held[-1].index.changed():
            return
        index = Index.open(self._root, base=self._held[-1].index if self._held else None)
        state = observe(index)
        if self._held:
            old = frozenset().union(*self._held[-1].state.values())
            self._dead = sorted(old - frozenset().union(*state.values())) or self._dead
        self._held.append(_Opened(index, state, sorted(state)))
        self.generations += 1
        self._write(generation=index.generation, digest=digest(state))
        for opened in self._held[:-2]:
            opened.index.close()
        del self._held[:-2]

    def ask(self) -> None:
        """One question by words and one by vector, of a generation that is held."""
        opened = self._rng.choice(self._held)
        key = self._rng.choice(opened.keys)
        markers = sorted(opened.state[key])
        if markers:
            self._expect(opened, self._rng.choice(markers), key)
        if self._dead:
            self._expect(self._held[-1], self._rng.choice(self._dead), None)

    def refuse(self, kind: str, what: str) -> None:
        self._write(failure=kind, what=what)

    def finish(self) -> None:
        self._write(requests=self.requests, generations=self.generations)
        for opened in self._held:
            opened.index.close()

    def _expect(self, opened: _Opened, marker: str, key: tuple[str, str] | None) -> None:
        """Ask for a marker: the document of that key has to be found, without one nothing."""
        index = opened.index
        answers = {"words": [scored.id for scored in index.words(marker, _K, None)]}
        if self._by_marker:
            [vector] = self._encoder.encode_queries([marker])
            answers[TEXT] = [scored.id for scored in index.nearest(TEXT, vector, _K, None)]
        for lane, ids in answers.items():
            self.requests += 1
            hits = index.get(ids)
            where = f"generation {opened.index.generation}, {lane}: {marker}"
            for hit in hits:
                known = opened.state.get((hit.source, hit.document), frozenset())
                if not markers_of(hit) <= known or not markers_of(hit):
                    self.refuse("mixed reader answers", f"{where}: {hit.document} says another")
            found = {(hit.source, hit.document) for hit in hits if marker in markers_of(hit)}
            if (lane == "words" or key is None) and found != ({key} if key else set()):
                self.refuse("mixed reader answers", f"{where}: {sorted(found)}, not {key}")

    def _write(self, **values: object) -> None:
        self._log.write(json.dumps(values) + "\n")
        self._log.flush()


def _wait_for_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


def main() -> None:
    site = Site(**json.loads(sys.argv[1]))
    encoder = text_encoder(site.settings)
    ended = threading.Event()
    threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
    with Path(sys.argv[2]).open("a", encoding="utf-8") as log:
        reader = Reader(Path(site.root), encoder, not site.real, log)
        while not ended.is_set():
            try:
                reader.follow()
                reader.ask()
            except Exception as error:
                reader.refuse("failed reader requests", f"{type(error).__name__}: {error}")
            time.sleep(_PAUSE)
        reader.finish()


if __name__ == "__main__":
    main()
