"""Messages by a template: what it has goes where the request has nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...http.exchange import Response
from .account import ResendAccount, ResendTemplate
from .refusals import refuse

_VARIABLE = re.compile(r"\{\{\{\s*(\w+)\s*\}\}\}", re.ASCII)


def with_template(account: ResendAccount, item: Mapping[str, Any]) -> Mapping[str, Any] | Response:
    """The message with its template laid under it; the refusal where that cannot be."""
    given = item.get("template")
    if given is None:
        return item
    identifier = given.get("id") if isinstance(given, dict) else None
    variables = given.get("variables") or {} if isinstance(given, dict) else None
    if not isinstance(identifier, str) or not isinstance(variables, dict):
        return refuse("wrong-type", field="template")
    if item.get("html") or item.get("text"):
        return refuse("template-and-body")
    found = account.template(identifier)
    if found is None:
        return refuse("unknown-template")
    missing = [name for name in _variables(found) if name not in variables]
    return (
        refuse("missing-variable", variable=missing[0])
        if missing
        else _laid(item, found, variables)
    )


def _variables(template: ResendTemplate) -> list[str]:
    texts = (template.subject, template.html, template.text)
    return [name for text in texts for name in _VARIABLE.findall(text or "")]


def _laid(
    item: Mapping[str, Any], template: ResendTemplate, variables: Mapping[str, Any]
) -> Mapping[str, Any]:
    def filled(text: str | None) -> str | None:
        if text is None:
            return None
        return _VARIABLE.sub(lambda found: str(variables[found[1]]), text)

    own = {name: value for name, value in item.items() if value is not None}
    under = {
        "from": template.sender,
        "subject": filled(template.subject),
        "html": filled(template.html),
        "text": filled(template.text),
    }
    return {**under, **own}
