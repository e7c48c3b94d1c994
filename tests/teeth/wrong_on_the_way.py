"""Senders that do wrong things on the way wherever they are: with credentials, names and octets."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from .anywhere import CARELESS, Anywhere, Document
from .careful import Capabilities, Careful
from .careful_connection import Connected
from .careful_wire import Failure, Garbled, Lost
from .convictions import convicted
from .reckless import CutsTheMessage, LogsInInClearAndLeaves, TriesTheOldPassword


@convicted(
    "config/contradicting-flags[flags=skip-and-server-name]",
    "config/no-port[scheme=smtp,colon=without-colon]",
    "ory/provider-uris[uri=sendgrid]",
    check="wrong-credentials",
)
class LogsInWronglyFirst(Anywhere):
    """Tries an older password first."""

    def wrongly(self) -> Document:
        self.once_more(TriesTheOldPassword)
        return self.rightly()


@convicted(
    "auth0/criteria-met[mode=starttls]",
    "submission/other/token[service=gmail]",
    check="mechanisms",
)
class LogsInByAnother(Anywhere):
    """Prefers what the others like least."""

    def mechanism_order(self) -> list[str]:
        return ["CRAM-MD5", "PLAIN", "LOGIN"]

    def offered_mechanisms(self, capabilities: Capabilities) -> list[str]:
        return [*super().offered_mechanisms(capabilities), "PLAIN"]


@convicted(
    "auth/plain-only[mode=starttls]",
    check="credentials-in-clear",
)
class LogsInInClearToo(Anywhere):
    """Logs in ahead of TLS, on a connection of its own."""

    def wrongly(self) -> Document:
        self.once_more(LogsInInClearAndLeaves)
        return self.rightly()


@convicted(
    "api/ses/secret-padded[blank=a-blank-before]",
    check="messages",
)
class TrimsItsCredentials(Anywhere):
    """Takes blanks off its credentials, and sends twice by them."""

    def wrongly(self) -> Document:
        transport = dict(self.request["transport"])
        given = transport.get("credentials") or {}
        changed = {**transport, "credentials": {name: str(given[name]).strip() for name in given}}
        for _ in range(2):
            with contextlib.suppress(*CARELESS):
                Careful({**self.request, "transport": changed}, self.memory).answer()
        return self.rightly()


@convicted(
    "auth0/host-forms[form=name]",
    "auth0/host-international",
    "ory/mailgun-uri[host=us,slash=with-slash]",
    "ory/provider-uris[uri=sendgrid]",
    check="sni",
)
class NamesNobody(Anywhere):
    """Sends no server name in its handshakes."""

    def start_tls(self) -> None:
        context = self.context()
        context.check_hostname = False
        self.wire.start_tls(context, None)


@convicted(
    "message/empty[part=text]",
    "message/long-lines[what=text]",
    "message/long-subject",
    "message/quoted-printable[corner=equals]",
    check="line-ends",
)
@convicted(
    "network/slow-final-reply",
    check="message",
)
class EndsLinesWithLineFeeds(Anywhere):
    """Ends the lines of the message as its system does."""

    def body(self, data: bytes) -> None:
        self.put("data", data.replace(b"\r\n", b"\n")[:-1] + b"\r\n")
        self.end()


@convicted(
    "api/any/own-headers[provider=mailgun]",
    check="message",
)
class LosesTheSubject(Anywhere):
    """Sends another message than it was asked to."""

    @property
    def asked(self) -> Mapping[str, Any]:
        return {**super().asked, "subject": "(no subject)", "text": "(no text)"}


@convicted(
    "modes/implicit-tls[mode=verified]",
    "ory/provider-uris[uri=sendgrid]",
    "ory/sendgrid-uri[slash=with-slash]",
    "starttls/injected-success[mechanism=PLAIN]",
    "starttls/injection[offered=LOGIN]",
    check="first-inside-tls",
)
class TalksOutOfTurn(Anywhere):
    """Says something before the server has greeted, and inside TLS before EHLO."""

    def greet(self) -> None:
        self.wire.send(b"NOOP\r\n")
        super().greet()
        with contextlib.suppress(Lost, Garbled, OSError):
            self.wire.reply()

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        self.ask("ehlo", "NOOP")
        return super().ehlo_again(before)

    def check_nothing_injected(self) -> None:
        self.wire.buffer = b""


@convicted(
    "ory/provider-uris-stripped[provider=sendgrid]",
    "ory/provider-uris[uri=sendgrid]",
    check="first-octets",
)
class SpeaksTlsFirst(Anywhere):
    """Begins with TLS on every port, and then does what is configured."""

    def wrongly(self) -> Document:
        with contextlib.suppress(*CARELESS):
            self.to = self.settings()
            self.connect()
            self.wire.timeout = 0.2 * self.timeout
            Connected.start_tls(self)
        with contextlib.suppress(*CARELESS):
            self.wire.close()
        return self.rightly()


@convicted(
    "modes/implicit-tls[mode=verified]",
    check="starttls",
)
class AsksForTlsAnyhow(Anywhere):
    """Says STARTTLS in every mode, and goes on as configured."""

    def authenticate(self, capabilities: Capabilities) -> None:
        self.ask("starttls", "STARTTLS")
        super().authenticate(capabilities)


@convicted(
    "starttls/injected-fragment[fragment=other-mechanism]",
    "starttls/injection[offered=LOGIN]",
    check="helo",
)
class SaysHeloToo(Anywhere):
    """Says HELO as well as EHLO."""

    def ehlo(self) -> Capabilities:
        with contextlib.suppress(Failure):
            self.ask("ehlo", "HELO [127.0.0.1]")
        return super().ehlo()


@convicted(
    "auth/initial-response[habit=ignored]",
    check="connections",
)
class KnocksBefore(Anywhere):
    """Connects a dozen times, to see whether the server is up."""

    def wrongly(self) -> Document:
        with contextlib.suppress(*CARELESS):
            self.to = self.settings()
            for _ in range(12):
                self.connect()
                self.wire.close()
        return self.rightly()


@convicted(
    "extensions/too-large",
    check="messages",
)
class CutsWhatIsTooLarge(Anywhere):
    """Sends the beginning of what the server is not to take, and says that it failed."""

    def wrongly(self) -> Document:
        answer = self.rightly()
        if answer["status"] == "failed":
            self.once_more(CutsTheMessage)
        return answer


@convicted(
    "auth0/port-587-instead",
    check="elsewhere",
)
class KnocksAtEveryDoor(Anywhere):
    """Connects to every address that it was told of."""

    def wrongly(self) -> Document:
        for real in self.request.get("connect_to", {}).values():
            host, _, port = real.rpartition(":")
            with contextlib.suppress(OSError):
                socket.create_connection((host.strip("[]"), int(port)), 0.5).close()
        return self.rightly()


@convicted(
    "api/mandrill/key-spoiled[key=padded]",
    check="secrets-in-urls",
)
class PutsItsKeyIntoUrls(Anywhere):
    """Shows its key where everybody's log has it."""

    def check_api(self) -> None:
        """It is the server's business."""

    def call(self, host: str) -> Any:
        call = super().call(host)
        key = next(iter(self.request["transport"]["credentials"].values()))
        path = f"{call.path}{'&' if '?' in call.path else '?'}key={quote(key, safe='')}"
        return replace(call, path=path)
