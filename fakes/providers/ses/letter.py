"""What a sender asks to be sent, whichever of the calls it took."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..attachment import AttachedFile
from ..fields import Fields
from .addresses import addr_spec
from .answers import SesError
from .calls import SesApi, SesCall
from .parameters import Parameters
from .raw_message import RawMessage, read_raw

_LINES = b"\r\n"
_DESTINATIONS = ("ToAddresses", "CcAddresses", "BccAddresses")


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateUse:
    """A template by name, or given in the request; `data` is JSON text."""

    name: str = ""
    content: Mapping[str, str] | None = None
    data: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The recipients that a request names."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """All of them, in this order."""
        return (*self.to, *self.cc, *self.bcc)


_NOBODY = Destination()


# Without slots: what is worked out once is kept.
@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message to be sent. Addresses are as given, with names or without.

    `raw` is MIME; else subject, text and html are the content, or `template` is. `missing` names
    required parameters that are not there, as AWS writes their paths.
    """

    source: str | None = None
    destination: Destination = _NOBODY
    reply_to: tuple[str, ...] = ()
    return_path: str | None = None
    subject: str = ""
    text: str | None = None
    html: str | None = None
    raw: RawMessage | None = None
    template: TemplateUse | None = None
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[AttachedFile, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    configuration_set: str | None = None
    missing: tuple[str, ...] = ()

    @cached_property
    def recipients(self) -> tuple[str, ...]:
        """The recipients as given; those of the headers where a raw message comes without any."""
        if self.raw is None or self.destination.all:
            return self.destination.all
        return tuple(a for name in ("to", "cc", "bcc") for a in self.raw.mailboxes.get(name, ()))

    @cached_property
    def senders(self) -> tuple[str, ...]:
        """Every address that has to be verified, as given, the source first.

        From, Source, Sender and Return-Path (SES developer guide, verify-addresses-and-domains).
        """
        named = [self.source] if self.source else []
        if self.raw is not None:
            for header in ("from", "sender", "return-path"):
                named += self.raw.mailboxes.get(header, ())
        named += [self.return_path] if self.return_path else []
        return tuple(dict.fromkeys(named))

    @cached_property
    def from_address(self) -> str:
        """The address that it is sent from, without a name; "" where there is none."""
        return next(map(addr_spec, self.senders), "")

    @property
    def fields(self) -> Fields:
        """The message in fields, where it is not raw."""
        headers = dict(self.headers)
        if self.reply_to:
            headers["Reply-To"] = ", ".join(self.reply_to)
        return Fields(
            sender=self.source or "",
            to=self.destination.to,
            cc=self.destination.cc,
            subject=self.subject,
            text=self.text,
            html=self.html,
            headers=headers,
            attachments=self.attachments,
            encodes_names=False,
        )


def read_letter(call: SesCall) -> Letter | SesError:
    """The message of a call that sends one."""
    if call.api is SesApi.REST:
        return _of_document(call.document)
    if call.operation == "SendRawEmail":
        return _raw_of_query(call.parameters)
    return _of_query(call.parameters, is_template=call.operation == "SendTemplatedEmail")


def decoded(text: str) -> bytes | None:
    """What a base64 text stands for; None where it is none."""
    try:
        octets = text.encode("ascii").translate(None, _LINES)
        return b64decode(octets, validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None


def document_destination(structure: Mapping[str, Any]) -> Destination:
    """A `Destination` of version 2."""
    to, cc, bcc = (tuple(structure.get(name, ())) for name in _DESTINATIONS)
    return Destination(to=to, cc=cc, bcc=bcc)


def query_destination(parameters: Parameters) -> Destination:
    """A `Destination` of version 1."""
    to, cc, bcc = (parameters.members(name) for name in _DESTINATIONS)
    return Destination(to=to, cc=cc, bcc=bcc)


def _of_query(parameters: Parameters, *, is_template: bool) -> Letter:
    destination = parameters.below("Destination")
    required = {
        "source": parameters.get("Source") is not None,
        "destination": bool(destination),
    }
    template = None
    if is_template:
        required["template"] = parameters.get("Template") is not None
        required["templateData"] = parameters.get("TemplateData") is not None
        template = TemplateUse(
            name=parameters.get("Template") or "", data=parameters.get("TemplateData") or "{}"
        )
    else:
        required["message.subject"] = parameters.get("Message.Subject.Data") is not None
        required["message.body"] = parameters.has_below("Message.Body")
    return Letter(
        source=parameters.get("Source"),
        destination=query_destination(destination),
        reply_to=parameters.members("ReplyToAddresses"),
        return_path=parameters.get("ReturnPath"),
        subject=parameters.get("Message.Subject.Data") or "",
        text=parameters.get("Message.Body.Text.Data"),
        html=parameters.get("Message.Body.Html.Data"),
        template=template,
        tags=query_tags(parameters, "Tags"),
        configuration_set=parameters.get("ConfigurationSetName"),
        missing=tuple(name for name, is_there in required.items() if not is_there),
    )


def query_tags(parameters: Parameters, name: str) -> tuple[tuple[str, str], ...]:
    """The message tags of a version 1 request."""
    pairs = parameters.structures(name)
    return tuple((pair.get("Name") or "", pair.get("Value") or "") for pair in pairs)


def _raw_of_query(parameters: Parameters) -> Letter | SesError:
    data = parameters.get("RawMessage.Data")
    if data is None:
        return Letter(missing=("rawMessage",))
    raw = decoded(data)
    if raw is None:
        return SesError("not-base64")
    return _raw(
        raw,
        source=parameters.get("Source"),
        destination=Destination(to=parameters.members("Destinations")),
        tags=query_tags(parameters, "Tags"),
        configuration_set=parameters.get("ConfigurationSetName"),
    )


def _of_document(document: Mapping[str, Any]) -> Letter | SesError:
    content = document.get("Content")
    if content is None:
        return Letter(missing=("content",))
    if len(content) != 1:
        return SesError("not-one-content")
    common: dict[str, Any] = {
        "source": document.get("FromEmailAddress"),
        "destination": document_destination(document.get("Destination", {})),
        "reply_to": tuple(document.get("ReplyToAddresses", ())),
        "return_path": document.get("FeedbackForwardingEmailAddress"),
        "tags": pairs_of(document.get("EmailTags", ())),
        "configuration_set": document.get("ConfigurationSetName"),
    }
    if "Raw" in content:
        raw = decoded(content["Raw"].get("Data", ""))
        if "Data" not in content["Raw"]:
            return Letter(missing=("content.raw.data",))
        return SesError("not-base64") if raw is None else _raw(raw, **common)
    if "Template" in content:
        return template_letter(content["Template"], **common)
    return _simple(content["Simple"], common)


def template_letter(template: Mapping[str, Any], **common: Any) -> Letter:
    """A version 2 letter with a template."""
    name = template.get("TemplateName") or template.get("TemplateArn", "").rpartition("/")[2]
    use = TemplateUse(
        name=name,
        content=template.get("TemplateContent"),
        data=template.get("TemplateData") or "{}",
    )
    return Letter(
        template=use,
        missing=() if name or use.content is not None else ("content.template.templateName",),
        headers=pairs_of(template.get("Headers", ())),
        attachments=_attachments(template.get("Attachments", ())),
        **common,
    )


def pairs_of(structures: Any) -> tuple[tuple[str, str], ...]:
    """Names and values of a version 2 list of them."""
    return tuple((each.get("Name", ""), each.get("Value", "")) for each in structures)


def _simple(simple: Mapping[str, Any], common: Mapping[str, Any]) -> Letter:
    subject, body = simple.get("Subject"), simple.get("Body")
    missing = {
        "content.simple.subject": subject is None,
        "content.simple.subject.data": subject is not None and "Data" not in subject,
        "content.simple.body": body is None,
    }
    parts = {name: part for name, part in (body or {}).items() if name in {"Text", "Html"}}
    for name, part in parts.items():
        missing[f"content.simple.body.{name.lower()}.data"] = "Data" not in part
    return Letter(
        **common,
        subject=(subject or {}).get("Data", ""),
        text=parts.get("Text", {}).get("Data"),
        html=parts.get("Html", {}).get("Data"),
        headers=pairs_of(simple.get("Headers", ())),
        attachments=_attachments(simple.get("Attachments", ())),
        missing=tuple(name for name, is_missing in missing.items() if is_missing),
    )


def _attachments(structures: Any) -> tuple[AttachedFile, ...]:
    return tuple(
        AttachedFile.of(
            each,
            name="FileName",
            content_type="ContentType",
            encoded="RawContent",
            content_id="ContentId",
            description="ContentDescription",
            disposition="ContentDisposition",
        )
        for each in structures
    )


def _raw(octets: bytes, **common: Any) -> Letter:
    raw = read_raw(octets)
    return Letter(raw=raw, subject=raw.subject, **common)
