"""Whether a server that is out of date can be reached at all: by a client that takes anything.

An OpenSSL can be built, or told by its configuration, to speak no TLS 1.0, and a fake that nobody
can reach would prove of every sender that it refuses old versions.
"""

from __future__ import annotations

import ssl
import warnings

_FLIGHTS = 4


def why_unreachable(server: ssl.SSLContext, *, highest: ssl.TLSVersion | None) -> str | None:
    """Why a client that takes anything up to `highest` gets no TLS from `server`; None: it does.

    The handshake is made in memory. `server` asks for no certificate of the client's.
    """
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        client = _permissive(highest).wrap_bio(to_client, to_server)
        other = server.wrap_bio(to_server, to_client, server_side=True)
        for side in (client, other) * _FLIGHTS:
            _go_on(side)
    except (ssl.SSLError, ValueError) as error:
        return getattr(error, "reason", None) or str(error)
    return None if client.version() else "the handshake came to no end"


def _permissive(highest: ssl.TLSVersion | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    with warnings.catch_warnings():  # Python warns of old versions, which are meant
        warnings.filterwarnings("ignore", "ssl.TLSVersion", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        if highest is not None:
            context.maximum_version = highest
    return context


def _go_on(side: ssl.SSLObject) -> None:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return
