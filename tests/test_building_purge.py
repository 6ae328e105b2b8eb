"""After a purge nothing of what was removed is on the disk: index, caches and spool."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.building.purge import purge
from indexer.building.spool import spool_path
from indexer.cache import Cache, content_key
from indexer.config import Settings
from indexer.store.index import Index
from indexer.store.manifest import generation_numbers
from indexer.store.uploads import uploads_folder
from indexer.store.verify import verify
from tests.building import change, changes, contents, index, paths, picture, upload, watch

SECRETS = ["xylophonist", "quixoticism", "zephyranthes"]


def _holding(folder: Path, words: list[str]) -> list[str]:
    """The files below a folder that hold one of the words, in names or bytes."""
    found = []
    for path in folder.rglob("*"):
        data = path.read_bytes().lower() if path.is_file() else b""
        data += path.name.lower().encode()
        if any(word.encode() in data for word in words):
            found.append(path.relative_to(folder).as_posix())
    return found


@pytest.fixture
def source(manual: Path) -> Path:
    """The manual, a page of secrets with a picture, and one that shares a passage with it."""
    words = " ".join(SECRETS)
    picture(manual / "secret.png", (9, 99, 199))
    shared = "Everybody may know of the pump."
    (manual / "secret.md").write_text(
        f"# Shared\n\n{shared}\n\n# {SECRETS[0]}\n\n{words}.\n\n![{SECRETS[1]}](secret.png)\n"
    )
    (manual / "shared.md").write_text(f"# Shared\n\n{shared}\n")
    return manual


def test_what_was_removed_is_in_no_file_of_the_index(
    source: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root = tmp_path / "ix"
    index(source, root, fake_settings)
    body = f"# {SECRETS[2]}\n\n{' '.join(SECRETS)}.\n"
    change(root, fake_settings, [upload(tmp_path / "bodies", f"{SECRETS[0]}.md", body)])
    assert _holding(root, SECRETS) != []
    left = contents(root)
    change(root, fake_settings, gone=["secret.md", f"{SECRETS[0]}.md"])
    left = {id: chunks for id, chunks in left.items() if id[1] in paths(root)}
    purged = purge(root, fake_settings)
    assert purged.documents == 2
    assert purged.bytes > 0
    assert _holding(root, SECRETS) == []
    assert list(uploads_folder(root).iterdir()) == []
    assert generation_numbers(root) == [purged.generation]
    assert contents(root) == left
    assert verify(root) == []
    with Index.open(root) as opened:
        assert all(opened.words(word, 5, None) == [] for word in SECRETS)
    # and the sources still do not bring it back
    assert changes(index(source, root, fake_settings)) == (0, 0, 0)
    assert index(source, root, fake_settings).unchanged
    assert _holding(root, SECRETS) == []


def test_the_cache_forgets_what_only_removed_documents_had(
    source: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ix"
    work = watch(monkeypatch)
    index(source, root, fake_settings)
    once = list(work.encoded)
    image = content_key((source / "secret.png").read_bytes())
    with closing(Cache(fake_settings.cache)) as cache:
        assert list(cache.get("lines/fake-reader", [image])) == [image]
        cache.put("speech/fake 1", {"an index": SECRETS[0].encode()})
    change(root, fake_settings, gone=["secret.md"])
    purge(root, fake_settings)
    with closing(Cache(fake_settings.cache)) as cache:
        assert cache.get("speech/fake 1", ["an index"]) == {}
        keys = [image, *map(content_key, once)]
        kept = cache.get("vectors/fake-demo", keys)
        assert cache.get("lines/fake-reader", keys) == {}
    forgotten = {text for text in once if content_key(text) not in kept}
    assert forgotten == {text for text in once if SECRETS[0] in text}
    assert len(forgotten) > 1
    assert image not in kept
    work.clear()
    index(source, tmp_path / "again", fake_settings)
    assert set(work.encoded) == forgotten
    assert (work.images, work.read) == (1, 1)


def test_the_spool_of_a_killed_build_goes_too(
    source: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root = tmp_path / "ix"
    index(source, root, fake_settings)

    class Killed(Silent):
        def stage(self, name: str, total: int) -> None:
            if name != "reading files":
                raise KeyboardInterrupt

    (source / "secret.md").write_text(f"# Other\n\n{SECRETS[2]}\n")
    with pytest.raises(KeyboardInterrupt):
        build([source], root, fake_settings, True, Killed())
    assert SECRETS[2].encode() in spool_path(fake_settings.cache, root).read_bytes()
    change(root, fake_settings, gone=["secret.md"])
    purge(root, fake_settings)
    assert not spool_path(fake_settings.cache, root).exists()
    assert _holding(fake_settings.cache, SECRETS) == []
    assert _holding(root, SECRETS) == []


def test_the_whole_cache_can_go(
    source: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ix"
    work = watch(monkeypatch)
    index(source, root, fake_settings)
    before, once = contents(root), set(work.encoded)
    assert purge(root, fake_settings, whole_cache=True).documents == 0
    work.clear()
    index(source, tmp_path / "again", fake_settings)
    assert set(work.encoded) == once
    assert contents(root) == before


def test_a_purge_without_removals_drops_older_versions(
    source: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root = tmp_path / "ix"
    index(source, root, fake_settings)
    (source / "secret.md").write_text("# Plain\n\nNothing to hide.\n")
    index(source, root, fake_settings)
    purged = purge(root, fake_settings)
    assert (purged.documents, len(generation_numbers(root))) == (1, 1)
    assert _holding(root, SECRETS) == []
    assert index(source, root, fake_settings).unchanged
