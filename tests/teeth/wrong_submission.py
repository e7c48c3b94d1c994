"""Senders that use a provider's SMTP service wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

from .careful import Capabilities, Careful
from .careful_settings import Settings
from .careful_wire import Failure, Reply
from .convictions import convicted
from .own_verification import OwnVerification
from .wrong_modes import Overriding

# Where it goes.


@convicted(
    "submission/ses/accepted[region=eu-central-1]",
    "submission/ses/accepted[region=ap-southeast-2]",
    "submission/mailgun/accepted[region=eu]",
    check="sni elsewhere logged-in wrong-credentials messages sender.status",
)
@convicted("submission/sendgrid/accepted[region=eu*]", check="sni elsewhere")
class GoesToTheRegionOfTheSamples(Careful):
    """Keeps the host of the documents' samples, whatever host is configured."""

    def settings(self) -> Settings:
        settings = super().settings()
        host = settings.host.replace("smtp.eu.", "smtp.")
        if host.startswith("email-smtp."):
            host = "email-smtp.us-east-1.amazonaws.com"
        return replace(settings, host=host)


@convicted(
    "submission/ses/sample-region",
    "submission/mailgun/other-region",
    check="elsewhere messages sender.status",
)
@convicted(
    "submission/mailgun/other-region[region=eu]",
    "submission/ses/sample-region[sample=us-west-2]",
    check="sni",
)
class TriesTheOtherRegions(Overriding):
    """Where the log-in is refused it goes to the other hosts of the provider, one by one."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.phase != "auth":
                raise
            return self.somewhere(failure)

    def somewhere(self, failure: Failure) -> Reply:
        for place in self.request.get("connect_to", {}):
            try:
                return self.again(host=place.rpartition(":")[0])
            except Failure:
                continue
        raise failure


@convicted("submission/ses/certificate-of-another-region", check="sni auth sender.status")
@convicted("submission/ses/certificate-of-another-region", check="mail")
class TakesTheCertificateOfAnyRegion(Overriding):
    """Where the certificate is for another name it tries that of the sample region."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.class_ != "certificate-hostname-mismatch":
                raise
            return self.again(server_name="email-smtp.us-east-1.amazonaws.com")


@convicted(
    "submission/any/accepted",
    "submission/any/implicit-tls",
    "submission/*/accepted[*]",
    "submission/ses/ports",
    check="sni",
)
class NamesNoServer(OwnVerification):
    """Leaves SNI out, and finds the certificate right all the same."""

    def sni(self) -> str | None:
        return None


@convicted("submission/any/implicit-tls", "submission/ses/ports[port=*465]", check="messages")
@convicted("submission/any/implicit-tls[provider=mandrill]", check="first-octets")
class UpgradesOnEveryPort(Careful):
    """Waits for a greeting, to upgrade, on the port for implicit TLS, too."""

    def settings(self) -> Settings:
        return replace(super().settings(), security="starttls")


@convicted(
    *(f"submission/any/accepted[provider={name}]" for name in ("mailgun", "mandrill")),
    *(f"submission/any/accepted[provider={name}]" for name in ("postmark", "sendgrid")),
    check="starttls credentials-in-clear content-in-clear",
)
class LeavesTheUpgradeOut(Careful):
    """Logs in where AUTH is listed, which with some providers is outside TLS already."""

    def upgrade(self, capabilities: Capabilities) -> Capabilities:
        return capabilities


# With what it logs in.


@convicted(
    "submission/any/accepted",
    "submission/any/implicit-tls",
    "submission/mailgun/accepted",
    "submission/postmark/accepted",
    "submission/sendgrid/accepted",
    "submission/ses/accepted",
    check="logged-in wrong-credentials messages sender.status",
)
@convicted(
    "submission/sendgrid/key-with-mail-send",
    "submission/ses/ports",
    check="logged-in messages sender.status",
)
@convicted("submission/any/refused-later", check="logged-in messages sender.status")
@convicted("submission/ses/sandbox-verified-recipient", check="messages sender.status")
class KeepsSixteenCharacters(Careful):
    """Keeps sixteen characters of a password, which is enough for one of Gmail's."""

    def password(self) -> str:
        return super().password()[:16]


@convicted("submission/sendgrid/user-name", check="messages sender.status")
class KnowsSendGridsUserName(Careful):
    """Logs in at SendGrid as `apikey`, whatever user name is configured."""

    def username(self) -> str:
        return "apikey" if "sendgrid" in self.to.host else super().username()


@convicted("submission/postmark/token-in-one-place[place=password]", check="messages sender.status")
class TakesThePasswordForTheUserNameToo(Careful):
    """Logs in at Postmark with the password in both places."""

    def username(self) -> str:
        return super().password() if "postmark" in self.to.host else super().username()


@convicted(
    "submission/postmark/token-in-one-place[place=user-name]", check="messages sender.status"
)
class TakesTheUserNameForThePasswordToo(Careful):
    """Logs in at Postmark with the user name in both places."""

    def password(self) -> str:
        return super().username() if "postmark" in self.to.host else super().password()


@convicted("submission/postmark/token-in-one-place[place=user-name]", check="discretion")
class TellsTheUserName(Careful):
    """Says as whom it could not log in."""

    def auth_refused(self, reply: Reply) -> None:
        words = f"could not log in as {self.username()}: {self.said(reply)}"
        raise Failure("auth", "auth-rejected", words, temporary=False, reply=reply)


@convicted(
    "submission/sendgrid/key-replaced", check="wrong-credentials logged-in messages sender.status"
)
class RemembersThePassword(Careful):
    """Keeps the first password that it was configured with."""

    def password(self) -> str:
        first: str = self.memory.setdefault("password", super().password())
        return first


@convicted("submission/other/app-password", check="logged-in messages sender.status")
@convicted("submission/other/app-password[service=yahoo]", check="message")
class WritesAppPasswordsInGroups(Careful):
    """Logs in with an app password as it is shown to people: in groups of four letters."""

    def password(self) -> str:
        told = super().password()
        if len(told) != 16:
            return told
        return " ".join(told[start : start + 4] for start in range(0, 16, 4))


@convicted("submission/other/app-password", check="mechanisms")
class TakesAPasswordForAToken(Careful):
    """Logs in by XOAUTH2 where that is listed, with the password for a token."""

    def mechanism_order(self) -> Sequence[str]:
        return ("XOAUTH2", *super().mechanism_order())

    def exchange(self, mechanism: str) -> Reply:
        if mechanism != "XOAUTH2":
            return super().exchange(mechanism)
        bearer = f"user={self.username()}\1auth=Bearer {self.password()}\1\1"
        return self.ask("auth", f"AUTH XOAUTH2 {self.base64(bearer)}")


# What it sends.


@convicted("submission/*/accepted[*]", "submission/any/implicit-tls", check="message")
@convicted(
    "submission/sendgrid/key-with-mail-send",
    "submission/ses/ports",
    "submission/ses/sandbox-verified-recipient",
    check="message",
)
class MarksTheSubject(Careful):
    """Puts the name of the product before the subject."""

    def compose(self) -> EmailMessage:
        message = super().compose()
        message.replace_header("Subject", f"[harness] {message['Subject']}")
        return message


@convicted("submission/any/accepted", check="added-headers")
class AddsSmtpApi(Careful):
    """Adds the header that SendGrid reads, for any provider."""

    def compose(self) -> EmailMessage:
        message = super().compose()
        message["X-SMTPAPI"] = '{"category": "harness"}'
        return message


# What it makes of a refusal.

_LOG_IN_REFUSED = (
    "submission/any/log-in-refused-for-good",
    "submission/any/password-refused",
    "submission/mailgun/key-for-password",
    "submission/mailgun/other-region",
    "submission/postmark/account-token",
    "submission/postmark/token-in-one-place",
    "submission/sendgrid/key-refused",
    "submission/sendgrid/key-without-mail-send",
    "submission/sendgrid/user-name",
    "submission/ses/password-cut",
    "submission/ses/password-of-another-region",
    "submission/ses/sample-region",
    "submission/ses/secret-for-password",
    "submission/ses/user-unknown",
    "submission/sparkpost/log-in-refused",
    "submission/other/app-password-missing",
)
_AFTER_THE_MESSAGE = (
    "ses-from-elsewhere",
    "ses-suspended",
    "sendgrid-no-from",
    "*-header",
    "resend*",
)
_MESSAGE_REFUSED = (
    *(f"submission/any/refused-for-good[refusal={name}]" for name in _AFTER_THE_MESSAGE),
    "submission/sendgrid/sender-not-verified",
    "submission/ses/not-verified",
    "submission/ses/policy-lacks",
    "submission/ses/sandbox-recipient",
)
_REFUSED_EARLIER = (
    "submission/any/domain-not-verified",
    "submission/any/refused-for-good[refusal=*-recipient]",
    "submission/any/refused-for-now[refusal=sendgrid-rate]",
    "submission/mailgun/recipient-not-authorized",
    "submission/sendgrid/too-many",
    "submission/ses/null-sender",
)
_THROTTLED = (
    *(f"submission/any/refused-for-now[refusal={name}*]" for name in ("ses", "resend")),
    "submission/ses/too-fast",
)
_HUNG_UP = ("submission/any/refused-for-now[refusal=sparkpost-trouble]",)
_WORDS = (
    "submission/other/app-password-missing-words",
    "submission/any/password-refused-words",
    "submission/any/refused-words",
    "submission/sendgrid/key-refused-words",
    "submission/sendgrid/sender-not-verified-words",
    "submission/ses/not-verified-words",
)


@convicted(
    *_LOG_IN_REFUSED,
    *_MESSAGE_REFUSED,
    *_THROTTLED,
    *_HUNG_UP,
    *_WORDS,
    check="honesty sender.status",
)
@convicted(
    *_REFUSED_EARLIER,
    "submission/sendgrid/credits-used-up",
    "submission/ses/certificate-of-another-region",
    "submission/ses/settings",
    check="honesty sender.status",
)
@convicted("submission/any/refused-once", check="honesty")
class NeverFails(Careful):
    """Says that it was sent, whatever came of it."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        del failure
        return {"status": "sent"}


@convicted(
    *_LOG_IN_REFUSED,
    "submission/sendgrid/credits-used-up",
    check="mail sender.error.phase sender.error.reply_code",
)
class GoesOnAfterARefusedLogIn(Careful):
    """Begins the message although the log-in was refused."""

    def auth_refused(self, reply: Reply) -> None:
        del reply


@convicted(
    *_LOG_IN_REFUSED,
    *_MESSAGE_REFUSED,
    *_THROTTLED,
    *_HUNG_UP,
    *_REFUSED_EARLIER,
    check="sender.error.reply_code sender.told.reply_code",
)
class RoundsTheCode(Careful):
    """Tells 500 of every code that begins with 5."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        if failure.reply is not None:
            failure.reply = Reply(failure.reply.code // 100 * 100, failure.reply.lines)
        return super().failed(failure)


@convicted(*_LOG_IN_REFUSED, check="auth connections")
class HammersTheLogIn(Overriding):
    """Tries a refused log-in ten times."""

    def deliver(self) -> Reply:
        for _ in range(9):
            try:
                return super().deliver()
            except Failure as failure:
                if failure.phase != "auth":
                    raise
        return super().deliver()


@convicted(
    *(each for each in _LOG_IN_REFUSED if "any/" not in each),
    "submission/any/log-in-refused-for-good",
    *(f"submission/any/password-refused[provider={name}]" for name in ("ses", "sendgrid")),
    *(f"submission/any/password-refused[provider={name}]" for name in ("sparkpost", "mailgun")),
    "submission/any/password-refused[provider=postmark]",
    check="sender.error.class sender.error.temporary",
)
class TakesABadKeyForPassing(Careful):
    """Says of a refused log-in that it may pass."""

    def auth_refused(self, reply: Reply) -> None:
        raise Failure("auth", "auth-temporary", self.said(reply), temporary=True, reply=reply)


@convicted(
    "submission/any/refused-once[refusal=sendgrid-credits]",
    "submission/sendgrid/credits-used-up",
    check="sender.error.class sender.error.temporary",
)
class TakesAnyRefusedLogInForABadKey(Careful):
    """Says of a log-in that is refused for now that the key is wrong for good."""

    def auth_refused(self, reply: Reply) -> None:
        raise Failure("auth", "auth-rejected", self.said(reply), temporary=False, reply=reply)


@convicted(*_MESSAGE_REFUSED, *_THROTTLED, check="honesty sender.status")
class TakesTheFinalReplyForGranted(Careful):
    """Says that it was sent, whatever is said to the final dot."""

    def final(self) -> Reply:
        super_reply = self.hear("end-of-data")
        return Reply(250, super_reply.lines)


@convicted(*_MESSAGE_REFUSED, check="connections")
class SendsARefusedMessageAgain(Overriding):
    """Sends a message that was refused for good three times more."""

    def deliver(self) -> Reply:
        for _ in range(3):
            try:
                return super().deliver()
            except Failure as failure:
                if failure.phase != "end-of-data":
                    raise
        return super().deliver()


@convicted("submission/any/refused-once", check="messages")
class MakesUpForARefusal(Overriding):
    """Sends what was refused once more, and once again to be sure."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if not failure.temporary:
                raise
        super().deliver()
        return super().deliver()


@convicted(*_MESSAGE_REFUSED, check="sender.error.temporary")
class TakesARefusedMessageForPassing(Careful):
    """Says of whatever is refused after the message that it may pass."""

    def final(self) -> Reply:
        try:
            return super().final()
        except Failure as failure:
            failure.temporary = True
            raise


@convicted(
    *(f"submission/any/refused-once[refusal={name}*]" for name in ("ses", "resend", "sparkpost")),
    *_THROTTLED,
    *_HUNG_UP,
    check="sender.error.temporary",
)
class TakesThrottlingForGood(Careful):
    """Says of whatever is refused after the message that it is for good."""

    def final(self) -> Reply:
        try:
            return super().final()
        except Failure as failure:
            failure.temporary = False
            raise


@convicted(
    *_MESSAGE_REFUSED,
    *_THROTTLED,
    *_HUNG_UP,
    *_REFUSED_EARLIER,
    check="sender.error.class sender.error.phase",
)
class TakesAnyRefusalForABadKey(Careful):
    """Says of whatever a provider refuses that the credentials are wrong."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        if failure.reply is not None:
            failure.phase, failure.class_ = "auth", "auth-rejected"
        return super().failed(failure)


@convicted(
    *_WORDS,
    check="sender.error.says",
)
class TellsTheCodeAlone(Careful):
    """Tells of a reply its code, and none of the provider's words."""

    def said(self, reply: Reply) -> str:
        return str(reply.code)


@convicted("submission/ses/settings", check="sender.error.phase")
class TakesAnyFailureForSilence(Careful):
    """Says of every failure that the server could not be reached."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        failure.phase, failure.class_ = "greeting", "stalled"
        return super().failed(failure)
