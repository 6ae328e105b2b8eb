"""The reStructuredText loader."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.loading import Notes, load, rows


def test_structure_and_fields(tmp_path: Path) -> None:
    document = load(
        tmp_path,
        "p.rst",
        ":date: 2024-03-01\n:product: Pump 300\n:author: Me\n\n"
        "=====\nGuide\n=====\n\nText.\n\nInstall\n-------\n\n#. First\n#. Second\n\n"
        "- item\n\n::\n\n  code here\n\n====  ====\nA     B\n====  ====\n1     2\n====  ====\n\n"
        "Deep\n~~~~\n\n.. a comment\n\nEnd.\n",
    )
    assert (document.title, document.date, document.product) == (
        "Guide",
        date(2024, 3, 1),
        "Pump 300",
    )
    assert document.metadata == {"author": "Me"}
    assert rows(document) == [
        ("heading1", "Guide"),
        ("paragraph", "Text."),
        ("heading2", "Install"),
        ("list_item", "1. First"),
        ("list_item", "2. Second"),
        ("list_item", "item"),
        ("code", "code here"),
        ("table", "A | B\n1 | 2"),
        ("heading3", "Deep"),
        ("paragraph", "End."),
    ]


def test_figures(tmp_path: Path) -> None:
    document = load(
        tmp_path,
        "p.rst",
        ".. figure:: panel.png\n   :width: 50 %%\n   :alt: Front\n   :zoom: yes\n\n"
        "   The panel.\n\n"
        ".. image:: /panel.png\n   :scale: 50%\n\n.. |key| image:: panel.png\n\nPress |key| now.\n",
    )
    assert rows(document) == [
        ("figure", "panel.png|Front|The panel."),
        ("figure", "panel.png||"),
        ("paragraph", "Press now."),
        ("figure", "panel.png|key|"),
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("See :ref:`the settings <settings>`.", "See the settings."),
        ("Press :guilabel:`&OK`.", "Press OK."),
        ("Use :menuselection:`File --> Open`.", "Use File ▸ Open."),
        ("Call :py:func:`~pump.start`.", "Call pump.start."),
        ("An :unheard:`odd role`.", "An odd role."),
        ("Version |release| is out.", "Version release is out."),
        ("A `lost link`_ here.", "A lost link here."),
        (".. note:: On the line\n   and below.", "On the line and below."),
        (".. versionadded:: 1.2", "1.2"),
        (".. unheard::\n\n   Its content.", "Its content."),
        (".. tab:: Windows\n   :sync: w\n", "Windows"),
    ],
)
def test_sphinx_keeps_its_words(tmp_path: Path, source: str, text: str) -> None:
    assert rows(load(tmp_path, "p.rst", source + "\n")) == [("paragraph", text)]


def test_code_block_with_options_of_sphinx(tmp_path: Path) -> None:
    source = ".. code-block:: sh\n   :linenos:\n   :caption: Run\n\n   a\n     b\n"
    assert rows(load(tmp_path, "p.rst", source)) == [("paragraph", "Run"), ("code", "a\n  b")]


def test_nothing_is_inserted_or_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    notes = Notes()
    document = load(
        tmp_path,
        "p.rst",
        "Text *unclosed.\n\n.. include:: secret.txt\n\n.. literalinclude:: secret.txt\n\n"
        ".. csv-table::\n   :file: secret.txt\n\n.. raw:: html\n\n   <b>raw</b>\n\n"
        ".. toctree::\n\n   install\n",
        notes,
    )
    assert rows(document) == [("paragraph", "Text unclosed.")]
    assert notes.notes == [
        ("p.rst", "includes secret.txt; included files are not read"),
        ("p.rst", "includes secret.txt; included files are not read"),
    ]
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
