"""Senders that write names, addresses and headers as they should not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from .careful import Careful
from .careful_message import unusable
from .careful_wire import Reply
from .convictions import convicted


@convicted("message/control-characters[where=*-in-the-subject]", check="control-characters")
@convicted("message/control-characters[where=escape-in-a-name]", check="control-characters")
class WritesEachCharacterAsItIs(Careful):
    """Looks for line breaks in headers, and for nothing else."""

    def set(self, message: EmailMessage, name: str, value: object) -> None:
        texts = [box.display_name for box in value] if isinstance(value, list) else [str(value)]
        if any(c in "\r\n" for text in texts for c in text):
            super().set(message, name, value)
        else:
            message[name] = value


@convicted("message/control-characters[where=nul-in-the-text]", check="control-characters")
class TakesNulForText(Careful):
    """Sends each ASCII text as it stands."""

    @staticmethod
    def encoding(text: str) -> str:
        return "7bit" if text.isascii() else Careful.encoding(text)


@convicted("message/control-characters[where=escape-in-a-recipient]", check="control-characters")
class AddressesWhateverItIsTold(Careful):
    """Looks for line breaks in an address, and for nothing else."""

    def recipients(self) -> list[str]:
        return [box["address"] for box in self.asked["to"]]

    def boxes(self, boxes: Sequence[Mapping[str, str]]) -> list[Address]:
        clean = [{**box, "address": box["address"].replace("\x1b", "")} for box in boxes]
        return super().boxes(clean)


@convicted("message/long-addresses*", check="sender.status")
class HasNoRoomForLongAddresses(Careful):
    """Takes addresses of 64 characters for too long."""

    def address(self, text: str) -> str:
        if len(text) > 64:
            raise unusable("address-invalid", "an address is too long")
        return super().address(text)


@convicted("message/long*-addresses*", check="envelope")
class CutsLongAddresses(Careful):
    """Keeps addresses in a column of 64 characters."""

    def recipients(self) -> list[str]:
        return [each[-64:] for each in super().recipients()]


@convicted("message/automatic", check="headers")
class KeepsNoHeaderOfOthers(Careful):
    """Knows which headers a message has, and leaves out the rest."""

    @property
    def asked(self) -> Mapping[str, Any]:
        return {**super().asked, "headers": {}}


@convicted("message/attachment-names*", check="message")
class CutsFileNames(Careful):
    """Makes ASCII of 60 characters of each file's name."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        files = [
            {**each, "filename": "".join(c for c in each["filename"] if c.isalnum())[:60]}
            for each in message.get("attachments", ())
        ]
        return {**message, "attachments": files} if files else message


@convicted("message/second-author", check="authors repeated-headers")
class AddsEachHeader(Careful):
    """Puts the caller's headers beside its own."""

    def octets(self, message: EmailMessage) -> bytes:
        given = self.asked.get("headers", {})
        more = "".join(f"{n}: {v}\r\n" for n, v in given.items() if n.lower() == "from")
        return more.encode() + super().octets(message)


@convicted("message/two-authors", check="author-mailboxes")
class WritesTheAuthorAsItStands(Careful):
    """Puts the text of From into the header."""

    def address(self, text: str) -> str:
        return super().address(text.partition(",")[0])

    def octets(self, message: EmailMessage) -> bytes:
        line = f"From: {self.asked['from']['address']}\r\n"
        return re.sub(rb"(?m)^From: .*\n", line.encode(), super().octets(message))


@convicted("session/own-name", check="ehlo-syntax ehlo-name")
class IsCalledByAnUnderscore(Careful):
    """Gives the name of its container."""

    def ehlo_name(self) -> str:
        return "my_worker_1"


@convicted("session/own-name", check="ehlo-name")
class IsLocalhost(Careful):
    """Gives the name that every machine has."""

    def ehlo_name(self) -> str:
        return "localhost"


@convicted("session/own-name-given*", check="ehlo-name")
class NamesItself(Careful):
    """Has a name of its own, whatever is configured."""

    def ehlo_name(self) -> str:
        return "mail.harness.test"


@convicted("session/own-address", check="ehlo-syntax")
class PutsAnyAddressInBrackets(Careful):
    """Knows one form for addresses of both kinds."""

    def features(self) -> list[str]:
        """Without connect_to, by which tests lead a sender to an IPv4 address."""
        return [each for each in super().features() if each != "connect_to"]

    def ehlo_name(self) -> str:
        return super().ehlo_name().replace("IPv6:", "")


@convicted("message/large-attachment", check="message")
class CutsLargeFiles(Careful):
    """Has room for 64 KiB in a file."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        files = [
            {**each, "content": each["content"][:87_380]} for each in message.get("attachments", ())
        ]
        return {**message, "attachments": files} if files else message


@convicted("message/large-attachment", check="sender.status")
class HasNoPatienceWithContent(Careful):
    """Gives the reply to a message as long as the reply to a command of a fast server."""

    def final(self) -> Reply:
        self.wire.timeout = 0.04 * self.timeout
        return super().final()


@convicted("message/boundary-in-the-text", check="texts")
class HasOneBoundary(Careful):
    """Separates the parts of every message by the same line."""

    def octets(self, message: EmailMessage) -> bytes:
        if message.is_multipart():
            message.set_boundary("=_the_boundary_of_this_product")
        return super().octets(message)
