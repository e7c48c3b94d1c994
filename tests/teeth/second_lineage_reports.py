"""Wrong senders on `smtplib` and `email`: settings, the message, and what they say of it."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, unquote_plus, urlsplit

from .convictions import convicted
from .second import Client, Second
from .second_settings import Account, SendError


class SetByOptions(Second):
    """A sender that rewrites the URI before it is read: right, as long as nothing is rewritten."""

    def account(self) -> Account:
        token = self.request["transport"].get("access_token")
        uri = self.rewritten(self.request["transport"]["uri"])
        return Account.parse(uri, with_password=token is None)

    def rewritten(self, uri: str) -> str:
        return uri


@convicted(
    "config/flag-cleared[scheme=smtp,*",
    check="credentials-to-a-stranger content-to-a-stranger sender.status auth mail",
)
class TakesAnyFlagForTrueOnSmtplib(SetByOptions):
    """`bool("false")` is true."""

    def rewritten(self, uri: str) -> str:
        return re.sub(r"((?:skip_ssl_verify|disable_starttls)=)[^&]+", r"\1true", uri)


@convicted("config/flag-set[*value=TRUE]", check="sender.status messages handshakes")
class TakesOddFlagsForFalse(SetByOptions):
    """Whatever is not `true` is false."""

    def rewritten(self, uri: str) -> str:
        return re.sub(
            r"((?:skip_ssl_verify|disable_starttls)=)(?!(?:true|1|t)(?:&|$))[^&]+", r"\1false", uri
        )


@convicted("config/contradicting-flags-in-clear", check="sender.status auth mail")
class DropsContradictions(SetByOptions):
    """Has `disable_starttls` win over all that contradicts it."""

    def rewritten(self, uri: str) -> str:
        base, _, query = uri.partition("?")
        if re.search(r"disable_starttls=(?:true|1|t)(?:&|$)", query):
            return base.replace("smtps:", "smtp:") + "?disable_starttls=true"
        return uri


@convicted(
    "modes/mode-not-port[mode=starttls,port=465]",
    "modes/mode-not-port[mode=tls,port=587]",
    check="sender.status messages first-octets",
)
class GuessesByThePort(Second):
    """Takes 465 for implicit TLS and all else for STARTTLS."""

    def account(self) -> Account:
        account = super().account()
        if account.security != "none":
            account.security = "tls" if account.port == 465 else "starttls"
        return account


@convicted("config/no-port[scheme=smtp,*", check="elsewhere")
class UsesPort25WithoutOne(SetByOptions):
    """`smtplib` takes port 25 where none is given."""

    def account(self) -> Account:
        account = super().account()
        if urlsplit(self.request["transport"]["uri"]).port is None:
            account.port = 25 if account.security != "tls" else 465
        return account


@convicted("ory/encoded-credentials[*", check="sender.status messages wrong-credentials logged-in")
class KeepsPercentSigns(Second):
    """`urlsplit(uri).password` is not decoded."""

    def account(self) -> Account:
        account = super().account()
        parts = urlsplit(self.request["transport"]["uri"])
        if account.password:
            account.username, account.password = parts.username, parts.password
        return account


@convicted(
    "ory/encoded-credentials[secret=percent]",
    check="sender.status messages wrong-credentials logged-in",
)
class DecodesTwiceOnSmtplib(Second):
    """Decodes what was decoded."""

    def account(self) -> Account:
        account = super().account()
        if account.password:
            account.password = unquote(account.password)
        return account


@convicted(
    "ory/literal-credentials[character=plus]",
    check="sender.status messages wrong-credentials logged-in",
)
class DecodesPlusSigns(Second):
    """Decodes as one does in a form."""

    def account(self) -> Account:
        account = super().account()
        if account.password:
            account.password = unquote_plus(
                urlsplit(self.request["transport"]["uri"]).password or ""
            )
        return account


@convicted("config/half-credentials-uri[*", check="sender.status mail")
class LogsInWithHalf(SetByOptions):
    """Leaves the log-in out where the password is missing."""

    def account(self) -> Account:
        try:
            return super().account()
        except SendError as failed:
            if "needs a password" not in failed.message:
                raise
            uri = re.sub("//[^@]*@", "//", self.request["transport"]["uri"])
            return Account.parse(uri)


@convicted("auth0/port-25-blocked", check="sender.status messages elsewhere")
class ConnectsToAnotherPort(Second):
    """Tries 587 where the port that was set does not answer."""

    class Conversation(Client):
        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            try:
                return super()._get_socket(host, port, timeout)
            except OSError:
                return super()._get_socket(host, 2525 if port == 587 else 587, timeout)


# The conversation.


@convicted("ory/sent-once-taken[*", check="messages")
class SendsTwiceOnSmtplib(Second):
    """Has a retry around it that does not look whether it went well."""

    def send(self) -> dict[str, Any]:
        super().send()
        return super().send()


@convicted("network/silent[*", check="answers")
class WaitsForEverOnSmtplib(Second):
    """Sets no time-out, which is what `smtplib` does by default."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        super().__init__({**request, "timeout": 600.0})


@convicted("ory/sent-means-handed-over[*", check="honesty sender.status")
class ReadsNoReplyToTheMessage(Second):
    """Takes the message for sent once the dot is out."""

    class Conversation(Client):
        def getreply(self) -> tuple[int, bytes]:
            if self.phase == "end-of-data":
                return 250, b"ok"
            return super().getreply()


@convicted(
    "ory/sent-means-handed-over[reply=451]",
    "ory/sent-means-handed-over[reply=552]",
    "ory/sent-means-handed-over[reply=354]",
    check="honesty sender.status",
)
class TakesEveryReplyForYes(Second):
    """Reads the reply to the message and does not look at it."""

    class Conversation(Client):
        def getreply(self) -> tuple[int, bytes]:
            if self.phase != "end-of-data":
                return super().getreply()
            try:
                return 250, super().getreply()[1]
            except SendError:
                return 250, b"ok"


@convicted("network/refused[*mode=starttls*", check="honesty sender.status")
@convicted("ory/sent-means-handed-over[reply=451]", check="honesty sender.status")
class SaysSentForWhatFailed(Second):
    """Logs the exception and goes on."""

    def failed(self, failed: SendError) -> dict[str, Any]:
        if failed.phase in {"config", "message"}:
            return super().failed(failed)
        return {"status": "sent", "attempts": len(self.attempts)}


@convicted("auth/rejected-words[*", check="sender.error.says")
class SaysNothingOfTheServersWords(Second):
    """Keeps the code of a refusal and drops its words."""

    def failed(self, failed: SendError) -> dict[str, Any]:
        answer = super().failed(failed)
        if failed.code is not None:
            answer["error"]["message"] = "the message could not be sent"
        return answer


@convicted("submission/any/password-refused[provider=sendgrid]", check="sender.error.temporary")
class CallsEveryRefusalTemporary(Second):
    """Has one sort of exception for 4xx and 5xx."""

    def failed(self, failed: SendError) -> dict[str, Any]:
        if failed.code is not None:
            failed.temporary = True
        return super().failed(failed)


@convicted("submission/any/refused-for-now[*refusal=ses-rate]", check="sender.error.temporary")
class CallsEveryRefusalPermanent(Second):
    """Gives up what it should try again."""

    def failed(self, failed: SendError) -> dict[str, Any]:
        if failed.code is not None:
            failed.temporary = False
        return super().failed(failed)


@convicted("auth0/port-closed-words[network=refused]", check="sender.error.says")
class NamesNoServerOnSmtplib(Second):
    """Says `[Errno 111] Connection refused`, and not where."""

    def failed(self, failed: SendError) -> dict[str, Any]:
        answer = super().failed(failed)
        if failed.phase in {"connect", "dns"}:
            answer["error"]["message"] = "[Errno 111] Connection refused"
        return answer


# The message.


@convicted("auth0/from-forms[form=bare]", "auth0/from-forms[form=named]", check="from message")
class SendsFromTheUserName(Second):
    """Puts the user name of the log-in into From."""

    def compose(self) -> EmailMessage:
        message = super().compose()
        username = self.account().username or ""
        if "@" in username:
            message.replace_header("From", username)
        return message


@convicted("auth0/from-forms[form=named]", check="from")
class DropsTheDisplayName(Second):
    """Has the bare address in From."""

    def compose(self) -> EmailMessage:
        message = super().compose()
        message.replace_header("From", self.request["message"]["from"]["address"])
        return message
