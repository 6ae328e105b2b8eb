"""Image-text matching by ViLT."""

from __future__ import annotations

from PIL import Image

from indexer.encoders.facts import ImageFacts
from indexer.rerankers.pixels import Pixels, in_patches
from search.rerank.image_text import ImageTextReranker


class ViltReranker(ImageTextReranker):
    """ViLT's retrieval head: Kim, Son and Kim 2021, arXiv 2102.03334. Scores are logits."""

    name = "vilt"

    def _pixels(self, image: Image.Image, facts: ImageFacts) -> Pixels:
        return in_patches(image, facts)
