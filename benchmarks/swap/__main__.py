"""What does a new generation cost those who are asking?

Serves an index, keeps 50 questions in flight, and measures them before, during and after:
bare swaps (generations that were built before take turns), rebuilds and changes beside the
service, and the same at the lowest priority. Every answer has to be whole: its header and its
body name one generation, and every hit is a text of that generation.

    python -m benchmarks.swap [--index DIR] [--seconds 20]

Without --index the sample knowledge base is indexed. The index is copied first. Exit code 1
when a request failed, an answer was mixed, or the p99 of bare swaps is over twice that before.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import numpy as np

from benchmarks.swap.bench import CLI, Bench
from benchmarks.swap.load import Load
from search.qrels import read_queries

BAR = 2.0
"""How many times the p99 before a bare swap the p99 during it may be."""

_EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def prepare(index: Path | None, root: Path) -> None:
    """Put an index at `root` whose two newest generations differ in a document."""
    if index is None:
        _command("index", str(_EXAMPLES / "knowledge"), "--into", str(root))
    else:
        shutil.copytree(index, root)
    page = root.parent / "swapped.md"
    page.write_text("# Orange light\n\nThe satellite upstairs flashes orange: move it closer.\n")
    _command("add", str(page), "--index", str(root))


def serve(root: Path) -> tuple[subprocess.Popen[str], int]:
    """The service over the index at `root`, ready, and its port."""
    command = [*CLI, "serve", "--index", str(root), "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "OMP_WAIT_POLICY": "passive"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    for line in process.stdout:
        if "http://" in line:
            port = urlsplit(next(word for word in line.split() if "http://" in word)).port
            assert port is not None
            return process, port
    raise SystemExit(f"{' '.join(command)}: ended with {process.wait()}")


def show(load: Load) -> bool:
    """Print the figures; whether all is as it should be."""
    print(
        f"{'phase':24}{'requests':>9}{'q/s':>7}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'ratio':>7}"
    )
    base = float(np.percentile(load.took("before"), 99))
    ratios = {}
    for name, start, end in load.phases:
        took = load.took(name)
        p50, p99, most = np.percentile(took, [50, 99, 100])
        ratios[name] = p99 / base
        rate = len(took) / (end - start)
        row = f"{len(took):9,}{rate:7.0f}{p50:9.0f}{p99:9.0f}{most:9.0f}{ratios[name]:7.2f}"
        print(f"{name:24}{row}")
    delays = load.delays()
    print(f"\ngenerations made live      {len(load.commits) - 1:8}")
    if delays:
        p50, most = np.percentile(delays, [50, 100])
        print(f"seconds until answers      {p50:8.2f} (p50) {most:8.2f} (most), {len(delays)} seen")
    print(f"errors                     {len(load.errors):8}")
    for error in load.errors[:5]:
        print(f"  {error}")
    for change in load.changes:
        print(f"  {change}")
    mixed = load.mixed()
    print(f"mixed answers              {mixed:8}")
    return not load.errors and not mixed and ratios["bare swaps"] <= BAR


def _command(*arguments: str) -> None:
    done = subprocess.run([*CLI, *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        raise SystemExit(f"triptych {' '.join(arguments)}: {done.stderr[-500:]}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    found = read_queries(_EXAMPLES / "questions" / "questions.jsonl", None)
    questions = [query.text for query in found if query.text]
    pool = ProcessPoolExecutor(1, get_context("spawn"), os.nice, (19,))
    with TemporaryDirectory() as temporary, pool:
        root = Path(temporary) / "index"
        prepare(options.index, root)
        process, port = serve(root)
        try:
            bench = Bench(root, Path(temporary), options.seconds, pool)
            load = asyncio.run(bench.run(port, questions))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
    sys.exit(not show(load))


if __name__ == "__main__":
    main()
