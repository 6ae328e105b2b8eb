from __future__ import annotations

import pytest

from search.wish import asks_fact, asks_how


@pytest.mark.parametrize(
    ("question", "how"),
    [
        ("how do I descale it?", True),
        ("How to reset the router", True),
        ("unpack the machine, what are the steps", True),
        ("怎么除垢", True),
        ("咖啡機要怎麼除垢", True),
        ("如何升级固件", True),
        ("how long does a run take?", False),
        ("how often must it be greased", False),
        ("路由器坏了怎么办", False),
        ("這是怎麼回事", False),
        ("E04 on the display", False),
    ],
)
def test_questions_for_steps_are_told_from_others(question: str, how: bool) -> None:
    assert asks_how(question) is how


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("how long does a run take?", True),
        ("And does it see 5 GHz?", True),
        ("coffee only drips, which grind setting", True),
        ("in which bin does the cartridge go", True),
        ("除垢要多久", True),
        ("路由器可以壁挂吗", True),
        ("how do I descale it?", False),
        ("coffee machine shows E05, what should I do", False),
        ("What is wrong?", False),
        ("it squeaks when the unit moves", False),
        ("reset the router with a paper clip", False),
        ("咖啡不够烫怎么办", False),
        ("E04", False),
        ("", False),
    ],
)
def test_facts_are_told_from_tasks_and_troubles(question: str, fact: bool) -> None:
    assert asks_fact(question) is fact
