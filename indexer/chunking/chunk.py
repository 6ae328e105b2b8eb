"""Documents → chunks: passages cut by structure, and figures with what stands around them."""

from __future__ import annotations

from indexer.chunking.figures import find_figures
from indexer.chunking.passages import make_passages
from indexer.chunking.sections import open_sections
from indexer.config import Chunking
from indexer.records import Chunk, Document, Modality, Place
from indexer.sentences import count_tokens

__all__ = ["chunk_document", "count_tokens"]


def chunk_document(document: Document, settings: Chunking, captions: bool = True) -> list[Chunk]:
    """The chunks of a document in reading order.

    Passages are closed at about `settings.target` tokens and have no more than
    `settings.most`, unless they are one word. None crosses a page, or a heading of level 1
    or 2; a small section joins its neighbour below such a heading, and brings its heading
    along as a line. A figure becomes an image chunk, the same asset only once. With
    `captions` off, image chunks carry neither caption nor alternative text. A document
    without content gives its title as a passage.
    """
    sections = open_sections(document, settings.most // 2)
    figures = find_figures(sections)
    shown = {heading.index for figure in figures for heading in figure.path}
    placed = [(figure.order, figure.chunk(captions)) for figure in figures]
    for passage in make_passages(sections, shown, settings):
        placed.append((passage.order, Chunk(Modality.TEXT, passage.place, text=passage.text)))
    placed.sort(key=lambda pair: pair[0])
    chunks = [chunk for _, chunk in placed]
    return chunks or [Chunk(Modality.TEXT, Place(), text=document.title or document.path)]
