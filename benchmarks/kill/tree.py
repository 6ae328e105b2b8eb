"""A folder of generated documents that changes, and what each document in it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.kill.models import marker_of, markers_in, picture_of

_WORDS = (
    *("router", "cable", "lamp", "button", "water", "pressure", "update", "password", "signal"),
    *("kettle", "filter", "pump", "valve", "screen", "panel", "adapter", "firmware", "reset"),
    *("orange", "green", "blinking", "error", "connect", "wall", "upstairs", "guest", "printer"),
    *("speed", "channel", "handle", "lid", "drain", "clean", "press", "hold", "wait", "check"),
)


class Markers:
    """A source of markers that never gives one twice."""

    def __init__(self) -> None:
        self._last = 0

    def take(self) -> int:
        self._last += 1
        return self._last * 7919 % (1 << 24)


@dataclass(frozen=True, slots=True)
class Shape:
    """How much a tree holds: pages, lone pictures, ticket files with so many tickets each."""

    pages: int
    pictures: int
    exports: int
    tickets: int


class Tree:
    """A folder whose files are written, rewritten and deleted at random.

    `documents` maps the path of each document, as an index names it, to its markers.
    """

    def __init__(self, root: Path, shape: Shape, markers: Markers, rng: Random) -> None:
        root.mkdir(parents=True)
        self.root = root
        self.documents: dict[str, frozenset[str]] = {}
        self._shape = shape
        self._markers = markers
        self._rng = rng
        self._made = 0
        for _ in range(shape.pages):
            self._add_page()
        for _ in range(shape.pictures):
            self._add_picture()
        for _ in range(shape.exports):
            self._add_export()

    def change(self, times: int) -> None:
        """Add, rewrite or delete a file, or some tickets of one, so many times."""
        steps: Sequence[Callable[[], None]] = (
            self._add_page,
            self._rewrite_page,
            self._delete_page,
            *([self._add_picture, self._delete_picture] if self._shape.pictures else []),
            *([self._change_tickets] if self._shape.exports else []),
        )
        for _ in range(times):
            self._rng.choice(steps)()

    def files(self) -> list[str]:
        """The paths of the files that documents come from."""
        return sorted({path.partition("#")[0] for path in self.documents})

    def _add_page(self) -> None:
        self._made += 1
        suffix = self._rng.choice((".md", ".md", ".txt"))
        folder = self._rng.choice(("", "guides/", "faq/"))
        self._write_page(f"{folder}page-{self._made:04}{suffix}")

    def _rewrite_page(self) -> None:
        if pages := self._named("page-"):
            self._write_page(self._rng.choice(pages))

    def _delete_page(self) -> None:
        pages = self._named("page-")
        if len(pages) > self._shape.pages // 2:
            path = self._rng.choice(pages)
            self._picture_of(path).unlink(missing_ok=True)
            (self.root / path).unlink()
            del self.documents[path]

    def _write_page(self, path: str) -> None:
        file = self.root / path
        file.parent.mkdir(exist_ok=True)
        picture = self._picture_of(path)
        picture.unlink(missing_ok=True)
        text = page_text(self._markers, self._rng)
        found = markers_in(text)
        if file.suffix == ".md" and self._shape.pictures and self._rng.random() < 0.4:
            picture.parent.mkdir(exist_ok=True)
            number, alt = self._markers.take(), marker_of(self._markers.take())
            picture_of(number).save(picture)
            text += f"\n![The panel {alt}](images/{picture.name})\n"
            found |= {marker_of(number), alt}
        file.write_text(text)
        self.documents[path] = found

    def _picture_of(self, page: str) -> Path:
        """The picture that a page shows, where it shows one."""
        file = self.root / page
        return file.parent / "images" / f"{file.stem}.png"

    def _add_picture(self) -> None:
        self._made += 1
        number = self._markers.take()
        path = f"photo-{self._made:04}.png"
        picture_of(number).save(self.root / path)
        self.documents[path] = frozenset({marker_of(number)})

    def _delete_picture(self) -> None:
        pictures = self._named("photo-")
        if len(pictures) > 1:
            path = self._rng.choice(pictures)
            (self.root / path).unlink()
            del self.documents[path]

    def _add_export(self) -> None:
        self._made += 1
        path = f"tickets-{self._made:04}.csv"
        for number in range(self._shape.tickets):
            self.documents[f"{path}#T{number}"] = _ticket(self._markers)
        self._write_tickets(path)

    def _change_tickets(self) -> None:
        """Rewrite a few tickets of a file, delete one, add one."""
        path = self._rng.choice(
            sorted({name.partition("#")[0] for name in self._named("tickets-")})
        )
        names = [name for name in self.documents if name.startswith(f"{path}#")]
        for name in self._rng.sample(names, min(3, len(names))):
            self.documents[name] = _ticket(self._markers)
        if len(names) > 2:
            del self.documents[self._rng.choice(names)]
        self._made += 1
        self.documents[f"{path}#N{self._made}"] = _ticket(self._markers)
        self._write_tickets(path)

    def _write_tickets(self, path: str) -> None:
        rows = {
            name.partition("#")[2]: sorted(found)
            for name, found in self.documents.items()
            if name.startswith(f"{path}#")
        }
        (self.root / path).write_text(tickets_text(rows))

    def _named(self, beginning: str) -> list[str]:
        return sorted(
            path for path in self.documents if path.rpartition("/")[2].startswith(beginning)
        )


def page_text(markers: Markers, rng: Random) -> str:
    """A page in Markdown with a marker in its title and one in every paragraph."""
    parts = [f"# Manual {marker_of(markers.take())}"]
    for section in range(rng.randint(1, 4)):
        parts.append(f"## Step {section + 1} {rng.choice(_WORDS)}")
        parts += [_paragraph(markers, rng) for _ in range(rng.randint(1, 3))]
    return "\n\n".join(parts) + "\n"


def tickets_text(rows: dict[str, list[str]]) -> str:
    """A ticket export in CSV; each ticket has two markers, in its subject and its solution."""
    lines = [
        f"{id},Trouble {found[0]},The lamp {found[0]} blinks.,Press {found[-1]} and wait.,P100\n"
        for id, found in rows.items()
    ]
    return "id,subject,description,resolution,product\n" + "".join(lines)


def _paragraph(markers: Markers, rng: Random) -> str:
    words = rng.choices(_WORDS, k=rng.randint(25, 60))
    words.insert(rng.randrange(len(words)), marker_of(markers.take()))
    return " ".join(words).capitalize() + "."


def _ticket(markers: Markers) -> frozenset[str]:
    return frozenset({marker_of(markers.take()), marker_of(markers.take())})
