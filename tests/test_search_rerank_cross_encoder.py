"""CrossEncoderReranker against sentence-transformers' own CrossEncoder, on a small model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from indexer.config import Reranking, Settings
from indexer.encoders.exported import exported
from indexer.encoders.source import packaged_folder
from indexer.errors import BadConfig, MissingModel, UnknownName
from search.rerank.base import Asked, reranker_of
from search.rerank.cross_encoder import CrossEncoderReranker
from tests.reranking import asked, candidate
from tests.torch_process import TorchProcess

QUESTION = "The printer shows error 0x61"
PASSAGES = [
    "Restart the printer.",
    "",
    "打印机无法连接网络",
    "Open the settings, choose Network and restart the device. " * 20,
    "a",
]

# Runs beside the tests, so that torch stays out of their process.
PEER = """
import json, sys
from indexer.encoders.clip import prepare_torchvision
prepare_torchvision()
import torch
from sentence_transformers import CrossEncoder
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, BertModel
packaged, home = sys.argv[1:]
question, passages = json.load(sys.stdin)
tokenizer = AutoTokenizer.from_pretrained(packaged, model_max_length=48)
found = {}
for name, labels, activation in (("sigmoid", 1, ""), ("classes", 3, ""),
                                 ("plain", 1, "torch.nn.modules.linear.Identity")):
    torch.manual_seed(0)
    config = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=64, num_labels=labels, max_position_embeddings=64)
    if activation:
        config.sentence_transformers = {"activation_fn": activation}
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.3)
    model.save_pretrained(home + "/" + name)
    tokenizer.save_pretrained(home + "/" + name)
    if labels == 1:
        peer = CrossEncoder(home + "/" + name, device="cpu")
        found[name] = peer.predict([(question, text) for text in passages]).tolist()
BertModel(config).save_pretrained(home + "/headless")
tokenizer.save_pretrained(home + "/headless")
print("\\n" + json.dumps(found))
"""


@dataclass(frozen=True)
class Peer:
    """Models saved below `home`, and the scores that sentence-transformers gives, by model."""

    home: Path
    scores: dict[str, list[float]]

    def reranker(self, name: str) -> CrossEncoderReranker:
        return CrossEncoderReranker(f"local-dir:{self.home / name}", self.home / "cache", 1)


@pytest.fixture(scope="module")
def peer(torch_process: TorchProcess, tmp_path_factory: pytest.TempPathFactory) -> Peer:
    home = tmp_path_factory.mktemp("cross-encoder")
    given = [QUESTION, PASSAGES]
    told = torch_process.script(PEER, given, [str(packaged_folder()), str(home)])
    return Peer(home, json.loads(told.splitlines()[-1]))


@pytest.mark.parametrize("name", ["sigmoid", "plain"])
def test_scores_are_those_of_sentence_transformers(peer: Peer, name: str) -> None:
    """float32 sums in another order: 1e-5 is ten times what is seen."""
    reranker = peer.reranker(name)
    wanted = peer.scores[name]
    made = reranker.score(asked(QUESTION), [candidate(i, text) for i, text in enumerate(PASSAGES)])
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, wanted, atol=1e-5)
    alone = [reranker.score(asked(QUESTION), [candidate(0, text)])[0] for text in PASSAGES]
    np.testing.assert_allclose(alone, wanted, atol=1e-5)
    assert np.ptp(wanted) > 0.05, "scores that are all alike would prove nothing"


def test_the_passage_is_what_the_text_lane_sees(peer: Peer) -> None:
    """Title, heading and text; a candidate without words has nothing to compare."""
    reranker = peer.reranker("sigmoid")
    whole = candidate(0, "Bleed the air.", title="Pump", heading=("Noise",))
    flat = candidate(0, "Pump. Noise. Bleed the air.")
    question = asked(QUESTION)
    assert reranker.score(question, [whole])[0] == reranker.score(question, [flat])[0]
    assert reranker.takes(question, whole)
    assert not reranker.takes(question, candidate(0, ""))
    assert not reranker.takes(Asked("", " ", lambda name: None), whole)


def test_facts_and_pair_length(peer: Peer) -> None:
    source = peer.home / "sigmoid"
    _, facts = exported("cross-encoder", f"local-dir:{source}", source, peer.home / "cache")
    assert (facts.dim, facts.tokens.max_tokens, facts.tokens.inputs[-1]) == (
        1,
        48,
        "token_type_ids",
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("classes", "1 modules with 3 scores; a reranker has one module with one score"),
        ("headless", "a BertModel; a cross-encoder is a model ForSequenceClassification"),
    ],
)
def test_other_models_are_refused(peer: Peer, name: str, message: str) -> None:
    with pytest.raises(BadConfig, match=message):
        peer.reranker(name)


def test_a_missing_head_is_refused(peer: Peer) -> None:
    """The library would make one up from random numbers."""
    folder = peer.home / "beheaded"
    folder.mkdir()
    for path in (peer.home / "headless").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    config["architectures"] = ["BertForSequenceClassification"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(BadConfig, match=r"another architecture: classifier\.bias is missing"):
        peer.reranker("beheaded")


def test_chosen_by_name(peer: Peer) -> None:
    base = Settings(cache=peer.home / "cache", workers=1, offline=True)

    def settings(model: str) -> Settings:
        return base.model_copy(update={"rerank": Reranking(model=model)})

    assert reranker_of(base) is None
    made = reranker_of(settings(f"cross-encoder:local-dir:{peer.home / 'plain'}"))
    assert isinstance(made, CrossEncoderReranker)
    with pytest.raises(UnknownName, match=r"unknown reranker 'cross'; known: .*cross-encoder"):
        reranker_of(settings("cross:x"))
    with pytest.raises(BadConfig, match="'cross-encoder' needs a model: write cross-encoder:ORG"):
        reranker_of(settings("cross-encoder"))
    with pytest.raises(BadConfig, match="rerankers have no 8-bit form"):
        reranker_of(settings("cross-encoder:org/name+int8"))
    with pytest.raises(MissingModel, match="no such folder"):
        reranker_of(settings("cross-encoder:local-dir:/nowhere"))
