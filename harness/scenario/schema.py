"""The JSON Schema of scenario files, for editors.

Anywhere but in keys a placeholder such as `{mode}` may stand, which a schema of the filled-in
scenario would refuse; so every value may also be a text that holds one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.fakes.providers.registry import account_type, provider_names
from harness.field_descriptions import DescribedSchema
from harness.protocol import Message

from .model import Expanded

_DEFINITIONS = "#/$defs/{model}"
_PLACEHOLDER = {"type": "string", "pattern": r"\{[A-Za-z_][\w.-]*\}"}
_AXIS = (
    {"type": "array", "minItems": 1},
    {"type": "object", "minProperties": 1, "additionalProperties": {"type": "object"}},
)
AXES: dict[str, Any] = {
    "type": "object",
    "description": "What makes several cases of one scenario. An axis is a list of values, or a"
    " mapping from labels to attributes; `{axis}` and `{axis.attribute}` stand for them elsewhere.",
    "properties": {
        "except": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Combinations that are left out, as `{axis: label}`.",
        },
        "provider": {
            "anyOf": [*_AXIS, {"const": "every"}],
            "description": "Providers; `every` is each of which there is a fake.",
        },
    },
    "additionalProperties": {"anyOf": list(_AXIS)},
}
_OWN_KEYS_OF_FAULTS = ("at", "times", "connection", "recipient", "then")


def scenario_schema() -> dict[str, Any]:
    """A schema that accepts what `harness validate` accepts, but for what only it can see."""
    schema = Expanded.model_json_schema(by_alias=True, schema_generator=DescribedSchema)
    definitions: dict[str, Any] = schema.pop("$defs")
    _spell_out_parts(schema, definitions)
    properties = {name: _lenient(part) for name, part in schema["properties"].items()}
    properties["axes"] = AXES
    # A single step may stand without a list.
    when = schema["properties"]["when"]["description"]
    steps = [{"$ref": "#/$defs/Step"}, properties["when"]]
    properties["when"] = {"description": when, "anyOf": steps}
    return {
        "$schema": DescribedSchema.schema_dialect,
        "title": "A scenario",
        **{key: value for key, value in schema.items() if key not in {"title", "properties"}},
        "properties": properties,
        "$defs": {name: _lenient_inside(part) for name, part in definitions.items()},
    }


def _spell_out_parts(schema: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Put in what the models leave free, because it is a part of something whole."""
    message = Message.model_json_schema(
        by_alias=True, ref_template=_DEFINITIONS, schema_generator=DescribedSchema
    )
    definitions.update(message.pop("$defs"))
    definitions["Message"] = {**message, "required": []}
    _put(definitions["SendStep"], "message", {"$ref": "#/$defs/Message"})
    _spell_out_a_part_of_a_send(definitions)
    _spell_out_accounts(definitions)
    smtp = {"$ref": "#/$defs/SmtpGiven"}
    submission = {"$ref": "#/$defs/SubmissionPart"}
    api = {"$ref": "#/$defs/ApiPart"}
    also = {"anyOf": [smtp, {"$ref": "#/$defs/AlsoApiPart"}]}
    _put(definitions["Change"], "smtp", smtp)
    _put(definitions["Change"], "submission", submission)
    _put(definitions["Change"], "api", api)
    given = definitions["Given"]["properties"]
    step = definitions["Step"]["properties"]
    schema["properties"]["control"] = {
        "type": "object",
        "description": schema["properties"]["control"]["description"],
        "properties": {
            "smtp": _about(given["smtp"], smtp),
            "submission": _about(given["submission"], submission),
            "api": _about(given["api"], api),
            "also": _about(given["also"], {"type": "object", "additionalProperties": also}),
            "send": _about(step["send"], {"$ref": "#/$defs/SendPart"}),
            "configure": _about(step["configure"], {"$ref": "#/$defs/ConfigureStep"}),
        },
        "additionalProperties": False,
    }
    _flatten_faults(definitions)


def _spell_out_a_part_of_a_send(definitions: dict[str, Any]) -> None:
    """What a control puts right may be one word of From, whose other words stay."""
    definitions["MailboxPart"] = {**definitions["Mailbox"], "required": []}
    message = definitions["MessagePart"] = {**definitions["Message"]}
    message["properties"] = dict(message["properties"])
    _put(message, "from", {"$ref": "#/$defs/MailboxPart"})
    send = definitions["SendPart"] = {**definitions["SendStep"]}
    send["properties"] = dict(send["properties"])
    _put(send, "message", {"$ref": "#/$defs/MessagePart"})


def _put(definition: dict[str, Any], name: str, part: Mapping[str, Any]) -> None:
    """Another form for a property, which means what it meant."""
    definition["properties"][name] = _about(definition["properties"][name], part)


def _about(described: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": described["description"], **part}


def _spell_out_accounts(definitions: dict[str, Any]) -> None:
    """The words of each provider's account: those of the provider that is named, else any one's."""
    accounts: dict[str, dict[str, str]] = {}
    for name in provider_names():
        model = account_type(name)
        made = model.model_json_schema(
            by_alias=True,
            ref_template=f"#/$defs/{name}.{{model}}",
            schema_generator=DescribedSchema,
        )
        inner = made.pop("$defs", {})
        definitions.update({f"{name}.{inside}": part for inside, part in inner.items()})
        definitions[f"{name}.account"] = made
        accounts[name] = {"$ref": f"#/$defs/{name}.account"}
    narrowed = [
        {
            "if": {"properties": {"provider": {"const": name}}, "required": ["provider"]},
            "then": {"properties": {"account": {"anyOf": [account, _PLACEHOLDER]}}},
        }
        for name, account in accounts.items()
    ]
    for name in ("ApiGiven", "SubmissionGiven", "AlsoApi"):
        definition = definitions[name]
        _put(definition, "account", {"anyOf": list(accounts.values())})
        # A part, in which nothing is required, need not name the provider.
        definitions[name.removesuffix("Given") + "Part"] = {**definition, "required": []}
        definition["allOf"] = narrowed


def _flatten_faults(definitions: dict[str, Any]) -> None:
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
    own["then"] = _about(own["then"], {"anyOf": [{"$ref": "#/$defs/NextFault"}, {"type": "null"}]})
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
    made = {"anyOf": [_lenient_inside(part), _PLACEHOLDER]}
    return _about(part, made) if "description" in part else made


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
