"""Words of an index as they are said, and the language model that is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer.cache import Cache
from indexer.config import Settings
from indexer.errors import UnknownName
from indexer.readers.phrases import phrases
from indexer.readers.pronounce import Pronouncer, number_words
from indexer.readers.speech import Domain, speech_reader_of
from indexer.readers.sphinx import prepared_samples
from indexer.readers.trigrams import Trigrams
from indexer.sound import RATE, decode_sound
from tests.conftest import DATA

KNOWN = {
    "e.": "IY", "p.": "P IY", "zero": "Z IH R OW", "four": "F AO R", "brew": "B R UW",
    "line": "L AY N", "up-to-date": "AH P T AH D EY T",
}  # fmt: skip


def test_sentences_become_words_that_can_be_said() -> None:
    text = "Error E-04: open Brewline’s side-panel.\nKeep it up-to-date! 文"
    assert list(phrases(text, KNOWN)) == [
        ["error", "e-04"],
        ["open", "brewline's", "side", "panel"],
        ["keep", "it", "up-to-date"],
    ]


@pytest.mark.parametrize(
    ("digits", "said"),
    [
        ("7", "seven"), ("40", "forty"), ("42", "forty two"), ("300", "three hundred"),
        ("1905", "nineteen oh five"), ("2026", "twenty twenty six"), ("3000", "three thousand"),
        ("04", "zero four"), ("12345", "one two three four five"),
    ],
)  # fmt: skip
def test_numbers_are_said_as_people_say_them(digits: str, said: str) -> None:
    assert " ".join(number_words(digits)) == said


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("brew", "B R UW"),  # as the dictionary says
        ("brewline", "B R UW L AY N"),  # by its halves
        ("brewline's", "B R UW L AY N Z"),
        ("e-04", "IY Z IH R OW F AO R"),  # code: letters and digits
        ("trello", "T R EH L OW"),  # by rules
        ("knight", "N AY T"),
        ("make", "M EY K"),
        ("station", "S T AE SH AH N"),
        ("字", ""),
    ],
)
def test_a_word_is_said_by_dictionary_halves_letters_or_rules(word: str, phones: str) -> None:
    assert Pronouncer(KNOWN)(word) == phones


def test_probabilities_of_every_history_add_up_to_one() -> None:
    general = {"open": 0.2, "the": 0.5, "valve": 0.2, "</s>": 0.1}
    said = [(["open", "the", "valve"], 2.0), (["the", "valve"], 1.0)]
    model = Trigrams(said, general)
    # 3 of 11 words were "valve", of 4 kinds; "the" was followed by it alone, three times
    valve = model.probability(("valve",))
    assert valve == pytest.approx((3 + 4 * 0.2) / (11 + 4))
    assert model.probability(("the", "valve")) == pytest.approx((3 + valve) / 4)
    for history in ((), ("the",), ("open", "the"), ("valve",), ("valve", "open")):
        total = sum(model.probability((*history, word)) for word in general)
        assert total == pytest.approx(1.0), history


def test_a_model_is_written_with_its_backoffs() -> None:
    model = Trigrams([(["a"], 1.0)], {"a": 0.5, "</s>": 0.5})
    lines = model.to_arpa().splitlines()
    assert lines[:4] == ["\\data\\", "ngram 1=3", "ngram 2=2", "ngram 3=1"]
    # (1 + 2 × .5) / (2 + 2) = .5 of each; after <s>: (1 + .5) / (1 + 1) = .75
    assert any(line.startswith("-0.1249\t<s> a\t") for line in lines)
    assert lines[-1] == "\\end\\"


def test_sound_is_prepared_at_one_loudness_between_pauses() -> None:
    tone = np.sin(np.arange(RATE) / 10).astype(np.float32)
    quiet, loud = (prepared_samples(tone * level) for level in (np.float32(0.01), np.float32(0.9)))
    assert quiet is not None
    assert loud is not None
    assert len(quiet) == RATE * 1.6
    middle = quiet[RATE // 2 : RATE].astype(np.float64) / 32767
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.05, rel=0.02)
    assert np.abs(quiet.astype(int) - loud).max() <= 1
    assert prepared_samples(np.zeros(RATE, np.float32)) is None


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    opened = Cache(tmp_path / "cache")
    yield opened
    opened.close()


def test_the_language_model_is_made_once_and_hears_people(tmp_path: Path, cache: Cache) -> None:
    clip = DATA / "speech" / "cards" / "001.wav"
    if not clip.is_file():
        pytest.skip("public recordings are not here (../shared/data)")
    asked: list[str] = []

    def heads() -> Iterator[str]:
        asked.append("heads")
        yield from ("ten of clubs", "four of hearts")

    settings = Settings(cache=tmp_path / "cache")
    sound = decode_sound(clip.read_bytes(), settings.limits)
    for _ in range(2):
        reader = speech_reader_of(Domain("cards", heads, lambda: ()), settings, cache)
        assert reader is not None
        best, *others = reader.hear(sound)
        assert best.text == "ten of clubs"
        assert best.weight == pytest.approx(1 / (1 + len(others)))
        assert [span.text for span in best.spans] == ["ten", "of", "clubs"]
        assert 0 <= best.spans[0].start < best.spans[0].end <= best.spans[1].start + 0.02
        assert 0 < best.confidence <= 1
        assert best.text not in {other.text for other in others}
        assert reader.hear(np.zeros(RATE, np.float32)) == ()
    assert asked == ["heads"]


def test_a_reader_that_nobody_knows_is_named(cache: Cache, tmp_path: Path) -> None:
    settings = Settings(cache=tmp_path / "cache")
    models = settings.models.model_copy(update={"speech": "parrot"})
    with pytest.raises(UnknownName, match="unknown speech reader 'parrot'; known: fake, pocket"):
        speech_reader_of(
            Domain("", lambda: (), lambda: ()),
            settings.model_copy(update={"models": models}),
            cache,
        )
