"""SendGrid's rules: who may send, what is a message, what is told afterwards."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import Field

from ...http.exchange import Headers, Mark, Request, Response
from ..keys import ApiKey, Domain, domain_of, find_domain, find_key, furnished_keys
from ..refusal import Refusals
from ..rules import AcceptedMail, Account, Fields, Outcome, Provider, Token
from .insight import read_back
from .refusals import REFUSALS
from .validation import Complaint, complaints

_ID = string.ascii_letters + string.digits + "-_"
_LARGEST = 20_000_000
_LIMIT = 10_000
# A successful answer's headers: responses quoted in issue threads, 2019 to 2025.
_ACCEPTED: Headers = (
    ("Server", "nginx"),
    ("Access-Control-Allow-Origin", "https://sendgrid.api-docs.io"),
    ("Access-Control-Allow-Methods", "POST"),
    (
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, On-behalf-of, x-sg-elas-acl",
    ),
    ("Access-Control-Max-Age", "600"),
    ("X-No-CORS-Reason", "https://sendgrid.com/docs/Classroom/Basics/API/cors.html"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
)


class SendGridAccount(Account):
    """An account: its keys (permissions are scopes such as `mail.send`) and Sender Identities.

    `senders`: addresses verified one by one (Single Sender Verification). `domains`: those
    of Domain Authentication.
    """

    keys: tuple[ApiKey, ...] = Field(default=(ApiKey(),), strict=False)
    domains: tuple[Domain, ...] = Field(default=(), strict=False)
    senders: tuple[str, ...] = Field(default=(), strict=False)


class SendGridRules(Provider[SendGridAccount]):
    """SendGrid's Web API v3."""

    name: ClassVar[str] = "sendgrid"
    hosts: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"us": "api.sendgrid.com", "eu": "api.eu.sendgrid.com"}
    )
    refusals: ClassVar[Refusals] = REFUSALS
    account_type = SendGridAccount

    def made_up(self, token: Token) -> dict[str, str]:
        """A key: `SG.`, 22 characters, a dot, 43 characters (public secret-scanner patterns)."""
        return {"api_key": f"SG.{token(22, _ID)}.{token(43, _ID)}"}

    def furnished(
        self, account: SendGridAccount, credentials: Mapping[str, str]
    ) -> SendGridAccount:
        """The account with this key wherever it leaves one open."""
        keys = furnished_keys(account.keys, credentials["api_key"])
        return account.model_copy(update={"keys": keys})

    def answer(
        self, account: SendGridAccount, request: Request, *, region: str, now: datetime
    ) -> Outcome[SendGridAccount]:
        """Answer one request."""
        key, refused = _authenticate(account, request, region)
        if key is None:
            return Outcome(account=account, response=REFUSALS[refused].response())
        if account.suspended:
            return Outcome(account=account, response=REFUSALS["suspended"].response())
        if request.path.rstrip("/") == "/v3/mail/send":
            if request.method != "POST":
                return Outcome(account=account, response=REFUSALS["wrong-method"].response())
            return _send(account, request, key, region, now)
        return Outcome(account=account, response=read_back(account, request, key))


def _authenticate(
    account: SendGridAccount, request: Request, region: str
) -> tuple[ApiKey | None, str]:
    scheme, _, given = (request.header("authorization") or "").partition(" ")
    if not given:
        return None, "no-key"
    key = find_key(account.keys, given.strip(), region=region)
    return (key, "") if key is not None and scheme.lower() == "bearer" else (None, "bad-key")


def _send(
    account: SendGridAccount, request: Request, key: ApiKey, region: str, now: datetime
) -> Outcome[SendGridAccount]:
    refused = _refused_at_once(account, request, key)
    if refused is not None:
        return Outcome(account=account, response=refused)
    try:
        body = json.loads(request.body.decode("utf-8"))
    except UnicodeDecodeError:
        return Outcome(account=account, response=REFUSALS["bad-utf8"].response())
    except (ValueError, RecursionError):
        return Outcome(account=account, response=REFUSALS["not-json"].response())
    wrong = complaints(body)
    if wrong:
        return Outcome(account=account, response=_invalid(wrong))
    if not _is_identity(account, body["from"]["email"], region):
        return Outcome(account=account, response=REFUSALS["unverified-sender"].response())
    return _take(account, body, now)


def _refused_at_once(account: SendGridAccount, request: Request, key: ApiKey) -> Response | None:
    """What is refused before the body is looked at."""
    if not key.may("mail.send"):
        return REFUSALS["no-permission"].response()
    if account.quota_used_up:
        return REFUSALS["credits-used-up"].response()
    if account.rate_limited:
        limited = REFUSALS["rate-limited"].response()
        rates = (("X-Ratelimit-Limit", str(_LIMIT)), ("X-Ratelimit-Remaining", "0"))
        return _with_headers(limited, rates)
    if len(request.body) > _LARGEST:
        return REFUSALS["too-large"].response()
    if request.content_type != "application/json":
        return REFUSALS["unsupported-media-type"].response()
    return None


def _with_headers(response: Response, headers: Headers) -> Response:
    return Response(
        status=response.status,
        body=response.body,
        headers=response.headers + headers,
        mark=response.mark,
        source=response.source,
        case=response.case,
    )


def _invalid(wrong: list[Complaint]) -> Response:
    errors = json.dumps(
        {"errors": [complaint.entry() for complaint in wrong]}, separators=(",", ":")
    )
    return REFUSALS["invalid"].response(errors=errors)


def _is_identity(account: SendGridAccount, address: str, region: str) -> bool:
    domain = find_domain(account.domains, domain_of(address), region=region)
    verified = {sender.lower() for sender in account.senders}
    return address.lower() in verified or (domain is not None and domain.verified)


def _take(
    account: SendGridAccount, body: dict[str, Any], now: datetime
) -> Outcome[SendGridAccount]:
    identifier, account = account.next_id(22, _ID)
    sandbox = (body.get("mail_settings") or {}).get("sandbox_mode") or {}
    is_sandbox = isinstance(sandbox, dict) and sandbox.get("enable") is True
    mail = () if is_sandbox else tuple(_mail(account, body, identifier, now))
    response = Response(
        status=200 if is_sandbox else 202,
        headers=(_ACCEPTED[0], ("X-Message-Id", identifier), *_ACCEPTED[1:]),
        mark=Mark.DOCUMENTED if is_sandbox else Mark.SEEN,
        source="sendgrid/docs, sandbox mode"
        if is_sandbox
        else "responses quoted in public issue threads, 2019 to 2025",
    )
    return Outcome(account=account.keep(*mail), response=response, accepted=mail)


def _mail(
    account: SendGridAccount, body: dict[str, Any], identifier: str, now: datetime
) -> list[AcceptedMail]:
    """One message a personalization, as SendGrid makes them."""
    found = []
    for item in body["personalizations"]:
        boxes = {kind: _mailboxes(item.get(kind)) for kind in ("to", "cc", "bcc")}
        subject = str(item.get("subject") or body.get("subject") or "")
        sender = item.get("from") or body["from"]
        recipients = tuple(box["email"] for kind in boxes.values() for box in kind)
        dropped = {address.lower() for address in account.suppressed}
        found.append(
            AcceptedMail(
                provider_id=identifier,
                mail_from=sender["email"],
                recipients=recipients,
                subject=subject,
                at=now,
                state="dropped" if {r.lower() for r in recipients} <= dropped else "processed",
                fields=Fields(
                    sender=_shown(sender),
                    to=tuple(_shown(box) for box in boxes["to"]),
                    cc=tuple(_shown(box) for box in boxes["cc"]),
                    subject=subject,
                    text=_part(body, "text/plain"),
                    html=_part(body, "text/html"),
                    headers=_headers(body, item),
                ),
            )
        )
    return found


def _mailboxes(value: Any) -> list[dict[str, str]]:
    return value if isinstance(value, list) else []


def _shown(box: Mapping[str, Any]) -> str:
    name = str(box.get("name") or "").replace('"', "'")
    return f'"{name}" <{box["email"]}>' if name else str(box["email"])


def _part(body: dict[str, Any], kind: str) -> str | None:
    values = [part["value"] for part in body.get("content") or [] if part.get("type") == kind]
    return values[0] if values else None


def _headers(body: dict[str, Any], item: dict[str, Any]) -> dict[str, str]:
    found = {**_mapping(body.get("headers")), **_mapping(item.get("headers"))}
    reply_to = body.get("reply_to")
    if isinstance(reply_to, dict) and reply_to.get("email"):
        found["Reply-To"] = _shown(reply_to)
    return {str(name): str(value) for name, value in found.items()}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
