"""Where the files of a reranker's model lie, without opening them."""

from __future__ import annotations

from pathlib import Path

from indexer.encoders.precision import INT8, is_int8
from indexer.encoders.source import LOCAL_PREFIX, hub_name, local_folder
from indexer.errors import BadConfig


def reranker_source(name: str, model: str) -> Path | None:
    """The model's folder, None for a name on the hub. Raises BadConfig or MissingModel.

    `name` is the reranker's, `model` is `local-dir:PATH` or a name on the hub.
    """
    if not model:
        raise BadConfig(
            f"reranker '{name}' needs a model: write {name}:ORG/NAME or {name}:{LOCAL_PREFIX}PATH"
        )
    if is_int8(model):
        raise BadConfig(f"'{name}:{model}': rerankers have no 8-bit form; leave {INT8} out")
    if model.startswith(LOCAL_PREFIX):
        return local_folder(model)
    hub_name(model)
    return None
