"""What a sender can be able to do, by the names that the sender protocol has for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from harness.fakes.providers.registry import vendors

# What a sender that does not know `describe` is taken to have.
ASSUMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "smtp": "It sends over SMTP.",
        **{f"api:{name}": f"It sends by the API of {v.title}." for name, v in vendors().items()},
        "security:none": "It can be told to send in clear.",
        "security:starttls": "It can be told to demand STARTTLS, and nothing less.",
        "security:tls": "It can be told to use TLS from the first octet.",
        "verify:false": "It can be told not to check certificates.",
        "server_name": "It can be told another name for SNI and the check of the certificate.",
        "timeout": "It honours `timeout`; else only the harness's own limit is held against it.",
        "attachments": "It carries files.",
        "headers": "It carries headers of the caller's.",
    }
)

# What a sender has only when it says so. `uri` is so that the grammar of URIs can be asked of it:
# where one is refused there are no fields to agree with, and who reads only the fields has nothing
# to refuse.
DECLARED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "connect_to": "It dials the addresses of `connect_to` in place of those it is told, so it"
        " is told real-looking names and ports.",
        "uri": "It reads `transport.uri`, and refuses a URI that makes no sense.",
        "envelope_from": "It can be told the envelope's sender.",
        "ehlo_name": "It can be told the name to give with EHLO.",
        "access_token": "It can log in with an OAuth token, by XOAUTH2 at least.",
        "auth:oauthbearer": "It can log in with an OAuth token by OAUTHBEARER.",
        "auth:scram-sha-256": "It can log in by SCRAM-SHA-256.",
        "auth:scram-sha-256-plus": "It can log in by SCRAM-SHA-256-PLUS, bound to TLS, too.",
        "state": "It keeps state from one request to the next.",
        "configure": "It can be configured by a request of its own.",
        "test-send": "It can be asked to send a test message.",
        "delivery-log": "It can be asked what became of its messages.",
        "queue": "It tries by itself again, later, what could not be handed over at once.",
    }
)
