"""What becomes of a sound message: it is taken, for one or for each of a batch."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import formataddr, parseaddr
from functools import cache
from mimetypes import MimeTypes
from typing import Any

from ...http.exchange import Response
from ...marks import Mark
from ..accepted_mail import AcceptedMail
from ..attachment import AttachedFile
from ..fields import Fields
from ..refusal import Refuse
from ..rules import Outcome
from ..strict_json import strict_json
from .account import MailgunAccount, MailgunDomain
from .form import Form, FormPart
from .recipient_variables import filled, variables_of
from .refusals import JSON_UTF8
from .validation import date_of, mailboxes, recipient_variables, recipients

TEST_MODE = "test-mode"
_ID = string.digits + "ABCDEF"
_YES = frozenset(["yes", "true"])
# Where recipient variables are carried out, beside headers and user variables (as django-anymail's
# backend relies on, 2026-07).
_TEXTS = frozenset(["subject", "text", "html"])


def take(
    account: MailgunAccount, domain: MailgunDomain, form: Form, *, is_mime: bool, now: datetime
) -> Outcome[MailgunAccount]:
    """Take a message that nothing is wrong with.

    Raises:
        Refuse: the account may not send it so.
    """
    variables = recipient_variables(form) or {}
    boxes = mailboxes(form, "to")
    batch = bool(variables) and len(boxes) > 1
    if batch and not account.large_batches:
        raise Refuse("large-batch", domain=domain.name)
    address = form.get("o:sending-ip")
    if address is not None and address not in account.ips:
        raise Refuse("sending-ip", ip=address)
    token, account = account.next_id(16, _ID)
    identifier = f"<{now:%Y%m%d%H%M%S}.1.{token}@{domain.name}>"
    if is_mime:
        mail = [_finished(account, form, identifier, now)]
    elif batch:
        mail = [
            _composed(account, _for(box, form, variables), identifier, now, to=[box])
            for box in boxes
        ]
    else:
        form = _for(boxes[0], form, variables) if len(boxes) == 1 else form
        mail = [_composed(account, form, identifier, now, to=boxes)]
    account = account.keep(*mail)
    # What is sent in test mode shows in the events and goes nowhere.
    kept = is_mime and bool(variables)
    taken = () if mail[0].state == TEST_MODE else tuple(mail)
    return Outcome(account=account, response=_accepted(identifier, kept=kept), accepted=taken)


def _for(box: tuple[str, str], form: Form, given: Mapping[str, Any]) -> Form:
    """The form with this recipient's variables in its texts."""
    variables = variables_of(box[1], given)
    if not variables:
        return form
    return Form(
        tuple(
            replace(part, value=filled(part.text, variables).encode("utf-8", "replace"))
            if part.name in _TEXTS or part.name.startswith(("h:", "v:"))
            else part
            for part in form.parts
        )
    )


def _accepted(identifier: str, *, kept: bool) -> Response:
    """The answer to what was taken; `kept`: with placeholders that are not carried out."""
    body = {"id": identifier, "message": "Queued. Thank you."}
    return Response(
        status=200,
        body=json.dumps(body, separators=(",", ":")).encode(),
        headers=JSON_UTF8,
        mark=Mark.SYNTHETIC if kept else Mark.DOCUMENTED,
        source="mailgun/documentation, source/api-sending.rst (2024-07); responses in SDK fixtures",
    )


def _state(form: Form, addresses: tuple[str, ...], dropped: tuple[str, ...]) -> str:
    if (form.get("o:testmode") or "").lower() in _YES:
        return TEST_MODE
    return "failed" if dropped == addresses else "accepted"


def _dropped(account: MailgunAccount, addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Those whom the vendor does not send to any more."""
    gone = {*account.suppressed, *account.unsubscribed, *account.complained}
    lowered = {address.lower() for address in gone}
    return tuple(address for address in addresses if address.lower() in lowered)


def _finished(account: MailgunAccount, form: Form, identifier: str, now: datetime) -> AcceptedMail:
    part = form.find("message")
    mime = part.value if part is not None else b""
    headers = BytesHeaderParser().parsebytes(mime)
    addresses = recipients(form)
    dropped = _dropped(account, addresses)
    return AcceptedMail(
        provider_id=identifier,
        mail_from=parseaddr(str(headers.get("From", "")))[1],
        recipients=addresses,
        subject=str(headers.get("Subject", "")),
        at=now,
        state=_state(form, addresses, dropped),
        dropped=dropped,
        send_at=date_of(form.get("o:deliverytime") or str(headers.get("X-Mailgun-Deliver-By", ""))),
        mime=mime,
        tags=(*form.all("o:tag"), *(str(tag) for tag in headers.get_all("X-Mailgun-Tag", []))),
        metadata={**_header_variables(headers), **_variables(form)},
    )


def _variables(form: Form) -> dict[str, str]:
    return {name: value for name, value in form.with_prefix("v:") if name}


def _header_variables(headers: Message) -> dict[str, str]:
    """X-Mailgun-Variables: JSON objects; what is none is passed over."""
    found: dict[str, str] = {}
    for text in headers.get_all("X-Mailgun-Variables", []):
        try:
            given = strict_json(str(text))
        except (ValueError, RecursionError):
            continue
        pairs = given.items() if isinstance(given, dict) else ()
        found |= {name: v if isinstance(v, str) else json.dumps(v) for name, v in pairs}
    return found


def _composed(
    account: MailgunAccount,
    form: Form,
    identifier: str,
    now: datetime,
    *,
    to: list[tuple[str, str]],
) -> AcceptedMail:
    copies = tuple(a for name in ("cc", "bcc") for _, a in mailboxes(form, name))
    addresses = (*(address for _, address in to), *copies)
    headers = {name: value for name, value in form.with_prefix("h:") if name}
    dropped = _dropped(account, addresses)
    return AcceptedMail(
        provider_id=identifier,
        mail_from=mailboxes(form, "from")[0][1],
        recipients=addresses,
        subject=form.get("subject") or "",
        at=now,
        state=_state(form, addresses, dropped),
        dropped=dropped,
        send_at=date_of(form.get("o:deliverytime") or ""),
        fields=Fields(
            sender=form.get("from") or "",
            to=tuple(_shown(box) for box in to),
            cc=tuple(_shown(box) for box in mailboxes(form, "cc")),
            subject=form.get("subject") or "",
            text=form.get("text"),
            html=form.get("html"),
            headers={"Message-ID": identifier, **headers},
            alternatives=_amp(form),
            attachments=_files(form),
        ),
        tags=tuple(form.all("o:tag")),
        metadata=_variables(form),
    )


def _amp(form: Form) -> tuple[tuple[str, str], ...]:
    text = form.get("amp-html")
    return (("text/x-amp-html", text),) if text is not None else ()


def _files(form: Form) -> tuple[AttachedFile, ...]:
    """The attachments, and the images of the HTML: the name of one is its Content-ID."""
    return tuple(
        AttachedFile(
            name=part.filename,
            content_type=_type(part),
            raw=part.value,
            content_id=part.filename if part.name == "inline" else "",
            inline=part.name == "inline",
        )
        for part in form.parts
        if part.name in {"attachment", "inline"} and part.filename
    )


def _type(part: FormPart) -> str:
    """The media type of a file: by its name, where the form says no more than octets.

    Form writers say that, or nothing, of every file, and Mailgun goes by the name (mailgun.js issue
    280, 2022-06; mailgun-ruby issue 136, 2018-02; django-anymail's live test). Whether it does so
    where the form says more is not known: that type stays.
    """
    if part.content_type.partition(";")[0].strip().lower() not in {"", "application/octet-stream"}:
        return part.content_type
    return _types().guess_type(part.filename or "")[0] or part.content_type


@cache
def _types() -> MimeTypes:
    """Python's own table: everywhere the same, whatever this machine has in its files."""
    return MimeTypes()


def _shown(box: tuple[str, str]) -> str:
    name, address = box
    try:
        return formataddr((name, address))
    except UnicodeError:  # an address beyond ASCII
        return address
