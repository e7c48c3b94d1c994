"""The order of a session: the table itself, and sessions that keep to it."""

from __future__ import annotations

import ast
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import product
from pathlib import Path
from typing import Any

import aiosmtpd.smtp
import pytest

from harness.fakes.smtp import session as session_module
from harness.fakes.smtp.order import MOVES, OUT_OF_TURN, Turn, Verb
from harness.fakes.transcript import MessageCaptured

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Facts = Callable[..., list[Any]]

FOLDER = Path(session_module.__file__).parent
ADAPTER = "aiosmtpd_adapter.py"

# From NEW to each phase.
WAY = {
    Turn.NEW: (),
    Turn.READY: ("EHLO me.example",),
    Turn.SENDER: ("EHLO me.example", "MAIL FROM:<a@one.example>"),
    Turn.RECIPIENTS: (
        "EHLO me.example", "MAIL FROM:<a@one.example>", "RCPT TO:<b@two.example>",
    ),
}  # fmt: skip
SAID = {
    Verb.EHLO: "EHLO me.example", Verb.HELO: "HELO me.example", Verb.MAIL: WAY[Turn.SENDER][1],
    Verb.RCPT: WAY[Turn.RECIPIENTS][2], Verb.VRFY: "VRFY b@two.example", Verb.EXPN: "EXPN b",
    Verb.BDAT: "BDAT 0", Verb.AUTH: "AUTH PLAIN " + b64encode(b"\0u\0p").decode(),
}  # fmt: skip


@pytest.mark.parametrize(("phase", "verb"), list(product(Turn, Verb)))
def test_every_command_is_in_turn_or_has_its_refusal(phase: Turn, verb: Verb) -> None:
    assert (verb in MOVES[phase]) != (verb in OUT_OF_TURN[phase])


@pytest.mark.wire
@pytest.mark.parametrize(
    ("phase", "verb"), [(p, v) for p, v in product(Turn, Verb) if v is not Verb.STARTTLS]
)
def test_a_session_keeps_to_the_table(connected: Connected, phase: Turn, verb: Verb) -> None:
    words = {"security": "none", "username": "u", "password": "p", "auth": {"required": False}}
    with connected(**words, extensions=["CHUNKING"]) as (fake, wire):
        wire.reply()
        for line in WAY[phase]:
            assert wire.say(line).startswith(b"250")
        [session] = [connection._conversation for connection in fake._connections]
        assert session._phase is phase
        reply = wire.say(SAID.get(verb, verb)).decode().rstrip()
        if verb in OUT_OF_TURN[phase]:
            assert reply == OUT_OF_TURN[phase][verb]
            assert session._phase is phase
            return
        if verb is Verb.DATA:
            reply = wire.say(".").decode()
        assert reply[0] == "2" or verb is Verb.EXPN
        assert session._phase is MOVES[phase][verb]


@pytest.mark.wire
@pytest.mark.parametrize("lines", [WAY[Turn.SENDER], WAY[Turn.RECIPIENTS]])
def test_auth_inside_a_mail_transaction_is_refused(
    connected: Connected, lines: tuple[str, ...]
) -> None:
    words = {"security": "none", "username": "u", "password": "p", "auth": {"required": False}}
    with connected(**words) as (_, wire):
        wire.reply()
        for line in lines:
            wire.say(line)
        assert wire.say(SAID[Verb.AUTH]).startswith(b"503 5.5.1")
        assert wire.say("RSET").startswith(b"250")
        assert wire.say(SAID[Verb.AUTH]).startswith(b"235")


@pytest.mark.wire
@pytest.mark.parametrize(
    ("authorization", "code"), [("", b"235"), ("u", b"235"), ("admin", b"535"), ("U", b"535")]
)
def test_who_acts_for_somebody_else_is_refused(
    connected: Connected, authorization: str, code: bytes
) -> None:
    with connected(security="none", username="u", password="p") as (_, wire):
        wire.reply()
        wire.say("EHLO me.example")
        response = b64encode(f"{authorization}\0u\0p".encode()).decode()
        assert wire.say(f"AUTH PLAIN {response}")[:3] == code


@pytest.mark.wire
def test_recipients_have_a_bound_and_those_before_it_are_kept(
    connected: Connected, facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "MOST_RECIPIENTS", 120)
    with connected(security="none", auth={"offer": "never"}) as (fake, wire):
        wire.reply()
        for line in WAY[Turn.SENDER]:
            wire.say(line)
        replies = [wire.say(f"RCPT TO:<r{number}@two.example>")[:3] for number in range(125)]
        assert replies == [b"250"] * 120 + [b"452"] * 5
        wire.say("DATA")
        assert wire.say(".").startswith(b"250")
        wire.envelope()
    [captured] = facts(fake, MessageCaptured)
    assert len(captured.message.rcpt_tos) == 120


# One module knows aiosmtpd.


def _privates() -> set[str]:
    """What aiosmtpd calls its own parts, but for what is asyncio's."""
    source = Path(aiosmtpd.smtp.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:self\.|def )(_[a-z]\w*)", source))
    return named | {"smtp_", "handle_", "auth_", "__ident__"}


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def test_no_other_module_knows_aiosmtpds_private_names() -> None:
    privates = _privates()
    assert {"_handle_client", "_set_rset_state", "_smtp_methods", "_tls_protocol"} <= privates
    known = {
        file.name: sorted(privates.intersection(_names(ast.parse(file.read_text("utf-8")))))
        for file in FOLDER.glob("*.py")
    }
    assert known.pop(ADAPTER)
    assert not {file: names for file, names in known.items() if names}


def test_no_other_module_imports_aiosmtpd() -> None:
    importing = {
        file.name
        for file in FOLDER.parent.rglob("*.py")
        if re.search(r"^\s*(from|import) aiosmtpd", file.read_text("utf-8"), re.MULTILINE)
    }
    assert importing == {ADAPTER}
