"""Names in a question: which they are, and which chunks have the rarest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from indexer.records import Scored
from indexer.store.base import Selection, Shown, Store
from search.names import names, ranked_names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://dict.leo.org/ renders blank, unlike leo.org", ["leo"]),
        ("Open www.bbc.co.uk/sport and facebook.com.", ["bbc", "facebook"]),
        ("a throw in folderpane.js, then in setup.exe", ["folderpane.js", "setup.exe"]),
        ("LSOpenURLsWithRole() failed: dom_enabled, std::vector", [
            "LSOpenURLsWithRole", "dom_enabled", "std::vector",
        ]),
        ("Windows 10.0, SeaMonkey/2.53.1: e.g. the mail window", ["SeaMonkey"]),
        ("Why does it not start? It is red.", []),
        ("E07 or E-07 on the P6, 300 ml, v2.1", ["E07", "E-07", "P6"]),
        ("E07 " + "and more words of a ticket " * 6, []),
    ],
)  # fmt: skip
def test_sites_files_and_identifiers_are_names(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_no_more_than_sixteen_are_looked_for() -> None:
    assert names(" ".join(f"a_{n}" for n in range(20))) == [f"a_{n}" for n in range(16)]


class Shows:
    """A store that knows where `leo` and `ReferenceError` stand."""

    def shown(self, lines: Sequence[str], selection: Selection | None) -> list[Shown]:
        known = {"leo": Shown(0, (4, 9), 0.9), "ReferenceError": Shown(0, (2, 4), 0.5)}
        return [known.get(line, Shown(0)) for line in lines]


def test_the_rarest_name_of_a_chunk_is_its_score() -> None:
    store = cast(Store, Shows())
    asked = "ReferenceError: x_y is not defined on leo.org"
    ranked = [Scored(4, 0.9), Scored(9, 0.9), Scored(2, 0.5)]
    assert ranked_names(asked, store, None, 5) == ranked
    assert ranked_names(asked, store, None, 1) == ranked[:1]
    assert ranked_names("no name in it", store, None, 5) == []
