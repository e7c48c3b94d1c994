"""Couriers that go wrong about their settings, or about the test message."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, ClassVar

from .careful import Careful
from .careful_courier import Attempt, CarefulCourier
from .careful_store import Document, Store
from .careful_wire import Failure
from .convictions import convicted

# Settings that are stored.


class _InMemory(Store):
    """Keeps settings where nothing lasts."""

    kept: Document | None = None

    def settings(self) -> Document | None:
        return self.kept

    def keep_settings(self, settings: Document) -> None:
        self.kept = settings


@convicted("settings/restart", "settings/restart-api", check="settings.shows sender.status")
@convicted("settings/restart-api[provider=sparkpost]", check="message messages")
@convicted("settings/restart[end=terminate]", check="logged-in messages")
class LosesItsSettings(CarefulCourier):
    """Has its settings in memory alone."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.store = _InMemory(folder)


@convicted("settings/stored", "settings/stored-mode", "settings/stored-service", check="discretion")
class ShowsTheSecret(CarefulCourier):
    """Shows its settings as they are."""

    def shown(self, settings: Document | None) -> Document | None:
        return settings and {name: settings[name] for name in ("transport", "from", "enabled")}


@convicted("settings/stored-mode", "settings/stored-service", check="discretion")
class ShowsTheUri(CarefulCourier):
    """Masks the password, and shows the URI that holds it."""

    def shown(self, settings: Document | None) -> Document | None:
        shown = super().shown(settings)
        if settings is None or shown is None or not shown["transport"]:
            return shown
        return {**shown, "transport": {**shown["transport"], "uri": settings["transport"]["uri"]}}


@convicted("settings/stored-mode", "settings/second-server", check="settings.shows")
class ShowsNoHost(CarefulCourier):
    """Masks the server as well."""

    def shown(self, settings: Document | None) -> Document | None:
        shown = super().shown(settings)
        if shown and shown["transport"] and "host" in shown["transport"]:
            shown["transport"]["host"] = "********"
        return shown


@convicted("settings/off-then-on", "settings/off-then-on-smtp", check="settings.shows")
class ShowsThatItIsOn(CarefulCourier):
    """Shows as switched on what it has switched off."""

    def shown(self, settings: Document | None) -> Document | None:
        shown = super().shown(settings)
        return shown and {**shown, "enabled": True}


@convicted("settings/nonsense", "settings/nonsense-api", check="settings.status")
class StoresAnything(CarefulCourier):
    """Finds out when it sends."""

    def check(self, settings: Document) -> None:
        """It is taken as it is."""


@convicted("settings/nonsense", "settings/nonsense-api", check="settings.shows")
class ForgetsForTheSakeOfNonsense(CarefulCourier):
    """Refuses what makes no sense, and has nothing then."""

    def configure(self, settings: Document) -> Document:
        answer = super().configure(settings)
        if answer["status"] == "refused":
            self.store.keep_settings({"transport": None, "enabled": True})
        return answer


@convicted("settings/put-right[provider=ses]", "settings/put-right-smtp", check="log.state")
@convicted("settings/second-server", "settings/second-provider[provider=ses]", check="out-of-use")
@convicted("settings/put-right-smtp", check="logged-in messages")
@convicted("settings/put-right[provider=ses]", check="messages")
class KeepsWhatItBeganWith(CarefulCourier):
    """Reads its settings once."""

    first: Document | None = None

    def provider(self) -> Document:
        if self.first is None:
            self.first = super().provider()
        return self.first


@convicted("settings/while-mail-waits", check="out-of-use")
class SendsByWhatWasStoredThen(CarefulCourier):
    """Keeps with each message the settings that it was queued under."""

    def entry(self, message: Document) -> Document:
        return {**super().entry(message), "settings": self.provider()}

    def tried(self, name: str, entry: Document, settings: Document) -> Document:
        return super().tried(name, entry, entry.get("settings", settings))


# The switch, and what stands in for a provider.


@convicted(
    "settings/off-then-on*",
    "settings/switched-off-later",
    "settings/switched-off-later-smtp[instead=a-switch-turned-off]",
    check="out-of-use",
)
@convicted(
    "settings/switched-off-later[provider=sendgrid]",
    "settings/switched-off-later-smtp[instead=a-switch-turned-off]",
    check="messages",
)
class IgnoresTheSwitch(CarefulCourier):
    """Sends by what is stored, be it on or off."""

    def provider(self) -> Document:
        settings = self.store.settings()
        if settings is None or settings["transport"] is None:
            return super().provider()
        return settings


@convicted(
    "settings/off-then-on[provider=ses]",
    "settings/off-then-on-smtp",
    "settings/no-provider",
    "settings/provider-removed[provider=ses]",
    check="sender.status honesty",
)
class PretendsThatItSent(CarefulCourier):
    """Throws away what it has no provider for, and says sent."""

    longest_delivery = 2.0

    def not_taken(self, failure: Failure) -> Document:
        if failure.phase == "config":
            return {"status": "sent"}
        return super().not_taken(failure)


@convicted(
    "settings/provider-removed",
    "settings/switched-off-later-smtp[instead=no-provider]",
    check="out-of-use",
)
@convicted("settings/provider-removed[provider=mailgun]", check="messages")
class HasASilentDefault(CarefulCourier):
    """Without a provider it goes by the one before."""

    before: Document | None = None

    def provider(self) -> Document:
        settings = self.store.settings()
        if settings is not None and settings["transport"] is not None:
            self.before = settings
        return self.before if self.before is not None else super().provider()


@convicted("settings/no-provider", check="sender.error.phase")
class TriesAnEmptyHost(CarefulCourier):
    """Without a provider it tries a host whose name is empty."""

    def not_taken(self, failure: Failure) -> Document:
        words = "the host '' was not found"
        return super().not_taken(Failure("dns", "name-not-found", words, temporary=False))


class TwoProviders(CarefulCourier):
    """Right by itself: remembers which provider there was before."""

    latest: Document | None = None
    before: Document | None = None

    def configure(self, settings: Document) -> Document:
        if self.latest is not None:
            self.before = self.latest
        self.latest = settings
        return super().configure(settings)

    def by_the_one_before(self, name: str, entry: Document) -> Document:
        return super().tried(name, entry, self.before or {})


@convicted("settings/second-provider", "settings/second-server", check="out-of-use messages")
class SendsByBoth(TwoProviders):
    """Sends by the provider that is stored, and by the one before it as well."""

    def tried(self, name: str, entry: Document, settings: Document) -> Document:
        if self.before is not None:
            self.by_the_one_before(name, entry)
        return super().tried(name, entry, settings)


@convicted("settings/second-provider-fails", "settings/second-server-fails", check="out-of-use")
@convicted(
    "settings/second-provider-fails[provider=resend]",
    "settings/second-server-fails[fails=refuses-the-log-in]",
    check="messages",
)
class FallsBackOnTheOldOne(TwoProviders):
    """What the provider does not take goes by the one before it."""

    def tried(self, name: str, entry: Document, settings: Document) -> Document:
        answer = super().tried(name, entry, settings)
        if answer["status"] != "failed" or self.before is None:
            return answer
        return self.by_the_one_before(name, entry)


# From.


@convicted("settings/from", "settings/from-api", check="from")
class IsFromWhomItLikes(CarefulCourier):
    """Has a From of its own for a test message."""

    def entry(self, message: Document) -> Document:
        if message["subject"] == "Test message":
            message["from"] = {"address": "courier@harness.test"}
        return super().entry(message)


@convicted("settings/from-of-a-message[form=own]", check="message from")
@convicted("settings/from-of-a-message[form=stored]", check="from")
class IsAlwaysFromTheCourier(CarefulCourier):
    """Puts its own From in the place of any other."""

    def entry(self, message: Document) -> Document:
        message["from"] = {"name": "Courier", "address": "courier@harness.test"}
        return super().entry(message)


class _PutsTheNameInAsItIs(Attempt):
    """Writes From as a text, by whatever is in the name."""

    def compose(self) -> Any:
        self.box = self.asked["from"]
        plain = {**self.asked, "from": {**self.box, "name": "plain"}}
        self.request = {**self.request, "message": plain}
        return super().compose()

    def octets(self, message: Any) -> bytes:
        head, _, rest = super().octets(message).partition(b"\r\nFrom: ")
        rest = rest.partition(b"\r\n")[2]
        whom = f"{self.box.get('name', '')} <{self.box['address']}>"
        return head + f"\r\nFrom: {whom}\r\n".encode() + rest


@convicted("settings/from-line-break", check="added-headers")
@convicted("settings/from[form=comma]", "settings/from[form=quotes]", check="from")
class PutsTheNameInAsItIs(CarefulCourier):
    """Makes the From by joining texts."""

    attempt_class: ClassVar[type[Attempt]] = _PutsTheNameInAsItIs

    def check(self, settings: Document) -> None:
        super().check({**settings, "from": None})

    def entry(self, message: Document) -> Document:
        plain = {**message["from"], "name": "plain"}
        return {**super().entry({**message, "from": plain}), "message": message}


# The test message.


@convicted(
    "settings/test-message-refused",
    "settings/test-message-unreached",
    "settings/test-message-certificate",
    "settings/test-message-refused-api",
    "settings/test-message-off",
    check="sender.status honesty",
)
class PretendsThatTheTestWent(CarefulCourier):
    """Says sent when the test message is on its way."""

    def test_send(self, request: Document) -> Document:
        return {**super().test_send(request), "status": "sent"}


@convicted(
    "settings/test-message-refused",
    "settings/test-message-unreached",
    "settings/test-message-certificate",
    "settings/test-message-refused-api",
    check="sender.error.class",
)
@convicted(
    "settings/test-message-refused-api[provider=sendgrid,status=429]",
    "settings/test-message-certificate[security=tls,certificate=self-signed]",
    "settings/test-message-refused[fails=recipient]",
    "settings/test-message-unreached[network=unresolved]",
    check="sender.error.phase",
)
class BlamesTheTestMessage(CarefulCourier):
    """Whatever keeps a test message from going, it was too large."""

    def test_send(self, request: Document) -> Document:
        answer = super().test_send(request)
        if answer["status"] == "failed":
            words = "the test message was too large"
            answer["error"] = {"phase": "message", "class": "message-too-large", "message": words}
        return answer


@convicted("settings/test-message-refused", check="sender.error.says")
class TellsOfNoWords(CarefulCourier):
    """Says of a test message that it did not go, and not why."""

    def test_send(self, request: Document) -> Document:
        answer = super().test_send(request)
        answer.get("error", {}).pop("message", None)
        return answer


@convicted(
    "settings/test-message",
    "settings/test-message-smtp",
    "settings/test-message-service",
    "settings/test-message-slow",
    check="sender.status",
)
class SaysThatTheTestFailed(CarefulCourier):
    """Takes too little for a success."""

    def test_send(self, request: Document) -> Document:
        return {**super().test_send(request), "status": "failed"}


@convicted(
    "settings/test-message", "settings/test-message-smtp", "settings/test-message-service",
    check="messages recipients",
)  # fmt: skip
@convicted(
    "settings/test-message-smtp[security=tls]",
    "settings/test-message-service[provider=mailgun]",
    check="logged-in",
)
class TestsTwice(CarefulCourier):
    """Sends two to be sure."""

    def test_send(self, request: Document) -> Document:
        super().test_send(request)
        return super().test_send(request)


@convicted(
    "settings/test-message", "settings/test-message-smtp", "settings/test-message-service",
    check="recipients",
)  # fmt: skip
class TestsOnItself(CarefulCourier):
    """Sends the test message to the address that it is from."""

    def test_send(self, request: Document) -> Document:
        return super().test_send({**request, "to": "desk@harness.test"})


# Where it connects from.


@convicted("network/declared-addresses", check="peers")
class ComesFromElsewhere(Careful):
    """Connects from another address than the one that is declared."""

    def connected(self, addresses: list[tuple[int, Any]]) -> socket.socket:
        _, address = next(each for each in addresses if each[0] == socket.AF_INET)
        return socket.create_connection(address, self.timeout, source_address=("127.0.0.2", 0))
