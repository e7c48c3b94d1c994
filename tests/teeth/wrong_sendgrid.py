"""Senders that use SendGrid wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .careful import Careful
from .careful_api import ApiFailure, Response
from .careful_calls import Call
from .convictions import convicted

# What is asked.


@convicted(
    "api/sendgrid/accepted-once",
    "api/sendgrid/single-sender",
    check="message messages sender.status",
)
class ForgetsTheWordBearer(Careful):
    """Sends the key bare, as SparkPost has it."""

    def call_sendgrid(self, host: str) -> Call:
        made = super().call_sendgrid(host)
        return replace(made, headers={**made.headers, "Authorization": self.credential("api_key")})


@convicted("api/sendgrid/accepted-once", check="requests")
@convicted("api/sendgrid/single-sender", check="message messages sender.status")
class WantsTheDomainAuthenticated(Careful):
    """Knows no other identity than an authenticated domain, and asks for one before it sends."""

    def ask_api(self, call: Call) -> Response:
        path = "/v3/whitelabel/domains"
        response = super().ask_api(replace(call, method="GET", path=path, body=b""))
        if response.document == []:
            raise self.refused_by_api(response, "no domain is authenticated", "sender-refused")
        return super().ask_api(call)


@convicted(
    "api/sendgrid/sender-not-verified[from=of-another-domain]", check="messages sender.status"
)
class SendsFromAnotherDomainOfTheAccount(Careful):
    """Where its From is no verified one it sends from the first domain that the account has."""

    other: str | None = None

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if response.status != 403 or b"verified Sender Identity" not in response.body:
            return response
        path = "/v3/whitelabel/domains"
        found = super().ask_api(replace(call, method="GET", path=path, body=b""))
        self.other = next((one["domain"] for one in self.dicts(found.document)), None)
        return super().ask_api(self.call(call.host))

    def author(self) -> Mapping[str, str]:
        box = super().author()
        local = box["address"].rpartition("@")[0]
        return {**box, "address": f"{local}@{self.other}"} if self.other else box


# A limit.


@convicted("api/sendgrid/too-many-requests-once", check="messages")
class LeavesNoLoopWhenItIsSent(Careful):
    """Asks twice more after a 429, however the first of them went."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if response.status == 429:
            for _ in range(2):
                response = super().ask_api(call)
        return response


@convicted(
    "api/sendgrid/too-many-requests",
    "api/postmark/trouble[trouble=rate-limited]",
    check="honesty sender.status",
)
@convicted("api/sendgrid/too-many-requests-once", check="honesty")
class SaysSentOfWhatItKeepsForLater(Careful):
    """Keeps what met a 429 in a queue of its own, and says that it is sent."""

    def taken(self, response: Response) -> str:
        return "" if response.status == 429 else super().taken(response)


@convicted(
    "api/sendgrid/too-many-requests",
    "api/sendgrid/too-many-requests-once",
    check="sender.error.class sender.error.temporary",
)
class TakesTooFastForTooMuch(Careful):
    """Takes 429 for a plan that is used up, which waiting does not help."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if response.status == 429:
            failure.class_, failure.temporary = "quota-exceeded", False
        return failure


# What a refusal means.


@convicted(
    "api/sendgrid/account-*-words",
    "api/sendgrid/credits-used-up",
    "api/sendgrid/key-refused",
    "api/sendgrid/key-refused-words",
    "api/sendgrid/key-without-mail-send",
    "api/sendgrid/two-forbidden-words[why=scope]",
    check="honesty sender.status",
)
class WantsAFieldOfAnError(Careful):
    """Takes an error that names no field for a warning, and the message for sent."""

    def taken_sendgrid(self, response: Response) -> str:
        errors = self.dicts(response.member("errors"))
        if errors and not any(error.get("field") for error in errors):
            return ""
        return super().taken_sendgrid(response)


@convicted("api/sendgrid/credits-used-up", check="sender.error.class sender.error.phase")
class TakesEvery401ForABadKey(Careful):
    """Goes by the status 401, which SendGrid has for a plan that is used up, too."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if response.status == 401:
            failure.phase, failure.class_ = "auth", "unauthorized"
        return failure


@convicted("api/sendgrid/key-refused", check="sender.error.class sender.error.temporary")
@convicted("api/sendgrid/key-refused-words", check="sender.error.says")
class TakesEvery401ForUsedUpCredits(Careful):
    """Says of every 401 that the plan is used up."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if response.status == 401:
            failure.class_, failure.temporary = "quota-exceeded", True
            failure.words = "SendGrid's plan is used up"
        return failure


@convicted("api/sendgrid/sender-not-verified", check="sender.error.class sender.error.phase")
class TakesForbiddenForUnauthorized(Careful):
    """Says of a 403 what it says of a 401."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if response.status in {401, 403}:
            failure.phase, failure.class_ = "auth", "unauthorized"
        return failure


@convicted(
    "api/sendgrid/account-suspended-words",
    "api/sendgrid/two-forbidden-words[why=sender]",
    check="sender.error.says",
)
class TakesEvery403ForTheScope(Careful):
    """Says of every 403 that the key lacks its scope."""

    def vendor_words(self, response: Response, words: str) -> str:
        if response.status == 403:
            return "the key lacks the scope mail.send"
        return super().vendor_words(response, words)


@convicted(
    "api/sendgrid/key-without-mail-send",
    "api/sparkpost/permission-missing",
    check="sender.error.class sender.error.phase",
)
@convicted(
    "api/sendgrid/account-suspended-words",
    "api/sendgrid/two-forbidden-words[why=scope]",
    "api/sparkpost/words[reason=permission]",
    check="sender.error.says",
)
class TakesEvery403ForTheFrom(Careful):
    """Says of every 403 that From is not verified."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if response.status == 403:
            failure.phase, failure.class_ = "message", "sender-refused"
            failure.words = "From is not verified"
        return failure


@convicted("api/sendgrid/*-words*", check="sender.error.says")
class ReadsAnErrorForTheErrors(Careful):
    """Looks for one `error`, where SendGrid has a list of `errors`."""

    def taken_sendgrid(self, response: Response) -> str:
        try:
            return super().taken_sendgrid(response)
        except ApiFailure as failure:
            failure.words = f"SendGrid did not take it: {response.member('error')}"
            raise
