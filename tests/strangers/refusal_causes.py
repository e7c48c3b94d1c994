"""What brings about each refusal that one plain send can meet, whichever client sends it.

What is in the account, or in its key, stands in the tests of the vendors' Python SDKs already; what
is in the message is added here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from . import (
    test_mailgun_sdk,
    test_mandrill_sdk,
    test_postmark_sdk,
    test_sendgrid_sdk,
    test_ses_sdk,
    test_sparkpost_sdk,
)

_MANY = [{"address": f"to{number}@recipient.test"} for number in range(1001)]
_PROGRAM = {"filename": "a.exe", "content_type": "application/octet-stream", "content": "AAAA"}
V2 = "v2-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The words of the account, the credentials, the region, the domain, the message.

    Each only where it differs from what is right.
    """

    account: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None
    domain: str | None = None
    message: Mapping[str, Any] = field(default_factory=dict)


def _from(address: str) -> dict[str, Any]:
    return {"from": {"address": address}}


def _to(*addresses: str) -> dict[str, Any]:
    return {"to": [{"address": address} for address in addresses]}


def _plain(module: ModuleType, credential: str) -> dict[str, Cause]:
    """The causes of an SDK's test whose call is a plain send."""
    return {
        refusal: Cause(account=account, credentials={} if key is None else {credential: key})
        for refusal, (account, key, call) in module.CAUSES.items()
        if call is module.send
    }


def _of_ses() -> dict[str, Cause]:
    causes = {
        name: Cause(
            account={word: _in_domain(value) for word, value in words.items()},
            credentials={
                argument.removeprefix("aws_"): value
                for argument, value in arguments.items()
                if argument.startswith("aws_")
            },
            region=arguments.get("region_name"),
        )
        for name, (words, arguments, call) in test_ses_sdk.CAUSES.items()
        if not call and "ahead" not in words and "aws_session_token" not in arguments
    }
    causes |= {
        "bad-address": Cause(message=_to("nobody")),
        "too-many-recipients": Cause(message={"to": _MANY[:51]}),
        "unknown-configuration-set": Cause(message={"configuration_set": "cs"}),
    }
    return causes


def _in_domain(value: Any) -> Any:
    """The words of an account, with the domain that is sent from here."""
    if not isinstance(value, list):
        return value
    return [
        {**each, "name": "sender.test"} if each.get("name") == "example.com" else each
        for each in value
    ]


CAUSES: dict[str, dict[str, Cause]] = {
    "mailgun": _plain(test_mailgun_sdk, "api_key")
    | {
        "domain-not-found": Cause(domain="absent.test"),
        "bad-address": Cause(message=_to("nobody")),
        "too-many-recipients": Cause(message={"to": _MANY}),
        "no-body": Cause(message={"text": ""}),
    },
    "mandrill": _plain(test_mandrill_sdk, "api_key")
    | {
        "from-without-at": Cause(message=_from("nobody")),
        "from-syntax": Cause(message=_from("a@localhost")),
        "invalid": Cause(message=_to("nobody@localhost")),
    },
    "postmark": _plain(test_postmark_sdk, "server_token")
    | {
        "invalid-address": Cause(message=_to("to@localhost")),
        "address-without-at": Cause(message=_to("nobody")),
        "too-many-recipients": Cause(message={"to": _MANY[:51]}),
        "too-long": Cause(message={"subject": "s" * 2001}),
        "attachment-type": Cause(message={"attachments": [_PROGRAM]}),
        "no-body": Cause(message={"text": ""}),
    },
    "sendgrid": _plain(test_sendgrid_sdk, "api_key") | {"invalid": Cause(message={"subject": ""})},
    "ses": _of_ses(),
    "sparkpost": _plain(test_sparkpost_sdk, "api_key")
    | {
        "no-sending-domain": Cause(message=_from("somebody")),
        "missing-part": Cause(message={"text": ""}),
    },
}
