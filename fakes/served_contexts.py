"""Which certificate, in which TLS context, a handshake of a fake is answered with."""

from __future__ import annotations

import ssl
from typing import Any

from .errors import FakeError, UnreachableError
from .server_state import CLIENT_CERTIFICATE, OLD_VERSIONS, VERSIONS, ServerState
from .tls import Authority, CertificateKind
from .tls.certificates import Certificate
from .tls.ciphers import WeakCiphers
from .tls.client_hello import ClientHello
from .tls.key_log import KeyLog
from .tls.layer import ServedTls
from .tls.reachable import why_unreachable


class ServedContexts:
    """The contexts of a fake, each made when it is first wanted."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._made: dict[Any, ServedTls] = {}

    def check(self, state: ServerState, names: tuple[str, ...]) -> None:
        """Make what the state can want.

        Raises:
            FakeError: a certificate cannot be issued, or nobody could reach the server.
        """
        kinds = (state.certificate, state.default_certificate, state.later_certificate)
        for kind in filter(None, kinds):
            self._of_kind(kind, state, names)

    def choose(
        self, state: ServerState, names: tuple[str, ...], nth: int, hello: ClientHello | None
    ) -> ServedTls:
        """What is served on the nth connection."""
        kind = state.certificate
        if state.later_certificate is not None and nth > 1:
            kind = state.later_certificate
        default = state.default_certificate
        asked = hello.server_name if hello is not None else None
        # Names compare without regard to case (RFC 6066 section 3).
        if default is not None and (asked or "").lower() not in map(str.lower, names):
            kind = default
        return self._of_kind(kind, state, names)

    def _of_kind(
        self, kind: CertificateKind, state: ServerState, names: tuple[str, ...]
    ) -> ServedTls:
        key = (
            kind, names, state.tls_versions, state.client_certificate, state.weak_ciphers,
            state.session_tickets, state.updates_keys,
        )  # fmt: skip
        if key not in self._made:
            self._made[key] = self._make(kind, state, names)
        return self._made[key]

    def _make(self, kind: CertificateKind, state: ServerState, names: tuple[str, ...]) -> ServedTls:
        try:
            certificate = self._authority.issue(kind, names=names)
        except ValueError as error:
            raise FakeError(str(error)) from error
        context = _context(certificate, state)
        if state.client_certificate != "unasked":
            context.load_verify_locations(cadata=self._authority.certificate_pem.decode())
            context.verify_mode = CLIENT_CERTIFICATE[state.client_certificate]
        return ServedTls(
            context=context,
            certificate=str(kind),
            late_tickets=state.session_tickets == "late",
            key_log=KeyLog(context) if state.updates_keys else None,
        )


def _context(certificate: Certificate, state: ServerState) -> ssl.SSLContext:
    lowest, highest = state.tls_versions or (None, None)
    weak = state.weak_ciphers
    if weak is not None and highest is None:
        highest = "TLSv1.2"
    context = certificate.server_context(
        minimum_version=VERSIONS[lowest] if lowest else None,
        maximum_version=VERSIONS[highest] if highest else None,
        ciphers=weak.openssl_list if weak is not None else None,
        shared=state.client_certificate == "unasked" and not state.updates_keys,
    )
    if weak is not None or {lowest, highest} & OLD_VERSIONS:
        for version in dict.fromkeys(filter(None, (lowest, highest))):
            _check_reach(context, version, weak)
    return context


def _check_reach(context: ssl.SSLContext, version: str, weak: WeakCiphers | None) -> None:
    """A server that nobody could reach would prove of every sender that it refuses it."""
    why = why_unreachable(context, highest=VERSIONS[version])
    if why is not None:
        with_these = f" with {weak} cipher suites" if weak is not None else ""
        raise UnreachableError(
            f"tls_versions: the OpenSSL of this machine ({ssl.OPENSSL_VERSION}) speaks no "
            f"{version}{with_these}, not even with a client that takes anything ({why})"
        )
