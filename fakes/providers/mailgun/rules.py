"""Mailgun's rules: who may call, for which domain, and whether that one may send."""

from __future__ import annotations

import re
import string
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import ClassVar

from ...http.exchange import Request, Response
from ..keyed import KeyedProvider
from ..refusal import Refusals
from ..rules import Outcome, Token
from .account import MailgunAccount, MailgunDomain, MailgunKey
from .form import MULTIPART, parsed
from .reads import read_back
from .refusals import REFUSALS, refuse
from .sending import take
from .validation import objection, recipients
from .vendor import VENDOR

_LETTERS = string.digits + "abcdef"
_SEND = re.compile(r"/v3/([^/]+)/(messages|messages\.mime)/?")
_EVENTS = re.compile(r"/v3/[^/]+/events(?:/.*)?", re.DOTALL)
_LARGEST = int(52.4 * 1024 * 1024)
_USER = "api"


class MailgunRules(KeyedProvider[MailgunAccount]):
    """Mailgun's API: messages in version 3."""

    vendor = VENDOR
    unknown_calls = frozenset(["unknown-path", "wrong-method"])
    refusals: ClassVar[Refusals] = REFUSALS
    account_type = MailgunAccount

    def made_up(self, token: Token) -> dict[str, str]:
        """A key of the newer form: hexadecimal digits, 32, 8 and 8."""
        return {"api_key": "-".join(token(length, _LETTERS) for length in (32, 8, 8))}

    def decide(
        self, account: MailgunAccount, request: Request, *, region: str, now: datetime
    ) -> Outcome[MailgunAccount]:
        """What comes of one request."""
        path = request.path
        send = _SEND.fullmatch(path)
        key = _key(account, request, region)
        if send is None:
            if request.header("authorization") is None and _EVENTS.fullmatch(path):
                return _answered(account, refuse("unauthorized"))
            if key is None or not key.reads:
                return _answered(account, refuse("invalid-private-key"))
            response = read_back(account, request, path, region=region, now=now)
            return _answered(account, response)
        name = send[1].lower()
        if key is None or not key.posts(name):
            return _answered(account, refuse("forbidden"))
        if request.method != "POST":
            return _answered(account, refuse("wrong-method"))
        return _send(account, request, key, (name, send[2]), region=region, now=now)


def _answered(account: MailgunAccount, response: Response) -> Outcome[MailgunAccount]:
    return Outcome(account=account, response=response)


def _key(account: MailgunAccount, request: Request, region: str) -> MailgunKey | None:
    """The key, where the user is the one that Mailgun asks for."""
    username, given = request.basic_credentials() or ("", "")
    return account.key(given, region=region) if username == _USER else None


def _send(
    account: MailgunAccount,
    request: Request,
    key: MailgunKey,
    path: tuple[str, str],
    *,
    region: str,
    now: datetime,
) -> Outcome[MailgunAccount]:
    name, endpoint = path
    is_mime = endpoint == "messages.mime"
    domain = account.domain(name, region=region)
    refused = _refused_at_once(account, request, key, domain, name, now)
    if refused is not None or domain is None:
        return _answered(account, refused or refuse("domain-not-found", domain=name))
    if is_mime and request.content_type != MULTIPART:
        return _answered(account, refuse("content-type", type=request.content_type))
    form = parsed(request)
    if isinstance(form, Response):
        return _answered(account, form)
    wrong = objection(form, is_mime=is_mime)
    if wrong is None:
        wrong = unauthorized_recipient(account, domain, recipients(form))
    if wrong is not None:
        return _answered(account, wrong)
    return take(account, domain, form, is_mime=is_mime, now=now)


def _refused_at_once(
    account: MailgunAccount,
    request: Request,
    key: MailgunKey,
    domain: MailgunDomain | None,
    name: str,
    now: datetime,
) -> Response | None:
    """What is refused before the body is looked at."""
    if account.out_of_order:
        return refuse("server-error")
    if key.only_reads:
        return refuse("role-may-not-send", status=account.statuses.get("role-may-not-send"))
    if domain is None:
        return refuse("domain-not-found", domain=name)
    refused = not_allowed_now(account, domain, now)
    if refused is not None:
        return refused
    return refuse("too-large") if len(request.body) > _LARGEST else None


def not_allowed_now(
    account: MailgunAccount, domain: MailgunDomain, now: datetime
) -> Response | None:
    """The refusal that says why this domain may not send at present."""
    reason = _reason(account, domain)
    if reason is None:
        return None
    later = format_datetime(now + timedelta(minutes=2)).replace("+0000", "UTC")
    return not_allowed(account, reason, domain, time=later)


def _reason(account: MailgunAccount, domain: MailgunDomain) -> str | None:
    """Why the domain may not send: the name of the refusal."""
    reasons = {
        "disabled": account.suspended,
        account.standing: account.standing != "active",
        "domain-disabled": domain.disabled,
        "unverified": not domain.verified,
        f"{account.limit}-limit": account.rate_limited,
        "quota": account.quota_used_up,
    }
    return next((name for name, holds in reasons.items() if holds), None)


def not_allowed(
    account: MailgunAccount, reason: str, domain: MailgunDomain, **words: str
) -> Response:
    """A refusal that says that the domain may not send, with the status that the account names."""
    return refuse(reason, status=account.statuses.get(reason), domain=domain.name, **words)


def unauthorized_recipient(
    account: MailgunAccount, domain: MailgunDomain, addresses: tuple[str, ...]
) -> Response | None:
    """A sandbox, or a free account, and somebody who did not agree to get its mail."""
    authorized = {address.lower() for address in account.authorized}
    if {address.lower() for address in addresses} <= authorized:
        return None
    if domain.sandbox:
        return not_allowed(account, "sandbox-recipient", domain)
    return not_allowed(account, "free-recipient", domain) if account.free else None


PROVIDER = MailgunRules()
