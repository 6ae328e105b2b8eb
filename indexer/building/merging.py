"""Merge the segments of an index as far as the policy asks: python -m indexer.building.merging"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from indexer.errors import TriptychError
from indexer.store.merge import compact

log = logging.getLogger(__name__)


def main() -> None:
    os.nice(10)  # questions go first
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        compact(Path(sys.argv[1]))
    except (TriptychError, OSError) as error:
        log.warning("segments were not merged: %s", error)


if __name__ == "__main__":
    main()
