"""Secrets do not come back in anybody's words."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reference.redact import REDACTED, Redactor, base64_forms
from harness.reference.settings import smtp_settings


@given(st.binary(max_size=12), st.binary(min_size=6, max_size=40), st.binary(max_size=12))
def test_base64_around_a_secret_hides_it_at_any_alignment(
    before: bytes, secret: bytes, after: bytes
) -> None:
    encoded = base64.b64encode(before + secret + after).decode()
    assert any(form in encoded for form in base64_forms(secret))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=4, max_size=30))
def test_nothing_of_the_password_is_left(password: str) -> None:
    redactor = Redactor([password])
    blob = base64.b64encode(f"\0user\0{password}".encode()).decode()
    text = redactor.clean(f"550 you sent {password} as {blob}!")
    assert password not in text.replace(REDACTED, "") or password in "550 you sent  as !"
    assert base64.b64encode(password.encode()).decode().rstrip("=") not in text
    assert REDACTED in text


@pytest.mark.parametrize(
    "echo", ["To/ken+1", "TO/KEN+1", "to%2Fken%2B1", "VG8va2VuKzE=", "VG8va2VuKzE"]
)
def test_spellings_of_a_secret(echo: str) -> None:
    assert Redactor(["To/ken+1"]).clean(f"<{echo}>") == f"<{REDACTED}>"


def test_a_token_that_is_user_name_and_password_is_hidden_as_both() -> None:
    settings = smtp_settings(host="h", username="thetoken", password="thetoken")
    text = Redactor.of(settings).clean("535 thetoken is unknown (dGhldG9rZW4=)")
    assert text == f"535 {REDACTED} is unknown ({REDACTED})"


def test_a_user_name_of_its_own_is_shown() -> None:
    settings = smtp_settings(host="h", username="courier", password="pa55word")
    assert Redactor.of(settings).clean("535 courier is locked") == "535 courier is locked"


def test_without_secrets_nothing_changes() -> None:
    assert Redactor.of(smtp_settings(host="h")).clean("250 ok") == "250 ok"
