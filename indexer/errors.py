"""The error family. Every message names the value at fault and what to do about it."""

from __future__ import annotations

from pathlib import Path


class TriptychError(Exception):
    """Base of all errors a user can cause or fix.

    `http_status` is the status an HTTP answer carries; the command line exits with 2.
    """

    http_status = 400


class BadQuery(TriptychError):
    """The question, a filter or an option cannot be used as given."""

    http_status = 422


class BadImage(TriptychError):
    """Bytes that are not an image this project reads, or one too large to decode safely."""

    http_status = 422


class BadSound(TriptychError):
    """Bytes that are no recording this project hears, or one too long or large to decode."""

    http_status = 422


class BadFile(TriptychError):
    """A source file that cannot be indexed. Reported, counted and skipped by a build."""

    http_status = 422

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.reason = reason


class BadConfig(TriptychError):
    """A setting with an unknown name or an unusable value."""


class UnknownName(TriptychError):
    """A name that no registry knows. The message lists the names that are known."""


class MissingModel(TriptychError):
    """A model whose weights are not on this machine. The message says how to get them."""

    http_status = 503


class EndpointFailed(TriptychError):
    """A language model's endpoint that cannot be reached, refuses, or sends what it should not."""

    http_status = 502


class NoSuchDocument(TriptychError):
    """A document that the index does not hold."""

    http_status = 404


class CannotWrite(TriptychError):
    """A disk that is full, or that refuses to be written for another reason."""

    http_status = 507


class IndexBusy(TriptychError):
    """Another process is writing to the index."""

    http_status = 503


class IndexNotFound(TriptychError):
    """No index at the given folder."""

    http_status = 503


class IndexDamaged(TriptychError):
    """A file of an index is missing, truncated or altered; `fault` says which of these."""

    http_status = 503

    def __init__(self, message: str, fault: str = "") -> None:
        super().__init__(message)
        self.fault = fault or message


class IndexMismatch(TriptychError):
    """An index made by another format version or by another model than the one at hand."""

    http_status = 503
