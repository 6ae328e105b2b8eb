"""Text files as strings: which encodings are read, and what is said about the others."""

from __future__ import annotations

import codecs
from pathlib import Path

from indexer.config import Limits
from indexer.errors import BadFile

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def read_text(path: Path, limits: Limits) -> str:
    """The text of a UTF-8 file, or of a UTF-16 file with a byte order mark; newlines as LF.

    Raises BadFile when the file is empty, too large, unreadable, binary or in another encoding.
    """
    return decode_text(read_bytes(path, limits), path)


def read_bytes(path: Path, limits: Limits) -> bytes:
    """The bytes of a source file. Raises BadFile when it is empty, too large or unreadable."""
    try:
        size = path.stat().st_size
        if size > limits.file_bytes:
            raise BadFile(
                path,
                f"{size:,} bytes; files of up to {limits.file_bytes:,} are read",
            )
        data = path.read_bytes()
    except OSError as error:
        raise BadFile(path, f"cannot be read: {error.strerror or error}") from error
    if not data:
        raise BadFile(path, "empty file")
    return data


def decode_text(data: bytes, path: Path) -> str:
    """Bytes of a text file → text without byte order mark. Raises BadFile naming `path`."""
    encoding = "utf-8-sig"
    if data.startswith(_UTF16) and not data.startswith(_UTF32):
        encoding = "utf-16"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadFile(path, _refusal(data, encoding, error)) from error
    if "\0" in text:
        raise BadFile(path, "binary data (it holds NUL bytes), not text")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise BadFile(path, "empty file: nothing but white space")
    return text


def _refusal(data: bytes, encoding: str, error: UnicodeDecodeError) -> str:
    if encoding == "utf-16":
        return f"damaged UTF-16 text (at offset {error.start}); save it as UTF-8"
    if b"\0" in data:
        return "binary data (it holds NUL bytes), not text"
    # The codec does not count the mark it strips.
    offset = error.start + len(codecs.BOM_UTF8) * data.startswith(codecs.BOM_UTF8)
    return (
        f"not UTF-8 text (byte 0x{data[offset]:02x} at offset {offset}); "
        "save it as UTF-8, or convert it with iconv -t utf-8 and -f as it was written: "
        "-f cp1252 for Western text, -f gb18030 for Chinese"
    )
