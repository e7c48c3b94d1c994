"""One attempt to hand a message over, by the reference sender's own code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from harness.delivery_protocol import ConfigureRequest
from harness.protocol import ApiTransport, ErrorClass, Mailbox, Message, SendRequest, SmtpTransport
from harness.reference.address import wire_address
from harness.reference.courier.decision import Claim, LogEntry, Tried
from harness.reference.failure import (
    ConfigError,
    DeliveryError,
    MissingLibraryError,
    RefusedCommand,
)
from harness.reference.message import BuiltMessage, build
from harness.reference.redact import Redactor
from harness.reference.reply import printable
from harness.reference.sender import settings_of
from harness.reference.smtp import send_message

# What servers write before the id that they gave a message: Postfix "queued as 4F2A", Exim
# "OK id=1q2W3e-000000-01", Exchange "[InternalId=…]"; Gmail and others write it alone.
_QUEUE_IDS = (
    re.compile(r"\bqueued as:?\s+<?([^\s<>;,]+)", re.IGNORECASE),
    re.compile(r"\bid\s*[=:]\s*<?([^\s<>;,\]]+)", re.IGNORECASE),
    re.compile(r"^2\d\d (?:2\.\d\.\d+ )?ok:? +([\w.-]*\d[\w.-]*)(?: |$)", re.IGNORECASE),
)
_NOT_AGAIN = "not sent again, because it may have arrived"


def attempt(
    claim: Claim,
    settings: ConfigureRequest,
    *,
    clock: Callable[[], float],
    now: datetime,
    before_end: Callable[[], None],
) -> Tried:
    """Try once. `before_end` is called when what ends the message is about to go out.

    Whatever the server does comes back as a value; what `before_end` raises goes on, and then the
    message was not handed over.
    """
    transport = settings.transport
    assert transport is not None, "somebody asks first"
    one = _Attempt(claim, settings, before_end=before_end)
    try:
        message = one.built()
        match transport:
            case SmtpTransport():
                return one.by_smtp(transport, message, clock)
            case _:
                return one.by_api(transport, message, clock, now)
    except MissingLibraryError as lack:
        return one.failed(ConfigError(str(lack)), at=clock())
    except DeliveryError as failure:
        return one.failed(failure, at=clock())


class _Attempt:
    """An attempt in progress, and how far it came."""

    def __init__(
        self, claim: Claim, settings: ConfigureRequest, *, before_end: Callable[[], None]
    ) -> None:
        self._claim = claim
        self._settings = settings
        self._before_end = before_end
        self._is_handed = False
        self._host: str | None = None
        self._redactor = Redactor()

    def built(self) -> BuiltMessage:
        """The same bytes as ever, for those whom it is still for."""
        claim = self._claim
        date = datetime.fromisoformat(claim.date)
        message = build(claim.message, unique=claim.unique, date=date)
        return replace(message, recipients=claim.pending)

    def by_smtp(
        self, transport: SmtpTransport, message: BuiltMessage, clock: Callable[[], float]
    ) -> Tried:
        server = settings_of(transport)
        self._host = server.host
        self._redactor = Redactor.of(server)
        delivery = send_message(
            server,
            message,
            timeout=self._settings.timeout,
            ca_file=self._settings.trust.ca_file,
            connect_to=self._settings.connect_to,
            ehlo_name=transport.ehlo_name,
            before_dot=self._hand_over,
        )
        words = self._clean(delivery.final_reply)
        entry = LogEntry(
            at=clock(),
            reply_code=int(words[:3]) if words[:3].isdigit() else None,
            host=self._host,
            words=words,
            queue_id=queue_id(words),
        )
        reply = {"final_reply": words, "refused": [_shown(each) for each in delivery.refused]}
        return self._taken(entry, delivery.refused, reply)

    def by_api(
        self,
        transport: ApiTransport,
        message: BuiltMessage,
        clock: Callable[[], float],
        now: datetime,
    ) -> Tried:
        from harness.reference.api_calls.send import (  # noqa: PLC0415  # only when used
            call_of,
            redactor_for,
            send_by_api,
        )

        self._redactor = redactor_for(transport)
        request = self._request(transport)
        call = call_of(transport, request.message, message.data)[1]
        base = transport.base_url
        self._host = urlsplit(base).hostname if base else call.host
        taken = send_by_api(request, transport, message.data, now=now, before_body=self._hand_over)
        refused = [
            RefusedCommand(
                address=each.address,
                reply_code=None,
                message=self._clean(each.message),
                temporary=False,
            )
            for each in taken.refused
        ]
        provider_id = self._clean(taken.provider_id)
        words = f"the provider took it as {provider_id}"
        entry = LogEntry(at=clock(), host=self._host, words=words, queue_id=provider_id)
        shown = [{"address": each.address, "message": each.message} for each in refused]
        return self._taken(entry, refused, {"provider_id": provider_id, "refused": shown})

    def failed(self, failure: DeliveryError, *, at: float) -> Tried:
        """What a failure means: again, where the message was surely not taken and that may pass."""
        words = self._clean(str(failure))
        may_have_arrived = failure.class_ is ErrorClass.OUTCOME_UNKNOWN or (
            self._is_handed and failure.temporary is None
        )
        # A log-in that was refused says nothing of the message: somebody may put it right.
        may_pass = failure.temporary is not False or failure.class_ is ErrorClass.AUTH_REJECTED
        goes_on = not may_have_arrived and may_pass
        again = self._claim.pending if goes_on else ()
        if goes_on and failure.refused:
            again = tuple(each.address for each in failure.refused if each.temporary)
        entry = LogEntry(
            at=at,
            phase=failure.phase.value,
            class_=None if failure.class_ is None else failure.class_.value,
            reply_code=failure.reply_code,
            enhanced_code=failure.enhanced_code,
            http_status=failure.http_status,
            host=self._host,
            words=f"{words}; {_NOT_AGAIN}" if may_have_arrived else words,
        )
        return Tried(entry=entry, again=again, retry_after=failure.retry_after, failure=failure)

    def _hand_over(self) -> None:
        self._before_end()
        self._is_handed = True

    def _taken(
        self, entry: LogEntry, refused: Iterable[RefusedCommand], reply: dict[str, Any]
    ) -> Tried:
        """Taken, if not for everybody: each one who was refused is told."""
        words = "".join(
            f"; {'not yet' if each.temporary else 'refused'} for <{each.address}>: {each.message}"
            for each in refused
        )
        again = tuple(each.address for each in refused if each.temporary)
        told = replace(entry, words=f"{entry.words}{words}")
        return Tried(entry=told, again=again, taken=True, reply=reply)

    def _request(self, transport: ApiTransport) -> SendRequest:
        settings, claim = self._settings, self._claim
        return SendRequest(
            case=settings.case,
            transport=transport,
            connect_to=settings.connect_to,
            trust=settings.trust,
            message=_for(claim.message, claim.pending) if claim.taken else claim.message,
            timeout=settings.timeout,
        )

    def _clean(self, text: str) -> str:
        return printable(self._redactor.clean(text))


def queue_id(reply: str) -> str | None:
    """The id that a server's last word names; None where it names none that we know."""
    for pattern in _QUEUE_IDS:
        match = pattern.search(reply)
        if match is not None:
            return match[1].rstrip(".")
    return None


def _for(message: Message, pending: tuple[str, ...]) -> Message:
    """The message for those who have not got it: an API sends to whom it names."""
    wanted = frozenset(pending)

    def left(boxes: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
        return tuple(box for box in boxes if wire_address(box.address, "an address") in wanted)

    return message.model_copy(
        update={"to": left(message.to), "cc": left(message.cc), "bcc": left(message.bcc)}
    )


def _shown(refused: RefusedCommand) -> dict[str, Any]:
    return {
        "address": refused.address,
        "reply_code": refused.reply_code,
        "message": refused.message,
    }
