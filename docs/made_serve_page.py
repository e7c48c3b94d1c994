"""The page of the control API of `harness serve`, made from its calls and documents."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, RootModel

from harness.field_descriptions import descriptions, summary
from harness.serve.control import CALLS
from harness.serve.control_call import ControlCall
from harness.serve.control_documents import NoQuery
from harness.serve.documents import NoticeDocument, ReadyDocument
from harness.word_forms import default_of, form_of, kinds_in

HEAD = "<!-- made by docs/generate.py: change the code, then run it -->\n\n"
_STATUSES = {
    400: "words, query or JSON that make no sense",
    401: "no token, or a wrong one",
    403: "a Host that is not this machine's",
    404: "no such path, fake, message or fault; or nobody came (`none-came`)",
    405: "another method",
    409: "an event that cannot be",
    413: "a body above 1 MiB",
    415: "a body that is no JSON",
}


def serve_api_page() -> str:
    """Every call of the control API, and every document that it takes or gives."""
    calls = _with_their_parts(_documents_of_calls())
    events = [
        each for each in _with_their_parts([ReadyDocument, NoticeDocument]) if each not in calls
    ]
    lines = [
        "# The control API of `harness serve`",
        "",
        *textwrap.wrap(
            "Version 1. [Serving fakes](serve.md) tells how it is used. A request names the token "
            "as `Authorization: Bearer …`, a body is `application/json`. What cannot be done is "
            'answered with 4xx and `{"error": {"code": …, "message": …}}`, and changes '
            "nothing. Within a version documents may get more members.",
            100,
        ),
        *("", "| call | takes | gives | |", "|---|---|---|---|"),
        *map(_call_row, CALLS),
        *("", "| status | when |", "|---|---|"),
        *(f"| {number} | {when} |" for number, when in _STATUSES.items()),
        *(line for model in calls for line in ("", *_model_table(model))),
        *("", "# The lines of `--json`", ""),
        *textwrap.wrap(
            "The first is a ReadyDocument; then one is a MessageDocument with `event: message`, or "
            "a NoticeDocument; the last is `event: stopped`, with `lines_lost`: how many nobody "
            "read.",
            100,
        ),
        *(line for model in events for line in ("", *_model_table(model))),
    ]
    return HEAD + "\n".join(lines) + "\n"


def _taken_by(call: ControlCall) -> list[type[BaseModel]]:
    """The query and the body of a call, where it has them."""
    query = [call.query] if call.query is not NoQuery else []
    return [*query, *([call.body] if call.body is not None else [])]


def _documents_of_calls() -> list[type[BaseModel]]:
    """What each call takes and gives, in order."""
    return [
        model
        for call in CALLS
        for model in (*_taken_by(call), call.answer)
        if not isinstance(model, str)
    ]


def _call_row(call: ControlCall) -> str:
    takes = ", ".join(map(_linked, _taken_by(call)))
    gives = call.answer if isinstance(call.answer, str) else _linked(call.answer)
    return f"| `{call.method} {call.path}` | {takes} | {gives} | {cell(call.does)} |"


def _with_their_parts(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    """Models, each followed by those that its members hold."""
    found: dict[type[BaseModel], None] = {}
    for model in models:
        inside = [
            kind
            for field in model.model_fields.values()
            for kind in kinds_in(field)
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        ]
        found |= dict.fromkeys([model, *_with_their_parts(inside)])
    return list(found)


def _model_table(model: type[BaseModel]) -> Iterator[str]:
    said = descriptions(model)
    yield f"## {model.__name__}"
    yield ""
    yield summary(model)
    if issubclass(model, RootModel):
        return
    yield ""
    yield "| member | meaning | written | default |"
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        default = default_of(field) or "–"
        default = "" if default == "required" else default
        meaning = cell(said.get(name, "").partition(" Default: ")[0])
        yield f"| `{field.alias or name}` | {meaning} | {cell(form_of(field))} | {default} |"


def _linked(model: type[BaseModel]) -> str:
    return f"[{model.__name__}](#{model.__name__.lower()})"


def cell(text: str) -> str:
    """A text as a cell of a table of Markdown."""
    return text.replace("|", "\\|").replace("\n", " ")
