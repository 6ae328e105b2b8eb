"""Spoken questions: their words count like typed ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Limits, Models, Settings
from indexer.errors import BadQuery, BadSound
from indexer.records import Heard, Span
from search.engine import Engine
from search.qrels import read_queries
from search.query import Query
from tests.conftest import DATA
from tests.recordings import wav
from tests.test_search_engine import png

HEADS = ("Pump", "Pump is loud", "Start", "Valve", "Valve stuck")
"""The first titles and headings of the sources in the order of the alphabet, roughly."""


@pytest.fixture
def engine(manual: Path, tmp_path: Path, fake_settings: Settings) -> Iterator[Engine]:
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    opened = Engine.open(tmp_path / "ix", fake_settings)
    yield opened
    opened.close()


def test_a_spoken_question_finds_what_the_same_words_typed_find(engine: Engine) -> None:
    spoken = engine.search(Query(voice=wav(3.0)))
    typed = engine.search(Query(spoken.heard))
    assert len(spoken.heard.split()) >= 2
    assert spoken.query == ""
    assert [(hit.document, hit.score) for hit in spoken.hits] == [
        (hit.document, hit.score) for hit in typed.hits
    ]
    assert next(iter(spoken.took_ms)) == "listen"
    assert (typed.heard, "listen" in typed.took_ms) == ("", False)


def test_typed_and_spoken_words_are_asked_together(engine: Engine) -> None:
    heard = engine.search(Query(voice=wav(1.0))).heard
    both = engine.search(Query("clockwise to close", voice=wav(1.0)))
    typed = engine.search(Query(f"clockwise to close\n{heard}"))
    assert (both.query, both.heard) == ("clockwise to close", heard)
    assert [hit.score for hit in both.hits] == [hit.score for hit in typed.hits]


def test_a_recording_without_words_is_an_error_where_nothing_else_is_asked(
    engine: Engine,
) -> None:
    with pytest.raises(BadSound, match="no words were heard in the recording"):
        engine.search(Query(voice=wav(0.5)))
    assert engine.search(Query("valve", voice=wav(0.5))).heard == ""
    assert engine.search(Query(image=png("red"), voice=wav(0.5))).hits[0].document == "pump.md"
    with pytest.raises(BadSound, match="no recording"):
        engine.search(Query("valve", voice=b"not a recording"))


def test_speech_can_be_turned_off(manual: Path, tmp_path: Path, fake_settings: Settings) -> None:
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    models = fake_settings.models.model_copy(update={"speech": ""})
    engine = Engine.open(tmp_path / "ix", fake_settings.model_copy(update={"models": models}))
    with pytest.raises(BadQuery, match=r"spoken questions are turned off; set models\.speech"):
        engine.search(Query(voice=wav(2.0)))
    engine.close()


def test_a_query_may_have_only_a_recording() -> None:
    Query(voice=b"x").check(Limits())
    with pytest.raises(BadQuery, match="give a question, an image, a recording, or several"):
        Query(" ").check(Limits())


def test_confidence_is_the_mean_of_the_spans_by_their_length() -> None:
    heard = Heard((Span("brew", 0.0, 1.0, 0.9), Span("unit", 1.0, 1.5, 0.3)))
    assert heard.text == "brew unit"
    assert heard.confidence == pytest.approx((0.9 * 1.0 + 0.3 * 0.5) / 1.5)
    assert Heard(()).confidence == 0.0


def test_a_query_file_names_recordings(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"sound")
    lines = [
        {"id": "a", "voice": "a.wav", "relevant": ["x.md"]},
        {"id": "b", "text": "why", "voice": "gone.wav", "relevant": ["x.md"]},
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, lines)))
    spoken, both = read_queries(tmp_path / "q.jsonl", None)
    assert (spoken.asked_with, both.asked_with) == ("voice", "text+voice")
    assert spoken.query(5).voice == b"sound"
    with pytest.raises(BadQuery, match=r"query b: .*gone\.wav: No such file"):
        both.query(5)


def test_a_human_is_heard_with_the_words_of_the_index(
    tmp_path: Path, real_settings: Settings
) -> None:
    clip = DATA / "speech" / "cards" / "003.wav"
    if not clip.is_file():
        pytest.skip("public recordings are not here (../shared/data)")
    (tmp_path / "cards").mkdir()
    page = "# Seven of clubs\n\nThe seven of clubs.\n\n# Eight of spades\n\nThe eight of spades.\n"
    (tmp_path / "cards" / "cards.md").write_text(page)
    models = Models(text="lsa", clip="")
    settings = real_settings.model_copy(update={"models": models})
    build([tmp_path / "cards"], tmp_path / "ix", settings, True, Silent())
    engine = Engine.open(tmp_path / "ix", settings)
    result = engine.search(Query(voice=clip.read_bytes()))
    engine.close()
    assert result.heard == "seven of clubs"
    assert result.hits[0].document == "cards.md"
