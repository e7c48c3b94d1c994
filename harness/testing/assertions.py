"""Assertions about messages and conversations, whose failures show what was there instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from harness.checks.exposure import content_in_clear, credentials_in_clear
from harness.checks.record import Observation, Record
from harness.fakes.fake import Fake
from harness.fakes.http.facts import HttpRequested
from harness.fakes.mail.attachment import MailAttachment
from harness.fakes.mail.links import MailLink
from harness.fakes.mail.readable import ReadableMessage
from harness.fakes.mail.wanted import WantedMail, Wording
from harness.fakes.smtp.facts import AuthOutcome
from harness.fakes.transcript import ClientHelloSeen, TlsEstablished
from harness.testing.told import secrets_of, told

T = TypeVar("T")


def assert_tls_before_auth(fake: Fake[Any]) -> None:
    """Somebody logged in, and no credentials came outside TLS."""
    __tracebackhide__ = True
    _met(fake, credentials_in_clear)
    if not any(isinstance(event.fact, AuthOutcome | HttpRequested) for event in fake.transcript):
        _fail(fake, "nobody logged in")


def assert_nothing_in_clear(fake: Fake[Any]) -> None:
    """Neither credentials nor addresses nor content came outside TLS."""
    __tracebackhide__ = True
    _met(fake, credentials_in_clear)
    _met(fake, content_in_clear)


def assert_certificate_refused(fake: Fake[Any]) -> None:
    """Somebody began TLS and broke it off, and did not go on in clear."""
    __tracebackhide__ = True
    if not any(isinstance(event.fact, ClientHelloSeen) for event in fake.transcript):
        _fail(fake, "nobody began TLS, so nobody has seen the certificate")
    accepted = [event for event, _ in fake.transcript.of(TlsEstablished)]
    if accepted:
        _fail(fake, "the certificate was accepted", [event.number for event in accepted])
    assert_nothing_in_clear(fake)


def assert_authenticated(
    fake: Fake[Any], *, mechanism: str | None = None, username: str | None = None
) -> None:
    """Somebody logged in over SMTP with the right password (and so, or as this user)."""
    __tracebackhide__ = True
    outcomes = list(fake.transcript.of(AuthOutcome))
    for _, outcome in outcomes:
        is_so = mechanism is None or outcome.mechanism.upper() == mechanism.upper()
        if outcome.accepted and is_so and username in {None, outcome.username}:
            return
    how = f" by {mechanism}" if mechanism else ""
    who = f" as {username}" if username else ""
    _fail(fake, f"nobody logged in{how}{who}", [event.number for event, _ in outcomes])


def assert_no_mail(fake: Fake[Any]) -> None:
    """No message was taken."""
    __tracebackhide__ = True
    if fake.messages:
        _fail(fake, f"{len(fake.messages)} taken: " + ", ".join(map(repr, fake.messages[:10])))


def assert_message(
    message: ReadableMessage,
    *,
    to: Wording | None = None,
    from_: Wording | None = None,
    subject: Wording | None = None,
    text: Wording | None = None,
    where: Callable[[Any], object] | None = None,
) -> None:
    """The message is so; the words are those of `fake.wait_for`."""
    __tracebackhide__ = True
    wanted = WantedMail(to=to, from_=from_, subject=subject, text=text, where=where)
    if misses := [miss.words for miss in wanted.misses(message)]:
        raise AssertionError("\n  ".join([f"{message!r} is not as wanted", *misses]))


def assert_link(message: ReadableMessage, part: str = "") -> MailLink:
    """The one link of a message that has this part in its address or its words."""
    __tracebackhide__ = True
    fitting = [link for link in message.links if part in link or part in link.text]
    return _only(message, "link", part, fitting, message.links)


def assert_code(message: ReadableMessage) -> str:
    """The one-time code of a message: the first of its `codes`."""
    __tracebackhide__ = True
    return _only(message, "code", "", message.codes[:1], message.codes)


def assert_attachment(message: ReadableMessage, part: str = "") -> MailAttachment:
    """The one file of a message that has this part in its name or its media type."""
    __tracebackhide__ = True
    files = message.attachments
    fitting = [file for file in files if part in file.filename or part in file.content_type]
    return _only(message, "attachment", part, fitting, files)


def _only(
    message: ReadableMessage, what: str, part: str, fitting: Sequence[T], there: Sequence[T]
) -> T:
    __tracebackhide__ = True
    if len(fitting) == 1:
        return fitting[0]
    wanted = f"{what} with {part!r}" if part else what
    listed = "".join(f"\n  {each!r}" for each in there) or f"\n  it has none: {message.text!r:.500}"
    raise AssertionError(f"{message!r} has {len(fitting) or 'no'} {wanted}, not one:{listed}")


def _met(fake: Fake[Any], ask: Callable[[Record, Any], Observation]) -> None:
    __tracebackhide__ = True
    record = Record(
        events=tuple(fake.transcript),
        asked=(),
        secrets=secrets_of(fake),
        main=fake.label,
        host=fake.host,
        in_clear=False,
    )
    seen = ask(record, "never")
    if not seen.met:
        _fail(fake, f"expected {seen.expected}; {seen.observed}", seen.events)


def _fail(fake: Fake[Any], why: str, marked: Iterable[int] = ()) -> None:
    __tracebackhide__ = True
    raise AssertionError(f"{why}\n{told(fake, marked=set(marked)) or '  nobody connected'}")
