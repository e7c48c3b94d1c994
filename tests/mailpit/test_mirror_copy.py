from __future__ import annotations

import email
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.mailpit.client import MailpitClient
from harness.mailpit.inbox import MailpitInbox
from harness.mailpit.mirror_copy import MirrorLabels, as_tag, mirror_copy

from .conftest import taken

_LABELS = MirrorLabels(provider="ses", case="api/x[mode=tls]", verdict="fail", group="run-1")
_HEAD = b"From: a@b.test\r\nTo: c@d.test\r\nSubject: s\r\nMessage-ID: <1@b.test>\r\n"

# Octets that Mailpit takes as they are.
_WHOLE = {
    "dots": _HEAD + b"\r\n.\r\n..\r\n.x\r\n",
    "no end of line": _HEAD + b"\r\nend",
    "eight bits": _HEAD + b"Content-Type: text/plain; charset=latin-1\r\n\r\n\xe4\xf6\xfc\r\n",
    "no octet": _HEAD + b"\r\n\x00\r\n",
    "a long line": _HEAD + b"\r\n" + b"x" * 5000 + b"\r\n",
    "tags of its own": _HEAD + b"X-Tags: mine\r\n\r\nbody\r\n",
}


@pytest.mark.wire
@pytest.mark.parametrize("name", _WHOLE)
def test_the_octets_arrive_as_they_came(inbox: MailpitInbox, name: str) -> None:
    page = inbox.show(taken(_WHOLE[name]), _LABELS)
    with MailpitClient(inbox.place) as client:
        raw = client.raw(page.rpartition("/")[2])
        assert raw.removesuffix(b"\r\n").endswith(_WHOLE[name].removesuffix(b"\r\n"))
        tags = client.message(page.rpartition("/")[2]).tags
    assert set(tags) == {"ses", "api.x_mode-tls_", "fail", "run-1"}


@pytest.mark.wire
@pytest.mark.parametrize(
    "content",
    [
        b"no header at all\r\n",
        b" continued\r\nSubject: s\r\n\r\n",
        b"",
        b"Bad\x00Name : x\r\n\r\nbody\r\n",
    ],
)
def test_what_mailpit_cannot_read_is_shown_as_a_file(inbox: MailpitInbox, content: bytes) -> None:
    page = inbox.show(taken(content), _LABELS)
    with MailpitClient(inbox.place) as client:
        raw = client.raw(page.rpartition("/")[2])
    found = email.message_from_bytes(raw)
    assert found["X-Harness-Case"] == "api/x[mode=tls]"
    if found.is_multipart():
        assert found.get_payload(1).get_payload(decode=True) == content  # type: ignore[union-attr]
    else:
        assert raw.endswith(content)


@pytest.mark.wire
@pytest.mark.parametrize(
    ("mail_from", "rcpt_tos"),
    [
        ("", ()),
        ("a b@x", ("ü@x.test", "no at", "<>@x")),
        ("x" * 400, tuple(f"r{n}@x.test" for n in range(250))),
    ],
)
def test_any_envelope_is_shown(
    inbox: MailpitInbox, mail_from: str, rcpt_tos: tuple[str, ...]
) -> None:
    message = taken(_HEAD + b"\r\nbody\r\n", mail_from=mail_from, rcpt_tos=rcpt_tos)
    page = inbox.show(message, _LABELS)
    with MailpitClient(inbox.place) as client:
        said = " ".join(client.headers(page.rpartition("/")[2])["X-Harness-Rcpt-To"])
    assert len(re.findall(r"<[^>]+>", said)) >= len([each for each in rcpt_tos if "<" not in each])


@given(
    st.text(),
    st.text(),
    st.text(),
    st.text(max_size=300),
    st.lists(st.text(max_size=80), max_size=9),
)
def test_nothing_that_is_said_breaks_out_of_the_headers(
    provider: str, case: str, verdict: str, mail_from: str, rcpt_tos: list[str]
) -> None:
    labels = MirrorLabels(provider=provider, case=case, verdict=verdict)
    copy = mirror_copy(b"Subject: s\r\n\r\n", labels, mail_from=mail_from, rcpt_tos=rcpt_tos)
    head = copy.removesuffix(b"Subject: s\r\n\r\n")
    assert re.fullmatch(rb"(X-[A-Za-z-]+:(?: ?[\x20-\x7e]+\r\n)+)*", head)
    assert all(len(line) <= 998 for line in copy.split(b"\r\n"))


@given(st.text())
def test_a_tag_has_only_what_mailpit_keeps(text: str) -> None:
    tag = as_tag(text)
    assert re.fullmatch(r"([A-Za-z0-9._@-]+( [A-Za-z0-9._@-]+)*)?", tag)
    assert len(tag) <= 100


def test_long_cases_have_different_tags() -> None:
    one, other = (MirrorLabels(provider="", case="x" * 150 + end).tags for end in "ab")
    assert one != other
    assert all(len(tag) <= 100 for tag in (*one, *other))
