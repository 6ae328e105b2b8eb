"""What the shared space's text tower sees of a chunk."""

from __future__ import annotations

from indexer.lanes import shared_space_text
from indexer.records import Chunk, Modality, Place


def seen(text: str, *heading: str, title: str = "Pump") -> str:
    return shared_space_text(title, Chunk(Modality.TEXT, Place(heading=heading), text))


def test_a_short_text_follows_its_headings() -> None:
    assert seen("Open the valve.\nThen start.", "Pump", "Start") == (
        "Pump. Start. Open the valve.\nThen start."
    )
    assert seen("Open the valve.", title="") == "Open the valve."
    assert seen("", "Start") == "Pump. Start"


CHAT = (
    "Some people like long walks along canals in evening light, or watch birds fall silent while "
    "boats pass under bridges that masons made out of old stone, years ahead of any steam train "
    "or motor car, which few of us would ever call a beautiful sight."
)
FIRST = "The pump needs air bled before it starts."
MORE = "Bleed the pump when air enters it, and start again."


def test_a_long_text_leads_with_its_most_central_sentences() -> None:
    found = seen(f"{CHAT} {FIRST}\n\n{MORE}", "Bleed the pump")
    assert found == f"Pump. Bleed the pump. {FIRST}\n\n{MORE}\n{CHAT}"


def test_the_best_sentence_leads_though_it_does_not_fit() -> None:
    long = "pump " * 80 + "end."
    assert seen(f"Short. {long}") == f"Pump. {long}\nShort."


def test_chinese_is_cut_at_its_sentences() -> None:
    chat = "今天天气很好我们一起去公园散步看花听鸟叫然后回家吃饭睡觉做梦又醒来。"
    bleed, more = "水泵启动之前请排出空气。", "水泵里有空气就不转。"
    found = seen(chat + bleed + more, "水泵排出空气", title="水泵")
    assert found == f"水泵. 水泵排出空气. {bleed}{more}\n{chat}"
