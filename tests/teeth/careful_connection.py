"""How the careful sender connects and secures the connection."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from typing import Any

from .careful_message import Composed
from .careful_settings import Settings
from .careful_wire import Failure, Wire

CERTIFICATE = {
    9: ("certificate-not-yet-valid", "is not yet valid"),
    10: ("certificate-expired", "has expired"),
    18: ("certificate-untrusted", "is self-signed and not trusted"),
    19: ("certificate-untrusted", "comes from an authority that is not trusted"),
    20: ("certificate-untrusted", "is untrusted: its issuer is unknown, an intermediate may lack"),
    21: ("certificate-untrusted", "is untrusted: an intermediate may lack"),
    23: ("certificate-revoked", "is revoked"),
    26: ("certificate-unsuitable", "is not meant for a server (extended key usage)"),
    62: ("certificate-hostname-mismatch", "is for another name (no SAN has the expected one)"),
    64: ("certificate-hostname-mismatch", "is for another name (no SAN has the expected address)"),
    66: ("certificate-unsuitable", "is too weak: its key is too small"),
    67: ("certificate-unsuitable", "is too weak: a key in its chain is too small"),
    68: ("certificate-unsuitable", "is too weak: a signature in its chain uses an old digest"),
}
WEAK = {"EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"}
VERSION = {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"}


class Connected(Composed):
    """A connection to the server that is configured, to no other, secured as is configured."""

    to: Settings
    wire: Wire

    @property
    def timeout(self) -> float:
        return float(self.request["timeout"])

    # Connecting.

    def connect(self) -> None:
        host, port = self.endpoint()
        self.attempts += 1
        self.wire = Wire(self.connected(self.resolve(host, port)), self.timeout)

    def endpoint(self) -> tuple[str, int]:
        """Where the server really is: tests put another address in the place of its name."""
        for logical, real in self.request.get("connect_to", {}).items():
            name, _, port = logical.rpartition(":")
            if (self.host(name.strip("[]")), int(port)) == (self.to.host, self.to.port):
                real_host, _, real_port = real.rpartition(":")
                return real_host.strip("[]"), int(real_port)
        return self.to.host, self.to.port

    def resolve(self, host: str, port: int) -> list[tuple[int, Any]]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            is_temporary = error.errno == socket.EAI_AGAIN
            raise Failure(
                "dns",
                "dns-temporary" if is_temporary else "name-not-found",
                f"the host {self.to.host} was not found: {error.strerror}",
                temporary=is_temporary,
            ) from None
        return list(dict.fromkeys((family, address) for family, _, _, _, address in found))

    def connected(self, addresses: list[tuple[int, Any]]) -> socket.socket:
        faults: list[OSError] = []
        for family, address in addresses:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.settimeout(self.timeout)
            try:
                sock.connect(address)
            except OSError as error:
                sock.close()
                faults.append(error)
            else:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
        raise self.not_connected(faults[-1])

    def not_connected(self, fault: OSError) -> Failure:
        class_, words = "unreachable", "it cannot be reached"
        if isinstance(fault, TimeoutError):
            class_, words = "connection-timeout", f"no answer (time-out, {self.timeout:g} s)"
        elif isinstance(fault, ConnectionRefusedError):
            class_, words = "connection-refused", "connection refused"
        elif isinstance(fault, ConnectionResetError):
            class_, words = "connection-reset", "connection reset"
        advice = "; port 25 is blocked in many networks, use 587" if self.to.port == 25 else ""
        return Failure(
            "connect",
            class_,
            f"no connection to {self.to.server}: {words}{advice}",
            temporary=True,
        )

    # TLS.

    def start_tls(self) -> None:
        """The handshake, and whatever it proves. There is no way back to clear text."""
        try:
            self.wire.start_tls(self.context(), self.sni())
            self.verify_peer()
        except TimeoutError:
            self.wire.in_step = False
            words = f"{self.to.server} was silent in the TLS handshake (time-out)"
            raise Failure("tls", "stalled", words, temporary=True) from None
        except ssl.SSLError as error:
            self.wire.in_step = False
            raise self.tls_failure(error) from None
        except OSError:
            self.wire.in_step = False
            words = f"{self.to.server} closed the connection in the TLS handshake"
            raise Failure("tls", "connection-lost", words, temporary=True) from None

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        if not self.to.verify:
            context.verify_mode = ssl.CERT_NONE
            context.set_ciphers("DEFAULT:@SECLEVEL=1")
            return context
        context.set_ciphers("DEFAULT:@SECLEVEL=2")
        self.trust(context)
        self.check_name(context)
        return context

    def trust(self, context: ssl.SSLContext) -> None:
        context.load_verify_locations(cafile=self.request["trust"]["ca_file"])

    def check_name(self, context: ssl.SSLContext) -> None:
        """OpenSSL compares the certificate's names with the one given to the handshake."""
        context.check_hostname = True
        context.hostname_checks_common_name = False

    def tls_name(self) -> str:
        """The name for the certificate: the host as configured, or the one in its place."""
        return self.to.server_name or self.to.host

    def sni(self) -> str | None:
        """What goes into the ClientHello; `ssl` leaves an IP address out of it by itself."""
        return self.tls_name()

    def verify_peer(self) -> None:
        """What is verified after the handshake: nothing more, OpenSSL has done it."""

    def tls_failure(self, error: ssl.SSLError) -> Failure:
        server = self.to.server
        if isinstance(error, ssl.SSLCertVerificationError):
            class_, words = CERTIFICATE.get(
                error.verify_code, ("certificate-invalid", "is not valid")
            )
            message = (
                f"the certificate of {server} {words}; expected one for {self.tls_name()}"
                f" ({error.verify_message})"
            )
            return Failure("tls", class_, message, temporary=False)
        reason = error.reason or "no reason given"
        if reason in WEAK:
            message = f"the certificate of {server} is too weak ({reason})"
            return Failure("tls", "certificate-unsuitable", message, temporary=False)
        if reason in VERSION:
            message = f"{server} speaks no TLS protocol version from 1.2 on ({reason})"
            return Failure("tls", "protocol-version", message, temporary=False)
        hint = ""
        if reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}:
            hint = ": the server speaks in clear text there; is it a port for STARTTLS (smtp://)?"
        message = f"the TLS handshake with {server} failed ({reason}){hint}"
        return Failure("tls", "handshake-failed", message, temporary=False)

    @staticmethod
    def is_address(name: str) -> bool:
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
