"""Text in images by RapidOCR: PP-OCR models on ONNX Runtime, Chinese and English."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import TYPE_CHECKING, cast

import numpy as np

from indexer.cache import content_key
from indexer.records import Box, Line

if TYPE_CHECKING:
    from PIL import Image
    from rapidocr import RapidOCR
    from rapidocr.utils.output import RapidOCROutput

# Screens are upright, so the direction classifier is off. The longer side is scaled down to
# 1536 pixels for finding text and never up: the library's own default scales the shorter
# side up to 736 and batches lines by six, which took 69 s instead of 44 s for 40 manual
# figures on one core and read as many characters (11,875 against 11,848).
_SETTINGS: dict[str, object] = {
    "Global.use_cls": False,
    "Global.log_level": "critical",
    "Global.text_score": 0.5,
    "Det.limit_type": "max",
    "Det.limit_side_len": 1536,
    "Rec.rec_batch_num": 1,
}


class RapidOcrReader:
    """Reads several images at once, each with its own engine.

    Boxes are the upright rectangles around the detected quadrilaterals.
    """

    def __init__(self, at_once: int, threads: int) -> None:
        self.fingerprint = content_key(
            f"rapidocr {version('rapidocr')} {sorted(_SETTINGS.items())}"
        )
        self._at_once = at_once
        self._threads = threads
        self._local = threading.local()
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def read(self, images: Iterable[Image.Image]) -> Iterator[tuple[Line, ...]]:
        """RGB images → their lines, top to bottom; images in the order given."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._at_once, thread_name_prefix="ocr")
        return self._pool.map(self._read_one, images)

    def _read_one(self, image: Image.Image) -> tuple[Line, ...]:
        pixels = np.asarray(image, dtype=np.uint8)[:, :, ::-1]  # the models expect BGR
        found = cast("RapidOCROutput", self._engine()(np.ascontiguousarray(pixels)))
        if not found.txts or found.boxes is None or found.scores is None:
            return ()
        return tuple(
            Line(text.strip(), _upright(corners, image.width, image.height), float(score))
            for text, corners, score in zip(found.txts, found.boxes, found.scores, strict=True)
            if text.strip()
        )

    def _engine(self) -> RapidOCR:
        if not hasattr(self._local, "engine"):
            from rapidocr import RapidOCR

            threads = {
                "EngineConfig.onnxruntime.intra_op_num_threads": self._threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
            self._local.engine = RapidOCR(params=_SETTINGS | threads)
        return cast("RapidOCR", self._local.engine)


def _upright(corners: Sequence[Sequence[float]], width: int, height: int) -> Box:
    xs = [min(max(float(x) / width, 0.0), 1.0) for x, _ in corners]
    ys = [min(max(float(y) / height, 0.0), 1.0) for _, y in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))
