"""A space fitted to its index: how it comes about, grows, is purged, damaged and mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.building.build import add
from indexer.building.progress import Silent
from indexer.building.purge import purge
from indexer.building.repair import repair
from indexer.config import Settings
from indexer.encoders.lsa import LSA, Fit
from indexer.errors import IndexDamaged
from indexer.store.fits import fit_path
from indexer.store.generations import rollback
from indexer.store.index import Index
from indexer.store.merge import compact, merge, refit
from indexer.store.verify import verify
from search.engine import Engine
from search.query import Query
from tests.building import change, index, upload

PUMP = "# 水泵\n\n水泵不出水时，请先排气。\n"
VALVE = "# 阀门\n\n阀门漏水时，请更换垫圈。\n"
LAMP = "# 指示灯\n\n橙色常亮表示无法上网。\n"


@pytest.fixture
def chinese(tmp_path: Path, fake_settings: Settings) -> tuple[Path, Path, Settings]:
    """A source of an English and two Chinese pages, its index, and the settings."""
    source = tmp_path / "pages"
    source.mkdir()
    (source / "pump.md").write_text("# Pump\n\nThe pump moves water.\n")
    (source / "zh-pump.md").write_text(PUMP)
    (source / "zh-valve.md").write_text(VALVE)
    models = fake_settings.models.model_copy(update={"text": "fake:english", "clip": ""})
    settings = fake_settings.model_copy(update={"models": models})
    root = tmp_path / "ix"
    index(source, root, settings)
    return source, root, settings


def fit_of(root: Path) -> Fit:
    with Index.open(root) as opened:
        return Fit.from_bytes(fit_path(root, opened.spaces[LSA].fingerprint).read_bytes())


def rows_of(root: Path) -> int:
    with Index.open(root) as opened:
        return sum(len(part.spaces[LSA].rows) for part in opened._segments if LSA in part.spaces)


def ranked(root: Path, settings: Settings, question: str) -> list[str]:
    """What the text lane has, best first."""
    engine = Engine.open(root, settings)
    try:
        hits = [hit for hit in engine.search(Query(question)).hits if "text" in hit.lanes]
    finally:
        engine.close()
    return [hit.document for hit in sorted(hits, key=lambda hit: hit.lanes["text"].rank)]


def test_what_the_text_encoder_does_not_understand_has_a_lane(
    chinese: tuple[Path, Path, Settings],
) -> None:
    _, root, settings = chinese
    assert fit_of(root).fitted == 2
    assert rows_of(root) == 2
    assert ranked(root, settings, "更换阀门") == ["zh-valve.md", "zh-pump.md"]
    assert ranked(root, settings, "pump") == ["pump.md"]
    assert verify(root) == []


def test_evidence_takes_no_cosine_of_the_fallback(chinese: tuple[Path, Path, Settings]) -> None:
    _, root, settings = chinese
    engine = Engine.open(root, settings)
    supported = engine.supported(Query("更换阀门"))
    assert not engine.search(Query("更换阀门")).cosines
    assert engine.search(Query("pump")).cosines
    engine.close()
    assert [one.cosine for one in supported] == [None] * len(supported)


def test_without_a_word_of_the_passages_the_lane_is_off(
    chinese: tuple[Path, Path, Settings],
) -> None:
    _, root, settings = chinese
    engine = Engine.open(root, settings)
    off = engine.search(Query("咖啡")).lanes_off
    engine.close()
    assert off["text"] == "english understands en, and the question is in zh"


def test_an_index_without_such_chunks_has_no_fit(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    models = fake_settings.models.model_copy(update={"text": "fake:english"})
    settings = fake_settings.model_copy(update={"models": models})
    index(manual, tmp_path / "ix", settings)
    assert not (tmp_path / "ix" / "fits").exists()
    with Index.open(tmp_path / "ix") as opened:
        assert sorted(opened.spaces) == ["clip", "text"]


def test_all_can_be_ranked_by_a_fit(manual: Path, tmp_path: Path, fake_settings: Settings) -> None:
    models = fake_settings.models.model_copy(update={"text": "lsa", "clip": ""})
    settings = fake_settings.model_copy(update={"models": models})
    root = tmp_path / "ix"
    index(manual, root, settings)
    assert ranked(root, settings, "grease the stem")[0] == "tickets.csv#T2"
    left_open = settings.model_copy(update={"models": type(models)(clip="", reader="fake")})
    (manual / "new.md").write_text("# Hose\n\nGrease the hose.\n")
    add([manual], root, left_open, Silent())
    with Index.open(root) as opened:
        assert opened.spaces["text"].encoder == LSA
        assert len(opened.documents()) == 6


def test_an_addition_is_encoded_by_the_fit_and_growth_renews_it(
    chinese: tuple[Path, Path, Settings], tmp_path: Path
) -> None:
    """Three texts are not more than 1.5 times two, four are."""
    _, root, settings = chinese
    before = fit_of(root)
    change(root, settings, [upload(tmp_path / "up", "a.md", PUMP)])
    assert compact(root) == 0
    assert fit_of(root).words == before.words
    assert rows_of(root) == 3
    change(root, settings, [upload(tmp_path / "up", "b.md", LAMP)])
    assert "橙色" not in fit_of(root).words
    assert compact(root) == 1
    after = fit_of(root)
    assert (after.fitted, "橙色" in after.words) == (4, True)
    assert ranked(root, settings, "橙色")[0] == "b.md"
    assert verify(root) == []


def test_a_first_chinese_upload_makes_the_fit(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    models = fake_settings.models.model_copy(update={"text": "fake:english", "clip": ""})
    settings = fake_settings.model_copy(update={"models": models})
    root = tmp_path / "ix"
    index(manual, root, settings)
    change(root, settings, [upload(tmp_path / "up", "zh.md", LAMP)])
    assert fit_of(root).fitted == 1
    assert ranked(root, settings, "橙色") == ["zh.md"]


def test_a_merge_keeps_the_fit(chinese: tuple[Path, Path, Settings], tmp_path: Path) -> None:
    _, root, settings = chinese
    change(root, settings, [upload(tmp_path / "up", "a.md", PUMP)])
    with Index.open(root) as opened:
        before = opened.spaces
        merge(root, [ref.id for ref in opened.manifest.segments])
    with Index.open(root) as opened:
        assert opened.spaces == before
    assert rows_of(root) == 3


def test_no_word_of_a_purged_document_is_left(chinese: tuple[Path, Path, Settings]) -> None:
    _, root, settings = chinese
    assert "垫圈" in fit_of(root).words
    change(root, settings, gone=["zh-valve.md"])
    purge(root, settings)
    assert "垫圈" not in fit_of(root).words
    assert "水泵" in fit_of(root).words
    assert [path.stem for path in (root / "fits").iterdir()] == [_fingerprint(root)]
    change(root, settings, gone=["zh-pump.md"])
    purge(root, settings)
    assert list((root / "fits").iterdir()) == []
    with Index.open(root) as opened:
        assert sorted(opened.spaces) == ["text"]


def _fingerprint(root: Path) -> str:
    with Index.open(root) as opened:
        return opened.spaces[LSA].fingerprint


def test_words_merged_away_before_a_purge_go_with_it(
    chinese: tuple[Path, Path, Settings], tmp_path: Path
) -> None:
    """No tombstone is left to tell that the fit knows more than the index."""
    _, root, settings = chinese
    change(root, settings, gone=["zh-valve.md"])
    with Index.open(root) as opened:
        merge(root, [ref.id for ref in opened.manifest.segments])
    assert "垫圈" in fit_of(root).words
    purge(root, settings)
    assert "垫圈" not in fit_of(root).words


def test_an_older_generation_has_its_own_fit(chinese: tuple[Path, Path, Settings]) -> None:
    source, root, settings = chinese
    (source / "zh-lamp.md").write_text(LAMP)
    (source / "zh-more.md").write_text(LAMP.replace("橙色", "红色"))
    index(source, root, settings)
    assert fit_of(root).fitted == 4
    rollback(root, 1)
    assert fit_of(root).fitted == 2
    assert ranked(root, settings, "更换阀门") == ["zh-valve.md", "zh-pump.md"]


@pytest.mark.parametrize("lost", [True, False])
def test_a_damaged_fit_is_told_and_mended(chinese: tuple[Path, Path, Settings], lost: bool) -> None:
    source, root, settings = chinese
    path = fit_path(root, _fingerprint(root))
    path.unlink() if lost else path.write_bytes(b"nonsense")
    name = path.relative_to(root).as_posix()
    reason = "is missing" if lost else "was altered"
    assert [(fault.path, fault.reason) for fault in verify(root)] == [(name, reason)]
    with pytest.raises(IndexDamaged, match=reason):
        Engine.open(root, settings)
    for page in source.glob("zh*"):
        page.unlink()
    source.rename(source.with_name("away"))  # the catalogs have all that is needed
    repair(root, settings, Silent())
    assert verify(root) == []
    assert ranked(root, settings, "更换阀门") == ["zh-valve.md", "zh-pump.md"]


def test_a_build_mends_a_damaged_fit_too(chinese: tuple[Path, Path, Settings]) -> None:
    source, root, settings = chinese
    fit_path(root, _fingerprint(root)).unlink()
    index(source, root, settings)
    assert ranked(root, settings, "更换阀门") == ["zh-valve.md", "zh-pump.md"]


def test_a_refit_gives_way_to_an_addition_in_between(
    chinese: tuple[Path, Path, Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, root, settings = chinese
    from indexer.store import merge as merging

    rewrite = merging.rewrite

    def late(*given: object) -> object:
        found = rewrite(*given)  # type: ignore[arg-type]
        change(root, settings, [upload(tmp_path / "up", "late.md", PUMP)])
        return found

    monkeypatch.setattr(merging, "rewrite", late)
    before = _fingerprint(root)
    assert refit(root) is None
    assert _fingerprint(root) == before
    assert rows_of(root) == 3


def test_a_build_killed_before_its_last_step_leaves_the_fit_in_use(
    chinese: tuple[Path, Path, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, root, settings = chinese
    from indexer.store import generations

    def killed(*given: object) -> None:
        raise KeyboardInterrupt

    before = _fingerprint(root)
    with monkeypatch.context() as patch:
        patch.setattr(generations, "write_current", killed)
        with pytest.raises(KeyboardInterrupt):
            refit(root)
    assert _fingerprint(root) == before
    assert ranked(root, settings, "更换阀门") == ["zh-valve.md", "zh-pump.md"]


def test_the_fallback_can_be_off(chinese: tuple[Path, Path, Settings], tmp_path: Path) -> None:
    source, _, settings = chinese
    models = settings.models.model_copy(update={"fallback": ""})
    root = tmp_path / "off"
    index(source, root, settings.model_copy(update={"models": models}))
    with Index.open(root) as opened:
        assert sorted(opened.spaces) == ["text"]
