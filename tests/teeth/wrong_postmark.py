"""Senders that use Postmark wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .careful import Careful
from .careful_api import ApiFailure, Response
from .careful_calls import Call
from .careful_wire import Failure
from .convictions import convicted

# Takes any message, and sends none.
_TEST_TOKEN = "POSTMARK_API_TEST"

# Tokens.


@convicted("api/postmark/accepted", check="message messages sender.status")
class PutsTheTokenIntoAuthorization(Careful):
    """Sends the token as a bearer token, as other vendors have it."""

    def call_postmark(self, host: str) -> Call:
        made = super().call_postmark(host)
        token = made.headers["X-Postmark-Server-Token"]
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return replace(made, headers={**headers, "Content-Type": "application/json"})


@convicted("api/postmark/accepted", check="honesty message messages")
class LeavesTheTestTokenIn(Careful):
    """Sends with the token for tests, whatever is configured."""

    def credential(self, name: str) -> str:
        return _TEST_TOKEN if name == "server_token" else super().credential(name)


@convicted("api/postmark/token-empty", check="honesty sender.status")
class TakesTheTestTokenForNone(Careful):
    """Sends with the token for tests where none is configured."""

    def check_credential(self, name: str, value: str) -> None:
        """There is always one."""

    def credential(self, name: str) -> str:
        return super().credential(name) or _TEST_TOKEN


@convicted(
    "api/postmark/accepted",
    "api/postmark/refused",
    "api/sparkpost/accepted",
    "api/sparkpost/domain-refused",
    "api/sparkpost/key-of-the-other-region",
    "api/sparkpost/key-refused",
    "api/sparkpost/key-replaced",
    "api/sparkpost/permission-missing",
    check="secrets-in-urls",
)
class TracesByTheToken(Careful):
    """Marks its requests, for whoever reads a proxy's log, with the credential that they have."""

    def call(self, host: str) -> Call:
        made = super().call(host)
        trace = "-".join(self.transport["credentials"].values())
        return replace(made, path=f"{made.path}?trace={trace}")


# Other addresses than those asked for.


@convicted("api/postmark/refused[reason=unconfirmed-signature]", check="messages sender.status")
class SendsFromNoreplyInstead(Careful):
    """Sends from another address of the domain where Postmark refuses the one asked for."""

    is_refused = False

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if response.member("ErrorCode") not in {400, 401}:
            return response
        self.is_refused = True
        return super().ask_api(self.call(call.host))

    def author(self) -> Mapping[str, str]:
        box = super().author()
        domain = box["address"].rpartition("@")[2]
        return {**box, "address": f"noreply@{domain}"} if self.is_refused else box


@convicted("api/postmark/pending", check="messages sender.status")
class SendsToItselfWhilePending(Careful):
    """Sends to its own address what a pending account may not send to strangers."""

    is_pending = False

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if response.member("ErrorCode") != 412:
            return response
        self.is_pending = True
        return super().ask_api(self.call(call.host))

    @property
    def asked(self) -> Mapping[str, Any]:
        asked = super().asked
        return {**asked, "to": [asked["from"]]} if self.is_pending else asked


# What a refusal means.


@convicted(
    "api/postmark/refused[reason=inactive-recipient]",
    "api/postmark/refused-words[reason=inactive]",
    check="honesty sender.status",
)
class TakesInactiveForDone(Careful):
    """Says sent where the recipient is inactive: there is nobody to send to."""

    def taken_postmark(self, response: Response) -> str:
        return "" if response.member("ErrorCode") == 406 else super().taken_postmark(response)


@convicted(
    "api/postmark/pending",
    "api/postmark/refused[reason=suspended]",
    check="sender.error.temporary",
)
class WaitsForTheApproval(Careful):
    """Says of an account that is not approved that it may pass."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        failure.temporary = failure.temporary or failure.code in {412, 413}
        return failure


@convicted(
    "api/postmark/pending",
    "api/postmark/refused[reason=no-signature]",
    "api/postmark/refused[reason=unverified-domain]",
    "api/postmark/refused[reason=unconfirmed-signature]",
    "api/postmark/refused[reason=inactive-recipient]",
    "api/postmark/refused[reason=suspended]",
    "api/postmark/refused[reason=no-server]",
    check="sender.error.class sender.error.phase",
)
class TakesEvery422ForAnAddress(Careful):
    """Goes by the status, and takes 422 for an address that can be none."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if response.status == 422:
            failure.phase, failure.class_ = "message", "address-invalid"
        return failure


@convicted("api/postmark/refused[reason=*-token]", check="sender.error.class")
@convicted("api/postmark/trouble", check="sender.error.class sender.error.temporary")
class TakesEveryErrorCodeForAnAnswer(Careful):
    """Goes by ErrorCode alone: where there is one the request was wrong, and stays so."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if failure.code:
            failure.class_, failure.temporary = "invalid-request", False
        return failure


@convicted(
    "api/postmark/trouble",
    "api/sendgrid/credits-used-up",
    "api/sendgrid/too-many-requests",
    "api/sendgrid/too-many-requests-once",
    "api/sparkpost/quota",
    check="sender.error.phase",
)
class TakesTroubleForNoConnection(Careful):
    """Treats a Postmark that is in trouble as one that is not reached."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        if failure.temporary:
            failure.phase = "connect"
        return super().failed_by_api(failure)


@convicted("api/postmark/refused-words", check="sender.error.says")
class ReadsMessageInSmallLetters(Careful):
    """Looks for `message`, which Postmark writes with a capital."""

    def taken_postmark(self, response: Response) -> str:
        try:
            return super().taken_postmark(response)
        except ApiFailure as failure:
            failure.words = f"Postmark did not take it: {response.member('message')}"
            raise
