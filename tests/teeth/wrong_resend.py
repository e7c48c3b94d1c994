"""Senders that use Resend wrongly."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .careful import Careful
from .careful_api import ApiFailure, Response
from .careful_calls import Call
from .careful_wire import Failure
from .convictions import convicted

_SHARED = "onboarding@resend.dev"
_REFUSALS = (
    "api/resend/key-of-another-form",
    "api/resend/refused",
    "api/resend/reserved-recipient",
    "api/resend/shared-domain",
)
_NO_DOMAIN = (
    "api/resend/refused[reason=no-domain]",
    "api/resend/refused[reason=sub-domain-only]",
    "api/resend/refused[reason=unverified-domain]",
)

# What it asks.


@convicted(
    "api/any/accepted[provider=resend]",
    "api/resend/accepted",
    "api/resend/sending-key",
    check="message messages sender.status",
)
class SaysNotWhoItIs(Careful):
    """Sends no User-Agent, without which Resend lets nobody in."""

    def call_resend(self, host: str) -> Call:
        made = super().call_resend(host)
        headers = {name: value for name, value in made.headers.items() if name != "User-Agent"}
        return replace(made, headers=headers)


@convicted("api/resend/sending-key", check="message messages sender.status")
class TriesTheKeyOnTheDomains(Careful):
    """Asks for the list of domains first, and sends only where it gets one."""

    def ask_api(self, call: Call) -> Response:
        tried = super().ask_api(replace(call, method="GET", path="/domains", body=b""))
        return super().ask_api(call) if tried.status == 200 else tried


@convicted(
    "api/resend/accepted",
    "api/resend/key-of-another-form",
    "api/resend/refused",
    check="secrets-in-urls",
)
class TracesByTheKey(Careful):
    """Marks its requests with the key, for whoever reads a proxy's log."""

    def call_resend(self, host: str) -> Call:
        made = super().call_resend(host)
        return replace(made, path=f"{made.path}?trace={self.credential('api_key')}")


# Other messages than the one that was asked for.


@convicted(*_NO_DOMAIN, check="messages sender.status")
class SendsFromTheSharedDomain(Careful):
    """Sends from Resend's own domain what it may not send from the one asked for."""

    is_refused = False

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if "not verified" not in str(response.member("message")):
            return response
        self.is_refused = True
        return super().ask_api(self.call(call.host))

    def author(self) -> Mapping[str, str]:
        box = super().author()
        return {**box, "address": _SHARED} if self.is_refused else box


@convicted("api/resend/shared-domain", check="messages sender.status")
class SendsToTheOwner(Careful):
    """Sends to the owner what may go to nobody else."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        _, found, rest = str(response.member("message")).partition("your own email address (")
        if not found:
            return response
        body = {**json.loads(call.body), "to": [rest.partition(")")[0]]}
        return super().ask_api(replace(call, body=self.json(body)))


@convicted("api/resend/reserved-recipient", check="recipients")
class SendsToTheOthersAlone(Careful):
    """Leaves the refused copy out, and tells nobody."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if response.status != 422:
            return response
        body = {name: value for name, value in json.loads(call.body).items() if name != "cc"}
        return super().ask_api(replace(call, body=self.json(body)))


# Idempotency keys.


class Keyed(Careful):
    """Sends an idempotency key of its own for each message."""

    def idempotency_key(self) -> str:
        return str(uuid.uuid4())

    def call_resend(self, host: str) -> Call:
        made = super().call_resend(host)
        headers = {**made.headers, "Idempotency-Key": self.idempotency_key()}
        return replace(made, headers=headers)


@convicted("api/any/counted[provider=resend]", check="messages")
class HasOneKeyForEveryMessage(Keyed):
    """Takes the recipient for what tells one message from another."""

    def idempotency_key(self) -> str:
        return self.recipients()[0]


@convicted("api/any/answer-lost[provider=resend]", check="messages")
class AsksAgainWithAnotherKey(Keyed):
    """Asks again where an answer was lost, with a new key, so that nothing is the same."""

    def ask_api(self, call: Call) -> Response:
        try:
            return super().ask_api(call)
        except ApiFailure:
            raise
        except Failure:
            return super().ask_api(self.call(call.host))


@convicted("api/resend/same-key-in-progress", check="sender.error.temporary")
class GivesUpOnAConflict(Keyed):
    """Takes every 409 for a mistake of its own."""


@convicted("api/resend/same-key-in-progress", check="sender.error.phase")
class TakesAConflictForItsOwn(Keyed):
    """Takes a 409 for a message that is none."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        failure.phase, failure.temporary = "message", True
        return failure


@convicted("api/resend/same-key-in-progress", check="requests")
class AsksUntilTheConflictIsOver(Keyed):
    """Asks again and again, without a pause, while another request has its key."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        while response.status == 409 and self.attempts < 10:
            response = super().ask_api(call)
        return response

    def may_pass(self, status: int, class_: str) -> bool:
        return status == 409 or super().may_pass(status, class_)


# What an answer means.


@convicted(
    *_REFUSALS[:2],
    "api/resend/quota",
    "api/resend/refused-words",
    "api/resend/shared-domain",
    "api/resend/trouble",
    check="honesty sender.status",
)
class TakesJsonForAYes(Careful):
    """Says sent where the answer is a JSON object, whatever it says."""

    def taken_resend(self, response: Response) -> str:
        if isinstance(response.document, dict):
            return str(response.member("id") or "")
        return super().taken_resend(response)


@convicted(
    "api/resend/quota",
    "api/resend/reserved-recipient",
    "api/resend/shared-domain",
    "api/resend/trouble[trouble=rate-limited]",
    *_NO_DOMAIN,
    check="sender.error.class",
)
class TakesEveryRefusalForTheKey(Careful):
    """Says of every 4xx that the key is wrong."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if response.status < 500:
            failure.class_ = "unauthorized"
        return failure


@convicted("api/resend/trouble", check="sender.error.temporary")
@convicted(*_REFUSALS, check="sender.error.temporary")
class TurnsRoundWhatMayPass(Careful):
    """Calls what may pass permanent, and what may not temporary."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        failure.temporary = not failure.temporary
        return failure


@convicted(
    *_REFUSALS,
    "api/resend/quota",
    "api/resend/trouble",
    check="sender.error.class sender.error.phase",
)
class TakesRefusalsForNoConnection(Careful):
    """Says of whatever Resend refuses that it was not reached."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        failure.phase, failure.class_ = "connect", "connection-refused"
        return failure


@convicted("api/resend/refused-words", check="sender.error.says")
class KeepsWhatResendSays(Careful):
    """Says that it failed, and nothing of why."""

    def vendor_words(self, response: Response, words: str) -> str:
        return "see the log"


# How often it asks.


@convicted(
    "api/resend/quota", "api/resend/reserved-recipient", "api/resend/trouble", check="requests"
)
@convicted("api/resend/trouble[trouble=rate-limited]", check="retry-after")
class AsksTenTimes(Careful):
    """Asks again at once whatever the answer was, up to ten times."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        while response.status >= 400 and self.attempts < 10:
            response = super().ask_api(call)
        return response
