from __future__ import annotations

from search.table import has_header, make_table


def test_cells_marked_with_their_header_are_put_under_it() -> None:
    heading = "Code | Meaning | Remedy"
    rows = ["Code: E1 | Meaning: hot: very | Remedy: wait", "Code: E2 | Remedy: go"]
    assert has_header([heading, *rows])
    assert make_table(heading, rows) == (
        ("Code", "Meaning", "Remedy"),
        (("E1", "hot: very", "wait"), ("E2", "", "go")),
    )


def test_marks_are_the_header_where_its_row_is_elsewhere() -> None:
    rows = ["Code: E1 | Meaning: hot", "Code: E2 | Meaning: cold"]
    assert not has_header(rows)
    assert make_table(None, rows) == (("Code", "Meaning"), (("E1", "hot"), ("E2", "cold")))


def test_two_columns_are_named_by_short_words_above() -> None:
    assert has_header(["Signal | Meaning", "better than −65 dBm | very good"])
    assert not has_header(["-s | Recurse.", "-w | Show objects."])
    assert make_table("Signal | Meaning", ["−70 dBm | good"]) == (
        ("Signal", "Meaning"),
        (("−70 dBm", "good"),),
    )


def test_a_table_without_a_header_has_empty_names() -> None:
    assert make_table(None, ["-s | Recurse.", "-w"]) == (("", ""), (("-s", "Recurse."), ("-w", "")))
