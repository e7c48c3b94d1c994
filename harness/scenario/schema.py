"""The JSON Schema of scenario files, for editors.

Anywhere but in keys a placeholder such as `{mode}` may stand, which a schema of the filled-in
scenario would refuse; so every value may also be a text that holds one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from harness.protocol import Message

from .model import Expanded

_DEFINITIONS = "#/$defs/{model}"
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
_OWN_KEYS_OF_FAULTS = ("at", "times", "connection", "then")


def scenario_schema() -> dict[str, Any]:
    """A schema that accepts what `harness validate` accepts, but for what only it can see."""
    schema = Expanded.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = schema.pop("$defs")
    _spell_out_parts(schema, definitions)
    properties = {name: _lenient(part) for name, part in schema["properties"].items()}
    properties["axes"] = _AXES
    # A single step may stand without a list.
    properties["when"] = {"anyOf": [{"$ref": "#/$defs/Step"}, properties["when"]]}
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "A scenario",
        **{key: value for key, value in schema.items() if key not in {"title", "properties"}},
        "properties": properties,
        "$defs": {name: _lenient_inside(part) for name, part in definitions.items()},
    }


def _spell_out_parts(schema: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Put in what the models leave free, because it is a part of something whole."""
    message = Message.model_json_schema(by_alias=True, ref_template=_DEFINITIONS)
    definitions.update(message.pop("$defs"))
    definitions["Message"] = {**message, "required": []}
    definitions["SendStep"]["properties"]["message"] = {"$ref": "#/$defs/Message"}
    smtp = {"$ref": "#/$defs/SmtpGiven"}
    # In parts, so that nothing of it is required.
    definitions["ApiPart"] = {**definitions["ApiGiven"], "required": []}
    definitions["AlsoApiPart"] = {**definitions["AlsoApi"], "required": []}
    api = {"$ref": "#/$defs/ApiPart"}
    also = {"anyOf": [smtp, {"$ref": "#/$defs/AlsoApiPart"}]}
    definitions["Change"]["properties"] = {"smtp": smtp, "api": api}
    parts = {
        "smtp": smtp,
        "api": api,
        "also": {"type": "object", "additionalProperties": also},
        "send": {"$ref": "#/$defs/SendStep"},
    }
    schema["properties"]["control"] = {
        "type": "object",
        "description": "The twin that differs in this one value, and has to succeed.",
        "properties": parts,
        "additionalProperties": False,
    }
    actions = [
        definitions.pop(choice["$ref"].rpartition("/")[2])
        for choice in definitions["Fault"]["properties"]["action"]["oneOf"]
    ]
    fault = definitions["Fault"]
    definitions["Fault"] = _flat(fault, actions, required=("at", "do"))
    definitions["NextFault"] = _flat(fault, actions, required=("do",))


def _flat(
    fault: Mapping[str, Any], actions: list[dict[str, Any]], *, required: tuple[str, ...]
) -> dict[str, Any]:
    """Faults as they are written: what belongs to the action stands beside `at`."""
    own = {name: fault["properties"][name] for name in _OWN_KEYS_OF_FAULTS}
    own["then"] = {"anyOf": [{"$ref": "#/$defs/NextFault"}, {"type": "null"}]}
    forms = [
        {
            **action,
            "properties": {**own, **action["properties"]},
            "required": [*dict.fromkeys([*required, *action.get("required", ())])],
        }
        for action in actions
    ]
    return {"description": fault.get("description", ""), "anyOf": forms}


def _lenient(part: Any) -> dict[str, Any]:
    """A value that may be a placeholder instead, or hold some."""
    return {"anyOf": [_lenient_inside(part), _PLACEHOLDER]}


def _lenient_inside(part: Any) -> Any:
    """The same value; what is inside of it may be a placeholder."""
    if not isinstance(part, dict):
        return part
    kept = dict(part)
    if isinstance(part.get("properties"), dict):
        kept["properties"] = {name: _lenient(value) for name, value in part["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(part.get(key), dict):
            kept[key] = _lenient(part[key])
    for key in ("anyOf", "oneOf", "prefixItems"):
        if key in part:
            inside = _lenient if key == "prefixItems" else _lenient_inside
            kept[key] = [inside(choice) for choice in part[key]]
    return kept
