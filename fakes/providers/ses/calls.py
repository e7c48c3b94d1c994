"""Which call of which API a request is, and which IAM action it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from ...http.exchange import Request
from ..strict_json import NotJsonError, strict_json
from .answers import SesError
from .parameters import Parameters, parameters_of, query_parameters
from .shape import Misfit, fitted, shape_of

VERSION = "2010-12-01"
SENDING = frozenset(
    ["SendEmail", "SendRawEmail", "SendTemplatedEmail", "SendBulkTemplatedEmail", "SendBulkEmail"]
)
ACTIONS = SENDING - {"SendBulkEmail"} | {
    "GetAccountSendingEnabled",
    "GetIdentityDkimAttributes",
    "GetIdentityMailFromDomainAttributes",
    "GetIdentityNotificationAttributes",
    "GetIdentityVerificationAttributes",
    "GetSendQuota",
    "GetSendStatistics",
    "ListIdentities",
    "UpdateAccountSendingEnabled",
    "VerifyEmailIdentity",
}
_V2 = ("v2", "email")
# A path below /v2/email, with None for the part that is a name, and the operation.
_ROUTES: tuple[tuple[str, tuple[str | None, ...], str], ...] = (
    ("POST", ("outbound-emails",), "SendEmail"),
    ("POST", ("outbound-bulk-emails",), "SendBulkEmail"),
    ("GET", ("account",), "GetAccount"),
    ("PUT", ("account", "sending"), "PutAccountSendingAttributes"),
    ("GET", ("identities",), "ListEmailIdentities"),
    ("GET", ("identities", None), "GetEmailIdentity"),
    ("POST", ("list-identities",), "ListEmailIdentities"),
    ("GET", ("insights", None), "GetMessageInsights"),
    ("POST", ("metrics", "batch"), "BatchGetMetricData"),
    ("GET", ("suppression", "addresses"), "ListSuppressedDestinations"),
    ("PUT", ("suppression", "addresses"), "PutSuppressedDestination"),
    ("DELETE", ("suppression", "addresses", None), "DeleteSuppressedDestination"),
    ("GET", ("suppression", "addresses", None), "GetSuppressedDestination"),
)


class SesApi(StrEnum):
    """The two APIs on one host."""

    QUERY = "v1"
    REST = "v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class SesCall:
    """One call. `parameters` are those of version 1, `document` and `subject` those of version 2.

    `query_text` is the query as it came, where a name can come several times. `subject` is the name
    in the path. `action` is the IAM action that is asked for.
    """

    api: SesApi
    operation: str
    action: str
    parameters: Parameters = field(default_factory=lambda: Parameters({}))
    document: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    query: Parameters = field(default_factory=lambda: Parameters({}))
    query_text: str = ""
    subject: str = ""

    @property
    def sends(self) -> bool:
        """Whether it is there to send mail."""
        return self.operation in SENDING


def api_of(request: Request) -> SesApi:
    """Which of the two APIs a request is for: the Query API has the one path `/`."""
    return SesApi.QUERY if request.target.partition("?")[0] in {"", "/"} else SesApi.REST


def action_needed(request: Request) -> str:
    """The IAM action that a request needs, such as `ses:SendRawEmail`; "" where it is no call.

    Raw content needs `ses:SendRawEmail`, through SendRawEmail and through version 2's SendEmail
    alike (symfony/symfony#51461, 2023-08-23); fields need `ses:SendEmail`.
    """
    call = read_call(request)
    return call.action if isinstance(call, SesCall) else ""


def read_call(request: Request) -> SesCall | SesError:
    """The call that a request makes."""
    return _query_call(request) if api_of(request) is SesApi.QUERY else _rest_call(request)


def _query_call(request: Request) -> SesCall | SesError:
    parameters = query_parameters(request)
    action, version = parameters.get("Action"), parameters.get("Version")
    if action is None or request.method not in {"GET", "POST"}:
        return SesError("missing-action")
    if action not in ACTIONS or version not in {None, VERSION}:
        return SesError("unknown-action", {"version": version or VERSION, "action": action})
    if parameters.has_bare_list():
        return SesError("malformed-list")
    return SesCall(
        api=SesApi.QUERY, operation=action, action=f"ses:{action}", parameters=parameters
    )


def _rest_call(request: Request) -> SesCall | SesError:
    path, _, query = request.target.partition("?")
    segments = tuple(unquote(part) for part in path.removesuffix("/").split("/")[1:])
    if segments[:2] != _V2:
        return SesError("unknown-operation")
    for method, route, operation in _ROUTES:
        subject = _subject(route, segments[2:]) if method == request.method else None
        if subject is not None:
            document = _document(request, operation)
            if isinstance(document, SesError):
                return document
            return SesCall(
                api=SesApi.REST,
                operation=operation,
                action=f"ses:{_v2_action(operation, document)}",
                document=document,
                query=parameters_of(query),
                query_text=query,
                subject=subject,
            )
    return SesError("unknown-operation")


def _subject(route: tuple[str | None, ...], segments: tuple[str, ...]) -> str | None:
    """The name in a path that fits this route ("" where the route has none); else None."""
    if len(route) != len(segments):
        return None
    pairs = tuple(zip(route, segments, strict=True))
    if any(part not in {None, given} for part, given in pairs):
        return None
    return next((given for part, given in pairs if part is None), "")


def _document(request: Request, operation: str) -> dict[str, Any] | SesError:
    shape = shape_of(operation)
    if shape is None or not (request.body or shape):
        return {}
    try:
        decoded = strict_json(request.body) if request.body else {}
    except NotJsonError:
        return SesError("not-json")
    found = fitted(decoded, shape)
    if isinstance(found, Misfit):
        return SesError("wrong-type", {"reason": found.text})
    return found if isinstance(found, dict) else {}


def _v2_action(operation: str, document: Mapping[str, Any]) -> str:
    """Bulk and template: as django-anymail's documentation and version 1 have it."""
    if operation == "SendBulkEmail":
        return "SendBulkTemplatedEmail"
    if operation != "SendEmail":
        return operation
    content = document.get("Content", {})
    kinds = {"Raw": "SendRawEmail", "Template": "SendTemplatedEmail"}
    return next((action for kind, action in kinds.items() if kind in content), "SendEmail")
