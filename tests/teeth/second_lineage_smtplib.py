"""Wrong senders on `smtplib`: connecting, TLS and logging in.

They share no line with the careful sender's, so that what is right there cannot hide what is wrong
here. Each has the mistake of somebody who writes on this library.
"""

from __future__ import annotations

import base64
import smtplib
import ssl
from contextlib import suppress
from typing import Any

from .convictions import convicted
from .second import Client, Second, tls_context
from .second_settings import Account, SendError


def unverified(context: ssl.SSLContext) -> ssl.SSLContext:
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


# STARTTLS.


@convicted(
    "starttls/stripped[*login=credentials]",
    check="credentials-in-clear content-in-clear sender.status",
)
@convicted("starttls/stripped[*login=no-credentials]", check="content-in-clear sender.status")
class UpgradesWhereItCan(Second):
    """`if smtp.has_extn("starttls"): smtp.starttls()`, as most examples have it."""

    class Conversation(Client):
        def upgrade(self) -> None:
            if self.has_extn("starttls"):
                super().upgrade()


@convicted(
    "starttls/refused[*code=5*]", check="credentials-in-clear content-in-clear sender.status"
)
class TakesARefusedUpgradeForNone(Second):
    """Catches what STARTTLS raises, and goes on."""

    class Conversation(Client):
        def upgrade(self) -> None:
            try:
                super().upgrade()
            except SendError as failed:
                if failed.class_ != "starttls-refused":
                    raise
                self.connect(self.account.host, self.account.port)
                self.say_hello()


@convicted("starttls/wrong-code[code=221]", "starttls/wrong-code[code=250]", check="client-hellos")
class HidesWhyItWasNotUpgraded(Second):
    """Shakes hands whatever the server said, and so blames TLS."""

    class Conversation(Client):
        def expect(self, code: int, text: bytes, wanted: int, class_: str) -> None:
            if class_ != "starttls-refused":
                super().expect(code, text, wanted, class_)


@convicted("starttls/ehlo-again", check="sender.status messages")
class KeepsTheFirstListOnSmtplib(Second):
    """Saves an EHLO: the extensions of before TLS are good enough."""

    class Conversation(Client):
        def upgrade(self) -> None:
            before = dict(self.esmtp_features)
            self.say_hello, said = (lambda: None), self.say_hello  # type: ignore[method-assign]
            super().upgrade()
            self.esmtp_features, self.say_hello = before, said  # type: ignore[method-assign]


@convicted("starttls/injection[*", check="sender.error.phase sender.error.class")
class KeepsWhatCameAheadOfTls(Second):
    """Reads on in the same buffer inside TLS, as `smtplib` did once."""

    class Conversation(Client):
        def upgrade(self) -> None:
            if not self.has_extn("starttls"):
                return super().upgrade()
            self.phase = "starttls"
            self.putcmd("STARTTLS")
            code, text = smtplib.SMTP.getreply(self)
            self.expect(code, text, 220, "starttls-refused")
            assert self.file is not None
            held = self.file.held
            self.phase = "tls"
            assert self.sock is not None
            self.sock = self.context().wrap_socket(self.sock, server_hostname=self._host)
            self.file = None
            self.held = held
            self.say_hello()
            return None

        held = b""

        def getreply(self) -> tuple[int, bytes]:
            if self.held:
                line, _, self.held = self.held.partition(b"\r\n")
                return int(line[:3]), line[4:]
            return super().getreply()


@convicted("starttls/bait[*", check="credentials-in-clear logged-in")
class LogsInBeforeTlsOnSmtplib(Second):
    """`login()` above `starttls()`: two lines in the wrong order."""

    def open(self, client: Client, account: Account) -> None:
        client.open()
        client.say_hello()
        if account.security == "starttls" and client.has_extn("auth"):
            self.log_in(client, account)
            client.phase = "starttls"
        if account.security == "starttls":
            client.upgrade()
        self.log_in(client, account)


@convicted("modes/cleartext-upgrade[*", check="starttls")
class UpgradesUnasked(Second):
    """Upgrades in cleartext mode, since it was offered."""

    def open(self, client: Client, account: Account) -> None:
        client.open()
        client.say_hello()
        if account.security == "starttls" or client.has_extn("starttls"):
            client.upgrade()
        self.log_in(client, account)


@convicted(
    "starttls/greeting[code=554]", "starttls/greeting[code=221]", check="sender.status auth mail"
)
class TakesAnyGreetingOnSmtplib(Second):
    """Goes on after a greeting that declines service."""

    class Conversation(Client):
        def open(self) -> None:
            self.connect(self.account.host, self.account.port)


@convicted(
    "starttls/no-handshake[end=close,*",
    check="credentials-in-clear content-in-clear sender.status auth mail",
)
class TriesOnceMoreInClear(Second):
    """Connects anew without TLS where the handshake failed."""

    def open(self, client: Client, account: Account) -> None:
        try:
            super().open(client, account)
        except (OSError, SendError):
            if client.phase not in {"starttls", "tls"}:
                raise
            client.close()
            account.security = "none"
            super().open(client, account)


# Certificates.


@convicted(
    "tls/certificate[mode=starttls,*",
    check="credentials-to-a-stranger content-to-a-stranger sender.status auth mail",
)
class ChecksNothingOnStarttls(Second):
    """`smtp.starttls()` without a context checks no certificate."""

    class Conversation(Client):
        def context(self) -> ssl.SSLContext:
            context = super().context()
            return unverified(context) if self.account.security == "starttls" else context


@convicted(
    "tls/certificate[mode=tls,*",
    check="credentials-to-a-stranger content-to-a-stranger sender.status auth mail",
)
class ChecksNothingInSmtps(Second):
    """`SMTP_SSL(host)` without a context does not either."""

    class Conversation(Client):
        def context(self) -> ssl.SSLContext:
            context = super().context()
            return unverified(context) if self.account.security == "tls" else context


@convicted(
    "tls/certificate[*,certificate=wrong-host]",
    check="credentials-to-a-stranger content-to-a-stranger sender.status auth mail",
)
class ChecksTheChainAlone(Second):
    """`check_hostname = False`, because the name did not fit once."""

    class Conversation(Client):
        def context(self) -> ssl.SSLContext:
            context = super().context()
            context.check_hostname = False
            return context


@convicted("tls/common-name-only[*", check="sender.status auth mail")
class ChecksTheCommonName(Second):
    """Has OpenSSL look into the CN where there is no SAN."""

    class Conversation(Client):
        def context(self) -> ssl.SSLContext:
            context = super().context()
            context.hostname_checks_common_name = True
            return context


@convicted(
    "tls/certificate-skipped[*,certificate=expired]",
    check="sender.status messages handshakes logged-in message",
)
class AlwaysChecks(Second):
    """Reads `skip_ssl_verify` and does nothing with it."""

    class Conversation(Client):
        def context(self) -> ssl.SSLContext:
            self.account.verify = True
            return tls_context(self.account, self.request)


@convicted(
    "tls/certificate-skipped[*,certificate=self-signed]",
    check="sender.status messages handshakes logged-in message",
)
class SkipsTheNameAlone(Second):
    """Takes `skip_ssl_verify` for "whatever its name is"."""

    class Conversation(Client):
        def context(self) -> ssl.SSLContext:
            context = ssl.create_default_context(cafile=self.request["trust"]["ca_file"])
            context.hostname_checks_common_name = False
            context.check_hostname = self.account.verify
            return context


@convicted(
    "tls/certificate-good[*,certificate=good]",
    check="sender.status messages handshakes logged-in message",
)
class TrustsTheSystemAlone(Second):
    """Leaves out the authority that it was told to trust."""

    class Conversation(Client):
        def context(self) -> ssl.SSLContext:
            context = ssl.create_default_context()
            return context if self.account.verify else unverified(context)


@convicted("tls/old-versions[*", check="sender.status messages auth")
class TakesOldTls(Second):
    """Sets the floor at TLS 1.0, for a server of long ago."""

    class Conversation(Client):
        def context(self) -> ssl.SSLContext:
            context = super().context()
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            return context


@convicted("modes/other-name", check="sender.status messages sni")
@convicted(
    "modes/other-name-subdomain",
    check="credentials-to-a-stranger content-to-a-stranger sender.status auth mail",
)
class ChecksTheHostInPlaceOfTheName(Second):
    """Reads `server_name` and does nothing with it."""

    class Conversation(Client):
        def __init__(self, account: Account, request: Any) -> None:
            super().__init__(account, request)
            self._host = account.host


# Logging in.


@convicted("auth/login-only[*", check="sender.status messages logged-in")
class KnowsPlainAlone(Second):
    """Says AUTH PLAIN to a server that has LOGIN."""

    class Conversation(Client):
        def log_in_login(self, username: str, password: str) -> tuple[int, bytes]:
            return self.log_in_plain(username, password)


@convicted("auth/not-offered[*", check="sender.error.class auth")
class LogsInUnoffered(Second):
    """Says AUTH PLAIN whatever was offered."""

    class Conversation(Client):
        def log_in(self, username: str, password: str) -> None:
            self.esmtp_features.setdefault("auth", " PLAIN")
            super().log_in(username, password)


@convicted("auth/rejected[*", check="sender.status mail")
class SendsWithoutBeingLoggedIn(Second):
    """Catches what the log-in raises, and tries without."""

    def log_in(self, client: Client, account: Account) -> None:
        with suppress(SendError):
            super().log_in(client, account)
        if client.sock is None:
            client.connect(account.host, account.port)
            client.say_hello()
            if account.security == "starttls":
                client.upgrade()


@convicted("auth/long-password", check="sender.status messages logged-in")
class WrapsItsBase64(Second):
    """`base64.encodebytes` breaks what is long into lines."""

    class Conversation(Client):
        def log_in_plain(self, username: str, password: str) -> tuple[int, bytes]:
            token = base64.encodebytes(f"\0{username}\0{password}".encode()).decode()
            self.send(f"AUTH PLAIN {token}".replace("\n", "\r\n").encode())
            return self.getreply()


@convicted(
    "auth/rejected[*",
    "submission/any/password-refused[provider=sendgrid]",
    check="sender.error.temporary",
)
class TakesARefusedPasswordForABusyServer(Second):
    """Calls each refused log-in temporary, and so it is tried for ever."""

    def log_in(self, client: Client, account: Account) -> None:
        try:
            super().log_in(client, account)
        except SendError as failed:
            failed.temporary = True
            raise


@convicted("auth/rejected[*", check="discretion")
class TellsThePasswordOnSmtplib(Second):
    """Says in the error whom it logged in as, and how."""

    def failed(self, failed: SendError) -> dict[str, Any]:
        answer = super().failed(failed)
        if failed.phase == "auth":
            answer["error"]["message"] += (
                f" for {self.account().username}:{self.account().password}"
            )
        return answer
