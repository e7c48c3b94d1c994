"""What the fields of models mean: the text below each of them, read when somebody asks.

pydantic can do this while it makes a class (`use_attribute_docstrings`), which takes longer than
all the rest of it; a list of scenarios would wait for words that it does not show.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

# What others write below their fields is no field of ours.
_FOREIGN = frozenset(["abc", "builtins", "enum", "pydantic", "typing"])


@cache
def descriptions(kind: type) -> Mapping[str, str]:
    """The meaning of each field of a model, or of each member of an enumeration, by its name.

    It stands in the field itself (`Field(description=…)`), or in the text below it; what a class
    inherits, it inherits with its meaning. What has none is left out.
    """
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.partition(".")[0] not in _FOREIGN:
            found.update(_below(base))
    if issubclass(kind, BaseModel):
        own = {name: each.description for name, each in kind.model_fields.items()}
        found.update({name: text for name, text in own.items() if text})
        return {name: found[name] for name in own if name in found}
    if issubclass(kind, Enum):
        return {
            str(member.value): found[name]
            for name, member in kind.__members__.items()
            if name in found
        }
    return found


def summary(kind: type) -> str:
    """The first paragraph of a class's docstring, in one line."""
    return _in_one_line((inspect.getdoc(kind) or "").partition("\n\n")[0])


def _below(kind: type) -> dict[str, str]:
    """The texts below the assignments of a class, by the names assigned."""
    try:
        tree = _tree(inspect.getsourcefile(kind) or "")
    except (OSError, TypeError):  # made by the program, or installed without sources
        return {}
    body = _class_body(tree, kind.__qualname__)
    return {name: text for one, after in pairwise(body) for name, text in _described(one, after)}


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse(Path(file).read_text(encoding="utf-8"))


def _class_body(tree: ast.Module, name: str) -> list[ast.stmt]:
    return next(
        (node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name),
        [],
    )


def _described(statement: ast.stmt, after: ast.stmt) -> Iterator[tuple[str, str]]:
    target: Any = None
    if isinstance(statement, ast.AnnAssign):
        target = statement.target
    elif isinstance(statement, ast.Assign):
        target = statement.targets[0]
    text = after.value if isinstance(after, ast.Expr) else None
    if (
        isinstance(target, ast.Name)
        and isinstance(text, ast.Constant)
        and isinstance(text.value, str)
    ):
        yield target.id, _in_one_line(text.value)


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


class DescribedSchema(GenerateJsonSchema):
    """A JSON Schema in which each property of a model has its meaning.

    What a model keeps for itself, and never dumps, is left out. A field that tells the members of a
    union apart means what its class does.
    """

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        """What is made by the program cannot be written; it is left out below."""
        del schema
        return {}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """The schema of a model, with the meanings of its fields."""
        model: type[BaseModel] = schema["cls"]
        made = super().model_schema(schema)
        said = descriptions(model)
        for name, field in model.model_fields.items():
            key = field.alias or name
            part = made.get("properties", {}).get(key)
            if field.exclude:
                made["properties"].pop(key, None)
            elif part is not None and name in said:
                part["description"] = said[name]
            elif part is not None and "const" in part:
                part["description"] = summary(model)
        return made
