"""A fake of `indexer.building.worker`: notes what it is asked, and behaves as the ids say.

    python tests/api_worker.py FOLDER

FOLDER/current holds the generation, FOLDER/asked gets a line for every request and
FOLDER/starts one for every start. A request with `wait` in an id is answered once FOLDER/go
exists.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def serve(folder: Path) -> None:
    with (folder / "starts").open("a") as starts:
        starts.write(f"{os.getpid()}\n")
    if (folder / "refuse").exists():
        _say({"error": "made with other models", "kind": "IndexMismatch", "status": 503})
        return
    _say({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        _note(folder, request)
        ids = [entry["id"] for part in ("put", "delete") for entry in request[part]]
        _say(_answer(folder, request, ids))


def _note(folder: Path, request: dict[str, Any]) -> None:
    for put in request["put"]:
        path = Path(put.pop("path"))
        put["mode"] = path.stat().st_mode & 0o777
        put["body"] = path.read_bytes().decode(errors="replace")
        put["kept"] = str(path)
    with (folder / "asked").open("a") as asked:
        asked.write(json.dumps(request) + "\n")


def _answer(folder: Path, request: dict[str, Any], ids: list[str]) -> dict[str, Any]:
    said = " ".join(ids)
    if "die" in said:
        os._exit(3)
    if "hang" in said:
        time.sleep(60)
    while "wait" in said and not (folder / "go").exists():
        time.sleep(0.01)
    if "nonsense" in said:
        return {"generation": "none"}
    if "bad" in said:
        return {"error": "bad.md: not UTF-8", "kind": "BadFile", "status": 422}
    if "missing" in said:
        return {"error": "missing.md: no such document", "kind": "NoSuchDocument", "status": 404}
    generation = int((folder / "current").read_text()) + 1
    fresh = folder / "current.tmp"  # the service may read it at any moment
    fresh.write_text(str(generation))
    fresh.replace(folder / "current")
    puts, deletes = len(request["put"]), len(request["delete"])
    notes = ["a note"] * ("note" in said)
    return {"generation": generation, "documents": puts, "deleted": deletes, "notes": notes}


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
