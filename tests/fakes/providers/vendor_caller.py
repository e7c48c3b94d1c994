"""Calls at a running fake of any vendor, through a socket, with its credentials."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from harness.fakes.apis import ProviderFake, fake_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TO = "to@recipient.test"
FROM = "from@sender.test"


class StoppedClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def goes_on(self, **how_long: float) -> None:
        """Let time pass."""
        self.now += timedelta(**how_long)


@dataclass
class VendorCaller:
    """A fake, and how it is called."""

    fake: ProviderFake
    client: httpx.Client
    clock: StoppedClock
    answers: list[httpx.Response] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None, **form: str) -> httpx.Response:
        """The answer; `form` are the fields of a form, `body` is sent as JSON."""
        key = next(iter(self.fake.credentials.values()))
        name = self.fake.vendor.name
        headers = {"X-Postmark-Server-Token": key, "Accept": "application/json"}
        if name in {"sendgrid", "resend"}:
            headers["Authorization"] = f"Bearer {key}"
        elif name == "sparkpost":
            headers["Authorization"] = key
        if name == "mandrill":
            body = {"key": key, **(body or {})}
        content = None if body is None else json.dumps(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        answer = self.client.request(
            method,
            f"{self.fake.base_url}{path}",
            headers=headers,
            content=content,
            data=form or None,
            auth=("api", key) if name == "mailgun" else None,
        )
        self.answers.append(answer)
        return answer

    def send(self, *, at: datetime | None = None, to: str = TO, **more: Any) -> httpx.Response:
        """Send a message, at once or at some time."""
        answer = _SENDING[self.fake.vendor.name](self, at, to, more)
        assert answer.status_code < 300, answer.text
        return answer

    def told(self, method: str, path: str, body: Any = None, **form: str) -> Any:
        """What a call answers that is no refusal."""
        answer = self.call(method, path, body, **form)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


Sending = Callable[[VendorCaller, datetime | None, str, Mapping[str, Any]], httpx.Response]


def _sendgrid(
    caller: VendorCaller, at: datetime | None, to: str, more: Mapping[str, Any]
) -> httpx.Response:
    body = {
        "personalizations": [{"to": [{"email": to}]}],
        "from": {"email": FROM},
        "subject": "s",
        "content": [{"type": "text/plain", "value": "t"}],
        **({"send_at": int(at.timestamp())} if at else {}),
        **more,
    }
    return caller.call("POST", "/v3/mail/send", body)


def _sparkpost(
    caller: VendorCaller, at: datetime | None, to: str, more: Mapping[str, Any]
) -> httpx.Response:
    body = {
        "recipients": [{"address": to}],
        "content": {"from": FROM, "subject": "s", "text": "t"},
        **({"options": {"start_time": at.isoformat()}} if at else {}),
        **more,
    }
    return caller.call("POST", "/api/v1/transmissions", body)


def _mailgun(
    caller: VendorCaller, at: datetime | None, to: str, more: Mapping[str, Any]
) -> httpx.Response:
    form = {"from": FROM, "to": to, "subject": "s", "text": "t", **more}
    if at is not None:
        form["o:deliverytime"] = f"{at:%a, %d %b %Y %H:%M:%S +0000}"
    return caller.call("POST", "/v3/sender.test/messages", **form)


def _mandrill(
    caller: VendorCaller, at: datetime | None, to: str, more: Mapping[str, Any]
) -> httpx.Response:
    message = {"from_email": FROM, "to": [{"email": to}], "subject": "s", "text": "t"}
    body = {
        "message": message,
        **({"send_at": f"{at:%Y-%m-%d %H:%M:%S}"} if at else {}),
        **more,
    }
    return caller.call("POST", "/api/1.0/messages/send", body)


def _postmark(
    caller: VendorCaller, at: datetime | None, to: str, more: Mapping[str, Any]
) -> httpx.Response:
    del at
    body = {"From": FROM, "To": to, "Subject": "s", "TextBody": "t", **more}
    return caller.call("POST", "/email", body)


def _resend(
    caller: VendorCaller, at: datetime | None, to: str, more: Mapping[str, Any]
) -> httpx.Response:
    body = {
        "from": FROM,
        "to": to,
        "subject": "s",
        "text": "t",
        **({"scheduled_at": at.isoformat()} if at else {}),
        **more,
    }
    return caller.call("POST", "/emails", body)


_SENDING: Mapping[str, Sending] = {
    "sendgrid": _sendgrid,
    "sparkpost": _sparkpost,
    "mailgun": _mailgun,
    "mandrill": _mandrill,
    "postmark": _postmark,
    "resend": _resend,
}


def client_in_clear() -> httpx.Client:
    """A client of fakes in clear, which has no use for the machine's trust store, slow to read."""
    return httpx.Client(verify=False, trust_env=False, timeout=10)


@contextmanager
def calling(vendor: str, **account: Any) -> Iterator[VendorCaller]:
    """A running fake of a vendor, in clear, and how it is called."""
    clock = StoppedClock()
    words = {"domains": [{"name": "sender.test"}], **account}
    fake: ProviderFake = fake_of(vendor)(account=words, clock=clock, secure=False)
    with fake.running(), client_in_clear() as client:
        yield VendorCaller(fake=fake, client=client, clock=clock)
