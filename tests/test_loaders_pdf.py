"""PDF files: paragraphs, columns, headings, lists and tables."""

from __future__ import annotations

from pathlib import Path

from indexer.loaders.pdf_flow import compounds, flow
from indexer.records import BlockKind, Kind
from tests.pdf_writer import (
    BODY,
    Sheet,
    load,
    make_pdf,
    shapes,
    tagged_pdf,
)


def test_lines_become_paragraphs_parted_by_space(tmp_path: Path) -> None:
    sheet = Sheet().lines(50, 700, *BODY).lines(50, 660, *BODY)
    document = load(tmp_path, make_pdf([sheet]))
    assert shapes(document) == [("paragraph", " ".join(BODY))] * 2
    assert document.kind is Kind.MANUAL
    assert [block.page for block in document.blocks] == [1, 1]


def test_first_line_indents_part_paragraphs(tmp_path: Path) -> None:
    sheet = Sheet().text(62, 700, BODY[0]).text(50, 688, BODY[1])
    sheet.text(62, 676, BODY[0]).text(50, 664, BODY[1])
    document = load(tmp_path, make_pdf([sheet]))
    assert shapes(document) == [("paragraph", " ".join(BODY))] * 2


def test_hyphens_at_line_ends_are_undone(tmp_path: Path) -> None:
    sheet = Sheet().lines(
        50,
        700,
        "This well-known pump has a stain-",
        "less housing and is well-",
        "known for its long ser-",
        "vice life in the field.",
    )
    document = load(tmp_path, make_pdf([sheet]))
    assert document.blocks[0].text == (
        "This well-known pump has a stainless housing and is well-known for its long service life "
        "in the field."
    )


def test_flow_keeps_hyphens_before_capitals_and_between_lines_of_chinese() -> None:
    known = compounds(["a well-known case", "ends in co-"])
    assert known == frozenset({"well-known"})
    assert (
        flow(["the X200-", "Series and well-", "known"], known) == "the X200-Series and well-known"
    )
    assert flow(["the Rhein-", "Main area"], known) == "the Rhein-Main area"
    assert flow(["离心泵的", "安装 PTFE", "密封带"], known) == "离心泵的安装 PTFE 密封带"


def test_chinese_lines_join_without_spaces(tmp_path: Path) -> None:
    sheet = Sheet().lines(
        50,
        700,
        "本手册介绍如何安装操作和维护离心泵开始之前请阅读",
        "所有章节设备必须始终接地。",
        font="F4",
    )
    document = load(tmp_path, make_pdf([sheet]))
    assert shapes(document) == [
        ("paragraph", "本手册介绍如何安装操作和维护离心泵开始之前请阅读所有章节设备必须始终接地。")
    ]


def column(word: str) -> list[str]:
    return [f"{word} line {n} of a column that is set quite" for n in range(1, 7)]


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    sheet = Sheet().text(
        50, 750, "A title that runs across both of the columns of this page", 18, "F2"
    )
    # The content stream goes line by line across the page.
    for index, (left, right) in enumerate(zip(column("Left"), column("Right"), strict=True)):
        sheet.text(50, 700 - 12 * index, left).text(320, 700 - 12 * index, right)
    sheet.text(50, 600, "After the columns", 14, "F2")
    sheet.lines(
        50, 580, "A last paragraph across the whole width of the page closes it, as it does in"
    )
    document = load(tmp_path, make_pdf([sheet]))
    assert [block.text.split(" line")[0] for block in document.blocks] == [
        "A title that runs across both of the columns of this page",
        "Left",
        "Right",
        "After the columns",
        "A last paragraph across the whole width of the page closes it, as it does in",
    ]
    assert document.blocks[1].text == " ".join(column("Left"))


def test_three_columns(tmp_path: Path) -> None:
    sheet = Sheet()
    for x, word in ((40, "One"), (230, "Two"), (420, "Three")):
        sheet.lines(x, 700, *(f"{word} has line {n} of a column" for n in range(1, 7)))
    document = load(tmp_path, make_pdf([sheet]))
    assert [block.text.split()[0] for block in document.blocks] == ["One", "Two", "Three"]


def test_running_lines_and_page_numbers_are_dropped(tmp_path: Path) -> None:
    sheets = []
    for number in range(1, 7):
        sheet = Sheet().text(50, 770, "Pump X200 user guide", 8)
        sheet.text(50, 30, f"Chapter {'AABBCC'[number - 1]}", 8).text(520, 30, f"Page {number}", 8)
        sheets.append(sheet.lines(50, 700, *BODY).text(50, 600, f"Only here: {number * 'x'}."))
    document = load(tmp_path, make_pdf(sheets))
    assert [block.text for block in document.blocks if block.page == 3] == [
        " ".join(BODY),
        "Only here: xxx.",
    ]
    assert not any(
        "guide" in b.text or "Page" in b.text or "Chapter" in b.text for b in document.blocks
    )


def test_a_line_on_one_page_only_is_no_running_line(tmp_path: Path) -> None:
    first = Sheet().text(50, 770, "Safety first", 10).lines(50, 700, *BODY)
    document = load(tmp_path, make_pdf([first, Sheet().lines(50, 700, *BODY), Sheet()]))
    assert document.blocks[0].text == "Safety first"


def test_headings_are_ranked_by_size_and_weight(tmp_path: Path) -> None:
    sheet = Sheet().text(50, 750, "Pump X200", 24).text(50, 710, "1. Installation", 16)
    sheet.lines(50, 690, *BODY).text(50, 650, "Tools you need", 10, "F2").lines(50, 630, *BODY)
    sheet.text(50, 590, "2. Operation", 16).lines(50, 570, *BODY)
    sheet.text(50, 530, "This whole sentence is bold, and so no heading.", 10, "F2")
    document = load(tmp_path, make_pdf([sheet]))
    assert [(b.level, b.text) for b in document.blocks if b.kind is BlockKind.HEADING] == [
        (1, "Pump X200"),
        (2, "1. Installation"),
        (3, "Tools you need"),
        (2, "2. Operation"),
    ]
    assert document.title == "Pump X200"


def test_bookmarks_name_headings_that_look_like_text(tmp_path: Path) -> None:
    sheet = Sheet().text(50, 750, "1 Priming the pump").lines(50, 720, *BODY)
    sheet.text(50, 680, "2 Bleeding").lines(50, 650, *BODY)
    bookmarks = [("Priming the pump", 0), ("2 Bleeding", 0)]
    document = load(tmp_path, make_pdf([sheet], bookmarks=bookmarks))
    assert [(b.level, b.text) for b in document.blocks if b.kind is BlockKind.HEADING] == [
        (1, "1 Priming the pump"),
        (1, "2 Bleeding"),
    ]


def test_lists_tables_and_code(tmp_path: Path) -> None:
    sheet = Sheet().text(50, 750, "\u2022").text(62, 750, "Open the inlet valve of the pump")
    sheet.text(50, 738, "\u2022").text(62, 738, "Bleed the air")
    sheet.text(
        50, 700, "1. Press Start and wait until the green light is steady and the pressure has"
    )
    sheet.text(62, 688, "settled.").text(50, 676, "2. Close the valve.")
    for y, row in ((640, ("E01", "Dry run")), (620, ("E02", "Too hot"))):
        sheet.text(50, y, row[0]).text(200, y, row[1])
    sheet.text(50, 580, "pumpctl status", font="F3").text(62, 568, "--all", font="F3")
    document = load(tmp_path, make_pdf([sheet]))
    assert shapes(document) == [
        ("list_item", "Open the inlet valve of the pump"),
        ("list_item", "Bleed the air"),
        (
            "list_item",
            "1. Press Start and wait until the green light is steady and the pressure has settled.",
        ),
        ("list_item", "2. Close the valve."),
        ("table", "E01 | Dry run\nE02 | Too hot"),
        ("code", "pumpctl status\n  --all"),
    ]


def test_a_bold_header_is_repeated_in_the_rows_of_a_table(tmp_path: Path) -> None:
    sheet = Sheet()
    for x, word in ((50, "Code"), (200, "Cause"), (400, "Remedy")):
        sheet.text(x, 700, word, 10, "F2")
    for y, row in ((680, ("E01", "Dry", "Fill")), (660, ("E02", "Hot", "Wait"))):
        for x, word in zip((50, 200, 400), row, strict=True):
            sheet.text(x, y, word)
    sheet.text(200, 648, "motor")
    document = load(tmp_path, make_pdf([sheet]))
    assert document.blocks[0].text == (
        "Code: E01 | Cause: Dry | Remedy: Fill\nCode: E02 | Cause: Hot motor | Remedy: Wait"
    )


def test_tags_tell_what_geometry_cannot(tmp_path: Path) -> None:
    document = load(tmp_path, tagged_pdf())
    assert [(b.kind.value, b.level, b.text) for b in document.blocks] == [
        ("heading", 2, "Cleaning"),
        ("paragraph", 0, "Rinse it and"),
        ("paragraph", 0, "wait an hour."),
        ("list_item", 0, "First of all"),
        ("list_item", 0, "Right after it"),
        ("list_item", 0, "Second thing"),
        ("table", 0, "Code: E01 | Remedy: Fill it"),
    ]


def test_letters_drawn_twice_are_read_once(tmp_path: Path) -> None:
    sheet = Sheet().text(50, 700, "Allow all").text(50.4, 700, "Allow all", font="F2")
    assert [block.text for block in load(tmp_path, make_pdf([sheet])).blocks] == ["Allow all"]


def test_wide_spaces_of_a_justified_line_part_no_cells(tmp_path: Path) -> None:
    sheet = Sheet()
    for index, word in enumerate(("words", "sword", "sordw", "drows")):
        sheet.text(50 + 40 * index, 700, word)
    sheet.text(50, 680, "E04").text(78, 680, "Dry run").text(50, 660, "E07").text(
        78, 660, "Too hot"
    )
    document = load(tmp_path, make_pdf([sheet]))
    assert shapes(document) == [
        ("paragraph", "words sword sordw drows"),
        ("table", "E04 | Dry run\nE07 | Too hot"),
    ]


def test_a_table_goes_on_with_its_header_on_the_next_page(tmp_path: Path) -> None:
    first, second = Sheet(), Sheet()
    for x, words in ((50, ("Code", "E01")), (200, ("Cause", "Dry")), (400, ("Remedy", "Fill"))):
        first.text(x, 120, words[0], font="F2").text(x, 100, words[1])
    for x, cells in ((50, ("E02", "E03")), (200, ("Hot", "Old")), (400, ("Wait", "Change"))):
        second.text(x, 700, cells[0]).text(x, 680, cells[1])
    document = load(tmp_path, make_pdf([first, second]))
    assert [block.text for block in document.blocks] == [
        "Code: E01 | Cause: Dry | Remedy: Fill",
        "Code: E02 | Cause: Hot | Remedy: Wait\nCode: E03 | Cause: Old | Remedy: Change",
    ]
