"""Text → tokens: the same words must come out of a manual, a screenshot and a question."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer.store.analysis import MAX_LENGTH, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("The users' devices are connecting", ["user", "devic", "connect"]),
        ("Error 0x80070005!", ["error", "0x80070005"]),
        ("Open wsl.exe.", ["open", "wsl.exe", "wsl", "exe"]),
        ("v2.53.1", ["v2.53.1", "2.53.1", "v2", "53", "1"]),
        ("E-17, BL-300", ["e-17", "e", "17", "bl-300", "bl", "300"]),
        ("MAX_PATH_LEN", ["max_path_len", "max", "path", "len"]),
        ("__init__ --force", ["init", "forc"]),
        ("up-to-date", ["up-to-date", "up", "date"]),
        ("C:\\Windows\\kernel32.dll", ["c", "window", "kernel32.dll", "kernel32", "dll"]),
        ("C++ and C# code", ["c++", "c", "c#", "c", "code"]),
        ("ＡＢＣ－１２ ﬁle", ["abc-12", "abc", "12", "file"]),
        ("don’t don't", ["don't", "don't"]),
        ("café naïve Привет мир", ["café", "naïve", "привет", "мир"]),
        ("한국어 हिन्दी", ["한국어", "हिन्दी"]),
        ('"a" OR (b:c)* ~^ AND', ["b", "c"]),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_parts_of_a_version_meet_the_bare_version() -> None:
    assert "2.53.1" in tokens("v2.53.1")
    assert "2.53.1" in tokens("version 2.53.1")


def test_chinese_is_cut_into_words_and_keeps_single_characters() -> None:
    assert tokens("无法连接蓝牙，错误E-17") == ["无法", "连接", "蓝牙", "错误", "e-17", "e", "17"]
    assert tokens("龘") == ["龘"]


def test_search_mode_gives_the_short_words_inside_long_ones() -> None:
    found = tokens("中华人民共和国")
    assert {"中华", "人民", "共和国", "中华人民共和国"} <= set(found)


def test_chinese_output_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    tokens("打印机")
    assert capfd.readouterr() == ("", "")


def test_long_tokens_are_cut() -> None:
    assert tokens("a" * 500) == ["a" * MAX_LENGTH]
    assert max(len(token) for token in tokens("x9" * 500 + "-b")) == MAX_LENGTH


def test_no_token_holds_a_space() -> None:
    text = "".join(map(chr, range(1, 0x3000)))
    assert all(token and not any(c.isspace() for c in token) for token in tokens(text))


def test_broken_surrogates_are_no_words() -> None:
    assert tokens("ab\ud800cd") == ["ab", "cd"]


def test_many_threads_agree() -> None:
    texts = [f"connecting printer{i} to wsl.exe v{i}.0" for i in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(tokens, texts)) == [tokens(text) for text in texts]


def test_english_text_does_not_load_the_chinese_dictionary() -> None:
    import subprocess

    code = (
        "import sys; from indexer.store.analysis import tokens; tokens('plain words');"
        "sys.exit('jieba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_chinese_particles_and_question_words_are_left_out() -> None:
    assert tokens("怎么给客人开访客网络?") == ["客人", "开", "访客", "网络"]
    assert "没有" in tokens("咖啡机没有水")
