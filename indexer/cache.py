"""What was expensive to compute, kept by content: text read in images, and vectors.

One SQLite file serves every index on the machine, so a second index of the same files, a
new chunking or a rebuild computes only what is new. Losing the file costs time, nothing else.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from indexer.errors import CannotWrite

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""
_BATCH = 500  # SQLite's default limit of variables in a statement is 999

log = logging.getLogger(__name__)


def content_key(data: bytes | str) -> str:
    """The SHA-256 (hex) by which content is known."""
    return sha256(data.encode() if isinstance(data, str) else data).hexdigest()


class Cache:
    """(kind, key) → bytes. Safe for several threads and processes at once.

    `kind` carries the fingerprint of what computed the value, so that another model never
    finds it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "cache.sqlite"
        self._lock = threading.Lock()
        try:
            self._db = self._connect()
        except sqlite3.OperationalError as error:  # a full or busy disk: what is there is fine
            raise CannotWrite(
                f"{self._path}: cannot be opened: {error}; make room, or set TRIPTYCH_CACHE"
            ) from error
        except sqlite3.DatabaseError as error:
            log.warning("%s is damaged (%s); starting a new cache", self._path, error)
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            self._db = self._connect()

    def get(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        """The values that are known, by key."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, bytes] = {}
        with self._lock:
            for start in range(0, len(wanted), _BATCH):
                part = wanted[start : start + _BATCH]
                marks = ",".join("?" * len(part))
                rows = self._db.execute(
                    f"SELECT key, value FROM entries WHERE kind = ? AND key IN ({marks})",
                    [kind, *part],
                )
                found.update(rows)
        return found

    def put(self, kind: str, values: Mapping[str, bytes]) -> None:
        rows: Sequence[tuple[str, str, bytes]] = [(kind, k, v) for k, v in values.items()]
        try:
            with self._lock, self._db:
                self._db.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", rows)
        except sqlite3.OperationalError as error:  # a cache saves time and costs no build
            log.warning("%s: nothing more is kept: %s", self._path, error)

    def forget(self, beginnings: Iterable[str]) -> None:
        """Delete the values of all kinds whose key begins so, and wipe them from the file."""
        with self._lock, self._wiping():
            kinds = [kind for (kind,) in self._db.execute("SELECT DISTINCT kind FROM entries")]
            with self._db:
                for beginning in beginnings:
                    self._db.executemany(
                        "DELETE FROM entries WHERE kind = ? AND key >= ? AND key < ?",
                        [(kind, beginning, beginning + "g") for kind in kinds],  # hex ends at f
                    )

    def forget_kind(self, beginning: str) -> None:
        """Delete all values whose kind begins so, and wipe them from the file."""
        with self._lock, self._wiping(), self._db:
            kinds = [kind for (kind,) in self._db.execute("SELECT DISTINCT kind FROM entries")]
            gone = [(kind,) for kind in kinds if kind.startswith(beginning)]
            self._db.executemany("DELETE FROM entries WHERE kind = ?", gone)

    def empty(self) -> None:
        """Delete everything, and wipe it from the file."""
        with self._lock, self._wiping(), self._db:
            self._db.execute("DELETE FROM entries")

    @contextmanager
    def _wiping(self) -> Iterator[None]:
        """Deleted values are overwritten, in the file and in its log."""
        self._db.execute("PRAGMA secure_delete = ON")
        try:
            yield
        finally:
            self._db.execute("PRAGMA secure_delete = OFF")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=60, check_same_thread=False)
        try:
            # a read-only or network file system may not offer a write-ahead log
            with suppress(sqlite3.OperationalError):
                db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute(_SCHEMA)
        except sqlite3.Error:
            db.close()
            raise
        return db
