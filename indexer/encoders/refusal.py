"""Why a model cannot be used, in one sentence: checks before loading, errors after."""

from __future__ import annotations

import errno
import json
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from indexer.errors import BadConfig, MissingModel, TriptychError

_SHOWN = 240
_LONGEST_HEADER = 100_000_000
_LENGTH = struct.Struct("<Q")
_LFS = b"version https://git-lfs"
_TORCH = (b"PK", b"\x80")
"""How a checkpoint of torch begins: a zip archive or, before 1.6, a pickle."""
_UNREACHABLE = (
    "ConnectError",
    "ConnectTimeout",
    "ConnectionError",
    "OfflineModeIsEnabled",
    "LocalEntryNotFoundError",
)
_OTHER_SHAPES = ("loading state_dict", "size mismatch", "width changed")
_NOT_THERE = (
    "no such model on the hub; check the name, or set HF_TOKEN to the token of an account that "
    "may read it"
)
_HUB_SAYS = {
    "GatedRepoError": "the hub gives it only to those who accepted its terms; accept them on its "
    "page there, set HF_TOKEN to your token, and try again",
    "RepositoryNotFoundError": _NOT_THERE,
    "RevisionNotFoundError": _NOT_THERE,
    "RemoteEntryNotFoundError": "the hub has it, but without the files that are needed",
}
"""What each error of huggingface_hub means; the first found counts, as they inherit."""


def check_weights(path: Path) -> None:
    """Refuse a weights file that is cut short or stands for one, before any library opens it.

    Raises MissingModel, or BadConfig for a file of another kind.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(len(_LFS))
        if head == _LFS:
            raise MissingModel(f"{path}: a Git LFS pointer, not weights; run: git lfs pull")
        if not size:
            raise MissingModel(f"{path}: empty file; copy the weights again")
        if path.suffix == ".safetensors":
            _check_safetensors(path, size)
        elif not head.startswith(_TORCH):
            raise BadConfig(f"{path}: no weights; neither safetensors nor a checkpoint of torch")
        elif head.startswith(b"PK") and not zipfile.is_zipfile(path):
            raise MissingModel(f"{path}: damaged or incomplete; copy or download it again")


def _check_safetensors(path: Path, size: int) -> None:
    """The header of the format says where the last tensor ends: compare with the file."""
    with path.open("rb") as file:
        start = file.read(_LENGTH.size)
        length = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else 0
        if not 0 < length <= _LONGEST_HEADER:
            raise MissingModel(f"{path}: not a safetensors file")
        try:
            header = json.loads(file.read(length))
            ends = [item["data_offsets"][1] for key, item in header.items() if key[:2] != "__"]
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise MissingModel(f"{path}: not a whole safetensors file; copy it again") from None
    expected = _LENGTH.size + length + max(ends, default=0)
    if size != expected:
        raise MissingModel(
            f"{path}: incomplete, {size:,} bytes of {expected:,}; copy or download it again"
        )


def explain(model: str, error: BaseException, hub: str = "") -> TriptychError:
    """Any failure of loading or exporting → the error to show, one sentence, no traceback.

    `hub` is the name of the weights on the model hub, where it is not the reference itself.
    """
    if isinstance(error, TriptychError):
        return error
    chain = list(_chain(error))
    names = {kind.__name__ for item in chain for kind in type(item).__mro__}
    text = " ".join(str(item) for item in chain)
    known = _hub_failure(model, hub, names, text) or _checkpoint_failure(model, names, text)
    if known:
        return known
    said = f"{type(error).__name__}: {_detail(str(error))}"
    if names & {"TypeError", "ValueError", "LookupError", "AttributeError", "AssertionError"}:
        return BadConfig(f"{model}: not a model that can be exported ({said})")
    return MissingModel(f"{model}: cannot be exported ({said})")


def _hub_failure(model: str, hub: str, names: set[str], text: str) -> TriptychError | None:
    if os.strerror(errno.ENOSPC) in text:
        return MissingModel(
            f"{model}: no space left on the disk for it; free some, or name another with HF_HOME "
            "(downloads) and TRIPTYCH_CACHE (exports)"
        )
    said = next((meaning for name, meaning in _HUB_SAYS.items() if name in names), "")
    if said:
        return MissingModel(f"{model}: {said}")
    if names & set(_UNREACHABLE) or "couldn't connect" in text.lower():
        return MissingModel(unreachable(model, hub, _switched_off()))
    if "Required pretrained weights" in text:
        return MissingModel(f"{model}: no weights found for it")
    return None


def _switched_off() -> bool:
    """Whether the hub library was told to ask no network (huggingface_hub, constants.py)."""
    said = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return said.upper() in {"1", "ON", "YES", "TRUE"}


def _checkpoint_failure(model: str, names: set[str], text: str) -> TriptychError | None:
    if "TorchScript" in text:
        return BadConfig(f"{model}: a TorchScript archive; save its weights as safetensors")
    if names & {"UnpicklingError"} or "Weights only load failed" in text:
        return BadConfig(
            f"{model}: the checkpoint is no plain set of weights (a pickle that carries code, "
            "or damaged) and was not loaded; save it as safetensors where you trust it"
        )
    if any(words in text for words in _OTHER_SHAPES):
        return BadConfig(f"{model}: the weights belong to another architecture: {_detail(text)}")
    if "zip archive" in text or names & {"SafetensorError", "EOFError"}:
        return MissingModel(f"{model}: the checkpoint is damaged or incomplete; copy it again")
    if "MemoryError" in names:
        return MissingModel(f"{model}: not enough memory to export it")
    return None


def unreachable(model: str, hub: str = "", offline: bool = False) -> str:
    """What to do when the hub cannot be reached or may not be asked, with the commands.

    `hub` is the name of the weights on the hub, where it is not the reference itself.
    """
    name = hub or model.removeprefix("hf-hub:")
    encoder = model.rpartition("hf-hub:")[0]
    why = "the network is switched off (offline)" if offline else "the model hub cannot be reached"
    return (
        f"{model}: not on this machine, and {why}; with a network run: triptych models fetch "
        f"{model}; or elsewhere run: hf download {name} --local-dir FOLDER, then use "
        f"{encoder}local-dir:FOLDER"
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def _detail(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else words[:_SHOWN] + " …"
