"""The control API described as OpenAPI 3.1, made from its calls and models."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from harness import __version__
from harness.field_descriptions import DescribedSchema

from .control import CALLS
from .control_call import ControlCall
from .control_documents import NoQuery

_REF = "#/components/schemas/{model}"
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        }
    },
}


def openapi() -> dict[str, Any]:
    """The whole description."""
    paths: dict[str, Any] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    _, definitions = models_json_schema(
        [(model, "serialization") for model in _models()],
        by_alias=True,
        ref_template=_REF,
        schema_generator=DescribedSchema,
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "The control API of harness serve", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Error": _ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _models() -> list[type[BaseModel]]:
    found = [call.answer for call in CALLS if not isinstance(call.answer, str)]
    found += [call.body for call in CALLS if call.body is not None]
    return list(dict.fromkeys(found))


def _operation(call: ControlCall) -> dict[str, Any]:
    kind = call.answer if isinstance(call.answer, str) else "application/json"
    answer = {"type": "string"} if isinstance(call.answer, str) else _named(call.answer)
    operation: dict[str, Any] = {
        "description": call.does,
        "parameters": [*_in_path(call), *_in_query(call)],
        "responses": {
            "200": {"description": "Done.", "content": {kind: {"schema": answer}}},
            "default": {
                "description": "Not done.",
                "content": {"application/json": {"schema": {"$ref": _REF.format(model="Error")}}},
            },
        },
    }
    if call.body is not None:
        schema = _named(call.body)
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _named(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _in_path(call: ControlCall) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", call.path)
    ]


def _in_query(call: ControlCall) -> list[dict[str, Any]]:
    if call.query is NoQuery:
        return []
    schema = call.query.model_json_schema(by_alias=True, schema_generator=DescribedSchema)
    return [
        {
            "name": name,
            "in": "query",
            "description": part.pop("description", ""),
            "schema": part,
        }
        for name, part in schema["properties"].items()
    ]
