"""`harness schema`: JSON Schemas of what people and programs write and read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import click
from pydantic import TypeAdapter

from harness.baseline import Baseline
from harness.delivery_protocol import (
    Configured,
    ConfigureRequest,
    Deliveries,
    DeliveriesRequest,
    StateRequest,
    TestSendRequest,
)
from harness.field_descriptions import DescribedSchema
from harness.protocol import Answer, DescribeRequest, Description, SendRequest
from harness.reports.document import report_schema
from harness.requirements.documents import document_schema
from harness.scenario.schema import scenario_schema
from harness.senders.file_words import SenderFile


def _baseline() -> dict[str, Any]:
    schema = Baseline.model_json_schema(schema_generator=DescribedSchema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _sender() -> dict[str, Any]:
    """Requests and answers, each under its name."""
    request = TypeAdapter(
        SendRequest
        | DescribeRequest
        | ConfigureRequest
        | StateRequest
        | TestSendRequest
        | DeliveriesRequest
    ).json_schema(by_alias=True, schema_generator=DescribedSchema)
    answer = TypeAdapter(Answer | Description | Configured | Deliveries).json_schema(
        by_alias=True, schema_generator=DescribedSchema
    )
    definitions = {**request.pop("$defs", {}), **answer.pop("$defs", {})}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The sender protocol, version 1",
        "type": "object",
        "properties": {
            "request": {"description": "What the harness asks of a sender.", **request},
            "answer": {"description": "What a sender answers.", **answer},
        },
        "$defs": definitions,
    }


def _sender_file() -> dict[str, Any]:
    schema = SenderFile.model_json_schema(schema_generator=DescribedSchema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


_SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "scenario": scenario_schema,
    "sender": _sender,
    "sender-file": _sender_file,
    "report": report_schema,
    "document": document_schema,
    "baseline": _baseline,
}


@click.command("schema")
@click.argument("what", type=click.Choice([*_SCHEMAS]))
def schema(what: str) -> int:
    """Print a JSON Schema: of scenario files, the sender protocol, the JSON report, requirements.

    `sender-file` is for `--sender file:PATH`, `document` is a file of requirements of one's own,
    for `--document`, and `baseline` one of expected failures, for `--baseline`.
    """
    click.echo(json.dumps(_SCHEMAS[what](), indent=2))
    return 0


COMMANDS = {"schema": schema}
