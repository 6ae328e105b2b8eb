"""Text → tokens: the same words must come out of a manual, a screenshot and a question."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer.store.analysis import MAX_LENGTH, question_tokens, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("The users' devices are connecting", ["user", "devic", "connect"]),
        ("Error 0x80070005!", ["error", "80070005"]),
        ("Open wsl.exe.", ["open", "wsl.exe", "wsl", "exe"]),
        ("v2.53.1", ["v2.53.1", "2.53.1", "v2", "53", "1"]),
        ("E-17, BL-300", ["e17", "e", "17", "bl300", "bl", "300"]),
        ("MAX_PATH_LEN", ["maxpathlen", "max", "path", "len"]),
        ("__init__ --force", ["init", "forc"]),
        ("up-to-date", ["uptod", "up", "date"]),
        ("C:\\Windows\\kernel32.dll", ["c", "window", "kernel32.dll", "kernel32", "dll"]),
        ("C++ and C# code", ["c++", "c", "c#", "c", "code"]),
        ("ＡＢＣ－１２ ﬁle", ["abc12", "abc", "12", "file"]),
        ("don’t don't", ["don't", "don't"]),
        ("café naïve Привет мир", ["café", "naïve", "привет", "мир"]),
        ("한국어 हिन्दी", ["한국어", "हिन्दी"]),
        ('"a" OR (b:c)* ~^ AND', ["b", "c"]),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("E04", "E-04", "e04"),
        ("E04", "E 04", "e04"),
        ("e 04", "E_04", "e04"),
        ("0x80070005", "80070005", "80070005"),
        ("KB5034441", "KB 5034441", "kb5034441"),
        ("KB5034441", "5034441", "5034441"),
        ("P/N 12-345-67", "1234567", "1234567"),
        ("BL3-110", "bl3110", "bl3110"),
        ("Wi-Fi", "wifi", "wifi"),
        ("plug-ins", "plugin", "plugin"),
    ],
)
def test_a_code_is_one_however_it_is_written(one: str, other: str, shared: str) -> None:
    assert shared in tokens(one)
    assert shared in tokens(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A 5 and I 7", ["5", "i", "7"]),
        ("in 2019", ["2019"]),
        ("E 04-2", ["e", "042", "04", "2"]),
        ("version E 2.5", ["version", "e", "2.5", "2", "5"]),
        ("0xdeadbeef", ["0xdeadbeef"]),
        ("10.0.0.1", ["10.0.0.1", "10", "0", "0", "1"]),
    ],
)
def test_what_is_no_code_stays_as_it_is(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SetVolumeLabel", ["setvolumelabel", "set", "volum", "label"]),
        ("parseHTTPHeader", ["parsehttphead", "pars", "http", "header"]),
        ("lib.GetFileSize", ["lib.getfilesize", "lib", "getfiles", "get", "file", "size"]),
        ("GitHub iPhone", ["github", "git", "hub", "iphon", "phone"]),
        ("URLs PDF", ["url", "pdf"]),
    ],
)
def test_names_in_camel_case_are_whole_and_in_parts(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_a_question_keeps_a_name_in_camel_case_whole() -> None:
    assert question_tokens("SetVolumeLabel fails", set()) == ["setvolumelabel", "fail"]


def test_the_steps_of_a_menu_path_are_the_same_for_all_arrows() -> None:
    path = ["file>prefer", "prefer>audio"]
    assert tokens("Go to File > Preferences > Audio.")[-2:] == path
    assert tokens("file → preferences → audio")[-2:] == path
    assert tokens("“File” ▸ [Preferences] » *Audio Settings*")[-2:] == path
    assert tokens("File -> Save As... -> PNG")[-2:] == ["file>save", "as>png"]
    assert tokens("点击【设置】→「网络」")[-1] == "设置>网络"
    assert tokens("點擊設定 ＞ 網路")[-1] == "设置>网络"


@pytest.mark.parametrize("text", ["x->y <b>bold</b>", "C:\\> dir", "said:\n> quoted", "5 >"])
def test_other_angles_are_no_menu(text: str) -> None:
    assert not any(">" in word for word in tokens(text))


def test_another_language_adds_its_stem() -> None:
    assert tokens("Geräte verbinden", "de") == ["geräte", "gerat", "verbinden", "verbind"]
    assert tokens("dispositivos", "es") == ["dispositivo", "disposit"]
    assert tokens("принтеры", "ru") == ["принтеры", "принтер"]
    assert tokens("printers", "xx") == tokens("printers") == ["printer"]


def test_a_question_is_read_in_every_language_of_the_index_unless_it_tells_its_own() -> None:
    assert question_tokens("Geräte", {"de", "en"}) == ["geräte", "gerat"]
    assert question_tokens("Geräte", {"en"}) == ["geräte"]
    assert question_tokens("Geräte", set()) == ["geräte"]
    told = question_tokens(
        "Wie kann ich die Geräte wieder mit dem Drucker verbinden?", {"de", "fr"}
    )
    assert "gerat" in told
    assert "ger" not in told  # what French would make of it


def test_traditional_and_simplified_chinese_are_the_same_words() -> None:
    assert (
        tokens("藍牙耳機無法連接") == tokens("蓝牙耳机无法连接") == ["蓝牙", "耳机", "无法", "连接"]
    )


def test_words_of_taiwan_meet_those_of_the_mainland() -> None:
    assert tokens("印表機軟體") == tokens("打印机软件")
    assert tokens("檔案") == tokens("文件") == ["文件"]
    assert tokens("程序") == ["程序"]


def test_parts_of_a_version_meet_the_bare_version() -> None:
    assert "2.53.1" in tokens("v2.53.1")
    assert "2.53.1" in tokens("version 2.53.1")


def test_chinese_is_cut_into_words_and_keeps_single_characters() -> None:
    assert tokens("无法连接蓝牙，错误E-17") == ["无法", "连接", "蓝牙", "错误", "e17", "e", "17"]
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
        "sys.exit(bool({'jieba', 'opencc', 'py3langid'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_chinese_particles_and_question_words_are_left_out() -> None:
    assert tokens("怎么给客人开访客网络?") == ["客人", "开", "访客", "网络"]
    assert tokens("E04是什么意思") == ["e04"]
    assert tokens("除垢要多长时间") == ["除垢"]  # and not about time
    assert "没有" in tokens("咖啡机没有水")
