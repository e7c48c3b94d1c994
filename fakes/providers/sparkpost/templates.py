"""SparkPost's stored templates: a draft and a published version each.

Sources: developers.sparkpost.com, content/api/templates.apib (2026-06); SparkPost support pages,
deprecation of extended error codes (2018). What a change answers is inferred: the vendor's clients
read `results` of it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ...marks import Mark
from ..keys import domain_of
from ..refusal import Refuse
from ..rules import Outcome
from ..scheduling import waits
from .account import SparkPostAccount, SparkPostTemplate
from .call import SparkPostCall, SparkPostEndpoint, stamp, told, whole
from .rendering import Substituted, substituted
from .validation import check_content

GRANT = "Templates: Read/Write"
_ID = re.compile(r"[A-Za-z0-9_.-]+\Z")
_LONGEST = 64
_UPDATED = stamp(datetime(2026, 1, 1, tzinfo=UTC))
Answer = Outcome[SparkPostAccount]


def _created(call: SparkPostCall) -> Answer:
    body = call.body()
    account = call.account
    identifier, name = body.get("id"), body.get("name")
    if identifier is None and not name:
        raise _wrong("At least one of 'id' or 'name' must exist")
    if identifier is None:
        identifier, account = account.next_id(17, string.digits)
    _check_id(identifier)
    if account.template(identifier) is not None:
        raise Refuse("template-exists", id=identifier)
    content = _checked(call, body.get("content"))
    made = SparkPostTemplate(
        id=identifier,
        name=_text(name) or identifier,
        description=_text(body.get("description")),
        draft=content,
        content=content if body.get("published") is True else None,
        options=_options(body),
    )
    account = account.model_copy(update={"templates": (*account.templates, made)})
    return Outcome(account=account, response=told({"id": identifier}))


def _check_id(identifier: Any) -> None:
    if not isinstance(identifier, str):
        raise _wrong("id must be 'string'")
    if not identifier:
        raise _wrong("id cannot be empty string")
    if not _ID.match(identifier):
        raise _wrong("id may only contain letters, numbers, underscores, periods and hyphens")
    if len(identifier) > _LONGEST:
        raise _wrong(
            f"field 'id' is of length '{len(identifier)}', but needs to be of max length '64'"
        )


def _checked(call: SparkPostCall, content: Any) -> dict[str, Any]:
    """Content that can be stored."""
    if content is None:
        raise Refuse("missing-part", description="content object or template_id required")
    given = content
    if isinstance(content, dict):
        given = {name: value for name, value in content.items() if value is not None}
    check_content(given)
    if {"attachments", "inline_images"} & given.keys():
        raise _wrong("attachments and inline_images are not supported in stored templates")
    sender = given.get("from")
    address = sender.get("email") if isinstance(sender, dict) else sender
    name = domain_of(address) if isinstance(address, str) else ""
    known = any(each.name.lower() == name and each.verified for each in call.account.domains)
    if "{{" not in name and not known:
        raise Refuse("unverified-domain")
    return dict(given)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _options(body: Mapping[str, Any]) -> dict[str, Any]:
    given = body.get("options")
    pairs = given.items() if isinstance(given, dict) else ()
    return {name: value for name, value in pairs if value is not None}


def _wrong(description: str) -> Refuse:
    return Refuse("wrong-type", description=description)


def _known(call: SparkPostCall) -> SparkPostTemplate:
    template = call.account.template(call.named[0])
    if template is None:
        raise Refuse("unknown-template")
    return template


def _version(call: SparkPostCall) -> tuple[SparkPostTemplate, dict[str, Any], bool]:
    """The template that is asked for, the content of a version of it, whether it is published."""
    template = _known(call)
    wanted = call.request.query.get("draft")
    is_draft = template.draft is not None if wanted is None else wanted == "true"
    content = template.draft if is_draft else template.content
    if content is None:
        raise Refuse("unknown-template")
    return template, content, not is_draft


def _read(call: SparkPostCall) -> Answer:
    template, content, published = _version(call)
    options = {"open_tracking": True, "click_tracking": True, "transactional": False}
    found = {
        **_row(template, published=published),
        "options": {**options, **template.options},
        "content": content,
    }
    return Outcome(account=call.account, response=told(found))


def _row(template: SparkPostTemplate, *, published: bool) -> dict[str, Any]:
    return {
        "id": template.id,
        "name": template.name or template.id,
        "published": published,
        "description": template.description,
        "has_draft": template.draft is not None,
        "has_published": template.content is not None,
        "last_update_time": _UPDATED,
        "shared_with_subaccounts": False,
    }


def _listed(call: SparkPostCall) -> Answer:
    wanted = call.request.query.get("draft")
    rows = [
        _row(each, published=each.draft is None if wanted is None else wanted != "true")
        for each in call.account.templates
        if wanted is None or (each.draft if wanted == "true" else each.content) is not None
    ]
    return Outcome(account=call.account, response=told(rows))


def _updated(call: SparkPostCall) -> Answer:
    template = _known(call)
    body = call.body()
    update: dict[str, Any] = {
        name: body[name] for name in ("name", "description") if isinstance(body.get(name), str)
    }
    if body.get("options") is not None:
        update["options"] = {**template.options, **_options(body)}
    content = body.get("content")
    # Clients leave members of a content null that they do not change, and perhaps all of them.
    if content is not None and (not isinstance(content, dict) or any(content.values())):
        version = "content" if call.request.query.get("update_published") == "true" else "draft"
        update[version] = _checked(call, content)
    changed = template.model_copy(update=update)
    if body.get("published") is True:
        changed = changed.model_copy(update={"content": changed.draft or changed.content})
    return _with(call, changed)


def _with(call: SparkPostCall, changed: SparkPostTemplate) -> Answer:
    templates = tuple(changed if each.id == changed.id else each for each in call.account.templates)
    account = call.account.model_copy(update={"templates": templates})
    return Outcome(account=account, response=told({"id": changed.id}, mark=Mark.INFERRED))


def _deleted(call: SparkPostCall) -> Answer:
    template = _known(call)
    waiting = (mail for mail in call.account.accepted if waits(mail, call.now))
    if any(mail.template == template.id for mail in waiting):
        raise Refuse("template-in-use")
    kept = tuple(each for each in call.account.templates if each.id != template.id)
    account = call.account.model_copy(update={"templates": kept})
    return Outcome(account=account, response=whole({}))


def _previewed(call: SparkPostCall) -> Answer:
    _, content, _ = _version(call)
    data = call.body().get("substitution_data")
    made: Substituted = substituted(content, data if isinstance(data, dict) else {})
    response = told(made.content)
    if made.is_beyond:
        response = replace(response, mark=Mark.SYNTHETIC)
    return Outcome(account=call.account, response=response)


TEMPLATES: tuple[SparkPostEndpoint, ...] = (
    SparkPostEndpoint.of("POST", "/templates", GRANT, _created),
    SparkPostEndpoint.of("GET", "/templates", None, _listed),
    SparkPostEndpoint.of("GET", "/templates/([^/]+)", None, _read),
    SparkPostEndpoint.of("PUT", "/templates/([^/]+)", GRANT, _updated),
    SparkPostEndpoint.of("DELETE", "/templates/([^/]+)", GRANT, _deleted),
    SparkPostEndpoint.of("POST", "/templates/([^/]+)/preview", None, _previewed),
)
