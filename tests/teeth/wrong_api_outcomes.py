"""Senders that say of a request to a provider's API what did not become of it."""

from __future__ import annotations

import uuid
from typing import Any

from .careful import Careful
from .careful_api import Response
from .careful_wire import Failure
from .convictions import convicted

# Sent, or not.


@convicted(
    "api/any/no-answer-of-theirs",
    "api/mandrill/rejected",
    "api/mandrill/rejected-words",
    check="sender.status",
)
class CountsEvery2xxAsSent(Careful):
    """Says sent for every 2xx, whatever the body says."""

    def taken(self, response: Response) -> str:
        return "" if response.status < 300 else super().taken(response)


@convicted(
    "api/*/key*-refused*",
    "api/any/refused-credentials",
    "api/any/server-error",
    "api/mailgun/domain-refused",
    "api/mailgun/standing",
    "api/postmark/pending",
    "api/postmark/refused",
    "api/sendgrid/key-without-mail-send",
    "api/sendgrid/sender-not-verified",
    "api/ses/not-verified*",
    "api/ses/policy-lacks*",
    "api/sparkpost/domain-refused",
    "api/sparkpost/permission-missing",
    "api/sparkpost/quota",
    check="honesty sender.status",
)
class IgnoresTheStatus(Careful):
    """Says sent as soon as there is a response."""

    def taken(self, response: Response) -> str:
        del response
        return ""


@convicted("api/any/no-answer", check="honesty sender.status")
@convicted("api/any/answer-lost", check="honesty")
class TakesALostAnswerForTaken(Careful):
    """Says sent where there is no whole answer."""

    def deliver_by_api(self) -> str:
        try:
            return super().deliver_by_api()
        except Failure as failure:
            if failure.class_ in {"outcome-unknown", "protocol-error"}:
                return ""
            raise


@convicted(
    "api/any/from-missing",
    "api/any/redirected",
    "api/any/redirected-to-another-host",
    "api/any/unreachable",
    check="honesty sender.status",
)
class GivesUpTheMessageSilently(Careful):
    """Says sent whatever happens: nobody reads the errors of a newsletter."""

    def send_by_api(self) -> dict[str, Any]:
        super().send_by_api()
        return {"status": "sent"}


@convicted(
    "api/any/accepted[provider=sendgrid]",
    "api/sendgrid/accepted-once",
    "api/sendgrid/single-sender",
    check="honesty sender.status",
)
class Takes202ForAFailure(Careful):
    """Takes only 200 for success."""

    def taken(self, response: Response) -> str:
        if response.status == 202:
            raise self.unexpected(response)
        return super().taken(response)


@convicted(
    "api/any/accepted[provider=sendgrid]",
    "api/any/accepted[provider=ses]",
    "api/any/attachment[provider=ses]",
    "api/any/attachment[provider=sendgrid]",
    "api/any/from-forms[provider=sendgrid,form=*]",
    "api/any/from-forms[provider=ses,form=*]",
    "api/any/secrets-in-urls[provider=sendgrid]",
    "api/any/secrets-in-urls[provider=ses]",
    check="honesty sender.status",
)
class ParsesEveryBody(Careful):
    """Reads every body as JSON, an empty one and XML too."""

    def taken(self, response: Response) -> str:
        found = super().taken(response)
        if response.document is None:
            raise self.unexpected(response)
        return found


@convicted(
    "api/any/accepted[provider=mandrill]",
    "api/any/accepted[provider=sparkpost]",
    "api/any/accepted[provider=mailgun]",
    "api/any/accepted[provider=postmark]",
    "api/any/from-forms[provider=mandrill,form=*]",
    "api/any/from-forms[provider=sparkpost,form=*]",
    "api/any/from-forms[provider=mailgun,form=*]",
    "api/any/from-forms[provider=postmark,form=*]",
    "api/any/secrets-in-urls[provider=mandrill]",
    "api/any/secrets-in-urls[provider=sparkpost]",
    "api/any/secrets-in-urls[provider=mailgun]",
    "api/any/secrets-in-urls[provider=postmark]",
    check="honesty sender.status",
)
class WantsAnIdInTheHeaders(Careful):
    """Takes a message for sent where a header has its id, as SendGrid's answers have."""

    def taken(self, response: Response) -> str:
        found = super().taken(response)
        if "x-message-id" not in response.headers:
            raise self.unexpected(response)
        return found


# Under which id, and with which status.


@convicted("api/any/accepted", "api/any/from-forms", check="sender.told.provider_id")
class MakesUpAnId(Careful):
    """Gives each message an id of its own, and tells that for the provider's."""

    def send_by_api(self) -> dict[str, Any]:
        answer = super().send_by_api()
        return {**answer, "provider_id": str(uuid.uuid4())} if "error" not in answer else answer


@convicted(
    "api/any/no-answer",
    "api/any/redirected",
    "api/any/refused-credentials",
    "api/any/server-error",
    "api/any/unreachable",
    check="sender.told.http_status",
)
class CallsEveryFailure400(Careful):
    """Tells 400 of whatever goes wrong, as an API of its own would."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        answer = super().failed_by_api(failure)
        return {**answer, "error": {**answer["error"], "http_status": 400}}


# What went wrong, and whether it may pass.


@convicted(
    "api/any/answer-lost",
    "api/any/bad-certificate",
    "api/any/credential-missing",
    "api/any/from-missing",
    "api/any/no-answer-of-theirs",
    "api/any/redirected",
    "api/any/redirected-to-another-host",
    "api/any/refused-credentials",
    "api/any/server-error",
    check="sender.error.class sender.error.phase",
)
class NeverReachesTheApi(Careful):
    """Says of whatever goes wrong that the API could not be reached."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        failure.phase, failure.class_ = "connect", "connection-refused"
        return super().failed_by_api(failure)


@convicted(
    "api/any/no-answer",
    "api/any/rate-limited",
    "api/any/recipients-all-refused",
    "api/any/recipients-refused-together",
    "api/any/unreachable",
    "api/mailgun/domain-refused",
    "api/mailgun/standing",
    "api/mailgun/wrong-region",
    "api/mandrill/rejected",
    "api/postmark/pending",
    "api/sendgrid/sender-not-verified",
    "api/sendgrid/too-many-requests",
    "api/ses/not-verified",
    "api/ses/policy-lacks",
    "api/ses/quota-used-up",
    "api/ses/too-fast",
    "api/sparkpost/domain-refused",
    "api/sparkpost/quota",
    check="sender.error.class sender.error.phase",
)
@convicted(
    "api/mailgun/setting-missing[setting=domain-missing]",
    "api/postmark/refused[reason=suspended]",
    check="sender.error.class",
)
class BlamesTheKey(Careful):
    """Takes every failure for a wrong key."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        failure.phase, failure.class_ = "auth", "unauthorized"
        return super().failed_by_api(failure)


@convicted(
    "api/any/rate-limited",
    "api/any/server-error",
    "api/postmark/trouble",
    "api/sendgrid/too-many-requests",
    "api/sendgrid/too-many-requests-once",
    "api/ses/quota-used-up",
    "api/ses/too-fast",
    check="sender.error.temporary",
)
class TakesLimitsForPermanent(Careful):
    """Says of every refusal that it stays."""

    def may_pass(self, status: int, class_: str) -> bool:
        return False


@convicted(
    "api/any/recipients-all-refused",
    "api/any/recipients-refused-together",
    "api/mailgun/domain-refused",
    "api/mailgun/key-refused",
    "api/mailgun/standing",
    "api/mandrill/key-refused",
    "api/mandrill/rejected",
    "api/postmark/refused",
    "api/sendgrid/key-refused",
    "api/sendgrid/key-without-mail-send",
    "api/sendgrid/sender-not-verified",
    "api/ses/address-not-verified",
    "api/ses/keys-refused",
    "api/ses/not-verified",
    "api/ses/policy-lacks",
    "api/sparkpost/domain-refused",
    "api/sparkpost/key-refused",
    "api/sparkpost/permission-missing",
    check="sender.error.temporary",
)
class TakesEveryRefusalForPassing(Careful):
    """Says of every refusal that it may pass."""

    def may_pass(self, status: int, class_: str) -> bool:
        return True


@convicted(
    "api/any/answer-lost",
    "api/any/no-answer",
    "api/any/no-answer-of-theirs",
    "api/any/redirected",
    "api/any/redirected-to-another-host",
    check="sender.error.class",
)
class CallsEveryFailureTheServers(Careful):
    """Says of whatever it does not understand that the server has an error."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        failure.class_ = "server-error"
        return super().failed_by_api(failure)


@convicted(
    "api/any/rate-limited",
    "api/sendgrid/credits-used-up",
    "api/sendgrid/too-many-requests",
    "api/ses/quota-used-up",
    "api/ses/too-fast",
    "api/sparkpost/quota",
    check="sender.error.class",
)
class CallsEveryRefusalInvalid(Careful):
    """Takes every 4xx for a request that was wrong."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        if 400 <= getattr(failure, "status", 0) < 500:
            failure.class_ = "invalid-request"
        return super().failed_by_api(failure)


@convicted(
    "api/mandrill/rejected[reason=unsigned]",
    "api/mandrill/rejected[reason=unverified]",
    "api/mandrill/rejected[reason=invalid-sender]",
    check="sender.error.class",
)
class BlamesTheRecipient(Careful):
    """Takes every refusal of a message for one of its recipient."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        failure.class_ = "recipient-refused"
        return super().failed_by_api(failure)


@convicted(
    "api/mandrill/rejected[reason=hard-bounce]",
    "api/mandrill/rejected[reason=spam]",
    "api/postmark/refused[reason=inactive-recipient]",
    check="sender.error.class",
)
class BlamesTheSender(Careful):
    """Takes every refusal of a message for one of its From."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        failure.class_ = "sender-refused"
        return super().failed_by_api(failure)


# In which words.


@convicted(
    "api/mailgun/words[reason=domain-*]",
    "api/mandrill/key-refused-words",
    "api/mandrill/rejected-words",
    "api/postmark/refused-words",
    "api/sendgrid/account-*-words",
    "api/sendgrid/two-forbidden-words",
    "api/ses/keys-refused-words",
    "api/ses/not-verified-words",
    "api/ses/policy-lacks-words",
    "api/sparkpost/words[reason=domain]",
    check="sender.error.says",
)
class SwallowsTheVendorsWords(Careful):
    """Says that something went wrong, and nothing of what the vendor said."""

    def vendor_words(self, response: Response, words: str) -> str:
        del response, words
        return "something went wrong"


@convicted(
    "api/any/bad-certificate",
    "api/any/refused-credentials",
    "api/any/server-error",
    check="discretion",
)
class TellsTheKey(Careful):
    """Writes its configuration into the words of a failure."""

    def without_keys(self, text: str) -> str:
        return f"{text} (with {dict(self.transport['credentials'])})"
