"""SendGrid's endpoints beside mail send."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

from ..refusal import Refuse
from ..rules import Outcome
from .account import SendGridAccount
from .batches import BATCHES
from .call import SendGridCall, SendGridEndpoint
from .reads import MAIL_SEND, READS
from .suppressions import SUPPRESSIONS

_ENDPOINTS: tuple[SendGridEndpoint, ...] = (*READS, *BATCHES, *SUPPRESSIONS)


def answer(call: SendGridCall, path: str) -> Outcome[SendGridAccount]:
    """Answer at one of these endpoints.

    Raises:
        Refuse: there is none at this path, or the key has not the scope, or what it says.
    """
    for endpoint in _ENDPOINTS:
        found = endpoint.path.match(path)
        if found and call.request.method == endpoint.method:
            if endpoint.scopes and not any(map(call.key.may, endpoint.scopes)):
                raise Refuse("no-permission")
            return endpoint.answer(replace(call, named=[unquote(part) for part in found.groups()]))
    raise Refuse("unknown-path")


def has_method(path: str, method: str) -> bool:
    """Whether an endpoint knows the method; also where there is no endpoint at that path."""
    if path == MAIL_SEND:
        return method == "POST"
    known = {each.method for each in _ENDPOINTS if each.path.match(path)}
    return not known or method in known
