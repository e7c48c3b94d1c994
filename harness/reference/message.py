"""The exact bytes of a message, and the envelope that goes with them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, getaddresses, parsedate_to_datetime

from harness.protocol import Attachment, ErrorClass, Mailbox, Message
from harness.reference.address import check_line, envelope_key, wire_address
from harness.reference.failure import MessageError
from harness.reference.header import mailboxes, unstructured
from harness.reference.mime import MimePart, attachment_part, multipart, text_part
from harness.reference.names import helo_name

_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}")
_CONTENT_TYPE = re.compile(
    r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(; *[\w-]+=([\w.+-]+|\"[^\"\\]*\"))*", re.ASCII
)
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_LONGEST_TOKEN = 900

# Fields that the message document has a place for: its word counts, a custom field of the
# same name is left out. What the document leaves open may come from a custom field.
_OWN = frozenset(["from", "to", "cc", "bcc", "subject", "mime-version"])
_OPEN = frozenset(["sender", "reply-to", "date", "message-id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltMessage:
    """A message ready for the wire: CRLF line ends, the last line ended, dots not yet stuffed.

    `message_id` keeps its angle brackets. `envelope_from` is "" for the null sender.
    """

    data: bytes
    message_id: str
    envelope_from: str
    recipients: tuple[str, ...]
    needs_8bit: bool
    needs_smtputf8: bool


def build(
    message: Message, *, message_id_domain: str | None = None, unique: str, date: datetime
) -> BuiltMessage:
    """The message as bytes.

    `unique` makes the Message-ID and the boundaries; the same one gives the same bytes, so that a
    retry is recognised as one. `message_id_domain` None means the domain of From. `date` is
    aware. Custom fields that would repeat From, To, Cc, Subject or a MIME field give way to the
    message's own, Bcc never shows; a custom Date or Message-ID is used when it is a valid one, a
    custom Sender or Reply-To when the message has none.

    Raises `MessageError`: `header-injection` for line breaks and controls in anything that becomes
    a field, `address-invalid`, or no class for content that cannot be read.
    """
    custom = _custom_fields(message.headers)
    sender = _address(message.from_, "the From address")
    domain = message_id_domain or sender.rpartition("@")[2]
    message_id = _message_id(custom.get("message-id", ("", ""))[1], unique=unique, domain=domain)
    recipients = _recipients(message)
    envelope_from = _envelope_from(message, sender)
    fields = [
        *_address_fields(message, custom),
        unstructured("Subject", check_line(message.subject, "the subject")),
        f"Date: {_date(custom.get('date', ('', ''))[1], date)}",
        f"Message-ID: {message_id}",
        *_extra_fields(custom),
        "MIME-Version: 1.0",
    ]
    content = _content(message, unique)
    data = bytes(MimePart(fields=(*fields, *content.fields), body=content.body))
    return BuiltMessage(
        data=data if data.endswith(b"\r\n") else data + b"\r\n",
        message_id=message_id,
        envelope_from=envelope_from,
        recipients=recipients,
        needs_8bit=not data.isascii(),
        needs_smtputf8=not (data.isascii() and all(map(str.isascii, (*recipients, envelope_from)))),
    )


def _address(box: Mailbox, what: str) -> str:
    return wire_address(box.address, what)


def _recipients(message: Message) -> tuple[str, ...]:
    """The envelope recipients in order, each once."""
    unique: dict[tuple[str, str], str] = {}
    for number, address in enumerate(message.recipients, start=1):
        usable = wire_address(address, f"the address of recipient {number}")
        unique.setdefault(envelope_key(usable), usable)
    if not unique:
        raise MessageError("the message has no recipient", class_=ErrorClass.ADDRESS_INVALID)
    return tuple(unique.values())


def _envelope_from(message: Message, sender: str) -> str:
    if message.envelope_from is None:
        return sender
    return message.envelope_from and wire_address(message.envelope_from, "the envelope sender")


def _address_fields(message: Message, custom: dict[str, tuple[str, str]]) -> list[str]:
    sender = (message.sender,) if message.sender else _custom_boxes(custom, "sender")[:1]
    reply_to = message.reply_to or _custom_boxes(custom, "reply-to")
    lists = [
        ("From", (message.from_,)),
        ("Sender", sender),
        ("Reply-To", reply_to),
        ("To", message.to),
        ("Cc", message.cc),
    ]
    fields = [_mailbox_field(name, boxes) for name, boxes in lists if boxes]
    # Somebody has to be named, or some receivers add the envelope recipients themselves.
    return fields if message.to or message.cc else [*fields, "To: undisclosed-recipients:;"]


def _mailbox_field(name: str, boxes: tuple[Mailbox, ...]) -> str:
    return mailboxes(
        name,
        [
            (check_line(box.name, f"a name in {name}"), _address(box, f"an address in {name}"))
            for box in boxes
        ],
    )


def _custom_boxes(custom: dict[str, tuple[str, str]], name: str) -> tuple[Mailbox, ...]:
    if name not in custom:
        return ()
    field, value = custom[name]
    boxes = tuple(
        Mailbox(name=display_name, address=address)
        for display_name, address in getaddresses([value])
    )
    if not boxes or not all(box.address for box in boxes):
        raise MessageError(
            f"the custom field {field} holds no usable address",
            class_=ErrorClass.ADDRESS_INVALID,
        )
    return boxes


def _custom_fields(headers: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Lower-case name → name and value, without the fields that are the message's own."""
    fields: dict[str, tuple[str, str]] = {}
    for name, value in headers.items():
        check_line(name, "the name of a custom field")
        if not _FIELD_NAME.fullmatch(name):
            raise MessageError(
                "the name of a custom field holds a blank, a colon or a non-ASCII character",
                class_=ErrorClass.HEADER_INJECTION,
            )
        key = name.lower()
        if key in _OWN or key.startswith("content-"):
            check_line(value, f"the custom field {name}")
            continue
        fields[key] = (name, check_line(value, f"the custom field {name}"))
    return fields


def _extra_fields(custom: dict[str, tuple[str, str]]) -> list[str]:
    # A long word in a field that we do not know may be an address or a link: only what
    # no line can hold is encoded.
    return [
        unstructured(name, value, longest_word=_LONGEST_TOKEN)
        for key, (name, value) in custom.items()
        if key not in _OPEN
    ]


def _message_id(custom: str, *, unique: str, domain: str) -> str:
    if _MESSAGE_ID.fullmatch(custom.strip()):
        return custom.strip()
    return f"<{unique}@{helo_name(domain)}>"


def _date(custom: str, date: datetime) -> str:
    try:
        return format_datetime(parsedate_to_datetime(custom))
    except (ValueError, OverflowError):
        return format_datetime(date)


def _content(message: Message, unique: str) -> MimePart:
    def boundary(kind: str, number: int) -> str:
        digest = hashlib.sha256(f"{unique} {kind} {number}".encode()).hexdigest()
        # "=_" cannot occur in quoted-printable or base64.
        return f"=_{digest[:32]}"

    texts = _texts(message)
    content = (
        texts[0]
        if len(texts) == 1
        else multipart("alternative", texts, boundary=lambda number: boundary("text", number))
    )
    if not message.attachments:
        return content
    files = [_attachment(attachment) for attachment in message.attachments]
    return multipart("mixed", [content, *files], boundary=lambda number: boundary("file", number))


def _texts(message: Message) -> list[MimePart]:
    """Plain text first. Empty text beside HTML is no alternative to it, and is left out."""
    texts = [
        (message.text, "plain", message.text or message.html is None),
        (message.html, "html", message.html is not None),
    ]
    return [_text(text or "", subtype) for text, subtype, wanted in texts if wanted]


def _text(text: str, subtype: str) -> MimePart:
    try:
        return text_part(text, subtype)
    except UnicodeEncodeError:
        raise MessageError(
            f"the text/{subtype} body holds half a surrogate pair, which is no character"
        ) from None


def _attachment(attachment: Attachment) -> MimePart:
    filename = check_line(attachment.filename, "the file name of an attachment")
    content_type = check_line(attachment.content_type, "the content type of an attachment")
    if len(content_type) > _LONGEST_TOKEN or not _CONTENT_TYPE.fullmatch(content_type):
        raise MessageError(f"the content type of the attachment {filename} is not type/subtype")
    try:
        content = base64.b64decode(attachment.content, validate=True)
    except (binascii.Error, ValueError):
        raise MessageError(f"the content of the attachment {filename} is not base64") from None
    return attachment_part(filename, content_type, content)
