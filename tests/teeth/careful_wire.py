"""One connection of the careful sender: octets out, replies in, each within its time."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import time
from dataclasses import dataclass

_LINE = re.compile(rb"([2-5]\d\d)([ -]?)(.*)\Z", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: |\Z)")
_LONGEST_LINE = 4096
_MOST_LINES = 200


class Failure(Exception):  # noqa: N818  # the field's own word
    """The message was not sent, or nobody knows."""

    def __init__(
        self,
        phase: str,
        class_: str | None,
        words: str,
        *,
        temporary: bool | None = None,
        reply: Reply | None = None,
    ) -> None:
        super().__init__(words)
        self.phase = phase
        self.class_ = class_
        self.words = words
        self.temporary = temporary
        self.reply = reply


class Lost(Exception):  # noqa: N818
    """The connection is gone. `words` is what came of a last line."""

    def __init__(self, *, reset: bool, words: bytes = b"") -> None:
        super().__init__()
        self.reset = reset
        self.words = words


class Garbled(Exception):  # noqa: N818
    """What came is no reply."""


@dataclass(frozen=True)
class Reply:
    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(line for line in self.lines if line)

    @property
    def enhanced(self) -> str | None:
        found = _ENHANCED.match(self.lines[-1])
        return found[1] if found else None

    @property
    def kind(self) -> int:
        return self.code // 100

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class Wire:
    """`timeout` is for each whole reply, however it drips in."""

    def __init__(self, sock: socket.socket, timeout: float) -> None:
        self.sock = sock
        self.timeout = timeout
        self.buffer = b""
        self.secure = False
        self.in_step = True

    def certificate(self) -> bytes:
        """The server's, in DER."""
        assert isinstance(self.sock, ssl.SSLSocket)
        return self.sock.getpeercert(binary_form=True) or b""

    def send(self, octets: bytes) -> None:
        self.sock.settimeout(self.timeout)
        try:
            self.sock.sendall(octets)
        except TimeoutError:
            raise
        except ssl.SSLError:
            raise
        except OSError as error:
            raise Lost(reset=isinstance(error, ConnectionResetError)) from None

    def reply(self) -> Reply:
        deadline = time.monotonic() + self.timeout
        lines: list[str] = []
        codes = set()
        while True:
            code, more, text = self._parsed(self._line(deadline))
            codes.add(code)
            lines.append(text)
            if not more:
                break
            if len(lines) > _MOST_LINES:
                raise Garbled("a reply without end")
        if len(codes) != 1:
            raise Garbled("a reply whose code changes: " + " ".join(map(str, sorted(codes))))
        return Reply(codes.pop(), tuple(lines))

    def unasked(self) -> bytes:
        """What has come without being asked for. It stays where it is."""
        self.sock.settimeout(0)
        with contextlib.suppress(OSError):
            self.buffer += self.sock.recv(65536)
        return self.buffer

    def start_tls(self, context: ssl.SSLContext, name: str | None) -> None:
        self.sock.settimeout(self.timeout)
        self.sock = context.wrap_socket(self.sock, server_hostname=name)
        self.secure = True

    def close(self) -> None:
        self.sock.close()

    def _line(self, deadline: float) -> bytes:
        while b"\n" not in self.buffer:
            if len(self.buffer) > _LONGEST_LINE:
                raise Garbled("a line without end")
            self._more(deadline)
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.removesuffix(b"\r")

    def _more(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)
        try:
            octets = self.sock.recv(65536)
        except TimeoutError:
            raise
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            octets = b""
        except ssl.SSLError:
            raise
        except OSError as error:
            reset = isinstance(error, ConnectionResetError)
            raise Lost(reset=reset, words=self.buffer) from None
        if not octets:
            raise Lost(reset=False, words=self.buffer)
        self.buffer += octets

    @staticmethod
    def _parsed(line: bytes) -> tuple[int, bool, str]:
        found = _LINE.match(line)
        if found is None or (found[3] and not found[2]):
            raise Garbled("what came is no SMTP reply: " + line[:80].decode("latin-1"))
        return int(found[1]), found[2] == b"-", found[3].decode("utf-8", "replace")
