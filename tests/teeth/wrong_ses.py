"""Senders that use Amazon SES wrongly."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from .careful import Careful
from .careful_api import ApiFailure, Response
from .careful_calls import Call
from .careful_wire import Failure
from .convictions import convicted

# What is signed, and where it goes.


@convicted("api/ses/accepted", check="message messages sender.status")
@convicted(
    "api/ses/host-of-region",
    "api/ses/policy-example",
    "api/ses/sandbox-verified-recipient",
    check="messages sender.status",
)
class SignsForTheServiceEmail(Careful):
    """Signs for a service of the name that the host begins with."""

    def signing_service(self) -> str:
        return "email"


@convicted(
    "api/ses/accepted[*,region=eu-central-1]",
    "api/ses/accepted[*,region=ap-southeast-2]",
    "api/ses/host-of-region[region=eu-central-1]",
    "api/ses/host-of-region[region=ap-southeast-2]",
    check="messages sender.status",
)
@convicted("api/ses/wrong-region", check="sender.error.class")
@convicted("api/ses/wrong-region-words", check="sender.error.says")
class SignsForTheFirstRegion(Careful):
    """Asks the host of its region with a signature for us-east-1."""

    def signing_region(self) -> str:
        return "us-east-1"


@convicted(
    "api/ses/host-of-region[region=eu-central-1]",
    "api/ses/host-of-region[region=ap-southeast-2]",
    check="hosts",
)
@convicted("api/ses/wrong-region", "api/ses/wrong-region-words", check="messages sender.status")
class AsksVirginiaAlways(Careful):
    """Leaves the region at the SDK's default."""

    @property
    def region(self) -> str:
        return "us-east-1"


@convicted("api/ses/wrong-region", "api/ses/wrong-region-words", check="messages sender.status")
class GoesOnToVirginia(Careful):
    """Asks us-east-1 where its own region does not have the identity."""

    goes_on = False

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if "is not verified" not in self.ses_words(response):
            return response
        self.goes_on = True
        return super().ask_api(self.call(self.named_host()))

    @property
    def region(self) -> str:
        return "us-east-1" if self.goes_on else super().region


@convicted("api/ses/secret-padded", check="secrets-in-urls")
class PutsTheSecretIntoTheUrl(Careful):
    """Signs a URL that has the secret in it, whatever characters the secret has."""

    def check_credential(self, name: str, value: str) -> None:
        """Left to SES."""

    def signed(self, call: Call) -> Call:
        secret = quote(self.credential("secret_access_key"), safe="")
        return super().signed(replace(call, path=f"{call.path}?AWSSecretKey={secret}"))


@convicted("api/ses/accepted", check="message")
class EncodesTheMessageTwice(Careful):
    """Hands the SDK, which encodes a raw message, one that is in base64 already."""

    def mime(self) -> bytes:
        return base64.b64encode(super().mime())


# Other calls than sending.


@convicted("api/ses/policy-example", check="messages sender.status")
class AsksForTheQuotaFirst(Careful):
    """Asks for the quota before it sends, for which it has to be allowed to."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(self.query_call(call.host, "GetSendQuota", {}))
        return super().ask_api(call) if response.status == 200 else response


@convicted("api/ses/sandbox-verified-recipient", check="messages sender.status")
@convicted("api/ses/not-verified-words[*,what=recipient]", check="sender.error.says")
class SendsNothingInTheSandbox(Careful):
    """Takes an account with the sandbox's quota for one that cannot send."""

    def ask_api(self, call: Call) -> Response:
        response = self.exchanged(self.query_call(call.host, "GetSendQuota", {}))
        if response.element("Max24HourSend") == "200.0":
            raise ApiFailure(response, "forbidden", "SES is in the sandbox", temporary=False)
        return super().ask_api(call)


@convicted("api/ses/account-paused", check="messages sender.status")
class SwitchesSendingOnAgain(Careful):
    """Switches the sending on that the account's owner has switched off."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if "paused for this account" not in self.ses_words(response):
            return response
        on = self.query_call(call.host, "UpdateAccountSendingEnabled", {"Enabled": "true"})
        self.exchanged(on)
        return super().ask_api(call)


@convicted(
    "api/ses/address-not-verified[*,address=not-the-verified-one]",
    "api/ses/not-verified[*,identity=unknown-domain]",
    check="messages sender.status",
)
class SendsFromWhateverIsVerified(Careful):
    """Sends from the account's first identity where SES refuses the From."""

    other = ""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if "is not verified" not in self.ses_words(response):
            return response
        found = self.exchanged(self.query_call(call.host, "ListIdentities", {})).element("member")
        if not found:
            return response
        self.other = found if "@" in found else f"noreply@{found}"
        return super().ask_api(self.call(call.host))

    @property
    def asked(self) -> Mapping[str, Any]:
        asked = super().asked
        return {**asked, "from": {"address": self.other}} if self.other else asked


@convicted(
    "api/ses/sandbox-recipient",
    "api/ses/not-verified-words[*,what=recipient]",
    check="messages sender.status",
)
class SendsToTheSimulatorInstead(Careful):
    """Sends to the mailbox simulator where the sandbox refuses the recipient."""

    to_simulator = False

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if self.asked["to"][0]["address"] not in self.ses_words(response):
            return response
        self.to_simulator = True
        return super().ask_api(self.call(call.host))

    @property
    def asked(self) -> Mapping[str, Any]:
        asked = super().asked
        simulator = [{"address": "success@simulator.amazonses.com"}]
        return {**asked, "to": simulator} if self.to_simulator else asked


@convicted("api/ses/policy-one-action[*,action=SendRawEmail]", check="honesty messages")
class LooksAtTheFirstAnswerOnly(Careful):
    """Falls back from fields to a raw message, and tries that again for what the fields met."""

    def ask_api(self, call: Call) -> Response:
        fields = {
            "Source": self.author()["address"],
            "Destination.ToAddresses.member.1": self.recipients()[0],
            "Message.Subject.Data": self.asked["subject"],
            "Message.Body.Text.Data": self.asked["text"],
        }
        first = super().ask_api(self.query_call(call.host, "SendEmail", fields))
        while first.status == 403 and self.attempts < 3:
            super().ask_api(call)
        return first


@convicted("api/ses/clock-skew", check="messages")
class SendsAgainOnceItsClockIsRight(Careful):
    """Sets its clock by a refusal's date, and sends again for the refusal and for the clock."""

    ahead = timedelta(0)

    def signing_time(self) -> datetime:
        return super().signing_time() + self.ahead

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if not self.ses_words(response).startswith("Signature"):
            return response
        self.ahead = parsedate_to_datetime(response.headers["date"]) - self.signing_time()
        while self.attempts < 3:
            response = super().ask_api(self.call(call.host))
        return response


# What became of it.


@convicted(
    "api/ses/account-*",
    "api/ses/address-not-verified",
    "api/ses/keys-*",
    "api/ses/not-verified*",
    "api/ses/policy-lacks*",
    "api/ses/quota-used-up*",
    "api/ses/sandbox-recipient",
    "api/ses/smtp-credentials",
    "api/ses/too-fast*",
    "api/ses/wrong-region*",
    check="honesty sender.status",
)
@convicted("api/ses/clock-skew", "api/ses/policy-one-action[*,action=SendEmail]", check="honesty")
class TakesARequestIdForTaken(Careful):
    """Takes every answer of SES that has an id for a message taken, a refusal's too."""

    def taken_ses(self, response: Response) -> str:
        return response.headers.get("x-amzn-requestid") or super().taken_ses(response)


@convicted(
    "api/ses/policy-lacks",
    "api/ses/policy-one-action[*,action=SendEmail]",
    check="sender.error.class sender.error.phase",
)
class TakesEvery403ForABadKey(Careful):
    """Takes whatever has the status 403 for refused credentials."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if response.status == 403:
            failure.phase, failure.class_ = "auth", "unauthorized"
        return failure


@convicted("api/ses/account-*", "api/ses/keys-swapped", check="sender.error.class")
@convicted(
    "api/ses/address-not-verified",
    "api/ses/sandbox-recipient",
    "api/ses/wrong-region",
    check="sender.error.class sender.error.temporary",
)
@convicted("api/ses/not-verified", check="requests sender.error.class sender.error.temporary")
class TakesEvery400ForTooFast(Careful):
    """Takes every 400 for throttling, which is one in version 1, and tries again."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        while response.status == 400 and self.attempts < 5:
            response = super().ask_api(call)
        return response

    def ses_class(self, response: Response, code: str, words: str) -> str | None:
        found = super().ses_class(response, code, words)
        return "rate-limited" if response.status == 400 else found


@convicted(
    "api/ses/quota-used-up[version=v1]",
    "api/ses/too-fast[version=v1]",
    check="sender.error.class sender.error.temporary",
)
class KnowsThrottlingBy429Only(Careful):
    """Takes nothing but a 429 for throttling, and version 1 has none."""

    def ses_class(self, response: Response, code: str, words: str) -> str | None:
        if response.status == 429:
            return "rate-limited"
        found = super().ses_class(response, code, words)
        return "message-refused" if found in {"rate-limited", "quota-exceeded"} else found


@convicted(
    "api/ses/clock-skew[version=v2,*]",
    "api/ses/keys-refused[version=v2,*]",
    "api/ses/policy-lacks[version=v2,*]",
    "api/ses/policy-one-action[version=v2,action=SendEmail]",
    "api/ses/smtp-credentials[version=v2]",
    check="sender.error.class",
)
@convicted(
    "api/ses/quota-used-up[version=v2]",
    "api/ses/too-fast[version=v2]",
    check="sender.error.class sender.error.temporary",
)
class KnowsTheCodesOfVersion1Only(Careful):
    """Does not know the exceptions of version 2, and takes them for its own mistake."""

    def ses_class(self, response: Response, code: str, words: str) -> str | None:
        found = super().ses_class(response, code, words)
        return found if response.document is None else "invalid-request"


@convicted(
    "api/ses/keys-refused[*,key=wrong-secret]",
    check="sender.error.class sender.error.temporary",
)
@convicted("api/ses/smtp-credentials", check="requests sender.error.class sender.error.temporary")
class TakesASignatureForAClock(Careful):
    """Takes every refused signature for a clock that is wrong for now, and signs again."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        while "signature" in self.ses_words(response) and self.attempts < 5:
            response = super().ask_api(self.call(call.host))
        return response

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if "signature" in self.ses_words(response):
            failure.class_, failure.temporary = "auth-temporary", True
        return failure


@convicted(
    "api/ses/policy-lacks",
    "api/ses/policy-one-action[*,action=SendEmail]",
    check="sender.error.temporary",
)
class WaitsForIam(Careful):
    """Takes a policy that refuses for one that is not there yet."""

    def may_pass(self, status: int, class_: str) -> bool:
        return class_ == "forbidden" or super().may_pass(status, class_)


@convicted(
    "api/ses/account-*",
    "api/ses/address-not-verified",
    "api/ses/not-verified",
    "api/ses/sandbox-recipient",
    "api/ses/wrong-region",
    check="sender.error.phase",
)
@convicted(
    "api/ses/clock-skew",
    "api/ses/keys-refused",
    "api/ses/keys-swapped",
    "api/ses/policy-lacks",
    "api/ses/policy-one-action[*,action=SendEmail]",
    "api/ses/quota-used-up",
    "api/ses/secret-padded",
    "api/ses/smtp-credentials",
    "api/ses/too-fast",
    check="sender.error.class sender.error.phase",
)
class CallsTheMessageUnusable(Careful):
    """Says of whatever goes wrong that the message cannot be used."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        failure.phase, failure.class_ = "message", "message-refused"
        return super().failed_by_api(failure)


@convicted(
    "api/ses/not-verified-words",
    "api/ses/policy-lacks-words",
    "api/ses/quota-used-up-words",
    "api/ses/too-fast-words",
    "api/ses/wrong-region-words",
    check="sender.error.says",
)
class TellsTheCodeOnly(Careful):
    """Says the code of a refusal, and not the words."""

    def vendor_words(self, response: Response, words: str) -> str:
        return self.ses_code(response)


@convicted("api/ses/*-words*", check="sender.error.says")
class TellsTheStatusOnly(Careful):
    """Says the status of a refusal, and nothing of what stands in it."""

    def vendor_words(self, response: Response, words: str) -> str:
        return "forbidden" if response.status == 403 else "bad request"


@convicted(
    "api/ses/not-verified-words",
    "api/ses/policy-lacks-words",
    "api/ses/wrong-region-words",
    check="sender.error.says",
)
class CutsTheWordsShort(Careful):
    """Keeps as many letters of a refusal as its log has room for."""

    def vendor_words(self, response: Response, words: str) -> str:
        return super().vendor_words(response, words)[:80]
