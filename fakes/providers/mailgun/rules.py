"""Mailgun's rules: who may call, for which domain, and whether that one may send."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import ClassVar

from ...http.exchange import Request
from ..form_octets import of_unreadable_form
from ..keyed import KeyedProvider
from ..refusal import Refusals, Refuse
from ..rules import Outcome, Token
from .account import MailgunAccount, MailgunDomain, MailgunKey
from .events import MailgunQuestion
from .form import MULTIPART, Form, parsed
from .reads import read_back
from .refusals import REFUSALS
from .sending import take
from .validation import check, date_of, recipients
from .vendor import VENDOR
from .writes import written

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
                raise Refuse("unauthorized")
            if key is None or not key.reads:
                raise Refuse("invalid-private-key")
            asked = MailgunQuestion(account=account, request=request, region=region, now=now)
            changed = written(asked, path)
            if changed is not None:
                return changed
            told = read_back(account, request, path, region=region, now=now)
            return Outcome(account=account, response=told)
        name = send[1].lower()
        if key is None or not key.posts(name):
            raise Refuse("forbidden")
        if request.method != "POST":
            raise Refuse("wrong-method")
        return _send(account, request, key, (name, send[2]), region=region, now=now)


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
    domain = _sending_domain(account, key, name, region=region)
    check_may_send(account, domain, now)
    if len(request.body) > _LARGEST:
        raise Refuse("too-large")
    if is_mime and request.content_type != MULTIPART:
        raise Refuse("content-type", type=request.content_type)
    form = parsed(request)
    check(form, is_mime=is_mime)
    _check_time(account, form, now)
    check_recipients(account, domain, recipients(form))
    taken = take(account, domain, form, is_mime=is_mime, now=now)
    if form.is_utf8:
        return taken
    return replace(taken, response=of_unreadable_form(taken.response))


def _check_time(account: MailgunAccount, form: Form, now: datetime) -> None:
    """Refuse a time of delivery that is further ahead than the plan allows for."""
    at = date_of(form.get("o:deliverytime") or "")
    if at is not None and at - now > timedelta(days=account.schedule_days):
        raise Refuse("too-far-ahead")


def _sending_domain(
    account: MailgunAccount, key: MailgunKey, name: str, *, region: str
) -> MailgunDomain:
    if account.out_of_order:
        raise Refuse("server-error")
    if key.only_reads:
        raise Refuse("role-may-not-send", status=account.statuses.get("role-may-not-send"))
    domain = account.domain(name, region=region)
    if domain is None:
        raise Refuse("domain-not-found", domain=name)
    return domain


def check_may_send(account: MailgunAccount, domain: MailgunDomain, now: datetime) -> None:
    """Refuse a domain that may not send at present, and say why."""
    reason = _reason(account, domain)
    if reason is not None:
        later = format_datetime(now + timedelta(minutes=2)).replace("+0000", "UTC")
        raise _not_allowed(account, reason, domain, time=later)


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


def _not_allowed(
    account: MailgunAccount, reason: str, domain: MailgunDomain, **words: str
) -> Refuse:
    """A refusal that says that the domain may not send, with the status that the account names."""
    return Refuse(reason, status=account.statuses.get(reason), domain=domain.name, **words)


def check_recipients(
    account: MailgunAccount, domain: MailgunDomain, addresses: tuple[str, ...]
) -> None:
    """Refuse, for a sandbox or a free account, somebody who did not agree to get its mail."""
    authorized = {address.lower() for address in account.authorized}
    if {address.lower() for address in addresses} <= authorized:
        return
    if domain.sandbox:
        raise _not_allowed(account, "sandbox-recipient", domain)
    if account.free:
        raise _not_allowed(account, "free-recipient", domain)


PROVIDER = MailgunRules()
