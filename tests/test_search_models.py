"""Engines of two generations share their models, and close without harm to one another."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from indexer.config import Settings
from indexer.encoders.base import Space
from indexer.errors import IndexMismatch
from search.models import Models

TEXT = Space("text", "fake", "demo", 8, "fake-demo")
CLIP = Space("clip", "fake", "demo", 8, "fake-demo")
OTHER = Space("clip", "fake", "other", 8, "fake-other")


def test_what_is_equal_is_shared(fake_settings: Settings) -> None:
    old = Models({"text": TEXT, "clip": CLIP}, fake_settings)
    assert old.fresh
    same = Models({"text": TEXT, "clip": CLIP}, fake_settings, old)
    assert not same.fresh
    assert same.encoders == old.encoders
    assert same.reader is old.reader
    new = Models({"text": TEXT, "clip": OTHER}, fake_settings, old)
    assert new.fresh
    assert new.encoders["text"] is old.encoders["text"]
    assert new.encoders["clip"].fingerprint == "fake-other"
    fewer = Models({"text": TEXT}, fake_settings, new)
    assert (list(fewer.encoders), fewer.fresh) == (["text"], False)
    for models in (old, same, new, fewer):
        models.close()


def _usable(models: Models) -> bool:
    try:
        return models._cache.cache.get("kind", ["key"]) == {}
    except sqlite3.ProgrammingError:
        return False


@pytest.mark.parametrize("first", [0, 1])
def test_the_cache_closes_with_its_last_user(fake_settings: Settings, first: int) -> None:
    old = Models({"text": TEXT}, fake_settings)
    both = [old, Models({"text": TEXT}, fake_settings, old)]
    both[first].close()
    both[first].close()
    assert _usable(both[1 - first])
    both[1 - first].close()
    assert not _usable(old)


def test_a_model_that_changed_leaves_what_is_shared_open(fake_settings: Settings) -> None:
    old = Models({"text": TEXT}, fake_settings)
    with pytest.raises(IndexMismatch, match="fake-demo"):
        Models({"text": TEXT, "clip": Space("clip", "fake", "demo", 8, "old")}, fake_settings, old)
    assert _usable(old)
    old.close()
    assert not _usable(old)


def test_no_reader_where_the_settings_name_none(tmp_path: Path, fake_settings: Settings) -> None:
    models = fake_settings.models.model_copy(update={"reader": ""})
    opened = Models({}, fake_settings.model_copy(update={"models": models}))
    assert opened.reader is None
    opened.close()
