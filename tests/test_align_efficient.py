from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from indexer.align.efficient.lora import LoraSettings, add_lora, merge_lora
from indexer.align.efficient.prompts import LearnedPrompts
from indexer.align.efficient.tip_adapter import FewShotCache
from indexer.errors import BadConfig

AXES = np.eye(2, dtype=np.float32)


def test_a_cache_adds_the_likeness_of_its_examples() -> None:
    """The query is the second example of two of class 1; class texts say class 0."""
    cache = FewShotCache(
        AXES, np.array([[1, 0], [0.6, 0.8], [1, 0]], np.float32), np.array([0, 1, 1])
    )
    query = np.array([[0.6, 0.8]], np.float32)
    far = math.exp(-5.5 * 0.4)
    assert cache.logits(query)[0] == pytest.approx([60 + far, 80 + 1 + far], rel=1e-6)
    alone = FewShotCache(AXES, cache.examples, cache.labels, alpha=2.0, beta=0.0, scale=0.0)
    assert alone.logits(query)[0].tolist() == [2.0, 4.0]
    assert cache.logits(query).dtype == np.float32


def test_a_cache_refuses_what_does_not_fit() -> None:
    with pytest.raises(BadConfig, match="label 2, but classes go from 0 to 1"):
        FewShotCache(AXES, AXES, np.array([0, 2]))
    with pytest.raises(BadConfig, match="2 examples, 1 labels"):
        FewShotCache(AXES, AXES, np.array([0]))
    with pytest.raises(BadConfig, match="length 2 and examples of length 3"):
        FewShotCache(AXES, np.eye(3, dtype=np.float32), np.array([0, 1, 1]))


def at_end(embeddings: Tensor, ends: Tensor) -> Tensor:
    """A tower giving the sum of what stands up to the end."""
    return torch.stack([row[: end + 1].sum(0) for row, end in zip(embeddings, ends, strict=True)])


def prompts(specific: bool) -> LearnedPrompts:
    """[1] [10 or 30] [100 or 200] [end 1000] and, in the first class, padding."""
    tokens = torch.tensor([[1.0, 10, 100, 1000, 7], [1.0, 30, 200, 200, 1000]])[..., None]
    ends = torch.tensor([3, 4])
    return LearnedPrompts(tokens, ends, context=1, random=False, specific=specific)


def test_prompts_share_one_context_and_learn_it_alone() -> None:
    subject = prompts(specific=False)
    vectors = subject(at_end)
    assert vectors.tolist() == [[1 + 20 + 100 + 1000], [1 + 20 + 200 + 200 + 1000]]
    (vectors * torch.tensor([[1.0], [2.0]])).sum().backward()
    assert [name for name, _ in subject.named_parameters()] == ["context"]
    assert subject.context.grad is not None
    assert subject.context.grad.tolist() == [[[3.0]]]


def test_prompts_may_have_a_context_for_each_class() -> None:
    subject = prompts(specific=True)
    assert subject.prompts()[..., 0].tolist() == [[1, 10, 100, 1000, 7], [1, 30, 200, 200, 1000]]
    subject(at_end)[1].sum().backward()
    assert subject.context.grad is not None
    assert subject.context.grad.tolist() == [[[0.0]], [[1.0]]]


def test_a_context_must_fit_before_the_end() -> None:
    with pytest.raises(BadConfig, match="context is 3; it must be from 1 to 2"):
        LearnedPrompts(torch.zeros(1, 5, 1), torch.tensor([3]), context=3)


class Tower(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(2, 2, bias=False)
        self.attention = nn.MultiheadAttention(2, 1, bias=False, batch_first=True)
        self.last = nn.Linear(2, 1, bias=False)
        nn.init.eye_(self.first.weight)
        nn.init.ones_(self.last.weight)

    def forward(self, rows: Tensor) -> Tensor:
        hidden: Tensor = self.first(rows)
        vectors: Tensor = self.last(hidden + self.attention(hidden, hidden, hidden)[0])
        return vectors


def test_lora_starts_from_nothing_and_adds_a_low_rank_product() -> None:
    tower = Tower()
    rows = torch.tensor([[[1.0, 2.0]]])
    before = tower(rows).detach()
    model = add_lora(tower, LoraSettings(["first"], rank=1, alpha=4.0))
    assert model(rows).detach().equal(before)
    trained = {name: w for name, w in tower.named_parameters() if w.requires_grad}
    assert sorted(trained) == ["first.lora_A.default.weight", "first.lora_B.default.weight"]
    with torch.no_grad():
        trained["first.lora_A.default.weight"].copy_(torch.tensor([[1.0, 1.0]]))
        trained["first.lora_B.default.weight"].copy_(torch.tensor([[0.5], [-0.25]]))
    updated = tower.first(rows).detach()
    assert updated.tolist() == [[[1 + 4 * 3 * 0.5, 2 - 4 * 3 * 0.25]]]
    assert merge_lora(model) is tower
    assert type(tower.first) is nn.Linear
    assert tower.first.weight.tolist() == [[3, 2], [-1, 0]]
    assert tower.first(rows).detach().equal(updated)


def test_lora_reaches_attention_and_leaves_a_plain_tower() -> None:
    tower = Tower()
    keys = sorted(tower.state_dict())
    rows = torch.tensor([[[1.0, 2.0], [0.5, -1.0]]])
    model = add_lora(tower, LoraSettings(["attention"], rank=2))
    torch.manual_seed(0)
    for name, weight in tower.named_parameters():
        if "lora" in name:
            nn.init.normal_(weight)
    updated = model(rows).detach()
    assert merge_lora(model) is tower
    assert sorted(tower.state_dict()) == keys
    assert torch.allclose(tower(rows).detach(), updated, atol=1e-5)


def test_lora_names_layers_that_are_not_there() -> None:
    with pytest.raises(BadConfig, match="lora targets query"):
        add_lora(Tower(), LoraSettings(["query"]))
