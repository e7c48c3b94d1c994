"""How the careful sender builds the message and the envelope."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from email import policy
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from typing import Any

from .careful_settings import Configured
from .careful_wire import Failure

_OWN = {"from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "sender"}


def unusable(class_: str, words: str) -> Failure:
    return Failure("message", class_, words, temporary=False)


class Composed(Configured):
    """The message. Bcc is in the envelope and nowhere else."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message: Mapping[str, Any] = self.request["message"]
        return message

    def recipients(self) -> list[str]:
        boxes = [*self.asked["to"], *self.asked.get("cc", ()), *self.asked.get("bcc", ())]
        found = list(dict.fromkeys(self.address(box["address"]) for box in boxes))
        if not found:
            raise unusable("address-invalid", "the message has no recipient")
        return found

    def envelope_from(self) -> str:
        given = self.asked.get("envelope_from")
        if given is None:
            given = self.asked["from"]["address"]
        return self.address(given) if given else ""

    def address(self, text: str) -> str:
        """The address with its domain in A-labels."""
        if any(ord(c) < 32 or ord(c) == 127 for c in text):
            raise unusable("header-injection", "an address holds a line break or control character")
        local, at, domain = text.rpartition("@")
        quoted = local.startswith('"') and local.endswith('"') and len(local) > 2
        plain = local and not any(c in ' ()<>,;:"[]\\' for c in local)
        if not at or not domain or not (quoted or plain):
            raise unusable("address-invalid", "an address cannot be used")
        try:
            domain = domain if domain.isascii() else domain.encode("idna").decode()
        except UnicodeError:
            raise unusable("address-invalid", "a domain cannot be used") from None
        if any(c in domain for c in " ()<>,;@\\"):
            raise unusable("address-invalid", "a domain cannot be used")
        return f"{local}@{domain}"

    def compose(self) -> EmailMessage:
        message = EmailMessage(policy=policy.SMTP)
        message["Message-ID"] = make_msgid(domain=self.asked["from"]["address"].rpartition("@")[2])
        message["Date"] = localtime()
        self.set(message, "From", self.boxes([self.asked["from"]]))
        if self.asked.get("sender"):
            self.set(message, "Sender", self.boxes([self.asked["sender"]]))
        for name, key in (("To", "to"), ("Cc", "cc"), ("Reply-To", "reply_to")):
            if self.asked.get(key):
                self.set(message, name, self.boxes(self.asked[key]))
        self.set(message, "Subject", self.asked.get("subject", ""))
        for name, value in self.asked.get("headers", {}).items():
            if name.lower() not in _OWN:
                self.set(message, name, value)
        self.content(message)
        return message

    def octets(self, message: EmailMessage) -> bytes:
        data = message.as_bytes()
        return data if data.endswith(b"\r\n") else data + b"\r\n"

    def boxes(self, boxes: Sequence[Mapping[str, str]]) -> list[Address]:
        found = []
        for box in boxes:
            if not self.address(box["address"]).isascii():
                # The package writes no such address into a header.
                raise unusable("smtputf8-required", "an address is not ASCII before its @")
            try:
                address = Address(
                    display_name=box.get("name", ""), addr_spec=self.address(box["address"])
                )
            except (ValueError, IndexError):
                raise unusable("header-injection", "a name or address cannot be used") from None
            found.append(address)
        return found

    def set(self, message: EmailMessage, name: str, value: object) -> None:
        texts = [box.display_name for box in value] if isinstance(value, list) else [str(value)]
        if any(ord(c) < 32 or ord(c) == 127 for text in (*texts, name) for c in text):
            raise unusable("header-injection", f"{name} holds a line break or control character")
        if name == "Subject" and not str(value).isascii():
            # The package's own way loses blanks where a new encoded word begins.
            message.set_raw(name, Header(str(value), "utf-8", header_name=name).encode())
        else:
            message[name] = value

    def content(self, message: EmailMessage) -> None:
        text, html = self.asked.get("text"), self.asked.get("html")
        if text or html is None:
            message.set_content(text or "", cte=self.encoding(text or ""))
        if html is not None and not text:
            message.set_content(html, subtype="html", cte=self.encoding(html))
        elif html is not None:
            message.add_alternative(html, subtype="html", cte=self.encoding(html))
        for attachment in self.asked.get("attachments", ()):
            if any(ord(c) < 32 or ord(c) == 127 for c in attachment["filename"]):
                raise unusable("header-injection", "the name of a file holds a line break")
            kind, _, subtype = attachment["content_type"].partition("/")
            message.add_attachment(
                base64.b64decode(attachment["content"]),
                maintype=kind,
                subtype=subtype,
                filename=attachment["filename"],
            )

    @staticmethod
    def encoding(text: str) -> str:
        """7bit where it fits: any server takes that."""
        is_plain = text.isascii() and all(len(line) < 900 for line in text.split("\n"))
        is_plain = is_plain and not any(c < " " for c in text.replace("\n", "").replace("\t", ""))
        return "7bit" if is_plain else "quoted-printable"
