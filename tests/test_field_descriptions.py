"""Whatever a person writes is described where it stands, and everywhere that it is shown."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from pydantic import BaseModel, Field

from harness.cli import harness
from harness.fakes.faults import Action, Fault, Stage
from harness.fakes.http.state import ApiState
from harness.fakes.listener import Network
from harness.fakes.providers.registry import account_type, provider_names
from harness.fakes.smtp.state import SmtpState
from harness.field_descriptions import descriptions, summary
from harness.protocol import Answer, ApiTransport, DescribeRequest, Description, SendRequest
from harness.scenario.hints import members
from harness.scenario.model import Expanded
from harness.senders.file_words import SenderFile

ROOTS: list[type[BaseModel]] = [
    Expanded, SenderFile, SmtpState, ApiState, Fault, SendRequest, DescribeRequest, Answer,
    Description, ApiTransport, *(account_type(name) for name in provider_names()),
]  # fmt: skip


def _models(*roots: Any) -> Iterator[type[BaseModel]]:
    """Every model that is reached from these."""
    found: dict[type[BaseModel], None] = {}
    waiting = list(roots)
    while waiting:
        for kind in members(waiting.pop()):
            waiting += get_args(kind)
            if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in found:
                found[kind] = None
                waiting += [field.annotation for field in kind.model_fields.values()]
    return iter(found)


MODELS = sorted(_models(*ROOTS), key=lambda model: model.__name__)


def _properties(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every property that a schema describes; what only tells conditions apart is none."""
    if isinstance(part, list):
        for place, each in enumerate(part):
            yield from _properties(each, f"{path}[{place}]")
    elif isinstance(part, dict):
        if isinstance(part.get("properties"), dict):
            yield from ((f"{path}.{name}", each) for name, each in part["properties"].items())
        for key, each in part.items():
            if key != "allOf":
                yield from _properties(each, f"{path}/{key}")


def test_the_models_that_are_looked_at_are_all_there_are() -> None:
    assert len(MODELS) > 50
    assert {"AuthState", "Statement", "MailgunKey", "SenderClause", "WireClause"} <= {
        model.__name__ for model in MODELS
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_field_says_what_it_means(model: type[BaseModel]) -> None:
    said = descriptions(model)
    written = {
        name
        for name, field in model.model_fields.items()
        if not field.exclude and not (name == "do" and get_args(field.annotation))
    }
    assert written - set(said) == set()
    for name in written:
        assert said[name].endswith((".", "?")), f"{name}: {said[name]}"
        assert said[name][0].isupper() or said[name][0] in '"`', f"{name}: {said[name]}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_class_does_not_describe_its_fields_one_by_one(model: type[BaseModel]) -> None:
    text = inspect.getdoc(model) or ""
    assert [name for name in model.model_fields if f"`{name}`:" in text] == []


@pytest.mark.parametrize("kind", get_args(get_args(Action)[0]), ids=lambda kind: kind.__name__)
def test_each_action_says_what_it_does(kind: type[BaseModel]) -> None:
    assert summary(kind).endswith(".")


@pytest.mark.parametrize("kind", [Stage, Network])
def test_each_word_of_a_list_says_what_it_means(kind: type[Stage | Network]) -> None:
    assert list(descriptions(kind)) == [member.value for member in kind]


@pytest.mark.parametrize("what", ["scenario", "sender", "report"])
def test_no_property_of_a_schema_is_without_a_description(what: str) -> None:
    printed = CliRunner().invoke(harness, ["schema", what], standalone_mode=False).output
    found = list(_properties(json.loads(printed)))
    assert len(found) > 30
    assert [path for path, part in found if not part.get("description")] == []


class Base(BaseModel):
    """A base."""

    first: int = 1
    """What the base
    says."""

    bare: int = 2


class Derived(Base):
    """A class with a field of its own."""

    second: int = Field(default=3, description="What the field says.")
    first: int = 5


def test_the_text_below_a_field_is_inherited() -> None:
    assert descriptions(Derived) == {
        "first": "What the base says.",
        "second": "What the field says.",
    }
