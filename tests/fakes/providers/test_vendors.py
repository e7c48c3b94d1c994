"""One description a vendor, in the vendor's own package, and its name nowhere else in the code."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness.fakes
from harness.fakes.apis import fake_of
from harness.fakes.providers.registry import provider, provider_names, submission, vendor, vendors
from harness.fakes.providers.vendor import Vendor
from harness.reference import apis

_TOP = Path(__file__).parents[3]
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\Z")

# A vendor's own modules, and pages of types that are made from the descriptions.
_THEIR_OWN = (
    *(f"fakes/providers/{name}/" for name in provider_names()),
    *(f"harness/reference/apis/{name}.py" for name in provider_names()),
    "fakes/__init__.pyi",
    "harness/testing/__init__.pyi",
)
# Words that mean a vendor. "SES" and "ses" are also in other words, so they stand alone.
_MEANT = re.compile(
    r"(?<![A-Za-z])(?:"
    + "|".join(sorted({word for found in vendors().values() for word in (found.name, found.title)}))
    + r"|amazon|aws|botocore)(?![A-Za-z])",
    re.IGNORECASE,
)


def test_a_vendor_is_named_in_its_own_modules_alone() -> None:
    """In code and in comments; a docstring may give an example."""
    named = [
        f"{file.relative_to(_TOP)}:{line}: {word}"
        for file in _code()
        for line, word in _names_in(file.read_text(encoding="utf-8"))
    ]
    assert named == []


def _code() -> Iterator[Path]:
    for folder in ("fakes", "harness"):
        for file in sorted((_TOP / folder).rglob("*.py*")):
            place = file.relative_to(_TOP).as_posix()
            if file.suffix in {".py", ".pyi"} and not place.startswith(
                (*_THEIR_OWN, "harness/fakes/")
            ):
                yield file


def _names_in(source: str) -> Iterator[tuple[int, str]]:
    """Names of vendors outside docstrings, each with its line."""
    docs = _docstring_lines(source)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in {tokenize.NAME, tokenize.STRING, tokenize.COMMENT}:
            for found in _MEANT.finditer(token.string):
                if token.start[0] not in docs:
                    yield token.start[0], found[0]


def _docstring_lines(source: str) -> set[int]:
    """Where strings stand that are nothing but text: docstrings, meanings of fields."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def test_a_vendors_name_in_a_comment_or_a_string_is_seen() -> None:
    source = '"""As SendGrid."""\n\nx = 1  # as Mandrill\ny = "api:postmark"\n'
    assert [word for _, word in _names_in(source)] == ["Mandrill", "postmark"]


@pytest.mark.parametrize("described", vendors().values(), ids=vendors())
def test_a_description_is_whole(described: Vendor) -> None:
    hosts = (*described.hosts.values(), *described.smtp.hosts.values())
    assert described.hosts
    assert all(_HOST.match(host) for host in hosts)
    assert described.hosts.keys() == described.smtp.hosts.keys()
    assert described.smtp.starttls
    assert not {*described.smtp.starttls} & {*described.smtp.tls}
    assert described.variables.prefixes
    assert all(prefix.isupper() and prefix.endswith("_") for prefix in described.variables.prefixes)
    assert all(name == name.lower() for name in described.telling_headers)


@pytest.mark.parametrize("name", provider_names())
def test_rules_service_and_class_are_those_of_the_description(name: str) -> None:
    described = vendor(name)
    made_up = provider(name).made_up(lambda length, alphabet: alphabet[0] * length)
    assert provider(name).vendor is submission(name).vendor is described
    assert set(made_up) == {credential.name for credential in described.credentials}
    assert bool(described.smtp.tls) is submission(name).dialect.implicit
    assert getattr(harness.fakes, described.class_name) is fake_of(name)
    assert fake_of(name).vendor is described


def test_the_reference_sender_has_a_client_for_each_vendor() -> None:
    assert apis.names() == provider_names()


def test_an_unknown_provider_is_told_with_those_that_there_are() -> None:
    with pytest.raises(harness.fakes.FakeError, match="'sendgird'; there are: mailgun, mandrill"):
        vendor("sendgird")
