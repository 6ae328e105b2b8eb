"""The process that writes for the HTTP service: requests on stdin, answers on stdout.

    python -m indexer.building.worker INDEX

One JSON object per line, answered in order. Parsers of untrusted files run here and not in
the service, and a change is written while the service goes on answering.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from indexer.building.live import Deletion, LiveResult, LiveWriter, Upload
from indexer.config import load_settings
from indexer.errors import TriptychError
from indexer.store.merge import is_due

log = logging.getLogger(__name__)


def serve(root: Path, requests: IO[str], answers: IO[str]) -> None:
    """Answer every request until `requests` ends."""
    merging: subprocess.Popen[bytes] | None = None
    try:
        writer = LiveWriter(root, load_settings())
        writer.warm_up()
    except (TriptychError, OSError) as error:
        _say(answers, _refusal(error))
        return
    _say(answers, {"ready": True})
    for line in requests:
        _say(answers, _answer(writer, line))
        if _is_due(root) and (merging is None or merging.poll() is not None):
            # beside the changes: the next ones do not wait for it
            merging = subprocess.Popen(
                [sys.executable, "-m", "indexer.building.merging", str(root)],
                stdin=subprocess.DEVNULL,
            )
    writer.close()


def _is_due(root: Path) -> bool:
    try:
        return is_due(root)
    except (TriptychError, OSError):  # the next change says what is wrong
        return False


def _answer(writer: LiveWriter, line: str) -> dict[str, Any]:
    try:
        request = json.loads(line)
        uploads = [
            Upload(put["id"], Path(put["path"]), put["suffix"]) for put in request.get("put", ())
        ]
        deletions = [Deletion(item["id"], item.get("source")) for item in request.get("delete", ())]
        return _facts(writer.change(uploads, deletions))
    except (TriptychError, OSError) as error:
        return _refusal(error)
    except Exception as error:
        log.exception("a change failed")
        return {"error": f"the change failed: {error}", "kind": type(error).__name__, "status": 500}


def _facts(result: LiveResult) -> dict[str, Any]:
    return {
        "generation": result.generation,
        "documents": result.documents,
        "deleted": result.deleted,
        "notes": [f"{note.path}: {note.reason}" for note in result.notes],
    }


def _refusal(error: TriptychError | OSError) -> dict[str, Any]:
    status = error.http_status if isinstance(error, TriptychError) else 503
    return {"error": str(error), "kind": type(error).__name__, "status": status}


def _say(answers: IO[str], answer: Mapping[str, Any]) -> None:
    print(json.dumps(answer), file=answers, flush=True)


def main() -> None:
    # Idle OpenMP threads that spin take the cores from the service.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not stand between the answers
    serve(Path(sys.argv[1]), sys.stdin, answers)


if __name__ == "__main__":
    main()
