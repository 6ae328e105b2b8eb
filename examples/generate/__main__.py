"""Entry point: `.venv/bin/python -m examples.generate`, from the root of the repository."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from examples.generate.requirements import missing


def main() -> int:
    """Make everything. Returns 1, with what to install, when something is missing."""
    lines = missing()
    if lines:
        sys.stderr.write("Cannot make the sample knowledge base. Missing:\n")
        sys.stderr.writelines(f"  {line}\n" for line in lines)
        return 1
    from examples.generate import manual, pages, photos, questions, screens, tickets
    from examples.generate.browser import painter

    pages.write_pages()
    tickets.write_tickets()
    with painter() as brush, tempfile.TemporaryDirectory() as folder:
        screens.draw_screens(brush)
        photos.draw_photos(brush, Path(folder))
        manual.print_manual(brush, Path(folder))
        questions.write_questions(brush)
    return 0


if __name__ == "__main__":
    sys.exit(main())
