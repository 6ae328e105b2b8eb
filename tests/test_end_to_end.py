"""The jobs of the README on the sample knowledge base, with the embedded models."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from api.app import create_app
from api.service import Service
from indexer.building.build import build
from indexer.building.facts import BuildResult
from indexer.building.progress import Silent
from indexer.config import Settings
from indexer.records import Filter
from search.desk import Desk
from search.engine import Engine
from search.evaluate import evaluate
from search.qrels import read_queries
from search.query import Query
from tests.conftest import KNOWLEDGE, QUESTIONS, ROOT
from tests.web_visit import (  # noqa: F401 (pytest finds fixtures among a module's names)
    HIT,
    Visitor,
    browser_fixture,
    needs_browser,
    paste_png,
    serving_app,
)

Sample = tuple[Path, BuildResult]


@pytest.fixture(scope="module")
def engine(sample_index: Sample, real_settings: Settings) -> Iterator[Engine]:
    opened = Engine.open(sample_index[0], real_settings)
    yield opened
    opened.close()


def test_the_sample_is_indexed_whole(sample_index: Sample) -> None:
    _, result = sample_index
    assert result.skipped == ()
    assert result.notes == ()
    assert result.documents == 216


@pytest.mark.parametrize(
    ("shot", "page"),
    [
        ("laptop.jpg", "router/en/system/firmware.md"),
        ("mesh-page.jpg", "router/en/mesh/placement.md"),
        ("zh-app.jpg", "router/zh/no-internet.md"),
    ],
)
def test_search_by_screenshot(engine: Engine, shot: str, page: str) -> None:
    result = engine.search(Query(image=(QUESTIONS / shot).read_bytes()))
    assert result.hits[0].document == page
    assert result.hits[0].matched


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("Which seal set do I need for the brew unit?", "brewer/manual.pdf"),
        ("reset the router to factory settings", "router/en/system/backup-reset.md"),
        ("咖啡机怎么除垢", "brewer/zh/descaling.md"),
        ("橙灯常亮，上不了网", "router/zh/no-internet.md"),
    ],
)
def test_search_by_question(engine: Engine, question: str, document: str) -> None:
    manuals = (Filter("kind", "=", "manual"),)
    assert engine.search(Query(question, filters=manuals)).hits[0].document == document


def test_an_answer_cites_the_page_of_the_pdf(engine: Engine) -> None:
    answer = engine.answer(Query("how do I descale the brewer"))
    assert answer.found
    first = answer.citations[0]
    assert first.document == "brewer/manual.pdf"
    assert first.place.page == 21
    assert first.place.heading == ("7 Descaling", "7.2 Descale the machine")
    assert "2. Choose Maintenance → Descale → Start." in answer.text
    assert "[1]" in answer.text


@pytest.mark.parametrize(
    ("question", "steps"),
    [
        ("how do I descale it?", "2. Choose Maintenance → Descale → Start."),
        ("怎么除垢", "2. 选择“维护 → 除垢 → 开始”。"),
        ("how do I reset the router", "2. Push a paper clip into the hole RESET"),
    ],
)
def test_who_asks_how_gets_the_steps_and_no_tickets(
    engine: Engine, question: str, steps: str
) -> None:
    answer = engine.answer(Query(question))
    assert steps in answer.text
    assert not any("tickets/" in citation.document for citation in answer.citations)


def test_a_label_that_repeats_the_question_is_not_quoted(engine: Engine) -> None:
    answer = engine.answer(Query("E04 error on the display"))
    assert answer.citations[0].document == "brewer/manual.pdf"
    assert "No water flow" in answer.text
    assert answer.blocks[0].kind == "table"


def test_what_the_base_does_not_know_is_not_answered(engine: Engine) -> None:
    assert not engine.answer(Query("What is the capital of France?")).found
    assert not engine.answer(Query("怎么做蛋糕")).found
    assert not engine.answer(Query("how do I descale the Brewline 500")).found


def test_rebuild_while_the_old_index_serves(tmp_path: Path, real_settings: Settings) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "pump.md").write_text("# Pump\n\nTurn the dial to 5 bar before starting the pump.\n")
    build([source], tmp_path / "ix", real_settings, True, Silent())
    old = Engine.open(tmp_path / "ix", real_settings)
    (source / "pump.md").write_text("# Pump\n\nTurn the dial to 9 bar before starting the pump.\n")
    build([source], tmp_path / "ix", real_settings, True, Silent())
    new = Engine.open(tmp_path / "ix", real_settings)
    query = Query("which pressure to start the pump")
    assert "5 bar" in old.search(query).hits[0].text
    assert "9 bar" in new.search(query).hits[0].text
    assert (old.search(query).generation, new.search(query).generation) == (1, 2)
    old.close()
    new.close()


def test_benchmark_recall(engine: Engine) -> None:
    queries = read_queries(QUESTIONS / "questions.jsonl", None)
    found = evaluate(engine, queries, [1, 5], lambda: None)
    assert Counter(found.kinds.values()) == {
        "text": 6,
        "screenshot": 4,
        "voice": 2,
        "text+screenshot": 1,
    }
    assert found.figures["fused"]["mrr@10"].value >= 0.8


def test_searching_and_serving_import_no_torch(
    sample_index: Sample, real_settings: Settings
) -> None:
    code = """
import json, sys
from pathlib import Path
sys.argv = ["triptych", "search", "descale", "--image", sys.argv[2], "--index", sys.argv[1]]
import api.serve
from api.cli import main
try:
    main()
except SystemExit as done:
    assert not done.code, done.code
heavy = {"torch", "open_clip", "sentence_transformers", "transformers", "pypdfium2", "docutils"}
print("LOADED", json.dumps(sorted(heavy & set(sys.modules))))
print("OURS", json.dumps([m for m in sys.modules if m.startswith("indexer.loaders")]))
"""
    shot = QUESTIONS / "laptop.jpg"
    environment = os.environ | {"TRIPTYCH_CACHE": str(real_settings.cache)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(sample_index[0]), str(shot)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-2] == "LOADED []"
    assert lines[-1] == "OURS []"


@needs_browser
def test_a_pasted_screenshot_shows_the_right_page_first(
    browser: Browser, sample_index: Sample, real_settings: Settings
) -> None:
    service = Service(lambda base: Desk.open(sample_index[0], real_settings), 2)
    service.open()
    out = io.BytesIO()
    Image.open(KNOWLEDGE / "router/images/console-pppoe.png").resize((960, 600)).save(out, "PNG")
    with serving_app(create_app(service, real_settings.limits)) as address:
        visitor = Visitor(browser, address)
        page = visitor.open()
        paste_png(page, out.getvalue())
        page.keyboard.press("Enter")
        first = page.locator(HIT).first
        expect(first).to_have_attribute(
            "data-document", "router/en/internet/connection-types.md", timeout=30_000
        )
        expect(page.locator("body")).to_contain_text("Read from your screenshot")
        visitor.check()


def test_the_sample_questions_point_at_documents_of_the_index(engine: Engine) -> None:
    for line in (QUESTIONS / "questions.jsonl").read_text().splitlines():
        for name in json.loads(line)["relevant"]:
            path = KNOWLEDGE / name.partition("#")[0]
            assert path.is_file(), name
