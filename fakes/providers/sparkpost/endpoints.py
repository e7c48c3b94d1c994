"""SparkPost's endpoints beside the one that sends."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

from ..refusal import Refuse
from ..rules import Outcome
from .account import SparkPostAccount
from .call import SparkPostCall, SparkPostEndpoint
from .reads import read_back
from .suppressions import SUPPRESSIONS
from .templates import TEMPLATES
from .transmissions import TRANSMISSIONS

_ENDPOINTS: tuple[SparkPostEndpoint, ...] = (*TRANSMISSIONS, *SUPPRESSIONS, *TEMPLATES)


def answer(call: SparkPostCall, path: str) -> Outcome[SparkPostAccount]:
    """Answer at one of these endpoints.

    Raises:
        Refuse: there is none at this path, or the key has not the grant, or what it says.
    """
    matching = [each for each in _ENDPOINTS if each.path.match(path)]
    endpoint = next((each for each in matching if each.method == call.request.method), None)
    if endpoint is None and matching:
        raise Refuse("wrong-method", method=call.request.method, path=path)
    if endpoint is None:
        response = read_back(call.account, call.request, path, call.now)
        return Outcome(account=call.account, response=response)
    if endpoint.grant is not None and not call.key.may(endpoint.grant):
        raise Refuse("forbidden")
    trouble = "database-read-failed" if endpoint.method == "GET" else "database-write-failed"
    if call.account.trouble == trouble:
        raise Refuse(trouble)
    found = endpoint.path.match(path)
    parts = found.groups() if found is not None else ()
    return endpoint.answer(replace(call, named=[unquote(part) for part in parts]))
