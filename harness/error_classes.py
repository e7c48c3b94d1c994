"""What each phase and each class of the sender protocol means, for `harness explain errors`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from harness.protocol import ErrorClass, Phase

PHASES: Final[Mapping[Phase, str]] = MappingProxyType(
    {
        Phase.CONFIG: "the configuration was refused before anything else",
        Phase.MESSAGE: "the message was refused locally, before connecting",
        Phase.DNS: "looking the host up",
        Phase.CONNECT: "making the TCP connection",
        Phase.TLS: "the TLS handshake, and what the certificate is worth",
        Phase.GREETING: "waiting for the server's 220",
        Phase.EHLO: "EHLO, or HELO",
        Phase.STARTTLS: "asking for the upgrade, before the handshake",
        Phase.AUTH: "logging in",
        Phase.MAIL: "MAIL FROM",
        Phase.RCPT: "RCPT TO",
        Phase.DATA: "DATA, up to its 354, and the content",
        Phase.END_OF_DATA: "the reply to the final dot: from here on the message may be taken",
        Phase.QUIT: "QUIT; nothing here undoes a success",
        Phase.API: "the request to a provider's API",
    }
)

# Where a class belongs, as `design` puts it, and what it means.
CLASSES: Final[Mapping[str, Mapping[ErrorClass, str]]] = MappingProxyType(
    {
        "config, message": {
            ErrorClass.CONFIG_INVALID: "the configuration makes no sense",
            ErrorClass.ADDRESS_INVALID: "an address is no address",
            ErrorClass.HEADER_INJECTION: "a field holds a line break or a control character",
            ErrorClass.SMTPUTF8_REQUIRED: "the address needs SMTPUTF8, which is not offered",
            ErrorClass.MESSAGE_TOO_LARGE: "the message is larger than the server takes",
        },
        "dns, connect": {
            ErrorClass.NAME_NOT_FOUND: "the name does not exist",
            ErrorClass.DNS_TEMPORARY: "the name could not be looked up just now",
            ErrorClass.CONNECTION_REFUSED: "nothing listens on that port",
            ErrorClass.CONNECTION_TIMEOUT: "nobody answered: the port may be blocked",
            ErrorClass.CONNECTION_RESET: "the connection was reset",
            ErrorClass.UNREACHABLE: "there is no way to that host or network",
        },
        "tls": {
            ErrorClass.CERTIFICATE_INVALID: "the certificate was refused; parent of the next six",
            ErrorClass.CERTIFICATE_EXPIRED: "it has expired",
            ErrorClass.CERTIFICATE_NOT_YET_VALID: "it is not valid yet",
            ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH: "it is for another name",
            ErrorClass.CERTIFICATE_UNTRUSTED: "no trusted authority stands behind it",
            ErrorClass.CERTIFICATE_UNSUITABLE: "its key, signature or purpose will not do",
            ErrorClass.CERTIFICATE_REVOKED: "it was revoked",
            ErrorClass.PROTOCOL_VERSION: "the two have no TLS version in common",
            ErrorClass.HANDSHAKE_FAILED: "the handshake failed for another reason",
        },
        "smtp": {
            ErrorClass.GREETING_REFUSED: "the greeting was not 220",
            ErrorClass.EHLO_REFUSED: "EHLO was refused",
            ErrorClass.STARTTLS_UNAVAILABLE: "STARTTLS is required and not offered",
            ErrorClass.STARTTLS_REFUSED: "STARTTLS was offered and refused",
            ErrorClass.AUTH_UNAVAILABLE: "no mechanism that both sides have, or no AUTH at all",
            ErrorClass.AUTH_REJECTED: "the credentials were refused",
            ErrorClass.AUTH_TEMPORARY: "logging in failed for now",
            ErrorClass.SENDER_REFUSED: "MAIL FROM was refused",
            ErrorClass.RECIPIENT_REFUSED: "every recipient was refused",
            ErrorClass.DATA_REFUSED: "DATA was refused",
            ErrorClass.MESSAGE_REFUSED: "the message was refused after its content",
            ErrorClass.SERVICE_UNAVAILABLE: "421: the server closes the connection for now",
        },
        "api": {
            ErrorClass.UNAUTHORIZED: "the key is not known",
            ErrorClass.FORBIDDEN: "the key may not do this",
            ErrorClass.INVALID_REQUEST: "the provider does not accept the request",
            ErrorClass.NOT_FOUND: "there is no such domain or endpoint",
            ErrorClass.RATE_LIMITED: "too fast: wait",
            ErrorClass.QUOTA_EXCEEDED: "the quota is used up",
            ErrorClass.SERVER_ERROR: "the provider is in trouble",
            ErrorClass.UNEXPECTED_RESPONSE: "an answer that the provider never gives",
            ErrorClass.REDIRECTED: "a redirect, which was not followed with credentials",
        },
        "any": {
            ErrorClass.CONNECTION_LOST: "the connection broke in the middle",
            ErrorClass.PROTOCOL_ERROR: "the server does not keep to the protocol",
            ErrorClass.STALLED: "the server said nothing for too long",
            ErrorClass.OUTCOME_UNKNOWN: "the message may have been taken, or not",
        },
    }
)
