"""Questions with what answered them, as a file gives them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import BadQuery

_NAMED = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and the documents, assets or records (`relevant`) that answer it.

    `exclude` names what is left out of the index for this question. Questions of one `group`
    are never learnt from and measured on at once; where the file gives none, it is the first
    of `relevant`. `line` counts from 1.
    """

    line: int
    text: str
    relevant: tuple[str, ...]
    exclude: frozenset[str]
    group: str


def read_pairs(path: Path) -> list[Pair]:
    """Read a JSONL file of `{"text", "relevant": […], "exclude"?: […], "group"?}`.

    Other keys, such as the `id` of a query file, are let be; an `image` has to lie below the
    folder of the file. Raises BadQuery naming the lines at fault, up to ten of them.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise BadQuery(f"{path}: cannot be read: {said}") from error
    pairs: list[Pair] = []
    faults: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        parsed = _parse(number, line, path.parent)
        if isinstance(parsed, Pair):
            pairs.append(parsed)
        else:
            faults.append(f"line {number}: {parsed}")
    if faults:
        raise BadQuery(f"{path}: {listed(faults)}")
    if not pairs:
        raise BadQuery(f"{path}: holds no pairs of a question and what answers it")
    return pairs


def check_names(path: Path, pairs: Sequence[Pair], known: Collection[str]) -> None:
    """Raise BadQuery naming the lines whose `relevant` has a name that is not `known`."""
    faults = [
        f"line {pair.line}: {name!r}"
        for pair in pairs
        for name in pair.relevant
        if name not in known
    ]
    if faults:
        raise BadQuery(
            f"{path}: the index does not have what {len(faults):,} of its entries name: "
            f"{listed(faults)}; name documents as `triptych search` shows them"
        )


def listed(faults: Sequence[str]) -> str:
    """The first ten, and how many more there are."""
    more = f"; and {len(faults) - _NAMED:,} more" if len(faults) > _NAMED else ""
    return "; ".join(faults[:_NAMED]) + more


def _parse(number: int, line: str, folder: Path) -> Pair | str:
    """The pair in a line, or what is wrong with it."""
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        return f"not JSON ({error})"
    if not isinstance(data, dict):
        return "not a JSON object"
    if fault := _image_fault(data, folder) or _fault(data):
        return fault
    relevant = tuple(dict.fromkeys(data["relevant"]))
    group = str(data.get("group", relevant[0]))
    return Pair(number, data["text"].strip(), relevant, frozenset(data.get("exclude", [])), group)


def _image_fault(data: dict[str, object], folder: Path) -> str:
    """What is wrong with the picture that a query of a file may show, "" where nothing is."""
    image = data.get("image")
    if not image:
        return ""
    if not isinstance(image, str):
        return "'image' is not a string"
    if not (folder / image).is_file():
        return f"image {image!r}: no such file in {folder}"
    return "" if data.get("text") else "an image without 'text', and tuning learns from texts"


def _fault(data: dict[str, object]) -> str:
    """What is wrong with the keys of a pair, "" where nothing is."""
    text = data.get("text")
    if not isinstance(text, str) or not text.strip():
        return "no 'text'"
    for key in ("relevant", "exclude"):
        values = data.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            return f"{key!r} is not a list of strings"
    if not data.get("relevant"):
        return "no 'relevant'"
    if not isinstance(data.get("group", ""), str | int):
        return "'group' is neither a string nor a number"
    return ""
