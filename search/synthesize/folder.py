"""A set of queries as a folder: `queries.jsonl`, `images/` and `voices/`."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from indexer.errors import BadQuery
from indexer.store.index import Index
from search.synthesize.kinds import QuerySet

QUERIES = "queries.jsonl"
IMAGES = "images"
VOICES = "voices"


def check_folder(out: Path, index: Index) -> None:
    """Raise BadQuery where `out` has content, or lies where a build would index it."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadQuery(f"{out}: exists and is not an empty folder; name a new one")
    sources = index.manifest.build.get("sources")
    taken = [index.root, *(map(Path, map(str, sources)) if isinstance(sources, list) else ())]
    for folder in taken:
        if out.resolve().is_relative_to(folder.resolve()):
            raise BadQuery(
                f"{out}: lies in {folder}, where a build would find it; name a folder outside"
            )


def write_folder(out: Path, queries: QuerySet) -> int:
    """Write all or nothing to `out`, which must be empty or not there; how many queries.

    Raises OSError where the disk refuses.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        (made / IMAGES).mkdir()
        (made / VOICES).mkdir()
        lines = list(_lines(made, queries))
        (made / QUERIES).write_text("".join(lines), encoding="utf-8")
        made.chmod(0o755)
        os.rename(made, out)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return len(lines)


def _lines(folder: Path, queries: QuerySet) -> Iterator[str]:
    """Each query as a line; its image or recording is written on the way."""
    for kind, drafts in queries.drafts.items():
        for number, draft in enumerate(drafts, start=1):
            id = f"{kind}-{number:03}"
            line: dict[str, str | list[str]] = {"id": id, "kind": kind}
            if draft.voice is not None:
                line |= {"voice": f"{VOICES}/{id}{draft.suffix}", "said": draft.text}
                (folder / VOICES / f"{id}{draft.suffix}").write_bytes(draft.voice)
            elif draft.image is None:
                line["text"] = draft.text
            else:
                line["image"] = f"{IMAGES}/{id}{draft.suffix}"
                (folder / IMAGES / f"{id}{draft.suffix}").write_bytes(draft.image)
            line["relevant"] = list(draft.relevant)
            if draft.exclude:
                line["exclude"] = list(draft.exclude)
            yield json.dumps(line, ensure_ascii=False) + "\n"
