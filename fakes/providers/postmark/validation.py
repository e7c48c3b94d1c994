"""What Postmark finds wrong with one message."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

from ..refusal import Refuse
from .account import PostmarkAccount
from .mailbox import AddressWithName, check_address, mailboxes

_STRINGS = {
    "From", "To", "Cc", "Bcc", "Subject", "Tag", "HtmlBody", "TextBody", "ReplyTo", "TrackLinks",
    "MessageStream",
}  # fmt: skip
_TEMPLATE = {"TemplateId", "TemplateAlias", "TemplateModel"}
_OTHERS = {"TrackOpens", "InlineCss", "Headers", "Metadata", "Attachments"}
_TRACKING = frozenset(["", "None", "HtmlAndText", "HtmlOnly", "TextOnly"])
_LONGEST = {"From": 255, "Subject": 2000, "Tag": 1000}
_LONGEST_BODY = 5 * 1024 * 1024
_MOST_RECIPIENTS = 50
_FORBIDDEN = frozenset(
    [
        "vbs", "exe", "bin", "bat", "chm", "com", "cpl", "crt", "hlp", "hta", "inf", "ins", "isp",
        "jse", "lnk", "mdb", "pcd", "pif", "reg", "scr", "sct", "shs", "vbe", "vba", "wsf", "wsh",
        "wsl", "msc", "msi", "msp", "mst",
    ]
)  # fmt: skip


def text_of(value: Any) -> str:
    """A string, lone surrogates replaced; "" for anything else."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def recipients(item: Mapping[str, Any]) -> tuple[AddressWithName, ...]:
    """To, Cc and Bcc in this order."""
    return tuple(
        box for field in ("To", "Cc", "Bcc") for box in mailboxes(text_of(item.get(field)))
    )


def check_message(account: PostmarkAccount, item: Mapping[str, Any], *, template: bool) -> None:
    """Refuse a message that is none, whoever sends it."""
    fields = _wrong_fields(item, template=template)
    if fields:
        raise Refuse("invalid-fields", fields=", ".join(f"$.{field}" for field in fields))
    if template:
        _check_template(account, item)
    _check_stream(account, item)
    _check_addresses(item)
    _check_texts(item, template=template)
    _check_metadata(item)
    _check_headers(item)
    _check_attachments(item)


def metadata_of(item: Mapping[str, Any]) -> dict[str, str]:
    """The metadata as text; numbers and booleans as JSON has them."""
    given = item.get("Metadata") or {}
    return {
        text_of(name): text_of(value) if isinstance(value, str | None) else json.dumps(value)
        for name, value in given.items()
    }


def _wrong_fields(item: Mapping[str, Any], *, template: bool) -> list[str]:
    """Known members of the wrong type. What it does not know Postmark passes over.

    Source: django-anymail issue 470 (2026).
    """
    known = _STRINGS | _OTHERS | (_TEMPLATE if template else set())
    return [
        name
        for name, value in item.items()
        if name in known and value is not None and not _fits(name, value)
    ]


def _fits(name: str, value: Any) -> bool:
    if name in {"TrackOpens", "InlineCss"}:
        return isinstance(value, bool)
    if name == "TrackLinks":
        return isinstance(value, str) and value in _TRACKING
    if name == "Headers":
        return isinstance(value, list) and all(_is_header(each) for each in value)
    if name == "Attachments":
        return isinstance(value, list) and all(_is_attachment(each) for each in value)
    if name == "Metadata":
        # That numbers pass is in django-anymail's live test; booleans and nulls are inferred.
        return isinstance(value, dict) and not any(
            isinstance(each, (dict, list)) for each in value.values()
        )
    if name == "TemplateId":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, dict if name == "TemplateModel" else str)


def _is_header(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(part), str) for part in ("Name", "Value")
    )


def _is_attachment(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(part), str) for part in ("Name", "Content", "ContentType"))
        and isinstance(value.get("ContentID"), str | None)
    )


def _check_template(account: PostmarkAccount, item: Mapping[str, Any]) -> None:
    if item.get("TemplateModel") is None:
        raise Refuse("no-template-model")
    # Even an empty string is one too many (django-anymail issue 121, 2018).
    if any(item.get(name) is not None for name in ("Subject", "TextBody", "HtmlBody")):
        raise Refuse("template-and-body")
    identifier, alias = item.get("TemplateId"), text_of(item.get("TemplateAlias"))
    if identifier is not None:
        if str(identifier) not in account.templates:
            raise Refuse("unknown-template-id")
    elif alias not in account.templates:
        raise Refuse("unknown-template-alias")


def _check_stream(account: PostmarkAccount, item: Mapping[str, Any]) -> None:
    wanted = text_of(item.get("MessageStream")) or "outbound"
    stream = next((each for each in account.streams if each.id == wanted), None)
    if stream is None:
        raise Refuse("unknown-stream", stream=wanted)
    if stream.type == "Inbound":
        raise Refuse("inbound-stream")


def _check_addresses(item: Mapping[str, Any]) -> None:
    if len(mailboxes(text_of(item.get("From")))) != 1:
        raise Refuse("invalid-from")
    for field, value in _address_lists(item):
        for box in mailboxes(value):
            check_address(box.address, field)
    count = len(recipients(item))
    if not count:
        raise Refuse("no-recipient")
    if count > _MOST_RECIPIENTS:
        raise Refuse("too-many-recipients")


def _address_lists(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each list with the name that the vendor gives it in its answers."""
    for field in ("From", "To", "Cc", "Bcc"):
        yield field, text_of(item.get(field))
    yield "Reply-To", text_of(item.get("ReplyTo"))


def _check_texts(item: Mapping[str, Any], *, template: bool) -> None:
    if not template and not (item.get("TextBody") or item.get("HtmlBody")):
        raise Refuse("no-body")
    for field, longest in _LONGEST.items():
        if len(text_of(item.get(field))) > longest:
            raise Refuse("too-long", field=field)
    for field in ("TextBody", "HtmlBody"):
        if len(text_of(item.get(field)).encode()) > _LONGEST_BODY:
            raise Refuse("too-long", field=field)


def _check_metadata(item: Mapping[str, Any]) -> None:
    metadata = metadata_of(item)
    for name, value in metadata.items():
        if len(name) > 20 or len(value) > 80:
            raise Refuse("metadata", field=name)
    if len(metadata) > 10:
        raise Refuse("metadata-fields")


def _check_headers(item: Mapping[str, Any]) -> None:
    """A line break in a name would begin another header."""
    names = (each["Name"] for each in item.get("Headers") or ())
    if any(set(name) & set("\r\n") for name in names):
        raise Refuse("header-name")


def _check_attachments(item: Mapping[str, Any]) -> None:
    for attachment in item.get("Attachments") or ():
        if attachment["Name"].rpartition(".")[2].lower() in _FORBIDDEN:
            raise Refuse("attachment-type")
        try:
            b64decode("".join(attachment["Content"].split()), validate=True)
        except (binascii.Error, ValueError):
            raise Refuse("not-base64") from None
