"""For tests of programs that send mail: assertions, and types to annotate fixtures with.

from harness.testing import SmtpFixture, assert_link, assert_tls_before_auth

def test_sign_up(harness_smtp: SmtpFixture) -> None:
...
(mail,) = harness_smtp.wait_for(to="you@example.com")
link = assert_link(mail, "verify")
assert_tls_before_auth(harness_smtp)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from harness.fakes.providers.registry import vendors

HOMES = {
    "assert_attachment": "harness.testing.assertions",
    "assert_authenticated": "harness.testing.assertions",
    "assert_certificate_refused": "harness.testing.assertions",
    "assert_code": "harness.testing.assertions",
    "assert_link": "harness.testing.assertions",
    "assert_message": "harness.testing.assertions",
    "assert_no_mail": "harness.testing.assertions",
    "assert_nothing_in_clear": "harness.testing.assertions",
    "assert_tls_before_auth": "harness.testing.assertions",
    "ApiMessage": "harness.fakes.providers.message",
    "CapturedMessage": "harness.fakes.message",
    "FakeFactory": "harness.testing.fixtures",
    "MailAddress": "harness.fakes.mail.address",
    "MailAttachment": "harness.fakes.mail.attachment",
    "MailHeaders": "harness.fakes.mail.headers",
    "MailLink": "harness.fakes.mail.links",
    "MissingMailError": "harness.fakes.mail.wanted",
    "ReadableMessage": "harness.fakes.mail.readable",
    "RunReport": "harness.embedding",
}
"""Each public name, and the module that has it; `docs/generate.py` makes `__init__.pyi` of them."""

FIXTURES = ("SmtpFixture", *(f"{each.class_name}Fixture" for each in vendors().values()))
"""The types of `harness_smtp`, `harness_sendgrid` and so on."""

__all__ = [*HOMES, *FIXTURES]  # noqa: PLE0604  # what is found is text


def __getattr__(name: str) -> Any:
    """Import what is asked for, and nothing else: tests start with these imports."""
    if name in FIXTURES:
        return import_module("harness.testing.fixtures").FakeFixture
    if name in HOMES:
        return getattr(import_module(HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
