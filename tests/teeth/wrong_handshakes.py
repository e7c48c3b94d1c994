"""Senders that go wrong where TLS itself does: refused, broken, silent, cut off, or made anew."""

from __future__ import annotations

import contextlib
import ssl
import time
import unicodedata
from typing import Any, ClassVar

from .careful import Careful
from .careful_wire import Failure, Lost, Reply, Wire
from .convictions import convicted
from .own_verification import OwnVerification
from .wrong_modes import Overriding

_KEY_UPDATE, _TICKET = 24, 4
_HANDSHAKE_MESSAGE = 22
# The types that a TLS record can have.
_RECORDS = range(20, 24)
_OUTSIDE = {"dns", "connect", "tls", "starttls", "greeting"}


@convicted(
    "tls/alert-words",
    "tls/broken-handshake",
    "tls/certificate-of-the-next-attempt",
    "tls/changed-certificate",
    "tls/clear-line-inside",
    "tls/international-host-other-name",
    "tls/stalled-handshake",
    "tls/version-complaint-words",
    "tls/weak-ciphers",
    check="sender.status",
)
@convicted("tls/truncated-reply", check="sender.status")
class TakesBrokenTlsForTheEnd(Careful):
    """Takes the end of TLS, whenever it comes, for the end of what there was to do."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        is_told = failure.reply is not None and failure.reply.code != 421
        return super().failed(failure) if is_told else {"status": "sent"}


@convicted("tls/alert-words", "tls/version-complaint-words", check="sender.error.says")
class HidesWhatTlsSaid(Careful):
    """Has the same words for everything."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        said = super().failed(failure)
        said["error"]["message"] = f"sending by {self.to.server} failed"
        return said


@convicted("tls/weak-ciphers", check="auth mail sender.status")
class TakesAnySuite(Careful):
    """Offers every cipher suite that there is."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
        return context


@convicted("tls/broken-handshake", check="connections")
class TriesThreeTimes(Careful):
    """Begins again at once, and again, where TLS does not come about."""

    def deliver(self) -> Reply:
        for _ in range(2):
            with contextlib.suppress(Failure):
                return super().deliver()
        return super().deliver()


@convicted("tls/stalled-handshake", check="answers")
class TimesOnlyReplies(Careful):
    """Sets its time-out when the handshake is over."""

    def start_tls(self) -> None:
        usual, self.wire.timeout = self.wire.timeout, 25.0
        super().start_tls()
        self.wire.timeout = usual


# Certificates.


@convicted("tls/changed-certificate", check="logged-in messages sender.status")
class KnowsTheServerAlready(Careful):
    """Verifies a server once, and is content from then on."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        if self.known() in self.memory:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def verify_peer(self) -> None:
        self.memory[self.known()] = True

    def known(self) -> str:
        return f"{self.request['case']} {self.to.server}"


@convicted("tls/certificate-of-the-next-attempt", check="auth mail sender.status")
class TriesAgainUnverified(Overriding):
    """Where the handshake fails it tries once more and takes any certificate."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.phase != "tls" or (failure.class_ or "").startswith("certificate"):
                raise
            return self.again(verify=False)


@convicted(
    "tls/international-host-other-name[mode=*,name=look-alike]", check="auth mail sender.status"
)
class ComparesWithoutMarks(OwnVerification):
    """Takes the marks off the letters of a host's name before it compares."""

    def fits(self, name: str, wanted: str) -> bool:
        letters = unicodedata.normalize("NFD", wanted.encode().decode("idna"))
        plain = "".join(each for each in letters if each.isascii())
        return super().fits(name, wanted) or super().fits(name, plain)


@convicted("tls/international-host-other-name[mode=*,name=parent]", check="auth mail sender.status")
class TakesTheDomainForTheHost(OwnVerification):
    """Takes a certificate of the domain for one of each host below it."""

    def fits(self, name: str, wanted: str) -> bool:
        return super().fits(name, wanted) or wanted.endswith(f".{name}")


# The end of TLS.


@convicted("tls/no-close-notify[mode=*,after=quit]", check="sender.status")
class WantsAProperEnd(Careful):
    """Takes a session without a close_notify for one that failed, whatever was said in it."""

    def quit(self) -> None:
        if not self.wire.in_step or not isinstance(self.wire.sock, ssl.SSLSocket):
            return super().quit()
        self.wire.send(b"QUIT\r\n")
        self.wire.reply()
        try:
            self.wire.sock.unwrap()
        except ssl.SSLError:
            raise Failure("quit", "protocol-error", "TLS was not ended properly") from None
        finally:
            self.wire.close()


@convicted("tls/no-close-notify[mode=*,after=message]", check="messages")
class SendsAgainWhereTlsWasCut(Careful):
    """Sends once more where the server closes behind the message without a close_notify."""

    def quit(self) -> None:
        if self.wire.in_step and not self.is_transaction_done:
            self.is_transaction_done = self.was_cut()
        super().quit()

    def was_cut(self) -> bool:
        sock = self.wire.sock
        if isinstance(sock, ssl.SSLSocket):
            sock.suppress_ragged_eofs = False  # type: ignore[attr-defined]  # it is there
            sock.settimeout(self.timeout / 4)
            try:
                sock.recv(1)
            except ssl.SSLEOFError:
                return True
            except OSError:
                return False
        return False

    def deliver(self) -> Reply:
        reply = super().deliver()
        return super().deliver() if self.is_transaction_done else reply


@convicted("tls/truncated-reply[mode=*,end=digit]", check="messages sender.status")
class SendsAgainAtOnce(Careful):
    """Sends once more where the reply to the message does not come, and calls that sent."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.phase != "end-of-data" or failure.reply is not None:
                raise
        with contextlib.suppress(Failure):
            return super().deliver()
        return Reply(250, ("sent again",))


@convicted("tls/truncated-reply", check="sender.error.phase sender.error.class")
@convicted("tls/clear-line-inside", check="sender.error.phase sender.error.class")
class BlamesTheLogInForTheEnd(Careful):
    """Says of whatever ends a session that the log-in was refused."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        if failure.reply is None and failure.phase not in {"config", "message"}:
            failure.phase, failure.class_ = "auth", "auth-rejected"
        return super().failed(failure)


# What comes within a session.


class _Mixed(Wire):
    """Decrypts what is a record, and takes what is none for words in clear."""

    takes_words = True

    def start_tls(self, context: ssl.SSLContext, name: str | None) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.raw = b""
        self.secure = True
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.sock.sendall(self.outgoing.read())
                self.incoming.write(self.sock.recv(65536))
        self.sock.sendall(self.outgoing.read())

    def send(self, octets: bytes) -> None:
        if self.secure:
            self.tls.write(octets)
            octets = self.outgoing.read()
        super().send(octets)

    def unasked(self) -> bytes:
        return self.buffer

    def _more(self, deadline: float) -> None:
        if not self.secure:
            super()._more(deadline)
            return
        before = self.buffer
        while self.buffer == before:
            self.sock.settimeout(max(deadline - time.monotonic(), 0.01))
            came = self.sock.recv(65536)
            if not came:
                raise Lost(reset=False, words=self.buffer)
            self.raw += came
            self.sort_out()

    def sort_out(self) -> None:
        while self.raw:
            if self.raw[0] not in _RECORDS:
                # The record behind it may have come with it, where this end was late.
                words, ended, self.raw = self.raw.partition(b"\n")
                self.buffer += words + ended if self.takes_words else b""
                continue
            end = 5 + int.from_bytes(self.raw[3:5], "big")
            if len(self.raw) < end:
                return
            self.incoming.write(self.raw[:end])
            self.raw = self.raw[end:]
            with contextlib.suppress(ssl.SSLWantReadError):
                while octets := self.tls.read(65536):
                    self.buffer += octets


class _ReadingOver(_Mixed):
    takes_words = False


@convicted("tls/clear-line-inside[mode=*,place=end-of-data]", check="sender.status")
class ReadsWordsInClear(Careful):
    """Takes a line for a reply, whether it was encrypted or not."""

    mixed: ClassVar[type[_Mixed]] = _Mixed

    def connect(self) -> None:
        super().connect()
        self.wire = self.mixed(self.wire.sock, self.timeout)


@convicted("tls/clear-line-inside[mode=*,place=behind-mail]", check="messages sender.status")
class ReadsOverWordsInClear(ReadsWordsInClear):
    """Reads over what is no record of TLS, and goes on."""

    mixed = _ReadingOver


class Watching(Careful):
    """Right by itself: a hook for senders that see the handshake messages that come in."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        # There is no public way to see them.
        context._msg_callback = self.note  # type: ignore[attr-defined]
        self.seen: list[int] = []
        return context

    def note(self, *message: Any) -> None:
        _, direction, _, content, kind, _ = message
        if direction == "read" and content == _HANDSHAKE_MESSAGE:
            self.seen.append(int(kind))


@convicted("tls/new-keys", check="sender.status")
@convicted("tls/new-keys[at=ehlo,update=*]", check="messages")
class KnowsNoNewKeys(Watching):
    """Takes a KeyUpdate for an attack."""

    def hear(self, phase: str) -> Reply:
        reply = super().hear(phase)
        if _KEY_UPDATE in getattr(self, "seen", ()):
            self.wire.in_step = False
            raise Failure("tls", "protocol-error", f"{self.to.server} sent what nobody awaited")
        return reply


@convicted("tls/late-tickets", check="messages sender.status")
class WaitsForTickets(Watching):
    """Goes on only when it has the tickets of the session."""

    def verify_peer(self) -> None:
        assert isinstance(self.wire.sock, ssl.SSLSocket)
        self.wire.sock.settimeout(0.01)
        deadline = time.monotonic() + self.timeout
        while _TICKET not in self.seen and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                self.wire.buffer += self.wire.sock.recv(1)
        if _TICKET not in self.seen:
            raise TimeoutError
