"""The HTML loader."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from indexer.errors import BadFile
from tests.loading import Notes, load, rows


def test_main_content_only(tmp_path: Path) -> None:
    document = load(
        tmp_path,
        "p.html",
        '<!doctype html><html lang="de-CH"><head><title>Pump &amp; care</title>'
        '<meta name="description" content="All about it"><meta name="date" content="2024-02-03">'
        "<style>x{}</style></head><body><header><h2>Site</h2></header><nav>Home</nav>"
        '<main><h1>Pump<a class="headerlink" href="#">¶</a></h1><p>One<br>two.</p>'
        "<script>alert(1)</script><form><button>Send</button><input value=q></form>"
        '<aside>Related</aside><aside class="admonition note">Kept</aside></main>'
        "<footer>(c)</footer></body></html>",
    )
    assert (document.title, document.language, document.date) == (
        "Pump & care",
        "de",
        date(2024, 2, 3),
    )
    assert document.metadata == {"description": "All about it"}
    assert rows(document) == [
        ("heading1", "Pump"),
        ("paragraph", "One\ntwo."),
        ("paragraph", "Kept"),
    ]


def test_lists_tables_and_figures(tmp_path: Path) -> None:
    notes = Notes()
    document = load(
        tmp_path,
        "p.html",
        '<ol start="3"><li>Three <img src="panel.png" alt="Knob"> on<ul><li>deep</li></ul></li>'
        "<li value=7>Seven</li></ol><dl><dt>Term</dt><dd>Meaning</dd></dl>"
        "<table><caption>Values</caption><tr><th>A<th>B<th>C</tr>"
        "<tr><td>1<td><img src=panel.png alt=Shot> x<td>3</tr><tr><td>4<td>5<td>6</table>"
        "<figure><img src=panel.png><figcaption>The <b>panel</b>.</figcaption></figure>"
        "<figure><pre>one<br>  two</pre><figcaption>Listing</figcaption></figure>"
        '<p>中文\n换行</p><img src="gone.png" alt="no"><img src="https://x.org/a.png" alt="no">',
        notes,
    )
    assert rows(document) == [
        ("list_item", "3. Three on"),
        ("figure", "panel.png|Knob|"),
        ("list_item", "deep"),
        ("list_item", "7. Seven"),
        ("list_item", "Term"),
        ("list_item", "Meaning"),
        ("paragraph", "Values"),
        ("table", "A | B | C\nA: 1 | B: x | C: 3"),
        ("figure", "panel.png|Shot|"),
        ("table", "A: 4 | B: 5 | C: 6"),
        ("figure", "panel.png||The panel."),
        ("code", "one\n  two"),
        ("paragraph", "Listing"),
        ("paragraph", "中文换行"),
    ]
    assert notes.notes == [("p.html", "links to gone.png, which is not there")]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ('<meta charset="gbk"><p>联通</p>'.encode("gbk"), "联通"),
        ('<meta charset="iso-8859-1"><p>Größe “x”</p>'.encode("cp1252"), "Größe “x”"),
        ('<meta charset="iso-8859-1"><p>Größe</p>'.encode(), "Größe"),
        ('<meta charset="gbk"><p>中</p>'.encode(), "中"),
        (b'<meta charset="utf-16"><p>Gr</p>', "Gr"),
        (b'<meta charset="rot13"><p>Gr</p>', "Gr"),
        ("<p>Größe</p>".encode("utf-16"), "Größe"),
    ],
)
def test_encoding(tmp_path: Path, data: bytes, text: str) -> None:
    assert load(tmp_path, "p.html", data).blocks[0].text == text


def test_unreadable_pages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="byte 0xf6 at offset 5"):
        load(tmp_path, "p.html", "<p>Größe".encode("latin1"))
    with pytest.raises(BadFile, match="nested too deeply"):
        load(tmp_path, "p.html", "<div>" * 20_000 + "x")


def test_frames_inside_frames_are_left_out(tmp_path: Path) -> None:
    text = (
        "<footer><nav>a<nav>b</nav></nav><aside>c<aside>d</aside></aside></footer><p>Kept</p>"
        "<figure><img src=panel.png><figcaption>One <figcaption>two</figcaption></figcaption>"
        "</figure>"
    )
    assert (
        rows(load(tmp_path, "p.html", text * 50))
        == [
            ("paragraph", "Kept"),
            ("figure", "panel.png||One two two"),
        ]
        * 50
    )


def test_title_without_title_element(tmp_path: Path) -> None:
    assert load(tmp_path, "p.html", "<h1>First</h1>").title == "First"
    assert load(tmp_path, "pump-care.html", "<p>x").title == "Pump care"
