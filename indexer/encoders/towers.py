"""The towers of a CLIP model as modules to trace. Runs in the export subprocess only."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast

from indexer.encoders.clip_model import TorchClip

if TYPE_CHECKING:
    from torch import Tensor, nn


def image_tower(clip: TorchClip) -> nn.Module:
    """float32 (n, 3, height, width) → unit vectors."""
    from torch import nn

    class ImageTower(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.clip = clip

        def forward(self, image: Tensor) -> Tensor:
            vectors: Tensor = self.clip.encode_image(image, normalize=True)
            return vectors

    return ImageTower().eval()


def visual_tower(visual: nn.Module) -> nn.Module:
    """An image tower on its own: float32 (n, 3, height, width) → unit vectors."""
    from torch import nn

    class VisualTower(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.visual = visual

        def forward(self, image: Tensor) -> Tensor:
            return nn.functional.normalize(self.visual(image), dim=-1)

    return VisualTower().eval()


def two_view_tower(visual: nn.Module, side: int) -> nn.Module:
    """The whole image and its middle as one vector: float32 (n, 3, more, more) → unit vectors.

    The mean of two views scaled to `side` pixels, as image classifiers are tested on several
    (Krizhevsky, Sutskever and Hinton, NeurIPS 2012): what fills the middle counts twice.
    """
    from torch import nn

    class TwoViewTower(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.visual = visual

        def forward(self, image: Tensor) -> Tensor:
            edge = (image.shape[-1] - side) // 2
            middle = image[:, :, edge : edge + side, edge : edge + side]
            whole = nn.functional.interpolate(image, (side, side), mode="bilinear")
            views = [nn.functional.normalize(self.visual(view), dim=-1) for view in (whole, middle)]
            return nn.functional.normalize(views[0] + views[1], dim=-1)

    return TwoViewTower().eval()


def text_tower(clip: TorchClip) -> nn.Module:
    """Token ids (n, context) → unit vectors."""
    from torch import nn

    class TextTower(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.clip = clip

        def forward(self, ids: Tensor) -> Tensor:
            vectors: Tensor = self.clip.encode_text(ids, normalize=True)
            return vectors

    return TextTower().eval()


def short_text_tower(clip: TorchClip) -> nn.Module | None:
    """A text tower that takes fewer ids than the context; None where padding counts.

    It does not count where attention looks back only and the vector is that of the end
    token, nor in transformers models, which mask their padding.
    """
    kind = type(getattr(clip, "text", clip)).__name__
    if kind == "HFTextEncoder":
        return text_tower(clip)
    if kind != "CLIP" or clip.attn_mask is None or clip.text_pool_type != "argmax":
        return None
    plain = clip.transformer.batch_first and all(
        type(block.attn).__name__ == "MultiheadAttention" for block in clip.transformer.resblocks
    )
    return _causal_tower(clip) if plain else None


def _causal_tower(clip: TorchClip) -> nn.Module:
    """The text half of open_clip's CLIP with positions and mask cut to the length given."""
    import torch
    from torch import nn

    class CausalTower(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.clip = clip
            self.transformer = _with_traceable_attention(clip.transformer)

        def forward(self, ids: Tensor) -> Tensor:
            length = ids.shape[1]
            x = self.clip.token_embedding(ids) + self.clip.positional_embedding[:length]
            x = self.transformer(x, attn_mask=self.clip.attn_mask[:length, :length])
            rows = torch.arange(ids.shape[0])
            x = self.clip.ln_final(x)[rows, ids.argmax(dim=-1)]
            projection = self.clip.text_projection
            if projection is not None:
                x = projection(x) if isinstance(projection, nn.Linear) else x @ projection
            return nn.functional.normalize(x, dim=-1)

    return CausalTower().eval()


def _with_traceable_attention(transformer: nn.Module) -> nn.Module:
    """A copy whose attention keeps the length of its input open.

    torch's own attention writes the length of the traced example into the graph.
    """
    import torch
    from torch import nn

    class Attention(nn.Module):
        """Self-attention over (n, length, width) with the weights of `inner`."""

        def __init__(self, inner: nn.MultiheadAttention) -> None:
            super().__init__()
            self.inner = inner

        def forward(
            self, q: Tensor, k: Tensor, v: Tensor, need_weights: bool, attn_mask: Tensor
        ) -> tuple[Tensor]:
            inner = self.inner
            split = (inner.num_heads, inner.head_dim)
            projected = nn.functional.linear(q, inner.in_proj_weight, inner.in_proj_bias)
            heads = [
                torch.unflatten(part, -1, split).transpose(1, 2) for part in projected.chunk(3, -1)
            ]
            query, key, value = heads
            scores = query @ key.transpose(-2, -1) * inner.head_dim**-0.5 + attn_mask
            mixed = (scores.softmax(dim=-1) @ value).transpose(1, 2).flatten(2)
            return (inner.out_proj(mixed),)

    copied: Any = deepcopy(transformer)
    for block in copied.resblocks:
        block.attn = Attention(block.attn)
    return cast("nn.Module", copied)
