"""Senders that ask a provider's API wrongly, whoever the provider is."""

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
from .convictions import convicted

# Whom it asks.


@convicted(
    "api/any/redirected",
    "api/any/redirected-to-another-host",
    check="content-elsewhere key-elsewhere",
)
@convicted(
    "api/any/redirected*[provider=mandrill,*]",
    "api/any/redirected*[provider=sendgrid,*]",
    "api/any/redirected*[provider=sparkpost,*]",
    "api/any/redirected*[provider=mailgun,*]",
    "api/any/redirected*[provider=postmark,*]",
    check="messages sender.status",
)
class FollowsRedirects(Careful):
    """Takes the credentials wherever a redirect points."""

    def redirected(self, call: Call, response: Response) -> Response:
        where = response.headers.get("location", "")
        host, _, path = where.removeprefix("https://").partition("/")
        return self.exchanged(replace(call, host=host or call.host, path=f"/{path}"))


@convicted("api/any/bad-certificate", check="requests sender.status")
class VerifiesNoApiCertificate(Careful):
    """Takes every certificate of an API."""

    def api_context(self) -> ssl.SSLContext:
        context = super().api_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


@convicted(
    "api/any/bad-certificate[provider=*,certificate=wrong-host]", check="requests sender.status"
)
class ComparesNoNameOfAnApi(Careful):
    """Takes every certificate of a trusted authority."""

    def api_context(self) -> ssl.SSLContext:
        context = super().api_context()
        context.check_hostname = False
        return context


@convicted(
    "api/mailgun/wrong-region",
    "api/sparkpost/key-of-the-other-region",
    check="messages sender.status",
)
@convicted(
    "api/mailgun/wrong-region-no-fallback",
    "api/sparkpost/no-fallback",
    check="hosts messages sender.status",
)
class FallsBackToTheOtherRegion(Careful):
    """Where its region refuses it asks the other one."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        others = set(REGIONS.get(self.provider, {}).values()) - {call.host}
        if response.status < 400 or not others:
            return response
        return super().ask_api(replace(call, host=others.pop()))


@convicted(
    "api/mailgun/region-host[region=eu]",
    "api/mailgun/wrong-region-no-fallback[case=us-domain]",
    "api/sparkpost/no-fallback",
    check="hosts messages sender.status",
)
@convicted(
    "api/ses/host-of-region[region=eu-central-1]",
    "api/ses/host-of-region[region=ap-southeast-2]",
    "api/sparkpost/region-host[region=eu]",
    check="hosts",
)
@convicted("api/ses/wrong-region*", check="messages sender.status")
class IgnoresTheRegion(Careful):
    """Uses the first region's host, whatever is configured."""

    def api_host(self) -> str:
        if self.provider == "ses":
            return "email.us-east-1.amazonaws.com"
        return next(iter(REGIONS.get(self.provider, {"": super().api_host()}).values()))

    def signing_region(self) -> str:
        return "us-east-1"


# With what.


@convicted("api/any/secrets-in-urls", check="secrets-in-urls")
@convicted(
    # Where a signature covers the path it is refused for that first.
    "api/any/refused-credentials[provider=mandrill]",
    "api/any/refused-credentials[provider=sendgrid]",
    "api/any/refused-credentials[provider=sparkpost]",
    "api/any/refused-credentials[provider=mailgun]",
    "api/any/refused-credentials[provider=postmark]",
    check="secrets-in-urls",
)
class PutsTheKeyIntoTheUrl(Careful):
    """Repeats the key in the query."""

    def call(self, host: str) -> Call:
        made = super().call(host)
        values = self.transport["credentials"].items()
        key = next(value for name, value in values if name != "access_key_id")
        return replace(made, path=f"{made.path}?key={key}")


@convicted(
    "api/any/credential-missing",
    "api/mailgun/setting-missing[setting=key-empty]",
    "api/mandrill/key-empty",
    "api/sparkpost/setting-missing[setting=key-empty]",
    check="requests",
)
class AsksWithoutAKey(Careful):
    """Asks though there is no key."""

    def check_credential(self, name: str, value: str) -> None:
        """Whatever it is."""


@convicted(
    "api/any/credential-missing",
    "api/mailgun/setting-missing[setting=key-empty]",
    "api/mandrill/key-empty",
    "api/postmark/token-empty",
    "api/sparkpost/setting-missing[setting=key-empty]",
    check="honesty sender.status",
)
class SaysSentWithoutAKey(Careful):
    """Takes an API without a key for a null transport."""

    def deliver_by_api(self) -> str:
        return super().deliver_by_api() if all(self.transport["credentials"].values()) else ""


@convicted("api/any/accepted[provider=ses]", check="message messages sender.status")
class SignsWithASlowClock(Careful):
    """Signs with the local time of a zone an hour behind."""

    def signing_time(self) -> datetime:
        return super().signing_time() - timedelta(hours=1)


# What is sent.


@convicted("api/any/accepted", "api/any/counted", "api/any/from-forms", check="message")
class SendsFromTheAccount(Careful):
    """Sends from another address than the message has."""

    def author(self) -> Mapping[str, str]:
        domain = self.asked["from"]["address"].rpartition("@")[2]
        return {"name": "", "address": f"noreply@{domain}"}

    def compose(self) -> Any:
        message = super().compose()
        message.replace_header("From", self.author()["address"])
        return message


@convicted("api/any/from-missing", check="messages sender.status")
class FillsInAFrom(Careful):
    """Sends from an address of its own where the From cannot be used."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        local, _, domain = message["from"]["address"].rpartition("@")
        if local and domain:
            return message
        domain = message["to"][0]["address"].rpartition("@")[2]
        return {**message, "from": {"address": f"noreply@{domain}"}}


# How often, and for how long.


@convicted(
    "api/any/accepted",
    "api/any/attachment",
    "api/any/counted",
    "api/any/from-forms",
    "api/any/secrets-in-urls",
    "api/any/text-and-html",
    check="messages",
)
@convicted("api/any/recipients", check="recipients")
class AsksAnApiTwice(Careful):
    """Sends the message twice, to be sure."""

    def ask_api(self, call: Call) -> Response:
        super().ask_api(call)
        return super().ask_api(call)


@convicted("api/sendgrid/accepted-once", check="messages requests")
@convicted("api/any/accepted[provider=sendgrid]", check="messages")
class SendsAgainUnless200(Careful):
    """Takes only 200 for success, and asks once more after a 202."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        return super().ask_api(call) if response.status == 202 else response


@convicted("api/any/answer-lost", check="messages")
class SendsAgainAfterALostAnswer(Careful):
    """Asks again where nobody knows what became of the request."""

    def ask_api(self, call: Call) -> Response:
        try:
            return super().ask_api(call)
        except ApiFailure:
            raise
        except Failure:
            return super().ask_api(call)


@convicted(
    "api/any/recipients-refused-together",
    "api/ses/not-verified",
    "api/ses/smtp-credentials",
    "api/sparkpost/permission-missing",
    check="requests",
)
class RetriesRefusals(Careful):
    """Asks again after a 4xx that will not change."""

    def ask_api(self, call: Call) -> Response:
        for _ in range(3):
            response = super().ask_api(call)
            if not 400 <= response.status < 500:
                return response
        return super().ask_api(call)


@convicted("api/any/no-answer[provider=*,trouble=says-nothing]", check="answers")
class WaitsForAnApiForEver(Careful):
    """Has no time-out of its own."""

    def api_timeout(self) -> float | None:
        return 40 * float(self.request["timeout"])
