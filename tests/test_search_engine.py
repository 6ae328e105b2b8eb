from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.adapter import Adapter, Memory, write_adapter
from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Models, Ranking, Settings, Weights
from indexer.errors import BadImage, BadQuery, IndexMismatch
from indexer.records import Filter
from search.engine import Engine
from search.query import Query
from tests.fakes import AXES, FakeEncoder


def png(color: str, size: tuple[int, int] = (16, 16)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def engine(manual: Path, tmp_path: Path, fake_settings: Settings) -> Iterator[Engine]:
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    opened = Engine.open(tmp_path / "ix", fake_settings)
    yield opened
    opened.close()


def test_every_lane_ranks_and_the_ranks_are_fused(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    weights = Weights(clip=0.25, passages=0.25, text=2.0, words=1.0)
    ranking = Ranking(fusion="rrf", question=weights)
    engine = Engine.open(tmp_path / "ix", fake_settings.model_copy(update={"ranking": ranking}))
    result = engine.search(Query("clockwise to close the valve"))
    engine.close()
    first = next(hit for hit in result.hits if hit.document == "valve.md")
    assert first.text == "Turn the valve clockwise to close it."
    assert set(first.lanes) == {"clip", "text", "words"}
    assert first.lanes["words"].rank == 1
    expected = sum(
        weight / (5 + first.lanes[lane].rank)
        for lane, weight in {"clip": 0.25, "text": 2.0, "words": 1.0}.items()
    )
    assert first.score == pytest.approx(expected)
    assert [hit.rank for hit in result.hits] == list(range(1, len(result.hits) + 1))
    assert list(result.took_ms) == [
        "filter", "encode", "recall", "fetch", "fuse", "correct", "hits",
    ]  # fmt: skip


def test_a_picture_finds_its_page_in_the_shared_space(engine: Engine) -> None:
    result = engine.search(Query(image=png("red", (40, 30))))
    first = result.hits[0]
    assert (first.document, first.asset) == ("pump.md", "images/panel.png")
    assert first.lanes["clip"].rank == 1
    assert first.lanes["clip"].score > 1  # nearer than one in a hundred
    assert [line.text for line in result.read] == ["40x30"]
    assert [line.text for line in first.matched] == ["40x30"]
    assert engine.thumb(first.thumb) is not None


def test_hits_are_documents_once_each(engine: Engine) -> None:
    result = engine.search(Query("pump valve red"))
    documents = [hit.document for hit in result.hits]
    assert len(documents) == len(set(documents)) == 5


def test_assets_can_be_ranked_instead(engine: Engine) -> None:
    result = engine.search(Query("blue", collapse="asset"))
    assert {hit.asset for hit in result.hits} == {"images/panel.png", "lamp.png"}


def test_filters_and_exclusions_hold_inside_the_search(engine: Engine) -> None:
    tickets = engine.search(Query("pump", filters=(Filter("kind", "=", "ticket"),)))
    assert {hit.document for hit in tickets.hits} == {"tickets.csv#T1", "tickets.csv#T2"}
    product = engine.search(Query("pump", filters=(Filter("product", "=", "V20"),)))
    assert [hit.document for hit in product.hits] == ["tickets.csv#T2"]
    recent = engine.search(Query("pump", filters=(Filter("date", ">", "2025-04-01"),)))
    assert [hit.document for hit in recent.hits] == ["tickets.csv#T2"]
    rest = engine.search(Query("pump", exclude=frozenset({"pump.md", "T1"})))
    assert {hit.document for hit in rest.hits} == {"valve.md", "lamp.png", "tickets.csv#T2"}
    own = engine.search(Query("red", exclude=frozenset({"images/panel.png"})))
    assert all(hit.asset != "images/panel.png" for hit in own.hits)


def test_a_ticket_is_answered_by_its_resolution(engine: Engine) -> None:
    answer = engine.answer(Query("the pump makes a grinding noise"))
    ticket = next(c for c in answer.citations if c.document == "tickets.csv#T1")
    assert ticket.quote == "Bleed the air out of the pump."
    assert ticket.place.heading[-1] == "Resolution"
    assert answer.found
    assert f"Bleed the air out of the pump. [{ticket.number}]" in answer.text


def test_weak_evidence_is_no_answer(engine: Engine) -> None:
    answer = engine.answer(Query("recipe for pancakes with maple syrup"))
    assert not answer.found
    assert answer.text.startswith("Nothing found that answers this.")
    chinese = engine.answer(Query("如何制作煎饼和果酱"))
    assert chinese.text.startswith("没有找到能回答这个问题的内容。")


def test_bad_queries(engine: Engine) -> None:
    with pytest.raises(BadQuery, match="empty query"):
        engine.search(Query(""))
    with pytest.raises(BadImage, match="not an image"):
        engine.search(Query(image=b"GIF? no"))
    with pytest.raises(BadQuery, match="unknown filter key 'colour'"):
        engine.search(Query("pump", filters=(Filter("colour", "=", "red"),)))


def test_without_clip_weights_the_lane_is_reported_off(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    models = Models(text="fake:demo", clip="", reader="fake")
    settings = fake_settings.model_copy(update={"models": models})
    build([manual], tmp_path / "ix", settings, True, Silent())
    engine = Engine.open(tmp_path / "ix", settings)
    result = engine.search(Query("pump"))
    engine.close()
    assert set(result.lanes_off) == {"clip"}
    assert "triptych index --clip" in result.lanes_off["clip"]
    assert set(result.hits[0].lanes) == {"text", "words"}


def test_a_space_of_texts_alone_repeats_the_text_lane_and_is_off(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    for name in ("lamp.png", "images/panel.png"):
        (manual / name).unlink()
    (manual / "pump.md").write_text("# Pump\n\nThe pump moves water.\n")
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    engine = Engine.open(tmp_path / "ix", fake_settings)
    words = engine.search(Query("pump"))
    image = engine.search(Query(image=png("red")))
    engine.close()
    assert words.lanes_off == {"clip": "all chunks are text, which the text lane ranks"}
    assert set(words.hits[0].lanes) == {"text", "words"}
    assert image.lanes_off == {}
    assert "clip" in image.hits[0].lanes


def test_a_lane_of_weight_zero_is_off(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    question = Weights(clip=0.0, text=1.0, words=0.0)
    settings = fake_settings.model_copy(update={"ranking": Ranking(question=question)})
    engine = Engine.open(tmp_path / "ix", settings)
    result = engine.search(Query("pump"))
    engine.close()
    reason = "its weight in the settings is 0"
    assert result.lanes_off == {"clip": reason, "words": reason}
    assert set(result.hits[0].lanes) == {"text"}


def test_images_and_passages_of_the_shared_space_are_weighted_apart(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    (manual / "red.md").write_text("# Note\n\nA red red red light.\n")
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    scores = {}
    for passages in (0.0, 1.0):
        screenshot = Weights(clip=1.0, passages=passages, text=0.0, words=0.0)
        ranking = Ranking(fusion="rrf", screenshot=screenshot)
        settings = fake_settings.model_copy(update={"ranking": ranking})
        engine = Engine.open(tmp_path / "ix", settings)
        hits = engine.search(Query(image=png("red"))).hits
        engine.close()
        scores[passages] = {hit.document: hit.score for hit in hits}
    assert scores[0.0]["pump.md"] == pytest.approx(1 / 6)
    assert scores[0.0]["red.md"] == 0.0
    assert scores[1.0]["red.md"] == pytest.approx(1 / 6)


def test_a_language_the_encoder_lacks_turns_its_lane_off(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    (manual / "zh.md").write_text("# 水泵\n\n启动水泵之前请先打开阀门。\n")
    models = Models(text="fake:english", fallback="", clip="", reader="fake")
    settings = fake_settings.model_copy(update={"models": models})
    build([manual], tmp_path / "ix", settings, True, Silent())
    engine = Engine.open(tmp_path / "ix", settings)
    result = engine.search(Query("怎么打开阀门"))
    engine.close()
    assert result.lanes_off["text"] == "english understands en, and the question is in zh"
    assert [hit.document for hit in result.hits] == ["zh.md"]
    assert result.hits[0].language == "zh"


def test_a_passage_the_encoder_cannot_read_is_not_in_its_lane(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    (manual / "zh.md").write_text("# 水泵\n\n启动水泵 pump 之前请先打开阀门。\n")
    found = {}
    for model in ("english", "any"):
        models = Models(text=f"fake:{model}", clip="", reader="fake")
        settings = fake_settings.model_copy(update={"models": models})
        build([manual], tmp_path / model, settings, True, Silent())
        engine = Engine.open(tmp_path / model, settings)
        hits = engine.search(Query("pump")).hits
        engine.close()
        found[model] = {lane for hit in hits if hit.document == "zh.md" for lane in hit.lanes}
    assert found == {"english": {"words"}, "any": {"text", "words"}}


def test_an_image_without_text_leaves_the_lanes_of_words_off(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    models = Models(text="fake:demo", clip="fake:demo", reader="")
    settings = fake_settings.model_copy(update={"models": models})
    build([manual], tmp_path / "ix", settings, True, Silent())
    engine = Engine.open(tmp_path / "ix", settings)
    result = engine.search(Query(image=png("blue")))
    engine.close()
    assert result.lanes_off == {
        "text": "no text was found in the image",
        "words": "no text was found in the image",
    }
    assert result.hits[0].asset == "lamp.png"
    assert set(result.hits[0].lanes) == {"clip"}


def test_the_answer_names_the_screen_asked_with(engine: Engine) -> None:
    same = engine.answer(Query(image=png("red", (40, 30))))
    assert same.citations[0].asset == "images/panel.png"
    assert [line.text for line in same.citations[0].matched] == ["40x30"]


def test_an_index_made_with_other_settings_says_so(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    models = Models(text="fake:other", clip="fake:demo", reader="fake")
    other = fake_settings.model_copy(update={"models": models})
    with pytest.raises(IndexMismatch, match=r"text space was made with demo.*fake:other.*rebuild"):
        Engine.open(tmp_path / "ix", other)


def test_an_index_made_with_other_weights_says_so(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    plain = FakeEncoder.__init__

    def changed(self: FakeEncoder, model: str, cache: Path, threads: int) -> None:
        plain(self, model, cache, threads)
        self.fingerprint = "new-weights"

    monkeypatch.setattr(FakeEncoder, "__init__", changed)
    with pytest.raises(IndexMismatch, match=r"fake-demo.*new-weights.*rebuild with"):
        Engine.open(tmp_path / "ix", fake_settings)


def test_an_adapter_is_taken_up_and_turns_questions(
    engine: Engine, tmp_path: Path, fake_settings: Settings
) -> None:
    space = engine._index.spaces["text"]
    residual = np.zeros((space.dim, space.dim), np.float32)
    pump, valve = AXES.index("pump"), AXES.index("valve")
    residual[pump, valve], residual[pump, pump] = 1.0, -1.0
    nothing = np.zeros(space.dim, np.float32)
    adapter = Adapter(space.name, space.fingerprint, residual, nothing, Memory.none(space.dim))
    before = engine.live()
    write_adapter(tmp_path / "ix", adapter)
    assert engine.changed()
    assert engine.live() != before

    tuned = Engine.open(tmp_path / "ix", fake_settings, base=engine)
    try:
        assert not tuned.changed()
        best = {
            name: min(opened.search(Query("pump")).hits, key=lambda hit: hit.lanes["text"].rank)
            for name, opened in (("plain", engine), ("tuned", tuned))
        }
    finally:
        tuned.close()
    assert best["plain"].document == "pump.md"
    assert best["tuned"].title == "Valve stuck"
    assert best["tuned"].lanes["text"].score == pytest.approx(1.0)


def test_a_recording_is_read_in_two_frames(engine: Engine) -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (24, 24), color) for color in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    read = engine.search(Query(image=out.getvalue())).read
    assert [line.text for line in read] == ["24x24"]  # both frames say it, once
