"""Does any kill lose, bring back or damage anything?

Kills processes that index, add, remove, put, merge, rebuild and purge, at random moments,
while another process queries all the time. After every kill and every finished operation the
index has to verify, to hold exactly the documents that it should, and to find them in every
lane. A tenth of the kills falls on an index that the packaged sentence encoder makes.

    python -m benchmarks.kill [--kills 200] [--seed 0] [--folder DIR]

Exit code 1 unless nothing failed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.kill.campaign import MOST_REPEATED, Campaign, Report
from benchmarks.kill.check import KINDS
from benchmarks.kill.operation import KINDS as OPERATIONS
from benchmarks.kill.operation import Site
from benchmarks.kill.plan import World
from benchmarks.kill.tree import Shape
from benchmarks.kill.victim import STAGES

_SHAPE = Shape(pages=30, pictures=6, exports=2, tickets=150)
_REAL = Shape(pages=12, pictures=0, exports=1, tickets=30)


def campaign(folder: Path, shape: Shape, kills: int, seed: int, real: bool) -> Report:
    """Run `kills` kills in `folder`; with `real`, on an index that the real encoder makes."""
    rng = Random(seed)
    folder.mkdir(parents=True)
    site = Site(str(folder / "index"), str(folder / "cache"), real)
    world = World(folder, shape, rng)
    return Campaign(site, world, rng, partial(print, flush=True)).run(kills)


def show(reports: Sequence[Report]) -> None:
    """Print the tables."""
    kills = sum((report.kills for report in reports), start=Counter[tuple[str, str]]())
    finished = sum((report.finished for report in reports), start=Counter[str]())
    print(f"\n{'killed':32}" + "".join(f"{kind:>9}" for kind in (*OPERATIONS, "all")))
    for stage in STAGES:
        row = [kills[kind, stage] for kind in OPERATIONS]
        print(f"{stage:32}" + "".join(f"{count:9}" for count in (*row, sum(row))))
    row = [sum(kills[kind, stage] for stage in STAGES) for kind in OPERATIONS]
    print(f"{'all':32}" + "".join(f"{count:9}" for count in (*row, sum(row))))
    row = [finished[kind] for kind in OPERATIONS]
    print(f"{'run to the end':32}" + "".join(f"{count:9}" for count in (*row, sum(row))))
    print(f"\n{'reader requests':40}{sum(report.requests for report in reports):10,}")
    print(f"{'generations the reader opened':40}{sum(r.generations for r in reports):10,}")
    most = max(report.repeated for report in reports)
    print(f"{'most passages a kill cost twice':40}{most:10,}   (at most {MOST_REPEATED})\n")
    for kind in KINDS:
        print(f"{kind:40}{sum(report.counts()[kind] for report in reports):10,}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="a new folder, which is kept")
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        share = options.kills // 10
        reports = [
            campaign(folder / "markers", _SHAPE, options.kills - share, options.seed, False),
            *([campaign(folder / "real", _REAL, share, options.seed, True)] if share else []),
        ]
    show(reports)
    sys.exit(any(report.failures for report in reports))


if __name__ == "__main__":
    main()
