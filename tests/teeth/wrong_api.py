"""Senders that use a provider's API wrongly."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from .careful import Careful
from .careful_api import ApiFailure, Response
from .careful_calls import REGIONS, Call
from .careful_wire import Failure


class CountsEvery2xxAsSent(Careful):
    """Says sent for every 2xx, whatever the body says."""

    def taken(self, response: Response) -> str:
        return "" if response.status < 300 else super().taken(response)


class IgnoresTheStatus(Careful):
    """Says sent as soon as there is a response."""

    def taken(self, response: Response) -> str:
        del response
        return ""


class SendsAgainUnless200(Careful):
    """Takes only 200 for success, and asks once more after a 202."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        return super().ask_api(call) if response.status == 202 else response


class Takes202ForAFailure(Careful):
    """Takes only 200 for success."""

    def taken(self, response: Response) -> str:
        if response.status == 202:
            raise self.unexpected(response)
        return super().taken(response)


class FollowsRedirects(Careful):
    """Takes the credentials wherever a redirect points."""

    def redirected(self, call: Call, response: Response) -> Response:
        where = response.headers.get("location", "")
        host, _, path = where.removeprefix("https://").partition("/")
        return self.exchanged(replace(call, host=host or call.host, path=f"/{path}"))


class VerifiesNoApiCertificate(Careful):
    """Takes every certificate of an API."""

    def api_context(self) -> ssl.SSLContext:
        context = super().api_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


class ComparesNoNameOfAnApi(Careful):
    """Takes every certificate of a trusted authority."""

    def api_context(self) -> ssl.SSLContext:
        context = super().api_context()
        context.check_hostname = False
        return context


class PutsTheKeyIntoTheUrl(Careful):
    """Repeats the key in the query."""

    def call(self, host: str) -> Call:
        made = super().call(host)
        values = self.transport["credentials"].items()
        key = next(value for name, value in values if name != "access_key_id")
        return replace(made, path=f"{made.path}?key={key}")


class TellsTheKey(Careful):
    """Writes its configuration into the words of a failure."""

    def without_keys(self, text: str) -> str:
        return f"{text} (with {dict(self.transport['credentials'])})"


class RetriesRefusals(Careful):
    """Asks again after a 4xx that will not change."""

    def ask_api(self, call: Call) -> Response:
        for _ in range(3):
            response = super().ask_api(call)
            if not 400 <= response.status < 500:
                return response
        return super().ask_api(call)


class FallsBackToTheOtherRegion(Careful):
    """Where its region refuses it asks the other one."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        others = set(REGIONS.get(self.provider, {}).values()) - {call.host}
        if response.status < 400 or not others:
            return response
        return super().ask_api(replace(call, host=others.pop()))


class AsksWithoutAKey(Careful):
    """Asks though there is no key."""

    def check_credential(self, name: str, value: str) -> None:
        """Whatever it is."""


class SaysSentWithoutAKey(Careful):
    """Takes an API without a key for a null transport, and a key of blanks for none."""

    def deliver_by_api(self) -> str:
        values = self.transport["credentials"].values()
        return super().deliver_by_api() if all(map(str.isalnum, values)) else ""


class IgnoresTheRegion(Careful):
    """Uses the first region's host, whatever is configured."""

    def api_host(self) -> str:
        if self.provider == "ses":
            return "email.us-east-1.amazonaws.com"
        return next(iter(REGIONS.get(self.provider, {"": super().api_host()}).values()))

    def signing_region(self) -> str:
        return "us-east-1"


class SwallowsTheVendorsWords(Careful):
    """Says that something went wrong, and nothing of what the vendor said."""

    def vendor_words(self, response: Response, words: str) -> str:
        del response, words
        return "something went wrong"


class TakesEveryRefusalForPassing(Careful):
    """Says of every refusal that it may pass."""

    def may_pass(self, status: int, class_: str) -> bool:
        return True


class TakesLimitsForPermanent(Careful):
    """Says of every refusal that it stays."""

    def may_pass(self, status: int, class_: str) -> bool:
        return False


class BlamesTheProvider(Careful):
    """Takes every refusal for the provider's own trouble."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        failure.class_ = "server-error"
        failure.phase = "api"
        return super().failed_by_api(failure)


class BlamesTheKey(Careful):
    """Takes every refusal for a wrong key."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        failure.class_ = "unauthorized"
        failure.phase = "auth"
        return super().failed_by_api(failure)


class WaitsForAnApiForEver(Careful):
    """Has no time-out of its own."""

    def api_timeout(self) -> float | None:
        return 40 * float(self.request["timeout"])


class SendsFromTheAccount(Careful):
    """Sends from another address than the message has."""

    def author(self) -> Mapping[str, str]:
        domain = self.asked["from"]["address"].rpartition("@")[2]
        return {"name": "", "address": f"noreply@{domain}"}

    def compose(self) -> Any:
        message = super().compose()
        message.replace_header("From", self.author()["address"])
        return message


class AsksAnApiTwice(Careful):
    """Sends the message twice, to be sure."""

    def ask_api(self, call: Call) -> Response:
        super().ask_api(call)
        return super().ask_api(call)


class AsksForSomethingElseFirst(Careful):
    """Asks whether it may, by another call, before it sends."""

    def ask_api(self, call: Call) -> Response:
        super().ask_api(replace(call, path=f"{call.path.rpartition('/')[0]}/ping"))
        return super().ask_api(call)


class TakesALostAnswerForTaken(Careful):
    """Says sent where there is no whole answer."""

    def deliver_by_api(self) -> str:
        try:
            return super().deliver_by_api()
        except Failure as failure:
            if failure.class_ in {"outcome-unknown", "protocol-error"}:
                return ""
            raise


class SendsAgainAfterALostAnswer(Careful):
    """Asks again where nobody knows what became of the request."""

    def ask_api(self, call: Call) -> Response:
        try:
            return super().ask_api(call)
        except ApiFailure:
            raise
        except Failure:
            return super().ask_api(call)


class SignsWithASlowClock(Careful):
    """Signs with a time of an hour ago."""

    def signing_time(self) -> datetime:
        return super().signing_time() - timedelta(hours=1)


class TakesAQueuedMessageForLost(Careful):
    """Takes Mandrill's `queued` for a failure."""

    def is_taken_by_mandrill(self, item: Mapping[str, Any]) -> bool:
        return item.get("status") == "sent"


class TakesRejectedForTaken(Careful):
    """Looks for an item, and not at what it says."""

    def is_taken_by_mandrill(self, item: Mapping[str, Any]) -> bool:
        return bool(item)


class GivesUpTheMessageSilently(Careful):
    """Says sent whatever happens: nobody reads the errors of a newsletter."""

    def send_by_api(self) -> dict[str, Any]:
        super().send_by_api()
        return {"status": "sent"}
