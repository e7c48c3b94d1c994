"""Senders that take one security mode for another, or do not keep to it."""

from __future__ import annotations

from dataclasses import replace

from .careful import Capabilities, Careful
from .careful_settings import Settings
from .careful_wire import Failure, Reply


class Overriding(Careful):
    """Right by itself: a hook for settings that are changed once they are read."""

    changes: tuple[tuple[str, object], ...] = ()

    def settings(self) -> Settings:
        return replace(super().settings(), **dict(self.changes))  # type: ignore[arg-type]  # fields

    def again(self, **changes: object) -> Reply:
        """Once more from the start, with these settings changed."""
        self.changes = (*self.changes, *changes.items())
        return super().deliver()


class GuessesTheModeFromThePort(Careful):
    """465 is implicit TLS and every other port is not, whatever the scheme says."""

    def settings(self) -> Settings:
        settings = super().settings()
        if settings.security == "tls" and settings.port in {25, 587, 2525}:
            return replace(settings, security="starttls")
        if settings.security != "tls" and settings.port == 465:
            return replace(settings, security="tls")
        return settings


class TakesOddPortsForClear(Careful):
    """On a port that it does not know it does without TLS."""

    def settings(self) -> Settings:
        settings = super().settings()
        is_odd = settings.port not in {25, 465, 587, 2525}
        return replace(settings, security="none") if is_odd else settings


class TakesSmtpsForStartTls(Careful):
    """Reads `smtps://` as `smtp://`."""

    def security(self, scheme: str, parameters: dict[str, str]) -> str:  # type: ignore[override]
        return super().security("smtp", parameters)


class StartsTlsEverywhere(Careful):
    """Begins with a ClientHello whatever the mode."""

    def settings(self) -> Settings:
        settings = super().settings()
        return replace(settings, security="tls") if settings.security == "starttls" else settings


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


class TriesTlsInClearMode(Overriding):
    """In clear mode it tries implicit TLS first, for safety."""

    def deliver(self) -> Reply:
        if self.settings().security != "none":
            return super().deliver()
        try:
            return self.again(security="tls")
        except Failure:
            return self.again(security="none")


class KeepsCredentialsToItselfInClear(Careful):
    """Refuses to log in without TLS although it was configured so."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if not self.wire.secure:
            words = "log-in without TLS is not allowed"
            raise Failure("auth", "auth-unavailable", words, temporary=False)
        super().authenticate(capabilities)


class SendsAnonymouslyInClear(Careful):
    """Leaves the log-in out where there is no TLS."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if self.wire.secure:
            super().authenticate(capabilities)


class TrustsLocalhostOnly(Careful):
    """Logs in without TLS to loopback names only."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if not self.wire.secure and self.to.host != "localhost":
            words = "log-in without TLS is for localhost only"
            raise Failure("auth", "auth-unavailable", words, temporary=False)
        super().authenticate(capabilities)


class LogsInWithPlainOnlyInClear(Careful):
    """Refuses LOGIN without TLS, though PLAIN shows as much."""

    def mechanism_order(self) -> tuple[str, ...]:
        return ("PLAIN", "LOGIN", "CRAM-MD5") if self.wire.secure else ("CRAM-MD5", "PLAIN")


class LogsInWithLoginOnlyInClear(Careful):
    """Refuses PLAIN without TLS, though LOGIN shows as much."""

    def mechanism_order(self) -> tuple[str, ...]:
        return ("PLAIN", "LOGIN", "CRAM-MD5") if self.wire.secure else ("CRAM-MD5", "LOGIN")


class FallsBackFromTlsToClear(Overriding):
    """Where implicit TLS fails it connects again without."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.phase != "tls" or failure.class_ != "handshake-failed":
                raise
            return self.again(security="none")


class FallsBackFromTlsToStartTls(Overriding):
    """Where implicit TLS meets clear text it tries STARTTLS in its place."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.phase != "tls" or self.to.security != "tls":
                raise
            return self.again(security="starttls")


class FallsBackToTlsWhenNobodySpeaks(Overriding):
    """Where no greeting comes it begins TLS of its own accord."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.phase != "greeting" or failure.class_ != "stalled":
                raise
            return self.again(security="tls")


class TakesUnverifiedForOptional(Careful):
    """Takes leave not to verify for leave to do without TLS."""

    def without_starttls(self, capabilities: Capabilities) -> Capabilities:
        if not self.to.verify:
            return capabilities
        return super().without_starttls(capabilities)


class ConnectsToTheOtherName(Careful):
    """Takes `server_name` for the host to connect to."""

    def endpoint(self) -> tuple[str, int]:
        if self.to.server_name:
            return self.to.server_name, self.to.port
        return super().endpoint()


class TakesGivenSocketsForSecure(Careful):
    """Where it is told another address it leaves TLS out."""

    def settings(self) -> Settings:
        settings = super().settings()
        given = self.request.get("connect_to")
        return replace(settings, security="none") if given else settings


class UsesItsOwnPort(Careful):
    """Uses the usual port of the mode, not the one that it was told."""

    def port(self, text: str | None, security: str) -> int:
        return 465 if security == "tls" else 587


class ConnectsTwice(Careful):
    """Opens a connection to see whether the server is there, and another for the message."""

    def connect(self) -> None:
        super().connect()
        self.wire.close()
        super().connect()


class LeavesWithoutQuit(Careful):
    """Closes the connection without a word."""

    def quit(self) -> None:
        self.wire.close()
