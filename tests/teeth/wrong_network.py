"""Senders that go wrong about the network, or about who is to get the message."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from .careful import Careful
from .careful_wire import Failure, Reply, Wire
from .convictions import convicted

# Longer than anybody waits for an answer here (`judging.InProcess`), and no longer than a test may
# leave a thread behind.
_FOR_EVER = 25.0


class Patient(Careful):
    """Right by itself: a hook for senders whose patience has no end."""

    def connect(self) -> None:
        super().connect()
        self.wire.timeout = self.patience()

    def patience(self) -> float:
        return self.timeout


@convicted(
    "starttls/unanswered-ehlo[answer=remembered]",
    "modes/plaintext-at-implicit-tls-server",
    "starttls/garbage[answer=binary]",
    check="answers",
)
class WaitsForEver(Patient):
    """Has no time-out for replies."""

    def patience(self) -> float:
        return _FOR_EVER


@convicted("network/silent", "auth0/port-25-blocked", check="answers")
class WaitsForEverToConnect(Careful):
    """Has no time-out for connecting."""

    def connected(self, addresses: list[tuple[int, Any]]) -> socket.socket:
        family, address = addresses[-1]
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.settimeout(_FOR_EVER)
        try:
            sock.connect(address)
        except OSError as fault:
            sock.close()
            raise self.not_connected(fault) from None
        return sock


@convicted("starttls/no-handshake[end=silence,trust=*]", check="answers")
class WaitsForEverInHandshakes(Careful):
    """Has no time-out for the handshake."""

    def start_tls(self) -> None:
        usual, self.wire.timeout = self.wire.timeout, _FOR_EVER
        super().start_tls()
        self.wire.timeout = usual


@convicted("ory/sent-never-on-a-time-out", check="answers")
class WaitsForEverForTheEnd(Careful):
    """Has no time-out for the final reply."""

    def final(self) -> Reply:
        self.wire.timeout = _FOR_EVER
        return super().final()


@convicted("auth0/test-service", check="elsewhere")
class DeliversToEachDomain(Careful):
    """Hands the message to the mail servers of the recipients too."""

    def deliver(self) -> Reply:
        reply = super().deliver()
        for logical, real in self.request.get("connect_to", {}).items():
            if logical.startswith("mx."):
                host, _, port = real.rpartition(":")
                wire = Wire(socket.create_connection((host, int(port))), self.timeout)
                wire.reply()
                wire.close()
        return reply


@convicted("auth0/test-service", check="message")
class LosesBcc(Careful):
    """Forgets recipients that no header names."""

    def recipients(self) -> list[str]:
        boxes = [*self.asked["to"], *self.asked.get("cc", ())]
        return [box["address"] for box in boxes]


@convicted("auth0/test-service", check="message")
class LosesAllButTheFirst(Careful):
    """Sends to the first recipient only."""

    def recipients(self) -> list[str]:
        return super().recipients()[:1]


@convicted("auth0/setting-missing[setting=from]", check="messages sender.status")
class MakesUpAFrom(Careful):
    """Sends from an address of its own where none is configured."""

    @property
    def asked(self) -> dict[str, Any]:
        asked = dict(super().asked)
        if not asked["from"]["address"]:
            asked["from"] = {"name": "", "address": "noreply@localhost.test"}
        return asked


@convicted("auth0/tls-versions[mode=*,version=TLSv1.3]", check="handshakes")
class SpeaksTls12Only(Careful):
    """Does not speak TLS 1.3."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context


@convicted("auth0/tls-versions[mode=*,version=TLSv1.2]", check="handshakes")
class SpeaksTls13Only(Careful):
    """Does not speak TLS 1.2."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return context


@convicted("auth0/port-25-blocked-words", "auth0/port-closed-words", check="sender.error.says")
class SaysNothingOfThePort(Careful):
    """Names the host and not the port."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        to = getattr(self, "to", None)
        if to is not None:
            failure.words = failure.words.replace(to.server, to.host).partition("; port")[0]
        return super().failed(failure)
