"""What the careful sender asks of each provider's API, and how it signs for Amazon's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from .careful_message import Composed
from .careful_settings import invalid

Boxes = Sequence[Mapping[str, str]]

REGIONS = {
    "sendgrid": {"us": "api.sendgrid.com", "eu": "api.eu.sendgrid.com"},
    "sparkpost": {"us": "api.sparkpost.com", "eu": "api.eu.sparkpost.com"},
    "mailgun": {"us": "api.mailgun.net", "eu": "api.eu.mailgun.net"},
}
_ONE_HOST = {"mandrill": "mandrillapp.com", "postmark": "api.postmarkapp.com"}
_KEYS = {
    "ses": ("access_key_id", "secret_access_key"),
    "postmark": ("server_token",),
}
_AWS_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]")
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


@dataclass(frozen=True)
class Call:
    """A request. `host` is the one that it names."""

    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"


class Calling(Composed):
    """From a request of the sender protocol to a request to the provider."""

    @property
    def transport(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.request["transport"]
        return found

    @property
    def provider(self) -> str:
        return str(self.transport["provider"])

    @property
    def region(self) -> str:
        return self.transport.get("region") or ""

    # What is configured.

    def check_api(self) -> None:
        """Whatever can be known to be wrong without asking."""
        for name in _KEYS.get(self.provider, ("api_key",)):
            self.check_credential(name, self.transport["credentials"].get(name) or "")
        self.check_region()
        if self.provider == "mailgun":
            self.check_domain()

    def check_domain(self) -> None:
        if not self.domain():
            raise invalid("Mailgun needs the domain to send for")

    def domain(self) -> str:
        return self.transport.get("domain") or ""

    def check_credential(self, name: str, value: str) -> None:
        words = name.replace("_", " ")
        if not value:
            raise invalid(f"the {words} is missing")
        if not value.isprintable() or not value.isascii() or " " in value:
            raise invalid(f"the {words} has a blank, a line break or another character in it")

    def check_region(self) -> None:
        known = REGIONS.get(self.provider)
        is_known = True if known is None else self.region in known
        if self.provider == "ses":
            is_known = _AWS_REGION.fullmatch(self.region) is not None
        if not is_known:
            choices = ", ".join(known or ["us-east-1", "eu-central-1", "…"])
            raise invalid(f"the region {self.region!r} is not one of {self.provider}'s: {choices}")

    def credential(self, name: str) -> str:
        return str(self.transport["credentials"].get(name) or "")

    def api_host(self) -> str:
        """The host of the configured region, and no other."""
        if self.provider == "ses":
            return f"email.{self.region}.amazonaws.com"
        if self.provider in _ONE_HOST:
            return _ONE_HOST[self.provider]
        return REGIONS[self.provider][self.region]

    # A call each.

    def call(self, host: str) -> Call:
        made: Call = getattr(self, f"call_{self.provider}")(host)
        return made

    def call_sendgrid(self, host: str) -> Call:
        person = {"to": self.sendgrid_boxes(self.asked["to"])}
        for name in ("cc", "bcc"):
            if self.asked.get(name):
                person[name] = self.sendgrid_boxes(self.asked[name])
        body: dict[str, Any] = {
            "personalizations": [person],
            "from": self.sendgrid_boxes([self.author()])[0],
            "subject": self.asked.get("subject", ""),
            "content": [
                {"type": kind, "value": self.asked[part]}
                for kind, part in (("text/plain", "text"), ("text/html", "html"))
                if self.asked.get(part)
            ],
        }
        if self.asked.get("reply_to"):
            body["reply_to_list"] = self.sendgrid_boxes(self.asked["reply_to"])
        if self.asked.get("headers"):
            body["headers"] = dict(self.asked["headers"])
        if self.asked.get("attachments"):
            body["attachments"] = [
                {
                    "content": one["content"],
                    "type": one["content_type"],
                    "filename": one["filename"],
                }
                for one in self.asked["attachments"]
            ]
        headers = {"Authorization": f"Bearer {self.credential('api_key')}", **_JSON}
        return Call(host, "/v3/mail/send", headers, self.json(body))

    @staticmethod
    def sendgrid_boxes(boxes: Boxes) -> list[dict[str, str]]:
        return [
            {"email": box["address"]} | ({"name": box["name"]} if box.get("name") else {})
            for box in boxes
        ]

    def call_sparkpost(self, host: str) -> Call:
        shown = ", ".join(box["address"] for box in self.asked["to"])
        body = {
            "recipients": [
                {"address": {"email": address, "header_to": shown}} for address in self.recipients()
            ],
            "content": {"email_rfc822": self.mime().decode()},
        }
        headers = {"Authorization": self.credential("api_key"), **_JSON}
        return Call(host, "/api/v1/transmissions", headers, self.json(body))

    def call_mailgun(self, host: str) -> Call:
        mime = self.mime()
        boundary = hashlib.sha256(mime).hexdigest()[:40]
        parts = [('name="to"', address.encode()) for address in self.recipients()]
        parts.append(('name="message"; filename="message.eml"', mime))
        body = b"".join(
            f"--{boundary}\r\nContent-Disposition: form-data; {what}\r\n\r\n".encode()
            + value
            + b"\r\n"
            for what, value in parts
        )
        headers = {
            "Authorization": self.mailgun_authorization(),
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        }
        path = f"/v3/{quote(self.domain(), safe='')}/messages.mime"
        return Call(host, path, headers, body + f"--{boundary}--\r\n".encode())

    def mailgun_authorization(self) -> str:
        """Basic, with the user name that stands for every key."""
        user = base64.b64encode(f"api:{self.credential('api_key')}".encode()).decode()
        return f"Basic {user}"

    def call_mandrill(self, host: str) -> Call:
        body = {
            "key": self.credential("api_key"),
            "raw_message": self.mime().decode(),
            "from_email": self.author()["address"],
            "from_name": self.author().get("name", ""),
            "to": self.recipients(),
        }
        return Call(host, "/api/1.0/messages/send-raw", _JSON, self.json(body))

    def call_postmark(self, host: str) -> Call:
        fields = {
            "From": self.postmark_boxes([self.author()]),
            "To": self.postmark_boxes(self.asked["to"]),
            "Cc": self.postmark_boxes(self.asked.get("cc", ())),
            "Bcc": self.postmark_boxes(self.asked.get("bcc", ())),
            "ReplyTo": self.postmark_boxes(self.asked.get("reply_to", ())),
            "Subject": self.asked.get("subject"),
            "TextBody": self.asked.get("text"),
            "HtmlBody": self.asked.get("html"),
            "Headers": [
                {"Name": name, "Value": value}
                for name, value in self.asked.get("headers", {}).items()
            ],
            "Attachments": [
                {
                    "Name": one["filename"],
                    "Content": one["content"],
                    "ContentType": one["content_type"],
                }
                for one in self.asked.get("attachments", ())
            ],
        }
        body = {name: value for name, value in fields.items() if value}
        headers = {"X-Postmark-Server-Token": self.credential("server_token"), **_JSON}
        return Call(host, "/email", headers, self.json(body))

    @staticmethod
    def postmark_boxes(boxes: Boxes) -> str:
        quoted = [(box.get("name", ""), box["address"]) for box in boxes]
        return ", ".join(
            '"{}" <{}>'.format(re.sub(r'(["\\])', r"\\\1", name), address) if name else address
            for name, address in quoted
        )

    def call_ses(self, host: str) -> Call:
        if self.transport.get("api") == "v2":
            body = {
                "FromEmailAddress": self.author()["address"],
                "Destination": {
                    name: [box["address"] for box in self.asked[part]]
                    for name, part in (
                        ("ToAddresses", "to"),
                        ("CcAddresses", "cc"),
                        ("BccAddresses", "bcc"),
                    )
                    if self.asked.get(part)
                },
                "Content": {"Raw": {"Data": base64.b64encode(self.mime()).decode()}},
            }
            return self.signed(Call(host, "/v2/email/outbound-emails", _JSON, self.json(body)))
        form = {
            "Source": self.author()["address"],
            "RawMessage.Data": base64.b64encode(self.mime()).decode(),
        }
        for number, address in enumerate(self.recipients(), start=1):
            form[f"Destinations.member.{number}"] = address
        return self.query_call(host, "SendRawEmail", form)

    def query_call(self, host: str, action: str, form: Mapping[str, str]) -> Call:
        """A call of version 1 of Amazon's API, signed."""
        body = urlencode({"Action": action, "Version": "2010-12-01", **form}).encode()
        kind = "application/x-www-form-urlencoded; charset=utf-8"
        return self.signed(Call(host, "/", {"Content-Type": kind}, body))

    # Parts of them.

    def author(self) -> Mapping[str, str]:
        box: Mapping[str, str] = self.asked["from"]
        return box

    def mime(self) -> bytes:
        return self.octets(self.compose())

    @staticmethod
    def json(body: Mapping[str, Any]) -> bytes:
        return json.dumps(body).encode()

    # Signature Version 4.

    def signing_region(self) -> str:
        return self.region

    def signing_service(self) -> str:
        """Not `email`, which the host is called."""
        return "ses"

    def signing_time(self) -> datetime:
        return datetime.now(UTC)

    def signed(self, call: Call) -> Call:
        """The call with its signature over the host, every header of its own and the body."""
        stamp = self.signing_time().strftime("%Y%m%dT%H%M%SZ")
        added = {"X-Amz-Date": stamp}
        if token := self.credential("session_token"):
            added["X-Amz-Security-Token"] = token
        headers = {**call.headers, **added}
        covered = {name.lower(): value for name, value in {**headers, "Host": call.host}.items()}
        names = ";".join(sorted(covered))
        path, _, query = call.path.partition("?")
        canonical = "\n".join(
            [
                "POST",
                path,
                query,
                *(f"{name}:{covered[name]}" for name in sorted(covered)),
                "",
                names,
                hashlib.sha256(call.body).hexdigest(),
            ]
        )
        scope = f"{stamp[:8]}/{self.signing_region()}/{self.signing_service()}/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        key = b"AWS4" + self.credential("secret_access_key").encode()
        for part in (*scope.split("/"), "\n".join(["AWS4-HMAC-SHA256", stamp, scope, digest])):
            key = hmac.digest(key, part.encode(), "sha256")
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.credential('access_key_id')}/{scope}, "
            f"SignedHeaders={names}, Signature={key.hex()}"
        )
        return replace(call, headers=headers)
