"""Writes the example questions: `questions.jsonl` with its pictures and recordings."""

from __future__ import annotations

import json
from typing import Any

from PIL import Image

from examples.generate.browser import Painter
from examples.generate.facts import read_toml
from examples.generate.photos import draw_photo
from examples.generate.places import QUESTIONS, output
from examples.generate.screens import draw_screen
from examples.generate.snapshot import cropped, photographed
from examples.generate.speech import speak
from examples.generate.tickets import ticket_paths

_DESK = {"scene": "router-desk", "values": {"ring": "#f59e0b", "night": True}}


def write_questions(painter: Painter) -> None:
    """Write everything under `questions/`; pictures and recordings lie beside the lines."""
    tickets = ticket_paths()
    lines = []
    for question in read_toml("questions.toml")["question"]:
        if "image" in question:
            _save(_picture(painter, question), question)
        if "voice" in question:
            speak(question["spoken"], output(QUESTIONS, question["voice"]))
        lines.append(json.dumps(_line(question, tickets), ensure_ascii=False))
    path = output(QUESTIONS, "questions.jsonl")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _line(question: dict[str, Any], tickets: dict[str, list[str]]) -> dict[str, Any]:
    """A line of `questions.jsonl`: only the keys a reader of the file needs."""
    past = [path for problem in question["tickets"] for path in tickets[problem]]
    given: dict[str, str] = {
        key: question[key] for key in ("text", "image", "voice") if key in question
    }
    return {
        "id": question["id"],
        **given,
        "relevant": [*question["relevant"], *past],
        "lang": question["lang"],
    }


def _picture(painter: Painter, question: dict[str, Any]) -> Image.Image:
    """The screen or photo the question names, as a customer would send it."""
    if "photo" in question:
        clean = draw_photo(painter, question["photo"])
    else:
        clean = draw_screen(painter, question["screen"])
    if "corners" in question:
        corners = [(float(x), float(y)) for x, y in question["corners"]]
        return photographed(clean, corners, draw_photo(painter, _DESK))
    left, top, right, bottom = question["crop"]
    return cropped(clean, (left, top, right, bottom), question["scale"])


def _save(image: Image.Image, question: dict[str, Any]) -> None:
    path = output(QUESTIONS, question["image"])
    if path.suffix == ".png":
        image.save(path, optimize=True)
    else:
        image.save(path, quality=question["quality"], optimize=True)
