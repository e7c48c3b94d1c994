"""The JSON report: everything, for a program, in the shape that `harness schema report` gives."""

from __future__ import annotations

import json

from pydantic import BaseModel

from harness.escaping import inert_json
from harness.model import RunResult
from harness.reports.document import to_document
from harness.reports.formats import Context, WholeFormat


def render(result: RunResult, context: Context) -> str:
    """Return the report as indented JSON."""
    return json_text(to_document(result, folder=context.folder), indent=2) + "\n"


def json_text(document: BaseModel, *, indent: int | None = None) -> str:
    """Return `document` as JSON in plain ASCII, so that it may safely be printed as it is."""
    return inert_json(json.dumps(document.model_dump(mode="json", by_alias=True), indent=indent))


FORMAT = WholeFormat(name="json", about="everything, for programs", render=render)
