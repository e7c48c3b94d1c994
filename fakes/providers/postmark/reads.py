"""What Postmark tells afterwards. Shapes: recorded responses, and the vendor's developer pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...http.exchange import Request, Response
from ...marks import Mark
from ..refusal import Refuse
from ..rules import Outcome
from ..webhook import Happened
from .account import PostmarkAccount, PostmarkMail
from .bounce_types import TYPES, BounceType
from .bounces import BOUNCING, SERVER, bounce_row
from .mailbox import AddressWithName
from .refusals import JSON_UTF8
from .sending import stamp

_SOURCE = "recorded responses; postmarkapp.com, developer pages"
_CALL_ONLY = "the call is documented, what it answers is not known in full"
_MOST = 500
Answer = Outcome[PostmarkAccount]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmarkRead:
    """A call: whose, the request, and what its path names."""

    account: PostmarkAccount
    request: Request
    parts: Sequence[str]


Call = Callable[[PostmarkRead], Answer]


def told(account: PostmarkAccount, found: Any, *, is_known: bool = True) -> Answer:
    """An answer; `is_known` false where something in it is made up."""
    response = Response(
        status=200,
        body=json.dumps(found, separators=(",", ":")).encode(),
        headers=JSON_UTF8,
        mark=Mark.DOCUMENTED if is_known else Mark.SYNTHETIC,
        source=_SOURCE if is_known else _CALL_ONLY,
    )
    return Outcome(account=account, response=response)


def _page(asked: PostmarkRead, name: str, rows: list[Any], *, is_known: bool = True) -> Answer:
    """A page of a list: `count` and `offset`."""
    offset, count = (
        _number(asked.request, "offset", 0),
        min(_number(asked.request, "count", _MOST), _MOST),
    )
    found = {"TotalCount": len(rows), name: rows[offset : offset + count]}
    return told(asked.account, found, is_known=is_known)


def _number(request: Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, "")
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else otherwise


def _messages(asked: PostmarkRead) -> Answer:
    rows = [
        _row(mail)
        for mail in reversed(asked.account.accepted)
        if _wanted(mail, asked.request.query)
    ]
    return _page(asked, "Messages", rows)


def _message(asked: PostmarkRead) -> Answer:
    """Details and dump of one message."""
    for mail in asked.account.accepted:
        if mail.provider_id == asked.parts[0].lower():
            dump = mail.content.decode("utf-8", "replace")
            if asked.parts[1] == "dump":
                return told(asked.account, {"Body": dump})
            texts = {"TextBody": mail.text or "", "HtmlBody": mail.html or "", "Body": dump}
            found = {**texts, **_row(mail), "MessageEvents": _events(asked.account, mail)}
            return told(asked.account, found, is_known=not mail.bounces)
    raise Refuse("unknown-message")


def _bounces(asked: PostmarkRead) -> Answer:
    rows = _bounce_rows(asked.account)
    return _page(asked, "Bounces", rows, is_known=_are_known(rows))


def _are_known(bounces: list[dict[str, Any]]) -> bool:
    """Whether every one is of the kind of which an example is known."""
    return all(row["Type"] == "HardBounce" for row in bounces)


def _bounce(asked: PostmarkRead) -> Answer:
    """One bounce, its dump, or its activation."""
    row = next(
        (row for row in _bounce_rows(asked.account) if str(row["ID"]) == asked.parts[0]), None
    )
    if row is None:
        raise Refuse("unknown-path")
    if asked.parts[1] == "/dump":
        return told(asked.account, {"Body": row["Details"]}, is_known=False)
    if asked.parts[1] != "/activate":
        return told(asked.account, row, is_known=_are_known([row]))
    kept = tuple(one for one in asked.account.suppressed if one.lower() != row["Email"].lower())
    account = asked.account.model_copy(update={"suppressed": kept})
    found = {"Message": "OK", "Bounce": {**row, "Inactive": False}}
    return told(account, found, is_known=False)


def _delivery(asked: PostmarkRead) -> Answer:
    rows = _bounce_rows(asked.account)
    kinds = [row["Type"] for row in rows]
    counts = [
        {"Type": kind.name, "Name": kind.title, "Count": kinds.count(kind.name)}
        for kind in TYPES.values()
        if kind.name in kinds
    ]
    found = {
        "InactiveMails": len(asked.account.gone()),
        "Bounces": [{"Name": "All", "Count": len(kinds)}, *counts],
    }
    return told(asked.account, found, is_known=_are_known(rows))


def _server(asked: PostmarkRead) -> Answer:
    found = {
        "ID": SERVER,
        "Name": "My Server",
        "ApiTokens": [key.key for key in asked.account.keys if not key.revoked],
        "Color": "Blue",
        "SmtpApiActivated": asked.account.smtp_activated,
        "RawEmailEnabled": False,
        "DeliveryType": asked.account.delivery,
        "ServerLink": f"https://postmarkapp.com/servers/{SERVER}/streams",
        "InboundAddress": "0123456789abcdef@inbound.postmarkapp.com",
        **dict.fromkeys(["InboundHookUrl", "BounceHookUrl", "OpenHookUrl", "DeliveryHookUrl"], ""),
        "PostFirstOpenOnly": False,
        "InboundDomain": "",
        "InboundHash": "0123456789abcdef",
        "InboundSpamThreshold": 5,
        "TrackOpens": False,
        "TrackLinks": "None",
        "IncludeBounceContentInHook": False,
        "ClickHookUrl": "",
        "EnableSmtpApiErrorHooks": False,
    }
    return told(asked.account, found)


def _stats(asked: PostmarkRead) -> Answer:
    sent, bounced = len(asked.account.accepted), len(_bounce_rows(asked.account))
    found = {
        "Sent": sent,
        "Bounced": bounced,
        "SMTPApiErrors": sum(
            kind == "SMTPApiError" for mail in asked.account.accepted for _, kind in mail.bounces
        ),
        "BounceRate": round(100 * bounced / sent, 3) if sent else 0,
        **dict.fromkeys(["SpamComplaints", "SpamComplaintsRate", "Opens", "UniqueOpens"], 0),
        "Tracked": sum(mail.track_opens for mail in asked.account.accepted),
    }
    # Of these totals only SMTPApiErrors is documented.
    return told(asked.account, found, is_known=False)


def _domains(asked: PostmarkRead) -> Answer:
    return _page(asked, "Domains", _domain_rows(asked.account))


def _domain(asked: PostmarkRead) -> Answer:
    for row in _domain_rows(asked.account):
        if str(row["ID"]) == asked.parts[0]:
            more = {"ReturnPathDomain": "", "ReturnPathDomainCNAMEValue": "pm.mtasv.net"}
            return told(asked.account, {**row, **more})
    raise Refuse("unknown-path")


def _signatures(asked: PostmarkRead) -> Answer:
    return _page(asked, "SenderSignatures", _signature_rows(asked.account))


def _signature(asked: PostmarkRead) -> Answer:
    row = next(
        (row for row in _signature_rows(asked.account) if str(row["ID"]) == asked.parts[0]), None
    )
    if row is None:
        raise Refuse("unknown-path")
    return told(asked.account, row)


# Method, path in lower case, and what answers.
SERVER_CALLS: tuple[tuple[str, re.Pattern[str], Call], ...] = tuple(
    (method, re.compile(path + r"\Z"), call)
    for method, path, call in (
        ("GET", r"/messages/outbound", _messages),
        ("GET", r"/messages/outbound/([^/]+)/(details|dump)", _message),
        ("GET", r"/bounces", _bounces),
        ("GET", r"/bounces/([0-9]+)((?:/dump)?)", _bounce),
        ("PUT", r"/bounces/([0-9]+)(/activate)", _bounce),
        ("GET", r"/deliverystats", _delivery),
        ("GET", r"/server", _server),
        ("GET", r"/stats/outbound", _stats),
    )
)
ACCOUNT_CALLS: tuple[tuple[str, re.Pattern[str], Call], ...] = tuple(
    ("GET", re.compile(path + r"\Z"), call)
    for path, call in (
        (r"/domains", _domains),
        (r"/domains/([0-9]+)", _domain),
        (r"/senders", _signatures),
        (r"/senders/([0-9]+)", _signature),
    )
)


def _wanted(mail: PostmarkMail, query: Mapping[str, str]) -> bool:
    """Whether the filters of a query let a message through."""
    addresses = [box.address.lower() for box in (*mail.to, *mail.cc, *mail.bcc)]
    day = f"{mail.at:%Y-%m-%d}"
    have = {
        "fromemail": mail.mail_from.lower(),
        "tag": mail.tag.lower(),
        "status": "sent",
        "subject": mail.subject.lower(),
        "messagestream": mail.stream.lower(),
        **{f"metadata_{name}".lower(): value.lower() for name, value in mail.metadata.items()},
    }
    for name, value in query.items():
        field, wanted = name.lower(), value.lower()
        if field == "recipient" and wanted not in addresses:
            return False
        if (field == "fromdate" and day < wanted[:10]) or (field == "todate" and day > wanted[:10]):
            return False
        if field in have and (
            wanted not in have[field] if field == "subject" else wanted != have[field]
        ):
            return False
        if field.startswith("metadata_") and field not in have:
            return False
    return True


def _row(mail: PostmarkMail) -> dict[str, Any]:
    return {
        "Tag": mail.tag,
        "MessageID": mail.provider_id,
        "MessageStream": mail.stream,
        "To": _boxes(mail.to),
        "Cc": _boxes(mail.cc),
        "Bcc": _boxes(mail.bcc),
        "Recipients": [box.address for box in (*mail.to, *mail.cc, *mail.bcc)],
        "ReceivedAt": stamp(mail.at),
        "From": mail.sender,
        "Subject": mail.subject,
        "Attachments": list(mail.attachments),
        "Status": "Sent",
        "TrackOpens": mail.track_opens,
        "TrackLinks": mail.track_links,
        "Metadata": dict(mail.metadata),
        "Sandboxed": mail.sandboxed,
    }


def _boxes(boxes: Sequence[AddressWithName]) -> list[dict[str, str]]:
    return [{"Email": box.address, "Name": box.name} for box in boxes]


def _events(account: PostmarkAccount, mail: PostmarkMail) -> list[dict[str, Any]]:
    bounced = {who for who, _ in mail.bounces}
    bounced |= {each.recipient for each in _became(account, mail)}
    return [
        {
            "Recipient": address,
            "Type": "Bounced" if address in bounced else "Delivered",
            "ReceivedAt": stamp(mail.at),
            "Details": {"Summary": "smtp;550 5.1.1"}
            if address in bounced
            else {
                "DeliveryMessage": "smtp;250 2.0.0 OK",
                "DestinationServer": "mx.invalid",
                "DestinationIP": "192.0.2.1",
            },
        }
        for address in mail.recipients
    ]


def _became(account: PostmarkAccount, mail: PostmarkMail) -> list[Happened]:
    """The bounces that somebody let happen."""
    return [each for each in account.happened if each.mail is mail and each.event in BOUNCING]


def _bounce_rows(account: PostmarkAccount) -> list[dict[str, Any]]:
    """The bounces that somebody let happen, and those that were asked for by a test address."""
    became = [(mail, each) for mail in account.accepted for each in _became(account, mail)]
    rows = [
        {
            **bounce_row(each, mail),
            **_of_message(mail),
            "Inactive": account.inactive(each.recipient),
        }
        for mail, each in became
    ]
    # What a test address asks for has happened as well where it was told to a webhook.
    told = {(id(mail), each.recipient) for mail, each in became}
    asked = [
        (mail, who, TYPES[kind])
        for mail in account.accepted
        for who, kind in mail.bounces
        if (id(mail), who) not in told
    ]
    return rows + [
        {"ID": number, **_asked_row(account, mail, who, kind)}
        for number, (mail, who, kind) in enumerate(asked, start=1)
    ]


def _asked_row(
    account: PostmarkAccount, mail: PostmarkMail, who: str, kind: BounceType
) -> dict[str, Any]:
    return {
        "Type": kind.name,
        "TypeCode": kind.code,
        "Name": kind.title,
        **_of_message(mail),
        "ServerID": SERVER,
        "Description": kind.description,
        "Details": "smtp;550 5.1.1",
        "Email": who,
        "From": mail.mail_from,
        "BouncedAt": stamp(mail.at),
        "DumpAvailable": True,
        "Inactive": account.inactive(who),
        "CanActivate": account.inactive(who),
        "Subject": mail.subject,
    }


def _of_message(mail: PostmarkMail) -> dict[str, str]:
    return {"Tag": mail.tag, "MessageID": mail.provider_id, "MessageStream": mail.stream}


def _domain_rows(account: PostmarkAccount) -> list[dict[str, Any]]:
    return [
        {
            "ID": number,
            "Name": domain.name,
            "SPFVerified": True,
            "DKIMVerified": domain.verified,
            "WeakDKIM": False,
            "ReturnPathDomainVerified": domain.verified,
        }
        for number, domain in enumerate(account.domains, start=1)
    ]


def _signature_rows(account: PostmarkAccount) -> list[dict[str, Any]]:
    everyone = [(address, True) for address in account.senders]
    everyone += [(address, False) for address in account.unconfirmed_senders]
    return [
        {
            "ID": number,
            "Domain": address.rpartition("@")[2],
            "EmailAddress": address,
            "ReplyToEmailAddress": "",
            "Name": "",
            "Confirmed": confirmed,
        }
        for number, (address, confirmed) in enumerate(everyone, start=1)
    ]
