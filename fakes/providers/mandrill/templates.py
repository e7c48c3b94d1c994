"""Stored templates: added, changed, published, deleted, rendered.

Shapes: docstrings of the vendor's client mandrill 1.0.60. A name's slug is inferred from its
examples: small letters, and hyphens for what is neither letter nor number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..refusal import Refuse
from ..rules import Outcome
from .account import MandrillAccount, MandrillTemplate, TemplateVersion
from .merging import MergeTags, with_regions
from .reads import Call, MandrillRead, told
from .refusals import validation_error
from .validation import address_problem, text_of

_PARTS = ("from_email", "from_name", "subject", "code", "text")
_TIME = "%Y-%m-%d %H:%M:%S"
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}\Z")
Answer = Outcome[MandrillAccount]


def _row(template: MandrillTemplate) -> dict[str, Any]:
    draft, published = template.latest(), template.published
    none = TemplateVersion()
    return {
        "slug": template.slug,
        "name": template.name,
        "labels": list(template.labels),
        **{part: getattr(draft, part) for part in _PARTS},
        "publish_name": template.name,
        **{f"publish_{part}": getattr(published or none, part) for part in _PARTS},
        "published_at": None if published is None else template.at,
        "created_at": template.at,
        "updated_at": template.at,
        "draft_updated_at": template.at,
        "is_broken_template": False,
    }


def _known(asked: MandrillRead) -> MandrillTemplate:
    name = text_of(asked.body.get("name"))
    template = asked.account.template(name)
    if template is None:
        raise Refuse("unknown-template", name=name)
    return template


def _version(asked: MandrillRead, before: TemplateVersion) -> TemplateVersion:
    """What the parameters make of a version: those that are null leave it as it is."""
    given = {part: asked.body[part] for part in _PARTS if asked.body.get(part) is not None}
    for part, value in given.items():
        if not isinstance(value, str):
            raise validation_error("invalid-field", (part,), "of the wrong type")
    problem = address_problem(given["from_email"]) if given.get("from_email") else None
    if problem is not None:
        raise validation_error("invalid-field", ("from_email",), problem[1])
    return before.model_copy(update=given)


def _labels(asked: MandrillRead) -> tuple[str, ...] | None:
    given = asked.body.get("labels")
    return tuple(map(text_of, given)) if isinstance(given, list) else None


def _added(asked: MandrillRead) -> Answer:
    name = text_of(asked.body.get("name"))
    if not _NAME.match(name) or asked.account.template(name) is not None:
        raise Refuse("invalid-template", name=name)
    version = _version(asked, TemplateVersion())
    is_published = asked.body.get("publish") is not False
    made = MandrillTemplate(
        name=name,
        labels=_labels(asked) or (),
        published=version if is_published else None,
        draft=None if is_published else version,
        at=f"{asked.now:{_TIME}}",
    )
    templates = (*asked.account.templates, made)
    return told(asked.account.model_copy(update={"templates": templates}), _row(made))


def _updated(asked: MandrillRead) -> Answer:
    template = _known(asked)
    version = _version(asked, template.latest())
    labels = _labels(asked)
    update: dict[str, Any] = {} if labels is None else {"labels": labels}
    if asked.body.get("publish") is False:
        update["draft"] = version
    else:
        update |= {"published": version, "draft": None}
    return _with(asked, template.model_copy(update=update))


def _published(asked: MandrillRead) -> Answer:
    template = _known(asked)
    update = {"published": template.latest(), "draft": None}
    return _with(asked, template.model_copy(update=update))


def _with(asked: MandrillRead, changed: MandrillTemplate) -> Answer:
    templates = tuple(
        changed if each.slug == changed.slug else each for each in asked.account.templates
    )
    return told(asked.account.model_copy(update={"templates": templates}), _row(changed))


def _info(asked: MandrillRead) -> Answer:
    return told(asked.account, _row(_known(asked)))


def _deleted(asked: MandrillRead) -> Answer:
    template = _known(asked)
    kept = tuple(each for each in asked.account.templates if each is not template)
    return told(asked.account.model_copy(update={"templates": kept}), _row(template))


def _listed(asked: MandrillRead) -> Answer:
    label = text_of(asked.body.get("label"))
    rows = [_row(each) for each in asked.account.templates if not label or label in each.labels]
    return told(asked.account, rows)


def _rendered(asked: MandrillRead) -> Answer:
    """The HTML with its regions and merge tags filled in; of a draft where there is no other."""
    body = asked.body
    name = text_of(body.get("template_name"))
    template = asked.account.template(name)
    if template is None:
        raise Refuse("unknown-template", name=name)
    tags = MergeTags.of({"global_merge_vars": body.get("merge_vars")})
    version = template.published or template.latest()
    html = with_regions(version.code or "", body.get("template_content"))
    return told(asked.account, {"html": tags.filled(html, "")})


TEMPLATES: Mapping[str, Call] = {
    "templates/add": _added,
    "templates/info": _info,
    "templates/update": _updated,
    "templates/publish": _published,
    "templates/delete": _deleted,
    "templates/list": _listed,
    "templates/render": _rendered,
}
