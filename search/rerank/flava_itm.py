"""Image-text matching by FLAVA."""

from __future__ import annotations

from search.rerank.image_text import ImageTextReranker


class FlavaReranker(ImageTextReranker):
    """FLAVA's matching head: Singh et al. 2022, arXiv 2112.04482. Scores are probabilities."""

    name = "flava-itm"
