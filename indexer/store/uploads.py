"""The originals of documents that were uploaded: the only copy there is, kept in the index.

Beside each lies a small file that says whose it is, so that no damage elsewhere loses that.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from indexer.store.durable import (
    scrap_path,
    sha256_bytes,
    sha256_file,
    sync,
    write_atomic,
    writing,
)

UPLOADED = "uploaded"
"""The source of documents that came through the service instead of from a folder.

Their `file` is the name of their original in the uploads folder."""

_FACTS = ".about"


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """An original on disk: the id it was given, its name, and when it came (nanoseconds)."""

    id: str
    name: str
    made: int


def uploads_folder(root: Path) -> Path:
    return root / "documents"


def facts_name(name: str) -> str:
    """The file beside an original that says whose it is and what it holds."""
    return name + _FACTS


def original_name(name: str) -> str:
    """The original that a file of the uploads folder is, or is beside."""
    return name.removesuffix(_FACTS)


def store_upload(root: Path, path: Path, id: str, suffix: str) -> str:
    """Keep a file as the original of `id`, flushed to the disk; its name there.

    Call it with a SegmentWriter open or the writer lock held, until the commit: originals
    that no document refers to are cleared away. Raises OSError when it cannot be written.
    """
    content = sha256_file(path)
    name = sha256_bytes(f"{id}\0{content}".encode("utf-8", "surrogatepass")) + suffix
    folder = uploads_folder(root)
    folder.mkdir(exist_ok=True)
    kept = folder / name
    if upload_fault(kept) is None:
        return name
    facts = {"id": id, "sha256": content, "made": time.time_ns()}
    write_atomic(folder / facts_name(name), json.dumps(facts).encode("ascii"))
    scrap = scrap_path(kept)
    with writing(kept):
        shutil.copyfile(path, scrap)
        sync(scrap)
        scrap.replace(kept)
        sync(folder)
    return name


def upload_fault(path: Path) -> str | None:
    """What is wrong with an original, None when it is as it came."""
    try:
        facts = json.loads(path.with_name(facts_name(path.name)).read_bytes())
        expected = facts["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return f"{facts_name(path.name)} beside it is missing or was altered"
    try:
        found = sha256_file(path)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None if found == expected else "was altered"


def stored_uploads(root: Path) -> list[StoredUpload]:
    """The newest original of every id that can be read, by id."""
    newest: dict[str, StoredUpload] = {}
    for path in uploads_folder(root).glob(f"*{_FACTS}"):
        original = path.with_name(original_name(path.name))
        if upload_fault(original) is not None:
            continue
        facts = json.loads(path.read_bytes())
        found = StoredUpload(facts["id"], original.name, facts["made"])
        if found.id not in newest or newest[found.id].made < found.made:
            newest[found.id] = found
    return [newest[id] for id in sorted(newest)]
