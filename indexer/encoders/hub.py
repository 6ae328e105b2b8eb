"""Files from the model hub, and model cards. Runs in the export subprocess only."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from indexer.encoders.refusal import explain
from indexer.encoders.source import hub_name

SKIPPED = ("*.onnx", "*.onnx_data", "onnx/*", "openvino/*", "*.h5", "*.msgpack", "*.ot", "*.gguf")
_CODE = re.compile(r"[a-z]{2}")


def fetched(name: str) -> Path:
    """The local copy of a hub model, downloaded where allowed (HF_HUB_OFFLINE is respected).

    Prefers safetensors; fetches pickled weights only where a model has nothing else.
    """
    from huggingface_hub import snapshot_download

    folder = Path(snapshot_download(name, ignore_patterns=[*SKIPPED, "*.bin", "*.pt", "*.pth"]))
    if not any(folder.rglob("*.safetensors")):
        folder = Path(snapshot_download(name, ignore_patterns=[*SKIPPED, "*.pt", "*.pth"]))
    return folder


def fetched_as(reference: str, model: str) -> Path:
    """`fetched` of the hub name in `model`. Raises what `explain` makes of a failure, which names
    the model as its user did."""
    name = hub_name(model)
    try:
        return fetched(name)
    except Exception as error:
        raise explain(reference, error, name) from error


def give_up_early(name: str) -> None:
    """Where the hub does not answer about a model, ask it for nothing more in this process.

    What was downloaded is used all the same. For each file that is looked for, huggingface_hub
    would try six times over 24 seconds.
    """
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HfHubHTTPError

    try:
        HfApi().model_info(name, timeout=10)
    except HfHubHTTPError:  # an answer, if a bad one
        return
    except Exception:
        constants.HF_HUB_OFFLINE = True


def card(folder: Path) -> tuple[tuple[str, ...], str]:
    """(ISO 639-1 codes, licence) from the front matter of a model card.

    No codes where the card names none, or something else than codes ("multilingual").
    """
    facts = _front_matter(folder / "README.md")
    named = facts.get("language") or []
    codes = [str(code) for code in (named if isinstance(named, list) else [named])]
    plain = bool(codes) and all(_CODE.fullmatch(code) for code in codes)
    licence = facts.get("license")
    return tuple(sorted(codes)) if plain else (), licence if isinstance(licence, str) else ""


def _front_matter(path: Path) -> dict[str, Any]:
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        head = text.split("---", 2)[1] if text.startswith("---") else ""
        facts = yaml.safe_load(head)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, IndexError):
        return {}
    return facts if isinstance(facts, dict) else {}
