"""How an answer is written out, and how the command line shows it."""

from __future__ import annotations

import io

import pytest
from jinja2 import Environment, PackageLoader
from rich.console import Console

from api.render_answer import print_said
from search.blocks import Block, Sentence, note, runs
from search.results import Answer, SearchResult
from search.sources import Remark

BLOCKS = (
    Block("paragraph", (1, 2), (Sentence("Open it.", (1, 2)), Sentence("Wait.", (1,)))),
    Block("steps", (1,), (Sentence("Press.", (1,), "2."), Sentence("Save.", (1,), "3.")), more=1),
    Block("table", (2,), header=("Code", "Meaning"), rows=(("E1", "a|b"), ("E2", "")), more=2),
    note("Sources differ: [1] says 3 s, [2] says 4 s.", (1, 2)),
)


def _render(template: str, **values: object) -> str:
    environment = Environment(loader=PackageLoader("search"), autoescape=False)
    environment.filters |= {"runs": runs, "where": str}
    return environment.get_template(template).render(values)


def test_the_text_of_an_answer() -> None:
    text = _render("answer.jinja", found=True, language="en", citations=(), blocks=BLOCKS)
    assert text == (
        "Open it. [1][2] Wait. [1]\n\n"
        "2. Press.\n3. Save.\n… 1 more step on the page [1]\n\n"
        "| Code | Meaning |\n| --- | --- |\n| E1 | a\\|b |\n| E2 |  |\n"
        "… 2 more rows on the page [2]\n\n"
        "Sources differ: [1] says 3 s, [2] says 4 s."
    )


def test_what_is_left_on_the_page_is_said_in_chinese_too() -> None:
    text = _render("answer.jinja", found=True, language="zh", citations=(), blocks=BLOCKS[1:3])
    assert "… 页面上还有 1 步 [1]" in text
    assert "… 页面上还有 2 行 [2]" in text


@pytest.mark.parametrize(
    ("remark", "english", "chinese"),
    [
        (
            Remark("differ", (1, 2), ("30 minutes", "20 minutes")),
            "Sources differ: [1] says 30 minutes, [2] says 20 minutes.",
            "出处说法不一：[1] 写的是 30 minutes，[2] 写的是 20 minutes。",
        ),
        (
            Remark("date", (2, 1), ("2023-04-02",)),
            "[2] is from 2023-04-02; [1] is newer.",
            "[2] 的日期是 2023-04-02，[1] 更新。",
        ),
        (
            Remark("version", (2, 1), ("2.9", "2.10")),
            "[2] is for version 2.9; [1] is for 2.10.",
            "[2] 针对版本 2.9，[1] 针对版本 2.10。",
        ),
        (
            Remark("unsolved", (1,)),
            "[1] is a ticket without a recorded resolution.",
            "[1] 是没有解决记录的工单。",
        ),
        (
            Remark("unsolved", (1, 3)),
            "[1], [3] are tickets without a recorded resolution.",
            "[1]、[3] 是没有解决记录的工单。",
        ),
    ],
)
def test_remarks_in_both_languages(remark: Remark, english: str, chinese: str) -> None:
    assert _render("note.jinja", remark=remark, language="en") == english
    assert _render("note.jinja", remark=remark, language="zh") == chinese


def test_the_command_line_shows_the_blocks() -> None:
    out = io.StringIO()
    result = SearchResult("q", (), {}, (), {}, 1)
    print_said(Console(file=out, width=60), Answer("", True, (), result, blocks=BLOCKS))
    lines = [line.rstrip() for line in out.getvalue().splitlines() if line.strip()]
    assert lines == [
        "Open it. [1][2] Wait. [1]",
        "2. Press.",
        "3. Save.",
        "… 1 more step on the page [1]",
        " Code | Meaning",
        "------|---------",
        " E1   | a\\|b",
        " E2   |",
        "… 2 more rows on the page [2]",
        "Sources differ: [1] says 3 s, [2] says 4 s.",
    ]
