"""What a right sender asks of each vendor, as octets: the corpus of requests.

It is made anew each time, because requests hold keys and are signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.fakes.apis import ProviderFake, fake_of
from harness.fakes.providers.registry import provider_names
from harness.fakes.tls import Authority
from harness.reference.sender import handle

VENDORS = tuple(provider_names())
_WORDS: dict[str, Any] = {"secure": False, "account": {"domains": [{"name": "sender.test"}]}}
_MESSAGE = {
    "from": {"address": "from@sender.test", "name": "Ä"},
    "to": [{"address": "to@recipient.test"}, {"address": "b@recipient.test", "name": "B"}],
    "subject": "s",
    "text": "t\n",
    "html": "<p>t</p>",
    "headers": {"X-Own": "1"},
    "attachments": [{"filename": "a", "content_type": "a/b", "content": "YQ=="}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorRequest:
    """A request that a fake with these credentials takes; what else one may ask of it."""

    whole: bytes
    others: tuple[bytes, ...]
    credentials: dict[str, str]


def asked_of(vendor: str, ca_file: Path) -> VendorRequest:
    """The request by which the reference sender sends one message."""
    fake: ProviderFake = fake_of(vendor)(**_WORDS)
    with fake.running():
        answer = handle(_request(fake, ca_file))
        assert answer["status"] == "sent", answer
    (request,) = fake.requests
    head = request.head.replace(b"Connection: close\r\n", b"")
    chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(request.body)
    length = b"Content-Length: %d\r\n\r\n" % len(request.body)
    assert length.strip() in head
    return VendorRequest(
        whole=head + request.body,
        others=(
            head.replace(length.strip() + b"\r\n", b"").removesuffix(b"\r\n")
            + chunked + request.body + b"\r\n0\r\n\r\n",
            b"GET " + head.partition(b" ")[2],
            head.replace(b"/", b"//", 1) + request.body,
        ),
        credentials=dict(fake.credentials),
    )  # fmt: skip


def fake_like(asked: VendorRequest, vendor: str, authority: Authority, ca_file: Path) -> Any:
    """A fake of this vendor that takes the request."""
    credentials = asked.credentials
    return fake_of(vendor)(credentials=credentials, authority=authority, ca_file=ca_file, **_WORDS)


def _request(fake: ProviderFake, ca_file: Path) -> dict[str, Any]:
    return {
        "harness": 1,
        "case": "fuzz",
        "action": "send",
        "timeout": 10,
        "trust": {"ca_file": str(ca_file), "ca_pkcs12": "", "ca_pkcs12_password": ""},
        "transport": {
            "kind": "api",
            "provider": fake.vendor.name,
            "base_url": fake.base_url,
            "credentials": dict(fake.credentials),
            "region": next(iter(fake.provider.hosts)),
            "domain": "sender.test",
        },
        "message": _MESSAGE,
    }
