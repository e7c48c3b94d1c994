"""What becomes of a sound transmission: the sender is judged, the rest is taken."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from ..scheduling import waits
from .account import (
    SANDBOX_DOMAIN,
    SANDBOX_LIMIT,
    SANDBOX_TEMPLATE,
    Kind,
    SparkPostAccount,
    SparkPostMail,
)
from .refusals import error, refuse
from .rendering import Substituted, data_for, is_plain, stored, substituted
from .validation import moment, recipient_email, recipient_error

_MOST_TAGS = 10
_SOURCE = "developers.sparkpost.com, content/api/transmissions.apib (2026-06)"
_BEYOND = "statements of the template language, and finished messages, are not filled in"
_TEXT_PARTS = ("text", "html", "amp_html")
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
    good = [box for box in body["recipients"] if recipient_error(box) is None]
    wrong = [found for box in body["recipients"] if (found := recipient_error(box)) is not None]
    sandbox = (body.get("options") or {}).get("sandbox") is True
    template = body["content"].get("template_id") or body["content"].get("ab_test_id")
    letters = _letters(account, body, good, sandbox=sandbox)
    sender = _sender(letters[0].content)
    _check_sender(account, sender, region, sandbox=sandbox, template=template)
    if not good:
        raise Refuse("no-valid-recipients")
    if sandbox and account.sandbox_used + len(good) > SANDBOX_LIMIT:
        raise Refuse("sandbox-limit")
    identifier, account = account.next_id(16, string.digits)
    identifier = f"1{identifier}"  # never a zero at the beginning
    mail = _mail(account, body, letters, identifier=identifier, now=now)
    if sandbox:
        used = account.sandbox_used + len(good)
        account = account.model_copy(update={"sandbox_used": used})
    response = _accepted(identifier, len(good), wrong, errors)
    if any(letter.is_beyond for letter in letters):
        response = replace(response, mark=Mark.SYNTHETIC, source=_BEYOND)
    return Outcome(account=account.keep(*mail), response=response, accepted=mail)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter(Substituted):
    """What one recipient gets; the content as it was given where there is nobody."""

    box: Mapping[str, Any]


def _letters(
    account: SparkPostAccount,
    body: Mapping[str, Any],
    boxes: list[dict[str, Any]],
    *,
    sandbox: bool,
) -> list[_Letter]:
    """What each recipient gets: the content, or the stored one, with what stands for its braces."""
    content = body["content"]
    template = content.get("template_id") or content.get("ab_test_id")
    if template is not None and not (sandbox and template == SANDBOX_TEMPLATE):
        if sandbox:
            raise Refuse("sandbox-template")
        content = stored(account, content)
    fills = (body.get("options") or {}).get("perform_substitutions") is not False
    if is_plain(content) or not fills or "email_rfc822" in content:
        beyond = fills and not is_plain(content)
        return [_Letter(content=content, is_beyond=beyond, box=box) for box in boxes or [{}]]
    made = [(box, substituted(content, data_for(body, box))) for box in boxes or [{}]]
    return [_Letter(content=m.content, is_beyond=m.is_beyond, box=box) for box, m in made]


def told_at_once(
    outcome: Outcome[SparkPostAccount], body: Mapping[str, Any], *, now: datetime
) -> Outcome[SparkPostAccount]:
    """The outcome as the API tells of it.

    A suppressed recipient who is the only one is refused in the answer; among several they are
    taken, and bounce afterwards (SparkPost/support-docs pull request 683). What is scheduled is not
    made yet, so that it is taken, too: that is inferred.
    """
    if len(body["recipients"]) != 1 or not outcome.accepted:
        return outcome
    (mail,) = outcome.accepted
    if mail.state != "generation_rejection" or waits(mail, now):
        return outcome
    return replace(outcome, response=refuse("suppressed", id=mail.provider_id), accepted=())


def _clean(text: str) -> str:
    """Text that can be written: JSON may hold halves of characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _sender(content: Mapping[str, Any]) -> tuple[str, str]:
    """The name and the address in From, in whichever form the content has it, as clean texts."""
    name, address = _given_sender(content)
    return _clean(name), _clean(address)


def _given_sender(content: Mapping[str, Any]) -> tuple[str, str]:
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
    letters: list[_Letter],
    *,
    identifier: str,
    now: datetime,
) -> tuple[SparkPostMail, ...]:
    """One message for each To that is shown, and each content.

    SparkPost makes one for each recipient, and copies (`header_to`) show another's address. Those
    that show the same are one message here; a finished message is the same one for all.
    """
    groups: dict[tuple[str, str], list[_Letter]] = {}
    shared = all(letter.content is letters[0].content for letter in letters)
    for letter in letters:
        finished = "email_rfc822" in letter.content
        shown = "" if finished else _visible_to(letter.box)
        own = "" if shared else _own_texts(letter)
        groups.setdefault((shown, own), []).append(letter)
    made = _Transmission(
        body=body,
        identifier=identifier,
        now=now,
        dropped=account.gone(_kind(account, body)),
        alone=len(letters) == 1,
    )
    return tuple(_message(made, to, group) for (to, _), group in groups.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transmission:
    """What all messages of a transmission have in common."""

    body: Mapping[str, Any]
    identifier: str
    now: datetime
    dropped: frozenset[str]
    alone: bool


def _own_texts(letter: _Letter) -> str:
    """What was filled in for a recipient, as one text."""
    names = ("from", "subject", "reply_to", "headers", *_TEXT_PARTS)
    return json.dumps({name: letter.content.get(name) for name in names}, sort_keys=True)


def _kind(account: SparkPostAccount, body: Mapping[str, Any]) -> Kind:
    """Which kind of mail it is; its own options stand above those of a stored template."""
    template = account.template(body["content"].get("template_id") or "")
    options = {**(template.options if template is not None else {}), **(body.get("options") or {})}
    return "transactional" if options.get("transactional") is True else "non_transactional"


def _message(made: _Transmission, to: str, group: list[_Letter]) -> SparkPostMail:
    """The message of those who get the same."""
    content, body = group[0].content, made.body
    sender = _sender(content)
    mime = _octets(content) if "email_rfc822" in content else None
    own = {recipient_email(letter.box): letter.box for letter in group}
    addresses = [recipient_email(letter.box) for letter in group]
    return SparkPostMail(
        provider_id=made.identifier,
        mail_from=str(body.get("return_path") or sender[1]),
        recipients=tuple(addresses),
        subject=_subject(content, mime),
        at=made.now,
        state=_state(addresses, made.dropped, alone=made.alone),
        dropped=tuple(each for each in addresses if each.lower() in made.dropped),
        metadata=_as_texts(_metadata(body, own[addresses[0]])),
        tags=tuple(dict.fromkeys(tag for each in addresses for tag in _tags(own[each]))),
        send_at=_send_at(body),
        mime=mime,
        fields=_fields(content, sender, to) if mime is None else None,
        campaign=_clean(str(body.get("campaign_id") or "")),
        template=body["content"].get("template_id"),
        own_metadata={each: _metadata(body, own[each]) for each in addresses},
        own_tags={each: _tags(own[each]) for each in addresses},
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
    """When it is to go out."""
    return moment((body.get("options") or {}).get("start_time"))


def _state(addresses: list[str], dropped: frozenset[str], *, alone: bool) -> str:
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
