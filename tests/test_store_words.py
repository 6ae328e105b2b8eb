"""BM25 over four fields and all segments, checked against the formula and against brute force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import log
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.store.words import MOST_TERMS, WordFields, Words, WordsWriter

KEYS = (0xFFFFFFFF, 3, 0x80000000, 0)
Mask = NDArray[np.bool_] | None


def write(folder: Path, key: int, fields: Sequence[WordFields]) -> tuple[Path, int]:
    writer = WordsWriter(folder, key)
    for row, entry in enumerate(fields):
        writer.add(row, entry)
    writer.close()
    return folder, key


def written(folder: Path, *segments: Sequence[str]) -> list[tuple[Path, int]]:
    """A folder and a key for each list of bodies. The keys are in no order."""
    folder.mkdir(exist_ok=True)
    return [
        write(folder / f"{key:08x}", key, [WordFields("", "", text, "") for text in texts])
        for key, texts in zip(KEYS, segments, strict=False)
    ]


def bodies(folder: Path, *texts: str) -> Words:
    return Words(written(folder, texts))


def ranked(words: Words, text: str, k: int, mask: Mask = None) -> list[tuple[int, float]]:
    """The (row, score) pairs of an index with one segment."""
    return [(row, score) for _, row, score in words.search(text, k, [mask])]


def rows_of(words: Words, text: str, k: int) -> list[int]:
    return [row for row, _ in ranked(words, text, k)]


def bm25(tf: int, length: int, mean_length: float, documents: int, having: int) -> float:
    """Robertson's BM25 with k1 = 1.2 and b = 0.75."""
    idf = log(1 + (documents - having + 0.5) / (having + 0.5))
    return idf * 2.2 * tf / (tf + 1.2 * (0.25 + 0.75 * length / mean_length))


def test_score_is_bm25(tmp_path: Path) -> None:
    words = bodies(tmp_path, "printer jam", "printer printer offline tray", "scanner lid")
    mean = (2 + 4 + 2) / 3
    found = ranked(words, "Printers", 10)
    assert [row for row, _ in found] == [1, 0]
    assert found[0][1] == pytest.approx(bm25(2, 4, mean, 3, 2), rel=1e-5)
    assert found[1][1] == pytest.approx(bm25(1, 2, mean, 3, 2), rel=1e-5)


def test_words_and_fields_add_up_lines_by_what_they_count_for(tmp_path: Path) -> None:
    fields = [
        WordFields("jam", "jam", "jam", "jam"),
        WordFields("jam", "", "other", ""),
        WordFields("", "", "other", "jam"),
    ]
    words = Words([write(tmp_path / "words", 7, fields)])
    title = bm25(1, 1, 2 / 3, 3, 2)
    heading = bm25(1, 1, 1 / 3, 3, 1)
    body = bm25(1, 1, 1.0, 3, 1)
    lines = bm25(1, 1, 2 / 3, 3, 2)
    other = bm25(1, 1, 1.0, 3, 2)
    found = dict(ranked(words, "jam other", 10))
    halved = {row: score for _, row, score in words.search("jam other", 10, [None], lines=0.5)}
    assert halved[2] == pytest.approx(0.5 * lines + other, rel=1e-5)
    assert found[0] == pytest.approx(title + heading + body + lines, rel=1e-5)
    assert found[1] == pytest.approx(title + other, rel=1e-5)
    assert found[2] == pytest.approx(lines + other, rel=1e-5)
    assert words.frequency(["jam", "other", "none"]) == {"jam": 2, "other": 2, "none": 0}


@pytest.mark.parametrize("text", ["", "   ", "the of and", "unknownword", "()*:\"'~^\\", "\x00"])
def test_nothing_to_find(tmp_path: Path, text: str) -> None:
    assert rows_of(bodies(tmp_path, "alpha beta"), text, 5) == []


def test_query_syntax_is_plain_text(tmp_path: Path) -> None:
    words = bodies(tmp_path, "alpha beta", "gamma", "not alphabet")
    assert rows_of(words, 'row:1 +"alpha" -beta OR gam*', 9) == [0]


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
    assert rows_of(words, question, 1) == [row]


def test_chinese(tmp_path: Path) -> None:
    words = bodies(tmp_path, "打印机无法连接网络", "蓝牙耳机配对", "重新启动路由器")
    assert rows_of(words, "蓝牙怎么配对？", 5) == [1]
    assert rows_of(words, "打印机 网络", 1) == [0]


def test_a_very_long_query_keeps_its_rarest_words(tmp_path: Path) -> None:
    common = " ".join(f"common{i}" for i in range(MOST_TERMS))
    words = bodies(tmp_path, common, common, f"{common} needle")
    found = ranked(words, f"{common} {common} needle " + "noise " * 20_000, 3)
    assert found[0][0] == 2
    # The needle pushes out the last of the common words, so one document's worth is missing.
    assert found[0][1] > found[1][1] == found[2][1]


@pytest.mark.parametrize("k", [0, 1, 2, 3, 10**12])
def test_k_limits_the_answer(tmp_path: Path, k: int) -> None:
    words = bodies(tmp_path, "x1 x1", "x1", "x1 y")
    assert rows_of(words, "x1", k) == [0, 1, 2][:k]
    assert [row for row, _ in ranked(words, "x1", k, np.arange(3) > 0)] == [1, 2][:k]


def zipf_texts(count: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(f"w{n}" for n in random.zipf(1.3, 12) if n < 4_000) for _ in range(count)]


def test_segments_share_their_statistics(tmp_path: Path) -> None:
    texts = zipf_texts(300, 1)
    one = Words(written(tmp_path / "one", texts))
    three = Words(written(tmp_path / "three", texts[:1], texts[1:200], texts[200:]))
    starts = [0, 1, 200]
    for text in ("w1", "w2 w3 w40", " ".join(texts[:5])):
        found = three.search(text, 50, [None] * 3)
        assert [(starts[segment] + row, score) for segment, row, score in found] == ranked(
            one, text, 50
        )
    assert three.frequency(["w1", "w9", "w40"]) == one.frequency(["w1", "w9", "w40"])


def test_equal_scores_rank_by_segment_and_row(tmp_path: Path) -> None:
    words = Words(written(tmp_path, *[["same text"] * 10] * 3))
    every = [(segment, row) for segment in range(3) for row in range(10)]
    for k in (1, 7, 10, 25, 40):
        found = words.search("same", k, [None] * 3)
        assert [(segment, row) for segment, row, _ in found] == every[:k]
    odd = np.arange(10) % 2 == 1
    found = words.search("same", 12, [odd, None, odd])
    assert [(segment, row) for segment, row, _ in found] == [
        (segment, row) for segment, row in every if segment == 1 or row % 2
    ][:12]


SIZES = (10, 1_500, 400, 0)
MASKS: dict[str, Callable[[np.random.Generator, int], Mask]] = {
    "all": lambda random, size: None,
    "every row": lambda random, size: np.ones(size, np.bool_),
    "none": lambda random, size: np.zeros(size, np.bool_),
    "a few dead": lambda random, size: random.random(size) > 0.01,
    "half": lambda random, size: random.random(size) > 0.5,
    "few": lambda random, size: random.random(size) < 0.03,
    "one": lambda random, size: np.arange(size) == 3,
    "small segments": lambda random, size: None if size < 100 else np.arange(size) == 7,
    "one segment": lambda random, size: np.full(size, size == 400),
    "first rows dead": lambda random, size: np.arange(size) >= size // 2,
}


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Words:
    folder = tmp_path_factory.mktemp("four")
    return Words(written(folder, *[zipf_texts(size, size) for size in SIZES]))


@pytest.mark.parametrize("k", [1, 10, 200, 5_000])
@pytest.mark.parametrize("name", MASKS)
def test_masks_leave_the_ranking_of_the_rest(four: Words, name: str, k: int) -> None:
    random = np.random.default_rng(4)
    masks = [MASKS[name](random, size) for size in SIZES]
    for text in ("w1", "w2 w30", "w5 w17 w400 w90 w1100"):
        ranking = four.search(text, 5_000, [None] * 4)
        assert len(ranking) > 20
        kept = [hit for hit in ranking if (mask := masks[hit[0]]) is None or mask[hit[1]]]
        assert four.search(text, k, masks) == kept[:k]


@pytest.mark.parametrize("passing", [5, 300, 900, 1_800])
def test_the_worst_of_a_ranking_are_found(four: Words, passing: int) -> None:
    ranking = four.search("w1", 5_000, [None] * 4)
    masks = [np.zeros(size, np.bool_) for size in SIZES]
    for segment, row, _ in ranking[-passing:]:
        masks[segment][row] = True
    for k in (1, 20, 5_000):
        assert four.search("w1", k, masks) == ranking[-passing:][:k]


def test_there_is_one_mask_for_each_segment(four: Words) -> None:
    with pytest.raises(ValueError, match="zip"):
        four.search("w1", 5, [None] * 3)


def test_threads_find_the_same(four: Words) -> None:
    questions = [f"w{n} w{n + 7}" for n in range(1, 60)]
    expected = [four.search(text, 20, [None] * 4) for text in questions]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda text: four.search(text, 20, [None] * 4), questions)) == expected


def test_rows_are_those_written(four: Words, tmp_path: Path) -> None:
    assert [rows.tolist() for rows in four.rows()] == [list(range(size)) for size in SIZES]
    writer = WordsWriter(tmp_path / "words", 5)
    for row in (2, 3, 9):
        writer.add(row, WordFields("", "", "", ""))
    writer.close()
    assert [rows.tolist() for rows in Words([(tmp_path / "words", 5)]).rows()] == [[2, 3, 9]]


def test_rows_of_another_segment_are_reported(tmp_path: Path) -> None:
    writer = WordsWriter(tmp_path / "words", 4)
    writer.add(0, WordFields("", "", "alpha", ""))
    writer.add(1 << 32, WordFields("", "", "beta", ""))  # has the key 5
    writer.close()
    with pytest.raises(ValueError, match="other segment keys than"):
        Words([(tmp_path / "words", 4)]).rows()


def test_nothing_to_search(tmp_path: Path) -> None:
    without = Words([])
    assert without.search("anything", 5, []) == []
    assert without.rows() == []
    assert without.frequency(["anything"]) == {"anything": 0}
    empty = Words(written(tmp_path, [], []))
    assert empty.search("anything", 5, [None, np.zeros(0, np.bool_)]) == []
    assert [rows.tolist() for rows in empty.rows()] == [[], []]
