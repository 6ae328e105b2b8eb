"""The request body as OpenAPI shows it: both kinds, each with examples."""

from __future__ import annotations

from typing import Any

from api.schemas import SearchRequest

_QUESTION = "How do I mount a Windows drive?"
_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTjW2QAAAABJRU5ErkJggg=="
)

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
                    "filter": {"type": "array", "items": {"type": "string"}},
                    "k": {"type": "integer", "minimum": 1, "default": 10},
                    "exclude": {"type": "array", "items": {"type": "string"}},
                    "collapse": {"type": "string", "enum": ["document", "asset"]},
                },
            },
            "encoding": {"image": {"contentType": "image/*"}},
            "examples": {
                "question": {"value": {"text": _QUESTION, "filter": ["kind=manual"], "k": 5}},
            },
        },
    },
}
