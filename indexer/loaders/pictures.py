"""References to pictures in a document: which file one names, and its bytes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, unquote_to_bytes

from indexer.config import Limits
from indexer.images import SUFFIXES
from indexer.loaders.base import Report, SourceFile

_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]+):|^//", re.IGNORECASE)


def resolve_picture(
    file: SourceFile, reference: str, report: Report, limits: Limits | None = None
) -> tuple[str, bytes] | None:
    """The asset (path relative to the root, forward slashes) and bytes that `reference` names.

    `reference` is an address as it stands in `file`: relative to it, or to the root when it
    begins with "/". Percent-escapes, `<…>`, query and fragment are undone; where no file has
    the exact name, one that differs in case is taken. Nothing outside the root is read, not
    through a link either, and nothing is fetched: web addresses give None. A data: address is
    decoded. What is wrong with the reference goes to `report`, and None comes back.
    """
    address = reference.strip().removeprefix("<").removesuffix(">").strip()
    scheme = _SCHEME.match(address)
    if scheme is not None:
        inline = (scheme[1] or "").lower() == "data"
        return _inline(file, address, report, limits or Limits()) if inline else None
    for name in _spellings(address):
        found = _find(file, name)
        if found is not None:
            return _read(file, found, name, report, limits or Limits())
    _note_missing(file, address, report)
    return None


def _spellings(address: str) -> list[str]:
    """The file names that an address may mean, likeliest first."""
    bare = re.split(r"[?#]", address, maxsplit=1)[0]
    names = [unquote(bare), bare, unquote(address), address]
    # Windows writers use back slashes; they are names of their own on other systems.
    names += [name.replace("\\", "/") for name in names if "\\" in name]
    return [name for name in dict.fromkeys(names) if name and "\0" not in name]


def _parts(file: SourceFile, name: str) -> list[str] | None:
    """The path below the root that `name` leads to; None where it climbs out of the root."""
    base = () if name.startswith("/") else PurePosixPath(file.path).parent.parts
    parts: list[str] = []
    for part in (*base, *name.split("/")):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return parts


def _find(file: SourceFile, name: str) -> PurePosixPath | None:
    parts = _parts(file, name)
    if not parts:
        return None
    folder, found = file.root, PurePosixPath()
    for part in parts:
        match = _entry(folder, part)
        if match is None:
            return None
        folder, found = folder / match, found / match
    return found if folder.is_file() else None


def _entry(folder: Path, name: str) -> str | None:
    """`name` as it is spelt in `folder`, or the first entry that differs in case only."""
    try:
        if (folder / name).exists():
            return name
        wanted = name.casefold()
        return min((e.name for e in folder.iterdir() if e.name.casefold() == wanted), default=None)
    except OSError:
        return None


def _read(
    file: SourceFile, found: PurePosixPath, name: str, report: Report, limits: Limits
) -> tuple[str, bytes] | None:
    path = file.root / found
    if not path.resolve().is_relative_to(file.root.resolve()):
        report.note(file.absolute, f"links to {name}, which lies outside the source; not read")
        return None
    if found.suffix.lower() not in SUFFIXES:
        report.note(file.absolute, f"shows {name}, which is not an image of a kind that is read")
        return None
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= limits.image_bytes else b""
    except OSError as error:
        report.skip(path, f"cannot be read: {error.strerror or error}")
        return None
    if size > limits.image_bytes:
        report.skip(path, f"{size:,} bytes; images of up to {limits.image_bytes:,} are read")
        return None
    if not data:
        report.skip(path, "empty file, not an image")
        return None
    return found.as_posix(), data


def _inline(
    file: SourceFile, address: str, report: Report, limits: Limits
) -> tuple[str, bytes] | None:
    """The image of a data: address, named after its page and content."""
    head, comma, body = address.partition(",")
    kind = head[len("data:") :].split(";")[0].strip().lower()
    suffix = "." + kind.removeprefix("image/").replace("jpeg", "jpg")
    if not comma or suffix not in SUFFIXES or len(body) > 2 * limits.image_bytes:
        report.note(file.absolute, f"shows an inline image of kind {kind or '(none)'}; not read")
        return None
    try:
        raw = unquote_to_bytes(body)
        data = base64.b64decode(raw, validate=False) if head.lower().endswith(";base64") else raw
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        report.note(file.absolute, "shows an inline image that is not valid base64; not read")
        return None
    return f"{file.path}#{hashlib.sha256(data).hexdigest()[:12]}{suffix}", data


def _note_missing(file: SourceFile, address: str, report: Report) -> None:
    name = unquote(address)
    if _parts(file, name) is None:
        report.note(file.absolute, f"links to {name}, which lies outside the source; not read")
    else:
        report.note(file.absolute, f"links to {name or '(no name)'}, which is not there")
