"""Senders that hand over another message than they were asked for."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from .careful import Careful
from .convictions import convicted

ATTACHMENT = "api/any/attachment*"
Files = Sequence[Mapping[str, str]]


FROM_FORMS = ("api/any/from-forms", "auth0/from-forms")


class Rewording(Careful):
    """Is told another From than it was asked for."""

    def from_(self, asked: Mapping[str, str]) -> Mapping[str, str]:
        return asked

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        return {**message, "from": self.from_(message["from"])}


@convicted(
    *(
        f"{scenario}[*form={form}]"
        for scenario in FROM_FORMS
        for form in ("named", "comma", "non-ascii")
    ),
    check="from",
)
class DropsTheName(Rewording):
    """Takes a From for an address."""

    def from_(self, asked: Mapping[str, str]) -> Mapping[str, str]:
        return {**asked, "name": ""}


@convicted(*(f"{scenario}[*form=bare]" for scenario in FROM_FORMS), check="from")
class NamesEveryAuthor(Rewording):
    """Puts the product's name where a From has none."""

    def from_(self, asked: Mapping[str, str]) -> Mapping[str, str]:
        return {**asked, "name": asked["name"] or "Our product"}


@convicted("ory/own-server", "modes/implicit-tls[mode=verified]", check="message")
class SendsBareLineFeeds(Careful):
    """Ends lines with a bare LF, all but the last."""

    def body(self, data: bytes) -> None:
        super().body(data.replace(b"\r\n", b"\n").removesuffix(b"\n") + b"\r\n")


def sent(request: Mapping[str, Any], files: Files) -> dict[str, Any]:
    """The request with other files."""
    return {**request, "message": {**request["message"], "attachments": files}}


@convicted(ATTACHMENT, check="message")
class LeavesFilesBehind(Careful):
    """Sends the text alone, and says that the message was sent."""

    def send_by_api(self) -> dict[str, Any]:
        self.request = sent(self.request, ())
        return super().send_by_api()


@convicted(ATTACHMENT, check="message")
class CallsEveryFileOctets(Careful):
    """Gives each file the one type that fits all."""

    def send_by_api(self) -> dict[str, Any]:
        kind = "application/octet-stream"
        files = [{**file, "content_type": kind} for file in self.asked.get("attachments", ())]
        self.request = sent(self.request, files)
        return super().send_by_api()


@convicted(ATTACHMENT, check="message")
class NumbersItsFiles(Careful):
    """Names the files by their place."""

    def send_by_api(self) -> dict[str, Any]:
        files = [
            {**file, "filename": f"attachment-{place}"}
            for place, file in enumerate(self.asked.get("attachments", ()))
        ]
        self.request = sent(self.request, files)
        return super().send_by_api()


@convicted("api/any/attachment[provider=*]", check="message")
class TakesFilesForText(Careful):
    """Reads every file as UTF-8 text, and writes it as that again."""

    def send_by_api(self) -> dict[str, Any]:
        files = [
            {**file, "content": self.as_text(file["content"])}
            for file in self.asked.get("attachments", ())
        ]
        self.request = sent(self.request, files)
        return super().send_by_api()

    @staticmethod
    def as_text(content: str) -> str:
        text = base64.b64decode(content).decode("utf-8", "replace")
        return base64.b64encode(text.encode()).decode()
