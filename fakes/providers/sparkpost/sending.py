"""What becomes of a sound transmission: the sender is judged, the rest is taken."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Any

from ...http.exchange import Response
from ...marks import Mark
from ..attachment import AttachedFile
from ..display_name import with_display_name
from ..fields import Fields
from ..keys import domain_of, find_domain
from ..refusal import JSON, Refuse
from ..rules import Outcome
from .account import (
    SANDBOX_DOMAIN,
    SANDBOX_LIMIT,
    SANDBOX_TEMPLATE,
    SparkPostAccount,
    SparkPostMail,
)
from .refusals import error, refuse
from .validation import moment, recipient_email, recipient_error

_MOST_TAGS = 10
_SOURCE = "developers.sparkpost.com, content/api/transmissions.apib (2026-06)"
_PARTIAL = error("transmission created, but with validation errors", "2000")


def take(
    account: SparkPostAccount,
    body: dict[str, Any],
    *,
    region: str,
    errors: int | None,
    now: datetime,
) -> Outcome[SparkPostAccount]:
    """Judge sender and recipients, and take what is left.

    Raises:
        Refuse: nothing is left.
    """
    content = body["content"]
    good = [box for box in body["recipients"] if recipient_error(box) is None]
    wrong = [found for box in body["recipients"] if (found := recipient_error(box)) is not None]
    sandbox = (body.get("options") or {}).get("sandbox") is True
    template = content.get("template_id") or content.get("ab_test_id")
    if template is not None and not (sandbox and template == SANDBOX_TEMPLATE):
        raise _no_template(template, sandbox=sandbox)
    name, address = _sender(content)
    sender = _clean(name), _clean(address)
    _check_sender(account, sender, region, sandbox=sandbox, template=template)
    if not good:
        raise Refuse("no-valid-recipients")
    if sandbox and account.sandbox_used + len(good) > SANDBOX_LIMIT:
        raise Refuse("sandbox-limit")
    identifier, account = account.next_id(16, string.digits)
    identifier = f"1{identifier}"  # never a zero at the beginning
    mail = _mail(account, body, good, sender=sender, identifier=identifier, now=now)
    if sandbox:
        used = account.sandbox_used + len(good)
        account = account.model_copy(update={"sandbox_used": used})
    response = _accepted(identifier, len(good), wrong, errors)
    return Outcome(account=account.keep(*mail), response=response, accepted=mail)


def told_at_once(
    outcome: Outcome[SparkPostAccount], body: Mapping[str, Any]
) -> Outcome[SparkPostAccount]:
    """The outcome as the API tells of it.

    A suppressed recipient who is the only one is refused in the answer; among several they are
    taken, and bounce afterwards (SparkPost/support-docs pull request 683).
    """
    if len(body["recipients"]) != 1 or not outcome.accepted:
        return outcome
    (mail,) = outcome.accepted
    if mail.state != "generation_rejection":
        return outcome
    return replace(outcome, response=refuse("suppressed", id=mail.provider_id), accepted=())


def _clean(text: str) -> str:
    """Text that can be written: JSON may hold halves of characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _no_template(template: Any, *, sandbox: bool) -> Refuse:
    if sandbox:
        return Refuse("sandbox-template")
    return Refuse("subresource-missing", description=f"template '{template}' does not exist")


def _sender(content: Mapping[str, Any]) -> tuple[str, str]:
    """The name and the address in From, in whichever form the content has it."""
    if "email_rfc822" in content:
        headers = BytesHeaderParser().parsebytes(_octets(content))
        return parseaddr(str(headers.get("From", "")))
    if "from" not in content:  # the sandbox's template
        return "", f"support@{SANDBOX_DOMAIN}"
    given = content["from"]
    if isinstance(given, dict):
        return given.get("name") or "", given["email"]
    name, address = parseaddr(given)
    return name, address or given


def _octets(content: Mapping[str, Any]) -> bytes:
    """The finished message, with the line ends that SparkPost makes of lone CR and LF."""
    text: str = content["email_rfc822"]
    flat = text.replace("\r\n", "\n").replace("\r", "\n")
    return flat.replace("\n", "\r\n").encode("utf-8", "replace")


def _check_sender(
    account: SparkPostAccount,
    sender: tuple[str, str],
    region: str,
    *,
    sandbox: bool,
    template: str | None,
) -> None:
    local, at, _ = sender[1].rpartition("@")
    name = domain_of(sender[1]) if at else ""
    if not name:
        raise Refuse("no-sending-domain")
    if not local:
        raise Refuse("no-local-part")
    if name in {each.lower() for each in account.blacklisted}:
        raise Refuse("blacklisted-domain")
    if sandbox or name == SANDBOX_DOMAIN:
        if not sandbox or name != SANDBOX_DOMAIN:
            raise Refuse("sandbox-mismatch")
        needs_template = account.sandbox == "template" and template is None
        if needs_template:
            raise Refuse("sandbox-template")
        return
    domain = find_domain(account.domains, name, region=region)
    if domain is None or not domain.verified:
        raise Refuse("unverified-domain")


def _mail(
    account: SparkPostAccount,
    body: dict[str, Any],
    boxes: list[dict[str, Any]],
    *,
    sender: tuple[str, str],
    identifier: str,
    now: datetime,
) -> tuple[SparkPostMail, ...]:
    """One message for each To that is shown.

    SparkPost makes one for each recipient, and copies (`header_to`) show another's address. Those
    that show the same are one message here; a finished message is the same one for all.
    """
    content = body["content"]
    mime = _octets(content) if "email_rfc822" in content else None
    groups: dict[str, list[str]] = {}
    own = {recipient_email(box): box for box in boxes}
    for box in boxes:
        shown = _visible_to(box) if mime is None else ""
        groups.setdefault(shown, []).append(recipient_email(box))
    dropped = {address.lower() for address in account.suppressed}
    return tuple(
        SparkPostMail(
            provider_id=identifier,
            mail_from=str(body.get("return_path") or sender[1]),
            recipients=tuple(addresses),
            subject=_subject(content, mime),
            at=now,
            state=_state(addresses, dropped, alone=len(boxes) == 1),
            dropped=tuple(each for each in addresses if each.lower() in dropped),
            metadata=_as_texts(_metadata(body, own[addresses[0]])),
            tags=tuple(dict.fromkeys(tag for each in addresses for tag in _tags(own[each]))),
            send_at=_send_at(body),
            mime=mime,
            fields=_fields(content, sender, to) if mime is None else None,
            campaign=_clean(str(body.get("campaign_id") or "")),
            own_metadata={each: _metadata(body, own[each]) for each in addresses},
            own_tags={each: _tags(own[each]) for each in addresses},
        )
        for to, addresses in groups.items()
    )


def _metadata(body: Mapping[str, Any], box: Mapping[str, Any]) -> dict[str, Any]:
    """That of the transmission, and in its place that of the recipient."""
    given = (body.get("metadata"), box.get("metadata"))
    return {name: value for each in given if isinstance(each, dict) for name, value in each.items()}


def _as_texts(noted: Mapping[str, Any]) -> dict[str, str]:
    return {name: v if isinstance(v, str) else json.dumps(v) for name, v in noted.items()}


def _tags(box: Mapping[str, Any]) -> tuple[str, ...]:
    """The tags of a recipient; those beyond the tenth are passed over."""
    return tuple(str(tag) for tag in (box.get("tags") or ())[:_MOST_TAGS])


def _send_at(body: Mapping[str, Any]) -> datetime | None:
    """When it is to go out: checked, but the fake takes it at once."""
    return moment((body.get("options") or {}).get("start_time"))


def _state(addresses: list[str], dropped: set[str], *, alone: bool) -> str:
    """The type of the event that comes last, where that is known for everybody."""
    if not {each.lower() for each in addresses} <= dropped:
        return "queued"
    return "generation_rejection" if alone else "bounce"


def _visible_to(box: Mapping[str, Any]) -> str:
    address = box["address"]
    if not isinstance(address, dict):
        return str(address)
    shown = address.get("header_to")
    if isinstance(shown, str) and shown:
        return shown
    name = address.get("name")
    return with_display_name(name if isinstance(name, str) else "", str(address["email"]))


def _subject(content: Mapping[str, Any], mime: bytes | None) -> str:
    if mime is None:
        return _clean(content.get("subject") or "")
    return str(BytesHeaderParser().parsebytes(mime).get("Subject", ""))


def _fields(content: Mapping[str, Any], sender: tuple[str, str], to: str) -> Fields:
    headers: dict[str, str] = dict(content.get("headers") or {})
    if content.get("reply_to"):
        headers["Reply-To"] = content["reply_to"]
    copied = next((value for name, value in headers.items() if name.lower() == "cc"), "")
    return Fields(
        sender=with_display_name(*sender),
        to=(to,),
        cc=(copied,) if copied else (),
        subject=_subject(content, None),
        text=content.get("text"),
        html=content.get("html"),
        headers={name: value for name, value in headers.items() if name.lower() != "cc"},
        alternatives=_amp(content),
        attachments=_files(content),
    )


def _amp(content: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    text = content.get("amp_html")
    return (("text/x-amp-html", text),) if isinstance(text, str) and text else ()


def _files(content: Mapping[str, Any]) -> tuple[AttachedFile, ...]:
    """The attachments, and the images that the HTML refers to by their names."""
    attached, shown = (
        [
            AttachedFile.of(each, name="name", content_type="type", encoded="data")
            for each in content.get(member) or ()
        ]
        for member in ("attachments", "inline_images")
    )
    return (*attached, *(replace(each, content_id=each.name, inline=True) for each in shown))


def _accepted(
    identifier: str, count: int, wrong: list[dict[str, str]], errors: int | None
) -> Response:
    results: dict[str, Any] = {
        "total_rejected_recipients": len(wrong),
        "total_accepted_recipients": count,
        "id": identifier,
    }
    body: dict[str, Any] = {"results": results}
    if wrong:
        body = {"errors": [_PARTIAL], "results": {"rcpt_to_errors": wrong[:errors], **results}}
    return Response(
        status=200,
        body=json.dumps(body, separators=(",", ":")).encode(),
        headers=JSON,
        mark=Mark.DOCUMENTED,
        source=_SOURCE,
    )
