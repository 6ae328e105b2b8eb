"""The README covers every command, option, endpoint and setting; so it cannot fall behind."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from fastapi import FastAPI
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from api.cli import app
from api.routes import router
from indexer.config import Settings
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def _settings(model: type[BaseModel], prefix: str = "") -> list[tuple[str, FieldInfo]]:
    found: list[tuple[str, FieldInfo]] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found += _settings(kind, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", field))
    return found


def _default(name: str) -> str:
    value: object = Settings()
    for part in name.split("."):
        value = getattr(value, part)
    if isinstance(value, Path):
        return "the user's cache folder"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def settings_table() -> str:
    """The rows of the README's table of settings, as they have to be."""
    rows = [
        f"| `{name}` | `{_default(name)}` | {field.description or ''} |"
        for name, field in _settings(Settings)
    ]
    return "\n".join(["| setting | default | |", "|---|---|---|", *rows])


def test_the_settings_table_is_that_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRIPTYCH_CONFIG", "TRIPTYCH_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir("/")
    assert settings_table() in README


def test_every_command_and_option_is_in_the_readme() -> None:
    group = typer.main.get_command(app)
    commands = dict(group.commands)  # type: ignore[attr-defined]
    bench = commands.pop("bench")
    commands |= {f"bench {name}": command for name, command in bench.commands.items()}
    commands |= {f"models {name}": each for name, each in commands["models"].commands.items()}
    assert len(commands) == 22
    for name, command in commands.items():
        assert f"`triptych {name} " in README, name
        for parameter in command.params:
            for option in (*parameter.opts, *parameter.secondary_opts):
                if option.startswith("-") and option not in ("-h", "--help"):
                    assert re.search(rf"{option}\b", README), f"{name} {option}"


def test_every_endpoint_is_in_the_readme() -> None:
    service = FastAPI()
    service.include_router(router)
    endpoints = [
        f"{method.upper()} {path}"
        for path, methods in service.openapi()["paths"].items()
        for method in methods
    ]
    assert {"POST /v1/search", "PUT /v1/documents/{id}", "POST /v1/rebuild"} <= set(endpoints)
    for endpoint in endpoints:
        assert f"`{endpoint}`" in README, endpoint


def test_every_relative_link_of_the_docs_leads_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md"):
        page = ROOT / name
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{name}: {target}"
