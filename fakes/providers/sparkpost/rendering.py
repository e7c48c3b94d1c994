"""What a recipient gets of a content: stored or not, with what stands for its expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..refusal import Refuse
from .account import SparkPostAccount
from .substitution import Substitutions, has_braces, is_beyond
from .validation import check_content, recipient_email

_TEXTS = ("subject", "reply_to", "text")
_PAGES = ("html", "amp_html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Substituted:
    """A content as somebody gets it. `is_beyond`: something in it was not carried out."""

    content: dict[str, Any]
    is_beyond: bool = False


def stored(account: SparkPostAccount, content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of the stored template that this one names.

    Raises:
        Refuse: there is none, or not the version that is wanted.
    """
    named = content.get("template_id")
    identifier = named or content.get("ab_test_id")
    template = account.template(named) if named else None
    if template is None:
        raise Refuse("subresource-missing", description=f"template '{identifier}' does not exist")
    is_draft = content.get("use_draft_template") is True
    found = template.draft if is_draft else template.content
    if found is None:
        raise Refuse("no-draft" if is_draft else "no-published", id=template.id)
    check_content(found)
    return dict(found)


def data_for(body: Mapping[str, Any], box: Mapping[str, Any]) -> dict[str, Any]:
    """What the expressions of a recipient stand for: their own data above the transmission's."""
    address = box.get("address")
    name = address.get("name") if isinstance(address, Mapping) else None
    email = recipient_email(box)
    path = body.get("return_path")
    found: dict[str, Any] = {
        "address": {"name": name, "email": email},
        "email": email,
        "email_id": email,
        "env_from": path,
        "return_path": path,
    }
    for owner in (body, box):
        for member in ("metadata", "substitution_data"):
            given = owner.get(member)
            found |= given if isinstance(given, dict) else {}
    return found


def is_plain(content: Mapping[str, Any]) -> bool:
    """Whether everybody gets the same: there are no braces."""
    return not any(has_braces(text) for text in _all_texts(content))


def substituted(content: Mapping[str, Any], data: Mapping[str, Any]) -> Substituted:
    """The content for one recipient."""
    fill = Substitutions(data).filled
    made = dict(content)
    for name in (*_TEXTS, *_PAGES):
        if isinstance(made.get(name), str):
            made[name] = fill(made[name], html=name in _PAGES)
    made["from"] = _sender(made.get("from"), Substitutions(data))
    headers = made.get("headers")
    if isinstance(headers, Mapping):
        made["headers"] = {
            name: fill(text) if isinstance(text, str) else text for name, text in headers.items()
        }
    beyond = any(is_beyond(text) for text in _all_texts(content))
    kept = {name: value for name, value in made.items() if name in content}
    return Substituted(content=kept, is_beyond=beyond)


def _sender(sender: Any, values: Substitutions) -> Any:
    if isinstance(sender, Mapping):
        return {
            name: values.filled(text) if isinstance(text, str) else text
            for name, text in sender.items()
        }
    return values.filled(sender) if isinstance(sender, str) else sender


def _all_texts(content: Mapping[str, Any]) -> list[str]:
    found = [content.get(name) for name in (*_TEXTS, *_PAGES, "from", "email_rfc822")]
    for member in ("from", "headers"):
        given = content.get(member)
        found += list(given.values()) if isinstance(given, Mapping) else []
    return [text for text in found if isinstance(text, str)]
