"""`harness explain WORD`: every word of the language, with what it means."""

from __future__ import annotations

import pytest

from harness.checks import wire_checks
from harness.cli.words import explained
from harness.errors import UsageError
from harness.fakes.faults import Stage
from harness.fakes.providers.registry import account_type, provider_names
from harness.fakes.tls import CertificateKind
from harness.features import ASSUMED, DECLARED
from harness.field_descriptions import descriptions
from harness.protocol import ErrorClass, Phase
from harness.scenario.given import ApiGiven, SmtpGiven
from harness.scenario.model import Expanded
from harness.scenario.step import SendStep
from harness.vocabulary import sections

from .conftest import Harness

PATHS = {word.path for section in sections() for word in section.words}


def test_a_word_is_told_with_its_meaning_its_form_and_its_default(harness: Harness) -> None:
    ended = harness("explain", "given.smtp.auth.offer")
    assert ended.status == 0
    assert ended.out.splitlines() == [
        "given.smtp.auth.offer",
        "  means       When AUTH is offered and taken; with `before-tls` it disappears inside TLS.",
        "  written     `after-tls`, `always`, `before-tls`, `never`",
        "  default     `after-tls`, or `always` where the fake has no TLS",
    ]


def test_a_word_that_means_several_things_is_told_in_each_of_its_places() -> None:
    assert [each.heading for each in explained("starttls", rows=())] == [
        "given.smtp.starttls",
        "faults.at.starttls",
        "then.wire.starttls",
        "phase.starttls",
    ]


def test_the_same_word_in_two_places_is_told_once() -> None:
    [skew] = explained("client_certificate", rows=())
    assert skew.heading == (
        "given.smtp.client_certificate, given.submission.client_certificate, "
        "given.api.client_certificate"
    )


@pytest.mark.parametrize(
    ("asked", "label", "text"),
    [
        ("faults.do", "stall", "Silence until the sender leaves."),
        ("faults.at", "mail", "The reply to MAIL FROM is due."),
        ("faults.stall", "octets", "How many octets of the honest reply"),
        ("network", "dropped", "Nobody answers"),
        ("certificate", "expired", "Ran out"),
        ("sendgrid.account", "domains", "The domains of Domain Authentication."),
        ("SendGrid.Account.Domains", "verified", "Whether the vendor has found its DNS records."),
        ("mailgun.account.keys", "kind", "What it opens"),
        ("given.smtp.auth", "broken", "Mechanisms that are offered and carried out"),
        ("expired", "means", "Ran out"),
        ("anonymous-messages", "means", "How many messages were handed over without a log-in."),
        ("certificate-hostname-mismatch", "means", "It is for another name."),
        ("connect_to", "means", "It dials the addresses"),
        ("sender-file.limits.case", "means", "Seconds for each case."),
        ("answer.error.class", "stalled", "The server said nothing for too long."),
        ("rsa-1024", "means", "An RSA key"),
        ("axes", "means", "What makes several cases"),
        (
            "provider",
            "ses",
            "Amazon SES, Query API (v1) and REST API (v2), under one address. Credentials: `access",
        ),
        ("provider.mailgun", "means", "Mailgun, API v3"),
    ],
)
def test_words_are_explained(asked: str, label: str, text: str) -> None:
    lines = [line for each in explained(asked, rows=()) for line in each.lines]
    assert any(name == label and said.startswith(text) for name, said in lines), lines


def test_every_word_there_is_can_be_explained() -> None:
    expected = {
        *Expanded.model_json_schema()["properties"],
        *(f"given.smtp.{word}" for word in SmtpGiven.model_fields),
        *(f"given.api.{word}" for word in ApiGiven.model_fields),
        *(f"when.send.{word}" for word in SendStep.model_fields),
        *(f"then.wire.{key}" for key in wire_checks()),
        *(f"faults.at.{stage}" for stage in Stage),
        *(f"certificate.{kind}" for kind in CertificateKind),
        *(f"phase.{phase}" for phase in Phase),
        *(f"class.{name}" for name in ErrorClass),
        *(f"feature.{name}" for name in (*ASSUMED, *DECLARED)),
        *(f"provider.{name}" for name in provider_names()),
    }
    for name in provider_names():
        expected |= {f"{name}.account.{word}" for word in descriptions(account_type(name))}
    assert expected - PATHS == set()
    silent = [word.path for each in sections() for word in each.words if not word.meaning]
    assert silent == []
    for path in ("answer.status", "request.connect_to", "sender-file.error_map.pattern"):
        assert path in PATHS


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("startls", "starttls"),
        ("faults.doo", "faults.do"),
        ("sendgird.account", "sendgrid.account"),
        ("expird", "expired"),
        ("given.smtp.auth.ofer", "given.smtp.auth.offer"),
    ],
)
def test_an_unknown_word_is_told_with_the_nearest(asked: str, nearest: str) -> None:
    with pytest.raises(UsageError, match=rf"'{asked}'; the nearest are .*\b{nearest}\b"):
        explained(asked, rows=("ORY-035",))


def test_what_the_rules_keep_for_themselves_is_no_word() -> None:
    for word in ("accepted", "spent"):
        with pytest.raises(UsageError):
            explained(f"ses.account.{word}", rows=())
