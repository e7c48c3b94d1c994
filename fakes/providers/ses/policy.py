"""IAM policies as data, and what they decide.

A policy is written as in AWS: `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
"Action": ["ses:SendEmail"], "Resource": "*"}]}`. Source: IAM user guide, policy evaluation logic:
an explicit Deny decides, else an Allow, else it is denied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    field_validator,
)
from pydantic.alias_generators import to_pascal
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from ...constructor_words import choices
from ..permissions import Permissions

ACTIONS = Permissions(Path(__file__).with_name("permissions.toml"))
_SERVICE = "ses"
_AS_IN_AWS = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_pascal)


class _OneOrMany:
    """Tells editors that a single value may stand without a list."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        listed = handler(schema)
        return {"anyOf": [listed["items"], listed]}


def _existing(pattern: str) -> str:
    """An action, or a pattern that means one. Those of other services are taken as they come."""
    service, colon, name = pattern.partition(":")
    if pattern == "*" or (colon and service.lower() != _SERVICE):
        return pattern
    if not any(_matches(pattern.lower(), action.lower()) for action in ACTIONS.names):
        begins = f"{_SERVICE}:{(name or service)[:4]}".lower()
        # Of hundreds only those that begin alike help.
        alike = [each for each in sorted(ACTIONS.names) if each.lower().startswith(begins)]
        raise ValueError(f"SES has no action {pattern!r}{choices(pattern, alike)}")
    return pattern


class Statement(BaseModel):
    """One statement. `*` and `?` are wild in actions (in any case) and in resources."""

    model_config = _AS_IN_AWS

    sid: str = ""
    """The statement's id."""

    effect: Literal["Allow", "Deny"]
    """Whether it allows or denies."""

    action: Annotated[tuple[Annotated[str, AfterValidator(_existing)], ...], _OneOrMany] = Field(
        strict=False
    )
    """The actions that it is about, as `ses:SendEmail`: one, or a list."""

    resource: Annotated[tuple[str, ...], _OneOrMany] = Field(default=("*",), strict=False)
    """The resources that it is about, by their ARNs: one, or a list."""

    @field_validator("action", "resource", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    def covers(self, action: str, resource: str) -> bool:
        """Whether it says anything about this action on this resource."""
        return any(_matches(p.lower(), action.lower()) for p in self.action) and any(
            _matches(pattern, resource) for pattern in self.resource
        )


class Policy(BaseModel):
    """A policy document of an IAM user, without conditions, NotAction and NotResource."""

    model_config = _AS_IN_AWS

    version: Literal["2012-10-17", "2008-10-17"] = "2012-10-17"
    """The version of the policy language."""

    id: str = ""
    """The policy's id."""

    statement: Annotated[tuple[Statement, ...], _OneOrMany] = Field(default=(), strict=False)
    """What it says: one statement, or a list."""

    @field_validator("statement", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, dict) else value

    def allows(self, action: str, resource: str = "*") -> bool:
        """Whether a call of `action` (`ses:SendEmail`) on this resource (an ARN) may go on."""
        effects = {s.effect for s in self.statement if s.covers(action, resource)}
        return effects == {"Allow"}

    def refused_of(self, action: str, resources: Iterable[str]) -> str | None:
        """The first of these resources on which the action is not allowed."""
        return next((each for each in resources if not self.allows(action, each)), None)


def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # Not fnmatch: square brackets are no wildcards in IAM.
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL)
