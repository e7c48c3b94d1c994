"""What other right senders do in another way is right too, and what is wrong convicts its own row.

Each of these ways, which widely used libraries take, was convicted once.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Iterable
from typing import Any

import pytest

from harness.model import CaseResult, Level, Verdict
from harness.run_context import RunContext
from harness.scenario.case import Case
from harness.selection import matches

from .careful import Capabilities, Careful, handler
from .careful_wire import Failure, Garbled, Lost, Reply
from .judging import failing, judged, not_passed, story, with_controls
from .wrong_api import SendsAgainAfterALostAnswer
from .wrong_auth import LogsInUnasked, ReadsThePrompts, SendsAnonymously
from .wrong_certificates import FallsBackToTheCommonName
from .wrong_extensions import Hiding
from .wrong_reports import SaysThatItFailed
from .wrong_resend import Keyed
from .wrong_wire import AddsAnEmptyLine

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]


_REFUSED = "tls/address-certificate-refused["


class WaitsForTheRestOfTheLine(Careful):
    """Reads on in clear behind the reply to STARTTLS, and leaves where no line comes to its end."""

    def check_nothing_injected(self) -> None:
        while self.wire.unasked():
            try:
                self.wire.reply()
            except TimeoutError:
                self.wire.in_step = False
                words = f"{self.to.server} was silent in the middle of a line (time-out)"
                raise Failure("starttls", "stalled", words, temporary=True) from None


class BeginsTlsAfterHelo(Careful):
    """Says HELO where EHLO is refused, and logs in inside the TLS that it asks for unlisted."""

    def may_do_without_extensions(self) -> bool:
        return True

    def offers_starttls(self, capabilities: Capabilities) -> bool:
        return not capabilities or super().offers_starttls(capabilities)

    def without_auth(self, capabilities: Capabilities) -> None:
        self.exchange("PLAIN")


class NamesAnAuthorInPieces(Careful):
    """Folds a name beyond ASCII into two encoded words."""

    def body(self, data: bytes) -> None:
        super().body(re.sub(rb"(?m)^From: [^<]*<", b"From: " + self.name() + b" <", data))

    def name(self) -> bytes:
        name = str(self.asked["from"]["name"])
        words = [name[: len(name) // 2], name[len(name) // 2 :]]
        return b"\r\n ".join(
            b"=?utf-8?b?" + base64.b64encode(word.encode()) + b"?=" for word in words
        )


class SaysOfCertificates(Careful):
    """Says of a certificate what another library says of it, and nothing else."""

    words = ""

    def failed(self, failure: Failure) -> dict[str, Any]:
        failure.words = self.words
        return super().failed(failure)


class SpeaksAsOpenSsl(SaysOfCertificates):
    """OpenSSL's text for verification code 21 (X509_verify_cert_error_string(3))."""

    words = "unable to verify the first certificate"


class SpeaksAsGo(SaysOfCertificates):
    """The text of `crypto/x509` for a certificate without subject alternative names."""

    words = "x509: certificate relies on legacy Common Name field, use SANs instead"


class NamesTheAddressDialled(Careful):
    """Names the address to which it connected, as the runtimes of several languages do."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        host, port = self.endpoint()
        failure.words = f"dial tcp {host}:{port}: i/o timeout"
        return super().failed(failure)


class TakesNoAddresses(Careful):
    """Compares names alone, as RFC 7817 has it, and no address with any certificate."""

    def verify_peer(self) -> None:
        if self.to.verify and self.to.host == "127.0.0.1":
            words = f"the certificate of {self.to.server} is for another name"
            raise Failure("tls", "certificate-hostname-mismatch", words)
        super().verify_peer()


class RefusesARecipientWhenItsTurnComes(Hiding):
    """Looks at an address when RCPT is due, as Go's `net/smtp` does, so that MAIL went ahead."""

    def recipients(self) -> list[str]:
        return [box["address"] for box in self.asked["to"]]

    def recipient(self, address: str) -> None:
        if not (address.isascii() and address.isprintable()):
            words = "an address cannot be written into a command"
            raise Failure("rcpt", "address-invalid", words, temporary=False)
        super().recipient(address)


class BeginsTlsWhateverTheCode(Careful):
    """Says STARTTLS behind a 421 to EHLO, as PHPMailer does, and tells what EHLO was told."""

    def ehlo(self) -> Capabilities:
        try:
            return super().ehlo()
        except Failure:
            self.wire.send(b"STARTTLS\r\n")
            self.wire.reply()
            raise


class SaysHeloWhateverTheCode(Careful):
    """Says HELO behind any refusal of EHLO, as go-mail does, and tells what EHLO was told."""

    def ehlo(self) -> Capabilities:
        try:
            return super().ehlo()
        except Failure:
            self.wire.send(f"HELO {self.ehlo_name()}\r\n".encode())
            self.wire.reply()
            raise


class SaysResetWhereItGaveUp(Careful):
    """Says RSET to a server that was silent too long, as Symfony Mailer does, and hears it out."""

    def broken(self, phase: str, error: OSError) -> Failure:
        with contextlib.suppress(OSError, Lost, Garbled):
            self.wire.send(b"RSET\r\n")
            self.wire.reply()
        return super().broken(phase, error)


class SaysResetAtOnce(Careful):
    """Does not wait for the answer to its message, and calls the outcome unknown."""

    def final(self) -> Reply:
        self.wire.send(b"RSET\r\n")
        self.wire.reply()
        raise Failure("end-of-data", "outcome-unknown", "nobody knows the outcome")


class GoesByTheGrammarOfCodes(Careful):
    """Takes a code whose second digit is above 5 for no reply, as lettre does."""

    def hear(self, phase: str) -> Reply:
        reply = super().hear(phase)
        if reply.code // 10 % 10 > 5:
            self.wire.in_step = False
            raise Failure(phase, "protocol-error", f"{self.to.server} has no such code")
        return reply


class HangsUpOnTheExplanation(Careful):
    """Hears in the 334 that its token is refused, as curl does, and leaves with that."""

    def why_refused(self, reply: Reply, acknowledgement: str) -> Reply:
        if reply.code != 334:
            return reply
        self.wire.in_step = False
        why = base64.b64decode(reply.lines[0]).decode()
        raise Failure("auth", "auth-rejected", self.clean(why), temporary=False)


class AsksAgainWithTheSameKey(SendsAgainAfterALostAnswer, Keyed):
    """Asks once more where an answer was lost, with an idempotency key, so that nothing is sent."""


@pytest.mark.parametrize(
    ("sender", "cases"),
    [
        (WaitsForTheRestOfTheLine, ["starttls/injected-fragment*"]),
        (SpeaksAsOpenSsl, ["tls/certificate-words[mode=*,certificate=missing-intermediate]"]),
        (
            SpeaksAsGo,
            ["tls/certificate-words[mode=*,certificate=cn-only]", "tls/certificate-without-san*"],
        ),
        (BeginsTlsAfterHelo, ["starttls/helo-only*"]),
        (NamesAnAuthorInPieces, ["auth0/from-forms[form=non-ascii]"]),
        # What comes behind its time-out is an answer to RSET, as far as it can know.
        (SaysResetWhereItGaveUp, ["network/late-final-reply", "replies/late"]),
        # RFC 7817 lets it go by a common name; what it is not refused for it need not explain.
        (FallsBackToTheCommonName, ["tls/certificate-without-san-words*"]),
        (NamesTheAddressDialled, ["auth0/port-25-blocked-words", "auth0/port-closed-words*"]),
        # It cancels where a prompt is not base64.
        (ReadsThePrompts, ["auth/prompts-in-clear-text"]),
        (Keyed, ["api/any/accepted[provider=resend]", "api/any/counted[provider=resend]"]),
        (AsksAgainWithTheSameKey, ["api/any/answer-lost[provider=resend]"]),
        (
            AddsAnEmptyLine,
            [
                "message/dots*",
                "message/line-break-in-the-subject[end=body]",
                "message/long-lines*",
                "message/quoted-printable*",
                "extensions/chunking*",
            ],
        ),
    ],
)
def test_another_way_is_right_too(
    sender: type[Careful], cases: list[str], library: tuple[Case, ...], context: RunContext
) -> None:
    results = results_of(sender, cases, library, context)
    assert not not_passed(results), story(not_passed(results))


@pytest.mark.parametrize(
    ("sender", "cases", "checks"),
    [
        (RefusesARecipientWhenItsTurnComes, "message/line-break-in-a-recipient*", {"mail"}),
        (RefusesARecipientWhenItsTurnComes, "extensions/address-beyond-ascii", {"mail"}),
        (RefusesARecipientWhenItsTurnComes, "message/characters-cut-to-line-ends*", set()),
        (SaysHeloWhateverTheCode, "session/ehlo-for-now", {"helo"}),
        (BeginsTlsWhateverTheCode, "session/ehlo-for-now", {"starttls"}),
        (HangsUpOnTheExplanation, "auth/token-refused[mechanism=XOAUTH2]", {"refused-token"}),
        (HangsUpOnTheExplanation, "submission/other/token-refused", {"refused-token"}),
    ],
)
def test_a_command_too_many_or_too_few_that_harms_nobody_breaks_no_must(
    sender: type[Careful],
    cases: str,
    checks: set[str],
    library: tuple[Case, ...],
    context: RunContext,
) -> None:
    results = results_of(sender, [cases], library, context)
    asked = [result for result in results.values() if not result.is_control]
    found = [{(finding.check, finding.level) for finding in failing(result)} for result in asked]
    expected = {(check, Level.SHOULD) for check in checks}
    assert found
    assert all(each == expected for each in found), story(asked)


def test_who_takes_no_address_breaks_no_must_and_proves_nothing(
    library: tuple[Case, ...], context: RunContext
) -> None:
    results = results_of(
        TakesNoAddresses, ["tls/address-certificate[*", f"{_REFUSED}*"], library, context
    ).values()
    assert {result.level for result in results if result.verdict is Verdict.FAIL} == {Level.SHOULD}
    assert {r.verdict for r in results if not r.is_control and r.id.startswith(_REFUSED)} == {
        Verdict.INCONCLUSIVE
    }


def test_who_waits_behind_starttls_for_what_is_no_reply_leaves_at_its_time_out(
    library: tuple[Case, ...], context: RunContext
) -> None:
    results = results_of(
        WaitsForTheRestOfTheLine, ["starttls/injected-fragment*"], library, context
    )
    classes = [
        (result.answer or {})["error"]["class"]
        for result in results.values()
        if not result.is_control
    ]
    assert classes
    assert set(classes) == {"stalled"}


@pytest.mark.parametrize(
    ("code", "level"), [("259", None), ("299", Level.SHOULD), ("459", None), ("599", Level.SHOULD)]
)
def test_who_goes_by_the_grammar_of_codes_breaks_no_must(
    code: str, level: Level | None, library: tuple[Case, ...], context: RunContext
) -> None:
    asked = [f"replies/unknown-*code={code}]"]
    results = results_of(GoesByTheGrammarOfCodes, asked, library, context)
    found = {finding.level for each in results.values() for finding in failing(each)}
    assert found == ({level} if level else set()), story(not_passed(results))


def test_who_hangs_up_where_an_rfc_wants_an_answer_breaks_a_must(
    library: tuple[Case, ...], context: RunContext
) -> None:
    refused = ["auth/token-refused[mechanism=OAUTHBEARER]"]
    results = results_of(HangsUpOnTheExplanation, refused, library, context)
    found = {
        (finding.check, finding.level) for each in results.values() for finding in failing(each)
    }
    assert found == {("refused-token", Level.MUST)}


def test_who_does_not_wait_has_not_given_up(library: tuple[Case, ...], context: RunContext) -> None:
    results = results_of(SaysResetAtOnce, ["network/slow-final-reply"], library, context)
    assert "honesty" in {finding.check for each in results.values() for finding in failing(each)}


@pytest.mark.parametrize(
    ("sender", "cases", "rows"),
    [
        (LogsInUnasked, "auth/not-offered*", {"AUTH0-074", "AUTH-01", "AUTH-02"}),
        (SendsAnonymously, "auth/not-offered*", {"AUTH0-074", "AUTH-01"}),
        (SendsAnonymously, "auth/look-alikes*", {"AUTH-01"}),
        (
            FallsBackToTheCommonName,
            "tls/certificate-words[mode=*,certificate=cn-only]",
            {"CERT-10"},
        ),
        (SaysThatItFailed, "tls/certificate-words[mode=tls,certificate=expired]", {"CERT-35"}),
    ],
)
def test_a_row_is_convicted_by_the_clause_that_is_about_it(
    sender: type[Careful],
    cases: str,
    rows: set[str],
    library: tuple[Case, ...],
    context: RunContext,
) -> None:
    results = results_of(sender, [cases], library, context)
    asked = [result for result in results.values() if not result.is_control]
    assert all(result.verdict is Verdict.FAIL for result in asked)
    assert convicted_rows(asked) == rows


def test_an_anonymous_message_in_clear_mode_is_wrong_and_no_leak(
    library: tuple[Case, ...], context: RunContext
) -> None:
    results = results_of(SendsAnonymously, ["auth/not-offered[mode=none]"], library, context)
    (asked,) = (result for result in results.values() if not result.is_control)
    assert {finding.check for finding in failing(asked)} == {"sender.status", "mail", "messages"}
    assert not any(finding.leak for finding in asked.findings)


def results_of(
    sender: type[Careful], globs: list[str], library: tuple[Case, ...], context: RunContext
) -> dict[str, CaseResult]:
    cases = [case for case in library if any(matches(glob, case.id) for glob in globs)]
    assert cases
    wanted = with_controls(cases, library)
    return judged(sender.__name__, handler(sender), wanted, context)


def convicted_rows(results: Iterable[CaseResult]) -> set[str]:
    return {row for result in results for finding in failing(result) for row in finding.rows}
