"""open_clip models whose text tower is a multilingual one of transformers, with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.encoders.clip import ClipEncoder
from indexer.errors import MissingModel
from tests.torch_process import TorchProcess

TEXTS = ["打印机无法连接网络", "the printer", "Drucker neu starten!", "", "network " * 60]
TOWERS = ["xlm-roberta", "m2m_100"]
"""The second is the architecture of NLLB."""

SCRIPT = """
import json, pathlib, sys
import numpy as np
from indexer.encoders.clip import prepare_torchvision
prepare_torchvision()
import open_clip, torch, transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors

asked = json.load(sys.stdin)
vision = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 32}
marks = ["<s>", "<pad>", "</s>", "<unk>", "eng_Latn"]
letters = [*"▁abcdefghijklmnopqrstuvwxyzD!打印机无法连接网络"]
words = ["▁the", "▁printer", "▁network"]
pieces = [(mark, 0.0) for mark in marks] + [(item, -5.0) for item in letters]
pieces += [(word, -2.0) for word in words]
torch.manual_seed(0)

def tokenizer(first):
    made = Tokenizer(models.Unigram(pieces, unk_id=3))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single=f"{first} $A </s>", special_tokens=[(first, marks.index(first)), ("</s>", 2)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", sep_token="</s>",
        pad_token="<pad>", unk_token="<unk>")

sizes = {"vocab_size": len(pieces), "max_position_embeddings": 80, "pad_token_id": 1,
         "bos_token_id": 0, "eos_token_id": 2}
configs = {
    "xlm-roberta": transformers.XLMRobertaConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, **sizes),
    "m2m_100": transformers.M2M100Config(
        d_model=32, encoder_layers=2, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=48, decoder_ffn_dim=48, **sizes),
}
for kind, first, pooler in (("xlm-roberta", "<s>", "mean_pooler"),
                            ("m2m_100", "eng_Latn", "cls_pooler")):
    folder = pathlib.Path(kind)
    folder.mkdir()
    tokenizer(first).save_pretrained(folder)
    configs[kind].save_pretrained(folder / "text")
    text = {"hf_model_name": "text", "hf_tokenizer_name": "text", "hf_proj_type": "linear",
            "hf_pooler_type": pooler, "context_length": 40}
    config = {"embed_dim": 24, "vision_cfg": vision, "text_cfg": text}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}))
    inside = text | {"hf_model_name": str(folder / "text"), "hf_model_pretrained": False}
    model = open_clip.CustomTextCLIP(embed_dim=24, vision_cfg=vision, text_cfg=inside).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.4)
        save_file(model.state_dict(), folder / "open_clip_model.safetensors")
        ids = open_clip.get_tokenizer(f"local-dir:{folder}")(asked)
        np.save(f"{kind}.npy", model.encode_text(ids, normalize=True).numpy())
"""


@pytest.fixture(scope="module")
def home(torch_process: TorchProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one model for each of TOWERS and what open_clip makes of TEXTS."""
    home = tmp_path_factory.mktemp("multilingual")
    torch_process.script(SCRIPT, TEXTS, folder=home)
    return home


@pytest.mark.parametrize("tower", TOWERS)
def test_texts_agree_with_open_clip(
    home: Path, tower: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text tower's configuration lies inside the folder, so no network is needed."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    encoder = ClipEncoder(f"local-dir:{home / tower}", home / "cache", 1)
    wanted = np.load(home / f"{tower}.npy")
    assert (encoder.dim, encoder.languages) == (24, frozenset())
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), wanted, atol=1e-5)
    assert not encoder.facts.tokens.fixed, "short texts go in unpadded"
    alike = wanted @ wanted.T - np.eye(len(TEXTS))
    assert alike.max() < 0.99, "texts that all look alike would prove nothing"


def test_a_text_tower_that_is_not_here(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    path = home / "xlm-roberta" / "open_clip_config.json"
    path.write_text(path.read_text().replace('"hf_model_name": "text"', '"hf_model_name": "a/b"'))
    wanted = f"hf download a/b config.json --local-dir {path.parent / 'a/b'}"
    with pytest.raises(MissingModel, match=wanted):
        ClipEncoder(f"local-dir:{path.parent}", home / "cache", 1)
