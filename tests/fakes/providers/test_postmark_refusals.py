"""What Postmark refuses, octet for octet."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.fakes.marks import Mark
from harness.fakes.providers.postmark.refusals import REFUSALS

from .postmark_requests import (
    ACCOUNT_TOKEN,
    BIG,
    LETTER,
    OWNER,
    SERVER,
    TEST,
    account,
    ask,
    by_template,
    letter,
    message_of,
)

INACTIVE = (
    "Found inactive addresses: to@recipient.test. Inactive recipients are ones that have generated "
    "a hard bounce, a spam complaint, or a manual suppression."
)
# Name, status, code, message (None: ours, and marked so), account, what is asked.
REFUSED: list[tuple[str, int, int, str | None, dict[str, Any], dict[str, Any]]] = [
    (
        "no-token",
        401,
        10,
        "Request does not contain a valid Server token.",
        {},
        {"tokens": {}},
    ),
    *(
        ("bad-token", 401, 10, "Request does not contain a valid Server token.", words, asked)
        for words, asked in (
            ({}, {"tokens": {"X-Postmark-Server-Token": ACCOUNT_TOKEN}}),
            ({}, {"tokens": {"X-Postmark-Server-Token": "wrong"}}),
            ({}, {"tokens": OWNER}),
            ({}, {"target": "/server", "method": "GET", "tokens": TEST}),
            ({"keys": [{"revoked": True}]}, {}),
        )
    ),
    (
        "both-tokens",
        401,
        10,
        "Please do not include Account API Token for Server API Token calls.",
        {},
        {"tokens": {**SERVER, **OWNER}},
    ),
    ("bad-account-token", 401, 10, None, {}, {"target": "/domains", "method": "GET"}),
    (
        "bad-account-token",
        401,
        10,
        None,
        {},
        {"target": "/domains", "method": "GET", "tokens": {}},
    ),
    *(
        (
            "no-signature",
            422,
            400,
            (
                f"The 'From' address you supplied ({sender}) is not a Sender Signature on your "
                "account. Please add and confirm this address in order to be able to use it in the "
                "'From' field of your messages."
            ),
            {},
            {"body": letter(From=sender)},
        )
        for sender in ("probe@elsewhere.org", "A B <a@half.test>")
    ),
    ("unconfirmed-signature", 422, 401, None, {}, {"body": letter(From="two@elsewhere.test")}),
    ("invalid-from", 422, 300, "Invalid 'From' value.", {}, {"body": letter(From=None)}),
    ("invalid-from", 422, 300, "Invalid 'From' value.", {}, {"body": letter(From="a@b.c,d@e.f")}),
    (
        "invalid-address",
        422,
        300,
        "Invalid 'From' address: 'webmaster@localhost'.",
        {},
        {"body": letter(From="webmaster@localhost")},
    ),
    (
        "invalid-address",
        422,
        300,
        "Invalid 'To' address: 'invalid@localhost'.",
        {},
        {"body": letter(To="a@b.test, invalid@localhost")},
    ),
    (
        "address-without-at",
        422,
        300,
        (
            "Error parsing 'To': Illegal email address 'johne.xample.com'. It must contain the "
            "'@' symbol."
        ),
        {},
        {"body": letter(To="johne.xample.com")},
    ),
    (
        "address-domain",
        422,
        300,
        "Error parsing 'Cc': Illegal email domain '+' in address 'user@+'.",
        {},
        {"body": letter(Cc="user@+")},
    ),
    (
        "address-domain",
        422,
        300,
        "Error parsing 'Reply-To': Illegal email domain '+' in address 'invalid@+'.",
        {},
        {"body": letter(ReplyTo="invalid@+")},
    ),
    ("no-recipient", 422, 300, "Zero recipients specified", {}, {"body": letter(To="")}),
    (
        "no-body",
        422,
        300,
        "Provide either email TextBody or HtmlBody or both.",
        {},
        {"body": letter(TextBody=None)},
    ),
    *(
        (
            "metadata",
            422,
            300,
            (
                "Invalid metadata content. Field names are limited to 20 characters and field "
                "values are limited to 80 characters in length. The "
                f"'{next(iter(metadata))}' field in your metadata content exceeds these limits."
            ),
            {},
            {"body": letter(Metadata=metadata)},
        )
        for metadata in ({"k" * 21: ""}, {"k": "v" * 81}, {"k": 10**80})
    ),
    (
        "metadata-fields",
        422,
        300,
        None,
        {},
        {"body": letter(Metadata={str(n): "" for n in range(11)})},
    ),
    *(
        (
            "header-name",
            422,
            300,
            None,
            {},
            {"body": letter(Headers=[{"Name": name, "Value": "x"}])},
        )
        for name in ("X-A: b\r\nBcc", "X-A\n", "\r")
    ),
    (
        "too-many-recipients",
        422,
        300,
        None,
        {},
        {"body": letter(To=",".join(f"t{n}@r.test" for n in range(51)))},
    ),
    ("too-long", 422, 300, None, {}, {"body": letter(Subject="s" * 2001)}),
    ("too-long", 422, 300, None, {}, {"body": letter(Tag="s" * 1001)}),
    ("too-long", 422, 300, None, {}, {"body": letter(HtmlBody=BIG[: 5 * 1024 * 1024 + 1])}),
    (
        "not-base64",
        422,
        300,
        None,
        {},
        {"body": letter(Attachments=[{"Name": "a", "Content": "?", "ContentType": "x/y"}])},
    ),
    ("not-json", 422, 402, "Invalid JSON.", {}, {"raw": b"{"}),
    ("not-json", 422, 402, "Invalid JSON.", {}, {"raw": b"\xff"}),
    ("not-json", 422, 402, "Invalid JSON.", {}, {"raw": b"[" * 100_000}),
    ("not-json", 422, 402, "Invalid JSON.", {}, {"body": []}),
    ("not-json", 422, 402, "Invalid JSON.", {}, {"target": "/email/batch", "body": ["x"]}),
    (
        "invalid-fields",
        422,
        403,
        "Invalid request field(s): $.From",
        {},
        {"body": letter(From=["from@sender.test"])},
    ),
    (
        "invalid-fields",
        422,
        403,
        "Invalid request field(s): $.TrackOpens, $.Metadata",
        {},
        {"body": letter(TrackOpens="yes", Metadata=[])},
    ),
    (
        "invalid-fields",
        422,
        403,
        "Invalid request field(s): $.Metadata",
        {},
        {"body": letter(Metadata={"user": {"id": 7}})},
    ),
    ("out-of-credits", 422, 405, None, {"quota_used_up": True}, {}),
    (
        "inactive",
        422,
        406,
        f"You tried to send to recipient(s) that have been marked as inactive. {INACTIVE}",
        {"suppressed": ["TO@recipient.test"]},
        {},
    ),
    ("no-json-wanted", 415, 409, None, {}, {"content_type": "text/plain"}),
    ("no-json-wanted", 415, 409, None, {}, {"tokens": {**SERVER, "Accept": "text/html"}}),
    (
        "batch-too-large",
        422,
        410,
        "You may only send up to 500 messages in a single batched request.",
        {},
        {"target": "/email/batch", "body": [LETTER] * 501},
    ),
    (
        "attachment-type",
        422,
        411,
        "Attachment file type not allowed.",
        {},
        {"body": letter(Attachments=[{"Name": "a.EXE", "Content": "", "ContentType": "x/y"}])},
    ),
    (
        "pending",
        422,
        412,
        (
            "While your account is pending approval, all recipient addresses must share the same "
            "domain as the 'From' address. The domain of the 'From' address is 'sender.test', but "
            "you are attempting to send email to the following domain(s): 'recipient.test'"
        ),
        {"pending": True},
        {"body": letter(Cc="a@sender.test, b@recipient.test")},
    ),
    (
        "not-approved",
        422,
        413,
        "This account is not approved to send email.",
        {"suspended": True},
        {},
    ),
    ("invalid-server", 422, 422, "Invalid Server or Account.", {"server_active": False}, {}),
    *(
        (
            "no-template-model",
            422,
            1120,
            "A 'TemplateModel' is required when using a template to send an email.",
            {"templates": ["welcome"]},
            {"target": "/email/withTemplate", "body": by_template(TemplateModel=model)},
        )
        for model in (None, ...)
    ),
    *(
        (
            "template-and-body",
            422,
            1123,
            (
                "Neither 'TextBody', 'HtmlBody', or 'Subject' may be specified when using a "
                "template for the email."
            ),
            {"templates": ["welcome"]},
            {"target": "/email/withTemplate", "body": by_template(**{name: text})},
        )
        for name in ("Subject", "TextBody", "HtmlBody")
        for text in ("words", "")
    ),
    (
        "unknown-template-id",
        422,
        1101,
        "The 'TemplateId' associated with this request is not valid or was not found.",
        {"templates": ["8"]},
        {"target": "/email/withTemplate/", "body": by_template(TemplateId=7)},
    ),
    (
        "unknown-template-alias",
        422,
        1101,
        "The Template's 'Alias' associated with this request is not valid or was not found.",
        {},
        {"target": "/email/withTemplate", "body": by_template(TemplateAlias="none")},
    ),
    (
        "unknown-stream",
        422,
        1235,
        "The stream provided: 'unknown-stream' does not exist on this server.",
        {},
        {"body": letter(MessageStream="unknown-stream")},
    ),
    (
        "inbound-stream",
        422,
        1236,
        "Sending is not supported for this stream type.",
        {},
        {"body": letter(MessageStream="inbound")},
    ),
    (
        "barred-ip",
        422,
        1480,
        "You are not authorized to send emails from your current IP address: '192.0.2.9'.",
        {"barred_ip": "192.0.2.9"},
        {},
    ),
    (
        "unknown-message",
        422,
        701,
        "This message was not found.",
        {},
        {"target": "/messages/outbound/none/details", "method": "GET"},
    ),
    ("too-large", 413, 300, None, {}, {"body": letter(Subject=BIG)}),
    ("rate-limited", 429, 429, None, {"rate_limited": True}, {}),
    ("internal", 500, 101, None, {"trouble": "internal"}, {}),
    (
        "maintenance",
        503,
        100,
        "The Postmark API is offline for maintenance.",
        {"trouble": "maintenance"},
        {},
    ),
    ("unknown-path", 404, 404, None, {}, {"target": "/emails"}),
    ("unknown-path", 404, 404, None, {}, {"target": "/bounces/1", "method": "GET"}),
    *(
        (
            "stream-not-found",
            422,
            1226,
            "The message stream for the provided 'ID' was not found.",
            {},
            {"target": f"/message-streams/none/suppressions{which}", "method": method, "body": {}},
        )
        for which, method in (("", "POST"), ("/delete", "POST"), ("/dump", "GET"))
    ),
    *(
        (
            "no-suppressions",
            422,
            1409,
            "A proper request body must be provided.",
            {},
            {"target": "/message-streams/outbound/suppressions", "raw": raw},
        )
        for raw in (b"", b"{", b"[]", b"{}", b'{"Suppressions":["a@b.test"]}')
    ),
    (
        "too-many-suppressions",
        422,
        1410,
        "You cannot provide more than the maximum number of suppressions for this request.",
        {},
        {
            "target": "/message-streams/outbound/suppressions/delete",
            "body": {"Suppressions": [{"EmailAddress": f"{n}@b.test"} for n in range(51)]},
        },
    ),
]


@pytest.mark.parametrize(("name", "status", "code", "text", "words", "asked"), REFUSED)
def test_refusals_are_the_vendors(
    name: str,
    status: int,
    code: int,
    text: str | None,
    words: dict[str, Any],
    asked: dict[str, Any],
) -> None:
    outcome = ask(account(**words), **asked)
    response = outcome.response
    assert (response.case, response.status) == (name, status)
    assert response.header("x-pm-apierrorcode") == str(code)
    assert response.header("retry-after") is None
    assert (response.mark is Mark.SYNTHETIC) is (text is None)
    text = message_of(response) if text is None else text
    literal = json.dumps({"ErrorCode": code, "Message": text}, separators=(",", ":"))
    assert response.body.decode() == literal
    assert not outcome.accepted


def test_every_refusal_is_tested() -> None:
    elsewhere = {"inactive-in-batch", "wrong-method"}
    assert {row[0] for row in REFUSED} | elsewhere == set(REFUSALS)


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/email"), ("PUT", "/Email/Batch/"), ("POST", "/server"), ("POST", "/domains")],
)
@pytest.mark.parametrize("tokens", [SERVER, {}, OWNER])
def test_a_wrong_method_is_told_with_no_body_and_before_the_token(
    method: str, target: str, tokens: dict[str, str]
) -> None:
    response = ask(account(), target, method=method, tokens=tokens).response
    assert (response.status, response.body, response.headers) == (405, b"", ())
    assert response.case == "wrong-method"
