"""BM25 over four fields, checked against the formula."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from pathlib import Path

import numpy as np
import pytest

from indexer.store.words import MOST_TERMS, WORD_BOOSTS, WordFields, Words, WordsWriter


def build(folder: Path, fields: Sequence[WordFields]) -> Words:
    writer = WordsWriter(folder / "words")
    for row, entry in enumerate(fields):
        writer.add(row, entry)
    writer.close()
    return Words(folder / "words")


def bodies(folder: Path, *texts: str) -> Words:
    return build(folder, [WordFields("", "", text, "") for text in texts])


def bm25(tf: int, length: int, mean_length: float, documents: int, having: int) -> float:
    """Robertson's BM25 with k1 = 1.2 and b = 0.75."""
    idf = log(1 + (documents - having + 0.5) / (having + 0.5))
    return idf * 2.2 * tf / (tf + 1.2 * (0.25 + 0.75 * length / mean_length))


def test_score_is_bm25(tmp_path: Path) -> None:
    words = bodies(tmp_path, "printer jam", "printer printer offline tray", "scanner lid")
    mean = (2 + 4 + 2) / 3
    found = words.search("Printers", 10, None)
    assert [row for row, _ in found] == [1, 0]
    assert found[0][1] == pytest.approx(bm25(2, 4, mean, 3, 2), rel=1e-5)
    assert found[1][1] == pytest.approx(bm25(1, 2, mean, 3, 2), rel=1e-5)


def test_words_and_fields_add_up_with_their_boosts(tmp_path: Path) -> None:
    words = build(
        tmp_path,
        [
            WordFields("jam", "jam", "jam", "jam"),
            WordFields("jam", "", "other", ""),
            WordFields("", "", "other", "jam"),
        ],
    )
    boosts = WORD_BOOSTS
    title = boosts.title * bm25(1, 1, 2 / 3, 3, 2)
    heading = boosts.heading * bm25(1, 1, 1 / 3, 3, 1)
    body = boosts.body * bm25(1, 1, 1.0, 3, 1)
    lines = boosts.lines * bm25(1, 1, 2 / 3, 3, 2)
    other = boosts.body * bm25(1, 1, 1.0, 3, 2)
    found = dict(words.search("jam other", 10, None))
    assert found[0] == pytest.approx(title + heading + body + lines, rel=1e-5)
    assert found[1] == pytest.approx(title + other, rel=1e-5)
    assert found[2] == pytest.approx(lines + other, rel=1e-5)


def test_equal_scores_rank_by_row(tmp_path: Path) -> None:
    words = bodies(tmp_path, *["same text"] * 30)
    assert [row for row, _ in words.search("same", 7, None)] == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("kept", [[3], [1, 4], [0, 1, 2, 4, 5], [0, 1, 2, 3, 4, 5], []])
def test_selection_keeps_scores(tmp_path: Path, kept: list[int]) -> None:
    words = bodies(tmp_path, "a1 x", "a1 y", "z", "a1 a1", "a1", "q a1 r s")
    everything = dict(words.search("a1", 10, None))
    mask = np.zeros(6, np.bool_)
    mask[kept] = True
    found = words.search("a1", 10, mask)
    assert dict(found) == {row: score for row, score in everything.items() if row in kept}
    assert [score for _, score in found] == sorted((s for _, s in found), reverse=True)


def test_selected_rows_without_the_word_are_not_found(tmp_path: Path) -> None:
    words = bodies(tmp_path, "alpha", "beta", "gamma", "delta")
    assert words.search("beta", 10, np.array([True, False, True, False])) == []


@pytest.mark.parametrize("text", ["", "   ", "the of and", "unknownword", "()*:\"'~^\\", "\x00"])
def test_nothing_to_find(tmp_path: Path, text: str) -> None:
    assert bodies(tmp_path, "alpha beta").search(text, 5, None) == []


def test_query_syntax_is_plain_text(tmp_path: Path) -> None:
    words = bodies(tmp_path, "alpha beta", "gamma", "not alphabet")
    assert [row for row, _ in words.search('row:1 +"alpha" -beta OR gam*', 9, None)] == [0]


@pytest.mark.parametrize(
    ("question", "row"),
    [("E-17", 0), ("0X80070005", 1), ("wsl.exe", 2), ("2.53.1", 3), ("BL-300?", 4), ("e 18", 5)],
)
def test_codes_are_found_whole(tmp_path: Path, question: str, row: int) -> None:
    words = bodies(
        tmp_path,
        "Code E-17 means jam",
        "failed with 0x80070005",
        "start wsl.exe now",
        "since v2.53.1",
        "use battery BL-300",
        "Code E-18 means lid",
        "wsl and an exe file; 300 of BL; 53 1 2",
    )
    assert words.search(question, 1, None)[0][0] == row


def test_chinese(tmp_path: Path) -> None:
    words = bodies(tmp_path, "打印机无法连接网络", "蓝牙耳机配对", "重新启动路由器")
    assert [row for row, _ in words.search("蓝牙怎么配对？", 5, None)] == [1]
    assert words.search("打印机 网络", 1, None)[0][0] == 0


def test_a_very_long_query_keeps_its_rarest_words(tmp_path: Path) -> None:
    common = " ".join(f"common{i}" for i in range(MOST_TERMS))
    words = bodies(tmp_path, common, common, f"{common} needle")
    found = words.search(f"{common} {common} needle " + "noise " * 20_000, 3, None)
    assert found[0][0] == 2
    # The needle pushes out the last of the common words, so one document's worth is missing.
    assert found[0][1] > found[1][1] == found[2][1]


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    assert bodies(tmp_path).search("anything", 5, None) == []


def test_k_limits_the_answer(tmp_path: Path) -> None:
    words = bodies(tmp_path, "x1 x1", "x1", "x1 y")
    assert [row for row, _ in words.search("x1", 1, None)] == [0]
    assert words.search("x1", 0, None) == []


def test_a_sealed_folder_stays_as_it_is(tmp_path: Path) -> None:
    words = bodies(tmp_path, "alpha")
    names = sorted(path.name for path in (tmp_path / "words").iterdir())
    assert words.search("alpha", 1, None)[0][0] == 0
    assert not [name for name in names if "lock" in name]
    assert sorted(path.name for path in (tmp_path / "words").iterdir()) == names
