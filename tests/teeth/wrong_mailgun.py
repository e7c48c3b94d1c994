"""Senders that use Mailgun wrongly."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from email.message import EmailMessage

from .careful import Careful
from .careful_api import ApiFailure, Response
from .careful_calls import REGIONS, Call
from .careful_settings import invalid
from .careful_wire import Failure
from .convictions import convicted

_REGIONS = REGIONS["mailgun"]


@convicted(
    "api/mailgun/accepted",
    "api/mailgun/domain-key",
    "api/mailgun/other-domain",
    check="message messages sender.status",
)
@convicted("api/mailgun/region-host", check="messages sender.status")
class PutsTheKeyForTheUserName(Careful):
    """Logs in with the key for a user name and no password, as other vendors have it."""

    def mailgun_authorization(self) -> str:
        user = base64.b64encode(f"{self.credential('api_key')}:".encode()).decode()
        return f"Basic {user}"


@convicted(
    "api/mailgun/accepted",
    "api/mailgun/domain-refused",
    "api/mailgun/key-refused",
    "api/mailgun/standing",
    "api/mailgun/wrong-region",
    check="secrets-in-urls",
)
class AsksForTheWholeUrl(Careful):
    """Asks for a URL as it is configured, with `api` and the key before the host."""

    def call_mailgun(self, host: str) -> Call:
        made = super().call_mailgun(host)
        url = f"https://api:{self.credential('api_key')}@{host}{made.path}"
        return replace(made, path=url)


@convicted("api/mailgun/region-host", check="messages paths sender.status")
class AsksTheOldVersion(Careful):
    """Asks version 2 of the API, which came before the one that there is."""

    def call_mailgun(self, host: str) -> Call:
        made = super().call_mailgun(host)
        return replace(made, path=made.path.replace("/v3/", "/v2/", 1))


@convicted("api/mailgun/accepted", "api/mailgun/domain-key", check="message messages sender.status")
class SendsTheMessageAsAField(Careful):
    """Posts the message as a field of the form, and not as a file."""

    def call_mailgun(self, host: str) -> Call:
        made = super().call_mailgun(host)
        return replace(made, body=made.body.replace(b'; filename="message.eml"', b"", 1))


@convicted(
    "api/mailgun/accepted", "api/mailgun/domain-key", "api/mailgun/other-domain", check="message"
)
class DoublesTheLineEnds(Careful):
    """Ends the lines of the message twice, as a form that is written as text does."""

    def mime(self) -> bytes:
        return super().mime().replace(b"\r\n", b"\r\r\n")


# Domains.


@convicted("api/mailgun/other-domain", check="messages paths sender.status")
@convicted(
    "api/mailgun/setting-missing[setting=domain-missing]", check="messages requests sender.status"
)
@convicted("api/mailgun/setting-missing-words[setting=domain]", check="sender.status")
class SendsForTheDomainOfFrom(Careful):
    """Takes the domain out of the From address, whatever is configured."""

    def domain(self) -> str:
        return str(self.asked["from"]["address"]).rpartition("@")[2]


@convicted("api/mailgun/other-domain", check="message")
class SendsFromTheConfiguredDomain(Careful):
    """Writes the From address anew, with the domain that it sends for."""

    def author(self) -> Mapping[str, str]:
        box = super().author()
        local = box["address"].rpartition("@")[0]
        return {**box, "address": f"{local}@{self.domain()}"}

    def compose(self) -> EmailMessage:
        message = super().compose()
        message.replace_header("From", self.author()["address"])
        return message


@convicted("api/mailgun/setting-missing[setting=domain-missing]", check="requests")
@convicted("api/mailgun/setting-missing-words[setting=domain]", check="sender.error.says")
class AsksForNoDomain(Careful):
    """Asks Mailgun without a domain in the path."""

    def check_domain(self) -> None:
        """Whatever it is."""


@convicted("api/mailgun/domain-refused[domain=another]", check="messages sender.status")
class TriesTheUsualSubdomain(Careful):
    """Where there is no such domain it sends for its subdomain `mg`, which many have."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if response.status != 404:
            return response
        return super().ask_api(replace(call, path=call.path.replace("/v3/", "/v3/mg.", 1)))


@convicted(
    "api/mailgun/domain-refused[domain=absent]",
    "api/mailgun/domain-refused[domain=another]",
    "api/mailgun/wrong-region",
    "api/mailgun/wrong-region-no-fallback",
    check="sender.error.class sender.error.phase sender.error.temporary",
)
class BlamesTheDnsForAnUnknownDomain(Careful):
    """Says of a domain that Mailgun does not find that the DNS does not find it just now."""

    def taken_mailgun(self, response: Response) -> str:
        try:
            return super().taken_mailgun(response)
        except ApiFailure as failure:
            if failure.class_ == "not-found":
                failure.phase, failure.class_, failure.temporary = "dns", "dns-temporary", True
            raise


# Regions.


@convicted("api/mailgun/setting-missing[setting=region-*]", check="messages requests sender.status")
@convicted(
    "api/mailgun/setting-missing-words[setting=region]",
    "api/mailgun/setting-missing-words[setting=region-unknown]",
    check="sender.status",
)
class TakesTheFirstRegionForNone(Careful):
    """Uses the first region where none, or none that it knows, is configured."""

    @property
    def region(self) -> str:
        found = super().region
        return found if found in _REGIONS else "us"


@convicted("api/mailgun/region-host[region=us]", check="hosts")
@convicted("api/mailgun/wrong-region", check="messages sender.status")
@convicted("api/mailgun/wrong-region-no-fallback", check="hosts messages sender.status")
class AsksEuropeFirst(Careful):
    """Looks for the domain in the one region and then in the other, whatever is configured."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(replace(call, host=_REGIONS["eu"]))
        if response.status < 400:
            return response
        return super().ask_api(replace(call, host=_REGIONS["us"]))


# What Mailgun says.


@convicted(
    "api/mailgun/domain-refused",
    "api/mailgun/standing",
    "api/mailgun/wrong-region",
    "api/mailgun/wrong-region-no-fallback",
    "api/mailgun/words[reason=disabled]",
    "api/mailgun/words[reason=not-activated]",
    "api/mailgun/words[reason=domain-*]",
    check="sender.status",
)
class LooksForAMessage(Careful):
    """Takes any JSON object with a `message` for Mailgun's word that it took it."""

    def taken_mailgun(self, response: Response) -> str:
        if response.member("message"):
            return str(response.member("id"))
        return super().taken_mailgun(response)


@convicted(
    "api/mailgun/standing",
    "api/mailgun/domain-refused[domain=unverified-4*]",
    check="sender.error.class sender.error.temporary",
)
class TakesNotAllowedForALimit(Careful):
    """Takes `not allowed to send`, with which every reason begins, for that of a limit."""

    def taken_mailgun(self, response: Response) -> str:
        words = str(response.member("message"))
        if "not allowed to send" in words:
            raise self.refused_by_api(response, words, "rate-limited")
        return super().taken_mailgun(response)


@convicted("api/mailgun/key-refused", check="sender.error.class sender.error.temporary")
@convicted("api/mailgun/words[reason=key]", check="sender.error.says")
class TakesPlainTextForAProxy(Careful):
    """Expects JSON of each refusal, and takes Mailgun's `Forbidden` for a proxy's page."""

    def taken_mailgun(self, response: Response) -> str:
        if response.document is None:
            words = "the response is no JSON; somebody stands in between"
            raise ApiFailure(response, "server-error", words, temporary=True)
        return super().taken_mailgun(response)


@convicted("api/mailgun/words", check="sender.error.says")
class ReadsAnErrorMember(Careful):
    """Looks for the reason of a refusal under `error`, where Mailgun has none."""

    def taken_mailgun(self, response: Response) -> str:
        try:
            return super().taken_mailgun(response)
        except ApiFailure as failure:
            failure.words = f"Mailgun did not take it: {response.member('error')}"
            raise


@convicted("api/mailgun/setting-missing-words", check="sender.error.says")
class DoesNotSayWhichSetting(Careful):
    """Says of a setting that is missing that one is."""

    def check_api(self) -> None:
        try:
            super().check_api()
        except Failure:
            raise invalid("the configuration is not complete") from None
