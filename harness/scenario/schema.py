"""The JSON Schema of scenario files, for editors.

Anywhere but in keys a placeholder such as `{mode}` may stand, which a schema of the filled-in
scenario would refuse; so every value may also be a text that holds one.
"""

from __future__ import annotations

from typing import Any

from .model import Expanded

_PLACEHOLDER = {"type": "string", "pattern": r"\{[A-Za-z_][\w.-]*\}"}
_AXES = {
    "type": "object",
    "description": "An axis is a list of values, or a mapping from labels to attributes.",
    "properties": {"except": {"type": "array", "items": {"type": "object"}}},
    "additionalProperties": {
        "anyOf": [
            {"type": "array", "minItems": 1},
            {"type": "object", "minProperties": 1, "additionalProperties": {"type": "object"}},
        ]
    },
}


def scenario_schema() -> dict[str, Any]:
    """A schema that accepts what `harness validate` accepts, but for what only it can see."""
    schema = Expanded.model_json_schema(by_alias=True)
    definitions = {name: _lenient(part) for name, part in schema.pop("$defs").items()}
    properties = {name: _or_placeholder(part) for name, part in schema["properties"].items()}
    properties["axes"] = _AXES
    # A single step may stand without a list.
    properties["when"] = {"anyOf": [{"$ref": "#/$defs/Step"}, properties["when"]]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario",
        **{key: value for key, value in schema.items() if key not in {"title", "properties"}},
        "properties": properties,
        "$defs": definitions,
    }


def _lenient(part: dict[str, Any]) -> dict[str, Any]:
    """A definition whose values may be placeholders."""
    if "properties" not in part:
        return part
    kept = {name: _or_placeholder(value) for name, value in part["properties"].items()}
    if "action" in kept:
        # Faults are written flat: what belongs to the action stands beside `at`.
        del kept["action"]
        required = [name for name in part.get("required", []) if name != "action"]
        return {**part, "properties": kept, "required": required, "additionalProperties": True}
    return {**part, "properties": kept}


def _or_placeholder(part: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [part, _PLACEHOLDER]}
