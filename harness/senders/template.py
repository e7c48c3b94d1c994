"""`template:PROGRAM {host} {port} ...`: a program that knows nothing of the sender protocol.

Each request becomes a command line. The string is split by POSIX shell rules, then each placeholder
is replaced in its word, and the program is run without a shell, with nothing on stdin.

    {uri}             the whole SMTP configuration as a URI; what it says, the fields say too
    {host} {port}     where to connect
    {username} {password}
    {security}        starttls (required), tls (from the first byte) or none
    {server_name}     the name for SNI and verification, where it is not the host
    {ca_file}         the only trust anchor, PEM; environment variables name it too
    {timeout}         seconds for each operation, like 2 or 0.5
    {from}            the envelope sender
    {to*}             the word is repeated for each envelope recipient: --rcpt={to*}
    {subject} {text}  what to write
    {message_file}    a file with the finished message, lines ending in CRLF; removed afterwards
    {{ }}             a brace

A value that is not configured is an empty word. Exit status 0 means sent, 77 unsupported with the
reason on stderr; any other is a failure explained by stderr (by stdout when stderr is empty), and
an error map in a sender file turns such words into classes.

What the command line cannot say is not asked, and reported as unsupported with the reason:

* a security mode: {uri} or {security} say any. A line with neither always does the same: it is
  asked for implicit TLS when it has `smtps://` in it, else for STARTTLS, which both documents put
  first. A sender file names another one, `features: [smtp, security:none]`.
* certificates that need not be verified: only {uri} says so.
* another server name: {uri} or {server_name}. Credentials: {uri}, or {username} and {password}.
* HTML, attachments, header fields, Cc, Bcc, Reply-To and Sender: only {message_file} has them, and
  Bcc needs {to*} too. An envelope sender other than From needs {from} and {message_file}.
* provider APIs, an EHLO name, an access token, `connect_to`, and each action but `send`.

`describe` is not sent: the features follow from the placeholders.

Each message gets a different Message-ID, made from the case and a running number.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from harness.errors import SenderError
from harness.leftovers import temporary_folder
from harness.protocol import Description, Message, SendRequest, SmtpTransport
from harness.secrets import Secrets

from .base import Sender, Surroundings, processors
from .capture import words_of
from .exit_status import UNSUPPORTED_STATUS, crashed, unsupported
from .outcome import Described, Hung, Outcome, Replied, Unsupported
from .process import ProcessRun, find_program, run_to_end
from .program import secrets_told, split_words
from .template_limits import (
    features_of_template,
    inexpressible,
    unsaid,
)
from .template_words import parse_template

SCHEMES = ("template",)


def _now() -> datetime:
    return datetime.now(UTC)


class TemplateSender(Sender):
    """Runs a command line for each request."""

    def __init__(
        self,
        name: str,
        words: tuple[str, ...],
        surroundings: Surroundings,
        *,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        super().__init__(name)
        self.default_jobs = processors()
        self._template = parse_template(words)
        self._program = self._template.program
        self._names = self._template.names
        self._environment = surroundings.for_program()
        self._clock = clock
        self._numbers = itertools.count(1)
        declared = surroundings.declared
        self.features = (
            features_of_template(self._names, " ".join(words)) if declared is None else declared
        )

    async def start(self) -> None:
        """Find the program."""
        find_program(self._program, self._environment)

    async def describe(self, limit: float) -> Outcome:
        """Its features, which follow from the placeholders: the program is not asked."""
        del limit
        features = sorted(self.features)
        return Described(
            document={"name": self._program, "features": features},
            description=Description(name=self._program, features=tuple(features)),
        )

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Run the command line that `document` becomes, if it can be said in one."""
        if document.get("action") != "send":
            return _cannot("a command line can only be asked to send")
        try:
            request = SendRequest.model_validate(document)
        except ValidationError as problem:
            return _cannot(f"this is no request to send: {problem.errors()[0]['msg']}")
        reasons = inexpressible(request, names=self._names, features=self.features)
        transport = request.transport
        if reasons or not isinstance(transport, SmtpTransport):
            return _cannot("; ".join(reasons))
        try:
            with self._message_file(request) as path:
                values = {**_values(request, transport), "message_file": path}
                return await self._run(request, values, limit, told=secrets_told(document))
        except _UnsayableError as problem:
            return _cannot(str(problem))

    async def _run(
        self, request: SendRequest, values: Mapping[str, str], limit: float, *, told: Secrets
    ) -> Outcome:
        words = self._template.filled(values, request.message.recipients)
        _check_words(words)
        try:
            run = await run_to_end(words, environment=self._environment, limit=limit, told=told)
        except SenderError as problem:
            if getattr(problem.__cause__, "errno", None) == errno.E2BIG:
                raise _UnsayableError("the message is too long for a command line") from problem
            raise
        return outcome_of_run(run, limit, complaints=unsaid(request.message, names=self._names))

    @contextmanager
    def _message_file(self, request: SendRequest) -> Iterator[str]:
        """The path of the finished message, in a folder that nobody else can read."""
        if "message_file" not in self._names:
            yield ""
            return
        number = next(self._numbers)
        unique = hashlib.sha256(f"{number} {request.case}".encode()).hexdigest()[:32]
        content = _finished(request.message, unique=unique, date=self._clock())
        with temporary_folder() as folder:
            path = folder / "message.eml"
            path.write_bytes(content)
            yield str(path)


class _UnsayableError(Exception):
    """A command line cannot hold it."""


def _cannot(reason: str) -> Unsupported:
    return Unsupported(reason=reason, by_adapter=True)


def _finished(message: Message, *, unique: str, date: datetime) -> bytes:
    from harness.reference.failure import MessageError  # noqa: PLC0415  # most need none
    from harness.reference.message import build  # noqa: PLC0415  # as above

    try:
        return build(message, unique=unique, date=date).data
    except MessageError as problem:
        raise _UnsayableError(f"there is no such message: {problem}") from problem


def _values(request: SendRequest, transport: SmtpTransport) -> dict[str, str]:
    """The value of each placeholder but two; the empty string for what is not configured."""
    message = request.message
    envelope_from = message.envelope_from
    return {
        "uri": transport.uri,
        "host": transport.host,
        "port": str(transport.port),
        "username": transport.username or "",
        "password": transport.password or "",
        "security": transport.security.value,
        "server_name": transport.server_name or "",
        "from": message.from_.address if envelope_from is None else envelope_from,
        "subject": message.subject,
        "text": message.text or "",
        "ca_file": request.trust.ca_file,
        "timeout": f"{request.timeout:g}",
    }


def _check_words(words: tuple[str, ...]) -> None:
    for word in words:
        if "\0" in word:
            raise _UnsayableError("a command line cannot hold a NUL character")
        try:
            word.encode()
        except UnicodeEncodeError as problem:
            raise _UnsayableError("a command line cannot hold half a character") from problem


def outcome_of_run(run: ProcessRun, limit: float, *, complaints: tuple[str, ...] = ()) -> Outcome:
    """What the end of the program says: sent, unsupported, failed, crashed or hung."""
    output, status = run.output, run.exit_status
    if status is None:
        return Hung(limit=limit, output=output)
    if status == UNSUPPORTED_STATUS:
        return unsupported(output)
    if status < 0:
        return crashed(status, output)
    document: dict[str, Any] = {"status": "sent"}
    if status > 0:
        words = words_of(output.stderr, output.told) or words_of(output.stdout, output.told)
        document = {"status": "failed", "error": {"message": words} if words else {}}
    return Replied(document=document, complaints=complaints, output=output)


def open_spec(scheme: str, rest: str, surroundings: Surroundings) -> Sender:
    """Open `template:PROGRAM {host} {port} ...`."""
    return TemplateSender(f"{scheme}:{rest}", split_words(scheme, rest), surroundings)
