"""What spaces that are fitted to an index were fitted with: one file for each fit, never edited.

A space names its fit by its fingerprint, which is the SHA-256 of the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from safetensors import SafetensorError, safe_open

from indexer.encoders.base import Space
from indexer.encoders.lsa import LSA, LsaEncoder
from indexer.store.durable import sha256_bytes, sha256_file, sync, write_atomic
from indexer.store.manifest import damaged

FITS = "fits"


def write_fit(root: Path, data: bytes) -> None:
    """Keep a fit, flushed to the disk. Raises OSError when it cannot be written."""
    path = fit_path(root, sha256_bytes(data))
    if not path.is_file() or path.read_bytes() != data:
        if not path.parent.is_dir():
            path.parent.mkdir()
            sync(root)
        write_atomic(path, data)


def open_fit(root: Path, space: Space) -> LsaEncoder:
    """The encoder of a fitted space. Raises IndexDamaged."""
    path = fit_path(root, space.fingerprint)
    if fault := fit_fault(root, space):
        raise damaged(root, path, fault)
    try:
        return LsaEncoder(path.read_bytes())
    except ValueError as error:
        raise damaged(root, path, str(error)) from error


def fitted_texts(root: Path, space: Space) -> int:
    """How many texts a space was fitted to. Raises IndexDamaged."""
    path = fit_path(root, space.fingerprint)
    try:
        with safe_open(path, framework="np") as file:
            return int(file.get_tensor("fitted")[0])
    except (SafetensorError, OSError) as error:
        raise damaged(root, path, "cannot be read") from error


def fit_fault(root: Path, space: Space) -> str:
    """What is wrong with the fit of a space; "" where nothing is, or it needs none."""
    if space.encoder != LSA:
        return ""
    try:
        same = sha256_file(fit_path(root, space.fingerprint)) == space.fingerprint
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "" if same else "was altered"


def fitted_space(spaces: Iterable[Space]) -> Space | None:
    """The one space that is fitted to the index, None where there is none."""
    return next((space for space in spaces if space.encoder == LSA), None)


def fit_path(root: Path, fingerprint: str) -> Path:
    return root / FITS / f"{fingerprint}.safetensors"
