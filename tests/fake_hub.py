"""A model hub on this machine, as far as huggingface_hub asks one, and a tiny model for it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from indexer.encoders.source import packaged_folder

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIM = 8
REFUSALS = {
    "org/gated": (403, "GatedRepo"),
    "org/absent": (404, "RepoNotFound"),
    "org/private": (401, "RepoNotFound"),
}


@dataclass
class Hub:
    """Serves the folders of `models`; remembers what was asked."""

    models: dict[str, Path]
    url: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(models: dict[str, Path]) -> Iterator[Hub]:
    """A hub with these models until the block ends."""
    hub = Hub(models)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, hub, True)

        def do_HEAD(self) -> None:
            _answer(self, hub, False)

        def log_message(self, *arguments: object) -> None:
            """Nothing: the tests look at `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(request: BaseHTTPRequestHandler, hub: Hub, body: bool) -> None:
    path = request.path.partition("?")[0]
    hub.asked.append(f"{request.command} {path}")
    api = path.startswith("/api/models/")
    parts = path.removeprefix("/api/models/").strip("/").split("/")
    name, rest = "/".join(parts[:2]), parts[2:]
    folder = hub.models.get(name)
    if folder is None:
        status, code = REFUSALS.get(name, (404, "RepoNotFound"))
        _send(request, status, b"", {"X-Error-Code": code, "X-Error-Message": code}, body)
    elif api:
        _send(request, 200, json.dumps(_listing(folder, rest)).encode(), {}, body)
    else:
        _file(request, folder / "/".join(rest[2:]), body)


def _listing(folder: Path, rest: list[str]) -> object:
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    if rest[:1] == ["tree"]:
        return [
            {
                "type": "file",
                "path": str(path),
                "size": (folder / path).stat().st_size,
                "oid": _etag(folder / path),
            }
            for path in files
        ]
    return {"id": "org/model", "sha": COMMIT, "siblings": [{"rfilename": str(p)} for p in files]}


def _file(request: BaseHTTPRequestHandler, path: Path, body: bool) -> None:
    if not path.is_file():
        _send(request, 404, b"", {"X-Error-Code": "EntryNotFound"}, body)
        return
    headers = {"ETag": f'"{_etag(path)}"', "X-Repo-Commit": COMMIT}
    _send(request, 200, path.read_bytes(), headers, body)


def _etag(path: Path) -> str:
    return hashlib.sha1(path.read_bytes()).hexdigest()


def _send(
    request: BaseHTTPRequestHandler, status: int, data: bytes, headers: dict[str, str], body: bool
) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    if body:
        request.wfile.write(data)


def tiny_sentence_model(folder: Path) -> Path:
    """A BERT of one layer and 8 dimensions with random weights, as sentence-transformers keeps it.

    The tokenizer is that of the packaged model.
    """
    folder.mkdir(parents=True)
    given = packaged_folder()
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        (folder / name).write_bytes((given / name).read_bytes())
    config = json.loads((given / "config.json").read_text("utf-8")) | {
        "hidden_size": DIM,
        "intermediate_size": 2 * DIM,
        "num_attention_heads": 2,
        "num_hidden_layers": 1,
    }
    (folder / "config.json").write_text(json.dumps(config))
    kinds = ("Transformer", "Pooling")
    modules = [
        {
            "idx": i,
            "name": str(i),
            "path": "1_Pooling" * i,
            "type": f"sentence_transformers.models.{kind}",
        }
        for i, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    pooling = {"word_embedding_dimension": DIM, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "README.md").write_text("---\nlanguage: [en, de]\nlicense: mit\n---\nA model.\n")
    save_file(_weights(config["vocab_size"]), folder / "model.safetensors", {"format": "pt"})
    return folder


def _weights(vocabulary: int) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    random = np.random.default_rng(0)
    wide = 2 * DIM
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (vocabulary, DIM),
        "embeddings.position_embeddings.weight": (512, DIM),
        "embeddings.token_type_embeddings.weight": (2, DIM),
    }
    layer = "encoder.layer.0"
    linear = {
        f"{layer}.attention.self.query": (DIM, DIM),
        f"{layer}.attention.self.key": (DIM, DIM),
        f"{layer}.attention.self.value": (DIM, DIM),
        f"{layer}.attention.output.dense": (DIM, DIM),
        f"{layer}.intermediate.dense": (wide, DIM),
        f"{layer}.output.dense": (DIM, wide),
        "pooler.dense": (DIM, DIM),
    }
    for name, shape in linear.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    weights = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    norms = ("embeddings", f"{layer}.attention.output", f"{layer}.output")
    for name in norms:
        weights[f"{name}.LayerNorm.weight"] = np.ones(DIM, dtype=np.float32)
        weights[f"{name}.LayerNorm.bias"] = np.zeros(DIM, dtype=np.float32)
    return weights
