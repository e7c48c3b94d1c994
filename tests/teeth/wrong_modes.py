"""Senders that take one security mode for another, or do not keep to it."""

from __future__ import annotations

from dataclasses import replace

from .careful import Capabilities, Careful
from .careful_settings import Settings
from .careful_wire import Failure, Reply
from .convictions import convicted


class Overriding(Careful):
    """Right by itself: a hook for settings that are changed once they are read."""

    changes: tuple[tuple[str, object], ...] = ()

    def settings(self) -> Settings:
        return replace(super().settings(), **dict(self.changes))  # type: ignore[arg-type]  # fields

    def again(self, **changes: object) -> Reply:
        """Once more from the start, with these settings changed."""
        self.changes = (*self.changes, *changes.items())
        return super().deliver()


@convicted(
    "modes/mode-not-port[mode=starttls,port=465]",
    "modes/mode-not-port[mode=tls,port=25]",
    "modes/mode-not-port[mode=tls,port=587]",
    "modes/mode-not-port[mode=tls,port=2525]",
    "modes/mode-not-port[mode=none,port=465]",
    check="first-octets logged-in messages sender.status",
)
class GuessesTheModeFromThePort(Careful):
    """465 is implicit TLS and every other port is not, whatever the scheme says."""

    def settings(self) -> Settings:
        settings = super().settings()
        if settings.security == "tls" and settings.port in {25, 587, 2525}:
            return replace(settings, security="starttls")
        if settings.security != "tls" and settings.port == 465:
            return replace(settings, security="tls")
        return settings


@convicted(
    "ory/six-modes[mode=1]",
    "ory/six-modes[mode=2]",
    check="message handshakes logged-in messages sender.status",
)
@convicted(
    "ory/six-modes[mode=4]",
    "ory/six-modes[mode=5]",
    "ory/six-modes[mode=6]",
    check="first-octets message handshakes logged-in messages sender.status",
)
class TakesOddPortsForClear(Careful):
    """On a port that it does not know it does without TLS."""

    def settings(self) -> Settings:
        settings = super().settings()
        is_odd = settings.port not in {25, 465, 587, 2525}
        return replace(settings, security="none") if is_odd else settings


@convicted(
    "modes/given-socket[mode=tls]",
    check="sni first-octets handshakes logged-in messages sender.status",
)
@convicted(
    "modes/implicit-tls[mode=verified]", "modes/implicit-tls[mode=skipped]", check="first-octets"
)
class TakesSmtpsForStartTls(Careful):
    """Reads `smtps://` as `smtp://`."""

    def security(self, scheme: str, parameters: dict[str, str]) -> str:  # type: ignore[override]
        return super().security("smtp", parameters)


@convicted(
    "modes/starttls",
    check="starttls ehlo quit first-octets message handshakes logged-in messages sender.status",
)
@convicted("auth0/port-587-instead", "ory/sendgrid-port", check="messages sender.status")
class StartsTlsEverywhere(Careful):
    """Begins with a ClientHello whatever the mode."""

    def settings(self) -> Settings:
        settings = super().settings()
        return replace(settings, security="tls") if settings.security == "starttls" else settings


@convicted("modes/cleartext-upgrade[certificate=good]", check="starttls")
@convicted(
    "modes/cleartext-upgrade[certificate=self-signed]",
    check="starttls message logged-in messages sender.status",
)
class TurnsTlsOnInClearMode(Careful):
    """Upgrades in clear mode because the server offers it, and verifies."""

    def open(self) -> Capabilities:
        if self.to.security != "none":
            return super().open()
        self.greet()
        capabilities = self.ehlo()
        if self.offers_starttls(capabilities):
            capabilities = self.upgrade(capabilities)
        if self.to.username is not None:
            self.authenticate(capabilities)
        return capabilities


@convicted("modes/cleartext", check="client-hellos first-octets")
@convicted("modes/cleartext-remote", check="client-hellos")
@convicted("ory/six-modes[mode=3]", check="first-octets")
class TriesTlsInClearMode(Overriding):
    """In clear mode it tries implicit TLS first, for safety."""

    def deliver(self) -> Reply:
        if self.settings().security != "none":
            return super().deliver()
        try:
            return self.again(security="tls")
        except Failure:
            return self.again(security="none")


@convicted(
    "config/trailing-slash[mode=cleartext,slash=*]", check="logged-in messages sender.status"
)
class KeepsCredentialsToItselfInClear(Careful):
    """Refuses to log in without TLS although it was configured so."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if not self.wire.secure:
            words = "log-in without TLS is not allowed"
            raise Failure("auth", "auth-unavailable", words, temporary=False)
        super().authenticate(capabilities)


@convicted("modes/cleartext-upgrade", check="message")
class SendsAnonymouslyInClear(Careful):
    """Leaves the log-in out where there is no TLS."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if self.wire.secure:
            super().authenticate(capabilities)


@convicted("modes/cleartext-upgrade", check="message")
class TrustsLocalhostOnly(Careful):
    """Logs in without TLS to loopback names only."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if not self.wire.secure and self.to.host != "localhost":
            words = "log-in without TLS is for localhost only"
            raise Failure("auth", "auth-unavailable", words, temporary=False)
        super().authenticate(capabilities)


@convicted(
    "modes/cleartext-remote[mechanism=LOGIN]",
    "modes/cleartext[mechanism=LOGIN]",
    check="message logged-in messages sender.status",
)
class LogsInWithPlainOnlyInClear(Careful):
    """Refuses LOGIN without TLS, though PLAIN shows as much."""

    def mechanism_order(self) -> tuple[str, ...]:
        return ("PLAIN", "LOGIN", "CRAM-MD5") if self.wire.secure else ("CRAM-MD5", "PLAIN")


@convicted("modes/cleartext-remote[mechanism=PLAIN]", check="message")
class LogsInWithLoginOnlyInClear(Careful):
    """Refuses PLAIN without TLS, though LOGIN shows as much."""

    def mechanism_order(self) -> tuple[str, ...]:
        return ("PLAIN", "LOGIN", "CRAM-MD5") if self.wire.secure else ("CRAM-MD5", "LOGIN")


@convicted(
    "modes/implicit-tls-at-plaintext-server[mode=*,server=none]",
    check="auth mail first-octets sender.status",
)
@convicted(
    "modes/implicit-tls-at-plaintext-server[mode=*,server=starttls]",
    check="auth first-octets sender.error.class sender.error.phase",
)
@convicted("starttls/no-handshake[end=close,trust=*]", check="auth mail sender.status")
class FallsBackFromTlsToClear(Overriding):
    """Where implicit TLS fails it connects again without."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.phase != "tls" or failure.class_ != "handshake-failed":
                raise
            return self.again(security="none")


@convicted(
    "modes/other-name-missing",
    "modes/other-name-only",
    "modes/other-name-subdomain",
    "modes/other-name-wildcard",
    check="sender.error.class sender.error.phase",
)
class FallsBackFromTlsToStartTls(Overriding):
    """Where implicit TLS meets clear text it tries STARTTLS in its place."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.phase != "tls" or self.to.security != "tls":
                raise
            return self.again(security="starttls")


@convicted("modes/plaintext-at-implicit-tls-server", check="client-hellos messages sender.status")
class FallsBackToTlsWhenNobodySpeaks(Overriding):
    """Where no greeting comes it begins TLS of its own accord."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.phase != "greeting" or failure.class_ != "stalled":
                raise
            return self.again(security="tls")


@convicted(
    "modes/stripped[verification=skipped,temptation=*-in-clear]", check="auth mail sender.status"
)
@convicted(
    "modes/stripped[verification=skipped,temptation=no-auth]",
    check="sender.error.class sender.error.phase",
)
@convicted(
    "modes/stripped[verification=skipped,temptation=no-credentials]", check="mail sender.status"
)
class TakesUnverifiedForOptional(Careful):
    """Takes leave not to verify for leave to do without TLS."""

    def without_starttls(self, capabilities: Capabilities) -> Capabilities:
        if not self.to.verify:
            return capabilities
        return super().without_starttls(capabilities)


@convicted(
    "modes/other-name",
    check="connections sni first-octets handshakes logged-in messages sender.status",
)
@convicted(
    "modes/implicit-tls[mode=other-name]",
    check="first-octets message handshakes logged-in messages sender.status",
)
class ConnectsToTheOtherName(Careful):
    """Takes `server_name` for the host to connect to."""

    def endpoint(self) -> tuple[str, int]:
        if self.to.server_name:
            return self.to.server_name, self.to.port
        return super().endpoint()


@convicted(
    "config/trailing-slash[mode=starttls,slash=*]",
    "config/trailing-slash[mode=starttls-unverified,slash=*]",
    "config/trailing-slash[mode=tls,slash=*]",
    check="logged-in",
)
@convicted("starttls/addresses", check="content-in-clear")
class TakesGivenSocketsForSecure(Careful):
    """Where it is told another address it leaves TLS out."""

    def settings(self) -> Settings:
        settings = super().settings()
        given = self.request.get("connect_to")
        return replace(settings, security="none") if given else settings


@convicted("auth0/port-25-blocked", check="elsewhere messages sender.status")
class UsesItsOwnPort(Careful):
    """Uses the usual port of the mode, not the one that it was told."""

    def port(self, text: str | None, security: str) -> int:
        return 465 if security == "tls" else 587


@convicted(
    "auth0/port-587-instead", "modes/mode-not-port", "ory/sendgrid-port", check="connections"
)
class ConnectsTwice(Careful):
    """Opens a connection to see whether the server is there, and another for the message."""

    def connect(self) -> None:
        super().connect()
        self.wire.close()
        super().connect()


@convicted("modes/starttls", check="quit")
class LeavesWithoutQuit(Careful):
    """Closes the connection without a word."""

    def quit(self) -> None:
        self.wire.close()
