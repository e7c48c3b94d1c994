"""Senders that use Mandrill wrongly."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .careful import Careful
from .careful_api import ApiFailure, Response
from .careful_calls import Call
from .careful_wire import Failure
from .convictions import convicted


@convicted("api/mandrill/accepted[taken=queued]", check="sender.status")
class TakesAQueuedMessageForLost(Careful):
    """Takes Mandrill's `queued` for a failure."""

    def is_taken_by_mandrill(self, item: Mapping[str, Any]) -> bool:
        return item.get("status") == "sent"


@convicted("api/mandrill/accepted[taken=queued]", check="messages")
class SendsAgainWhatIsQueued(Careful):
    """Takes `queued` for a reason to try once more."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        items = self.dicts(response.document)
        waits = any(item.get("status") == "queued" for item in items)
        return super().ask_api(call) if waits else response


@convicted("api/mandrill/rejected", "api/mandrill/rejected-words", check="sender.status")
class TakesRejectedForTaken(Careful):
    """Looks for an item, and not at what it says."""

    def is_taken_by_mandrill(self, item: Mapping[str, Any]) -> bool:
        return bool(item)


@convicted("api/mandrill/key-refused", "api/mandrill/key-refused-words", check="sender.status")
class TakesWhatIsNotRejectedForTaken(Careful):
    """Knows the items that are none, and takes the object of an error for one that is."""

    def taken_mandrill(self, response: Response) -> str:
        items = self.dicts(response.document) or self.dicts([response.document])
        if items and not {item.get("status") for item in items} & {"rejected", "invalid"}:
            return str(items[0].get("_id") or "")
        return super().taken_mandrill(response)


@convicted("api/mandrill/rejected[reason=invalid-sender]", check="messages sender.status")
class SendsFromAnotherAddress(Careful):
    """Sends from another address of the domain where the one of the message is rejected."""

    is_refused = False

    def author(self) -> Mapping[str, str]:
        box = super().author()
        domain = box["address"].rpartition("@")[2]
        return {**box, "address": f"noreply@{domain}"} if self.is_refused else box

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if b"invalid-sender" not in response.body:
            return response
        self.is_refused = True
        return super().ask_api(self.call(call.host))


@convicted("api/mandrill/rejected", check="sender.error.class")
class ExpectsEveryItemToBeSent(Careful):
    """Knows no other item than one that was taken, and says of any other that it is none."""

    def taken_mandrill(self, response: Response) -> str:
        try:
            return super().taken_mandrill(response)
        except ApiFailure as failure:
            if failure.class_ != "message-refused":
                raise
            raise self.unexpected(response) from None


@convicted("api/mandrill/rejected", check="sender.error.temporary")
class SendsTheRejectedLater(Careful):
    """Says of what Mandrill rejects that it may pass, as a soft bounce does."""

    def may_pass(self, status: int, class_: str) -> bool:
        return class_ == "message-refused" or super().may_pass(status, class_)


@convicted("api/mandrill/rejected-words", check="sender.error.says")
class ForgetsWhyItWasRejected(Careful):
    """Reads the status of an item, and not its `reject_reason`."""

    def vendor_words(self, response: Response, words: str) -> str:
        return words if response.status != 200 else words.partition(":")[0]


@convicted(
    "api/mandrill/key-refused[key=*,answer=500]", check="sender.error.class sender.error.temporary"
)
class ReadsNoNameOfAnError(Careful):
    """Goes by the status of an error: 500 is Mandrill's own trouble, and passes."""

    def taken_mandrill(self, response: Response) -> str:
        if response.status >= 500:
            raise self.refused_by_api(response, str(response.member("message") or ""))
        return super().taken_mandrill(response)


@convicted("api/mandrill/key-refused-words", check="sender.error.says")
class TellsTheCodeOfAnError(Careful):
    """Tells the number of an error, and neither its name nor its words."""

    def vendor_words(self, response: Response, words: str) -> str:
        code = response.member("code")
        return words if code is None else f"error {code}"


@convicted(
    "api/mandrill/accepted",
    "api/mandrill/key-refused",
    "api/mandrill/rejected",
    check="secrets-in-urls",
)
class PutsTheKeyIntoTheQuery(Careful):
    """Gives the key with the address of the call, beside that in the body."""

    def call_mandrill(self, host: str) -> Call:
        made = super().call_mandrill(host)
        return replace(made, path=f"{made.path}?key={self.credential('api_key')}")


@convicted("api/mandrill/accepted", check="message messages sender.status")
@convicted("api/mandrill/calls", check="messages sender.status")
class PutsTheKeyIntoAHeader(Careful):
    """Sends the key as a bearer token, as other vendors have it, and not in the body."""

    def call_mandrill(self, host: str) -> Call:
        made = super().call_mandrill(host)
        body = json.loads(made.body)
        headers = {**made.headers, "Authorization": f"Bearer {body.pop('key')}"}
        return replace(made, headers=headers, body=self.json(body))


@convicted("api/mandrill/accepted", check="message")
class EncodesTheRawMessage(Careful):
    """Sends the message in base64, as Amazon has it."""

    def mime(self) -> bytes:
        return base64.b64encode(super().mime())


@convicted("api/mandrill/calls", check="paths")
class PingsFirst(Careful):
    """Asks `users/ping` whether the key is good, before each message."""

    def ask_api(self, call: Call) -> Response:
        super().ask_api(replace(call, path="/api/1.0/users/ping"))
        return super().ask_api(call)


@convicted("api/mandrill/key-spoiled[key=blank]", check="honesty sender.status")
class TakesABlankKeyForNone(Careful):
    """Takes an API without a key for one that is not in use, and says sent."""

    def deliver_by_api(self) -> str:
        return super().deliver_by_api() if self.credential("api_key").strip() else ""


@convicted(
    "api/mandrill/calls",
    "api/mailgun/region-host",
    "api/mailgun/wrong-region-no-fallback",
    check="hosts",
)
class NamesTheAddressThatItDials(Careful):
    """Writes the address into `Host` to which it has connected, and not the name of the API."""

    def sent_headers(self, call: Call) -> Mapping[str, str]:
        address, port = self.real_end(call.host)
        return {**super().sent_headers(call), "Host": f"{address}:{port}"}


@convicted(
    "api/mandrill/key-spoiled[key=newline]",
    "api/mandrill/key-spoiled[key=padded]",
    check="discretion",
)
class TellsTheTrimmedKey(Careful):
    """Takes the white space off a key, and says with which one it was refused."""

    def check_credential(self, name: str, value: str) -> None:
        super().check_credential(name, value.strip())

    def credential(self, name: str) -> str:
        return super().credential(name).strip()

    def without_keys(self, text: str) -> str:
        return f"{super().without_keys(text)} (with the key {self.credential('api_key')})"


@convicted(
    "api/mandrill/key-empty",
    "api/mandrill/key-refused",
    "api/mandrill/key-spoiled",
    "api/mandrill/rejected",
    "api/mailgun/key-refused",
    "api/mailgun/setting-missing",
    "api/mailgun/standing",
    check="sender.error.class sender.error.phase sender.error.temporary",
)
class HasOneErrorForEverything(Careful):
    """Catches whatever goes wrong as one thing, a network that fails."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        failure.phase, failure.class_, failure.temporary = "connect", "unreachable", True
        return super().failed_by_api(failure)
