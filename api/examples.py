"""What OpenAPI says about bodies, headers and errors, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.guard import GENERATION
from api.schemas import BatchRequest, ProblemOut, SearchRequest
from api.uploads import MEDIA_SUFFIXES, TICKET

_QUESTION = "How do I mount a Windows drive?"
_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTjW2QAAAABJRU5ErkJggg=="
)

Responses = dict[int | str, dict[str, Any]]

_GENERATION = {
    "description": "the generation of the index that gave the answer",
    "schema": {"type": "integer"},
}

GENERATED: Responses = {200: {"headers": {GENERATION: _GENERATION}}}
"""A good answer that carries its generation."""


def problems(meanings: Mapping[int, str]) -> Responses:
    """The refusals of an endpoint, each with what it means."""
    content = {"application/problem+json": {"schema": ProblemOut.model_json_schema()}}
    return {
        status: {"description": meaning, "content": content} for status, meaning in meanings.items()
    }


FILE_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA_SUFFIXES
    }
    | {
        TICKET: {
            "schema": {"type": "object", "description": "one ticket"},
            "examples": {
                "ticket": {"value": {"title": "Pump is loud", "resolution": "Bleed the air."}}
            },
        }
    },
}

BATCH_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": BatchRequest.model_json_schema(),
            "examples": {
                "batch": {
                    "value": {
                        "documents": [{"id": "faq/wifi.md", "text": "# Wi-Fi\n\nHold the button."}],
                        "delete": ["faq/old.md"],
                    }
                }
            },
        }
    },
}

REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": SearchRequest.model_json_schema(),
            "examples": {
                "question": {"value": {"text": _QUESTION, "k": 5}},
                "filtered": {"value": {"text": _QUESTION, "filters": ["kind=manual"]}},
                "screenshot": {"value": {"image": _PIXEL, "filters": {"product": "wsl"}}},
            },
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "text": {"type": "string", "description": "the question"},
                    "image": {"type": "string", "format": "binary"},
                    "voice": {"type": "string", "format": "binary"},
                    "filter": {"type": "array", "items": {"type": "string"}},
                    "k": {"type": "integer", "minimum": 1, "default": 10},
                    "exclude": {"type": "array", "items": {"type": "string"}},
                    "collapse": {"type": "string", "enum": ["document", "asset"]},
                },
            },
            "encoding": {
                "image": {"contentType": "image/*"},
                "voice": {"contentType": "audio/*"},
            },
            "examples": {
                "question": {"value": {"text": _QUESTION, "filter": ["kind=manual"], "k": 5}},
            },
        },
    },
}
