"""`harness send`: the "send test email" button of the reference sender."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from harness.cli.options import FiniteRange
from harness.errors import UsageError
from harness.gate import FAILED
from harness.protocol import ErrorClass
from harness.reference.failure import ConfigError
from harness.reference.sender import ReferenceSender
from harness.reference.uri import parse_smtp_uri

_URI_VARIABLE = "HARNESS_SMTP_URI"
_IN_CLEAR = (
    "to send in clear to a server that you trust all the same: smtp://…/?disable_starttls=true"
)


@click.command("send")
@click.option("--to", "recipients", multiple=True, required=True, metavar="ADDRESS")
@click.option("--from", "sender", required=True, metavar="ADDRESS")
@click.option("--subject", default="Test message", show_default=True)
@click.option("--text", default="This is a test message.\n")
@click.option(
    "--uri",
    metavar="URI",
    help=f"smtp:// or smtps://; better in {_URI_VARIABLE}, where no process list shows it.",
)
@click.option("--ca-file", type=click.Path(exists=True, dir_okay=False), metavar="FILE")
@click.option("--timeout", type=FiniteRange(min=0.1), default=30.0, show_default=True)
def send(**words: Any) -> int:
    """Send one message with the reference sender, and say what became of it.

    Exit status: 0 sent, 1 not sent, 2 a configuration that makes no sense.
    """
    uri = words["uri"] or os.environ.get(_URI_VARIABLE)
    if not uri:
        raise UsageError(f"where to? give --uri, or set {_URI_VARIABLE}")
    try:
        parse_smtp_uri(uri)
    except ConfigError as error:
        raise UsageError(str(error)) from error
    answer = ReferenceSender().handle(_request(uri, words))
    if answer["status"] == "sent":
        click.echo(f"sent: {answer.get('final_reply', '')} (Message-ID {answer['message_id']})")
        for refused in answer.get("refused", []):
            click.echo(f"refused: {refused['address']}: {refused['message']}")
        return 0
    failure = answer.get("error", {})
    temporary = {True: ", temporary", False: ", permanent"}.get(failure.get("temporary"), "")
    click.echo(f"failed at {failure.get('phase')} ({failure.get('class')}{temporary})", err=True)
    click.echo(failure.get("message") or answer.get("reason", ""), err=True)
    if failure.get("class") == ErrorClass.STARTTLS_UNAVAILABLE:
        click.echo(_IN_CLEAR, err=True)
    return FAILED


def _request(uri: str, words: dict[str, Any]) -> dict[str, Any]:
    settings = parse_smtp_uri(uri)
    return {
        "protocol": 1,
        "action": "send",
        "case": "harness send",
        "transport": {
            "kind": "smtp",
            "uri": uri,
            "host": settings.host,
            "port": settings.port,
            "username": settings.username,
            "password": settings.password,
            "security": str(settings.security),
            "verify": settings.verify,
            "server_name": settings.server_name,
        },
        "trust": _trust(words["ca_file"]),
        "message": {
            "from": {"address": words["sender"]},
            "to": [{"address": address} for address in words["recipients"]],
            "subject": words["subject"],
            "text": words["text"],
        },
        "timeout": words["timeout"],
    }


def _trust(ca_file: str | None) -> dict[str, str]:
    """The file given, or none: then the system's own trust store counts."""
    path = str(Path(ca_file).resolve()) if ca_file else ""
    return {"ca_file": path, "ca_pkcs12": "", "ca_pkcs12_password": ""}


COMMANDS = {"send": send}
