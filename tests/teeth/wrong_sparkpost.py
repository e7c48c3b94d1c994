"""Senders that use SparkPost wrongly."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .careful import Careful
from .careful_api import ApiFailure, Response
from .careful_calls import REGIONS, Call, Calling
from .careful_settings import invalid
from .careful_wire import Failure
from .convictions import convicted

_SANDBOX = "sparkpostbox.com"


# What is asked.


@convicted("api/sparkpost/accepted", check="message messages sender.status")
@convicted("api/sparkpost/region-host", check="messages sender.status")
class PutsBearerBeforeTheKey(Careful):
    """Sends the key as a bearer token, as SendGrid has it."""

    def call_sparkpost(self, host: str) -> Call:
        made = super().call_sparkpost(host)
        return replace(
            made, headers={**made.headers, "Authorization": f"Bearer {self.credential('api_key')}"}
        )


@convicted("api/sparkpost/permission-missing", check="requests")
class TriesTheKeyAsAUserNameToo(Careful):
    """Where the key is refused it tries the other form in which SparkPost takes it."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if response.status not in {401, 403}:
            return response
        user = base64.b64encode(f"{self.credential('api_key')}:".encode()).decode()
        return super().ask_api(
            replace(call, headers={**call.headers, "Authorization": f"Basic {user}"})
        )


@convicted("api/sparkpost/permission-missing", check="requests")
@convicted("api/sparkpost/region-host", check="paths")
@convicted("api/sparkpost/region-host[region=eu]", check="hosts")
class LooksForItsDomainInTheUs(Careful):
    """Asks before each message, and in the US, whether there is such a sending domain."""

    def ask_api(self, call: Call) -> Response:
        domain = self.author()["address"].rpartition("@")[2]
        path, us = f"/api/v1/sending-domains/{domain}", REGIONS["sparkpost"]["us"]
        response = super().ask_api(replace(call, method="GET", host=us, path=path, body=b""))
        if response.status == 404:
            raise self.refused_by_api(response, f"{domain} is no sending domain", "sender-refused")
        return super().ask_api(call)


@convicted("api/sparkpost/key-replaced", check="message messages sender.status")
class KeepsTheFirstKey(Careful):
    """Makes a client for a host once, and keeps the key that it was made with."""

    def credential(self, name: str) -> str:
        where = ":".join(map(str, self.real_end(self.named_host())))
        return str(self.memory.setdefault(where, super().credential(name)))


# Regions.


@convicted(
    "api/sparkpost/setting-missing[setting=region-*]", check="messages requests sender.status"
)
@convicted("api/sparkpost/setting-missing-words", check="sender.status")
class TakesAnyOtherRegionForTheUs(Careful):
    """Goes to the EU where it is told so, and else to the US."""

    @property
    def region(self) -> str:
        found = super().region
        return found if found in REGIONS["sparkpost"] else "us"


@convicted("api/sparkpost/setting-missing-words", check="sender.error.says")
class DoesNotNameTheRegion(Careful):
    """Says of a region that it does not know that the configuration is wrong."""

    def check_region(self) -> None:
        try:
            super().check_region()
        except Failure:
            raise invalid("the configuration is wrong") from None


@convicted(
    "api/sparkpost/setting-missing",
    "api/postmark/token-empty",
    check="sender.error.class sender.error.phase sender.error.temporary",
)
class TakesItsOwnComplaintForTheNetworks(Careful):
    """Catches what it raises itself together with what the network raises."""

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        if failure.phase == "config":
            failure.phase, failure.class_, failure.temporary = "connect", "unreachable", True
        return super().failed_by_api(failure)


# The sandbox.


class AskingForTheSandbox(Calling):
    """Asks for the sandbox where From is in its domain: no mistake by itself."""

    def call_sparkpost(self, host: str) -> Call:
        made = super().call_sparkpost(host)
        if not self.author()["address"].endswith(f"@{_SANDBOX}"):
            return made
        return replace(made, body=self.json(self.with_sandbox(json.loads(made.body))))

    def with_sandbox(self, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "options": {"sandbox": True}}


@convicted("api/sparkpost/sandbox", check="messages sender.status")
@convicted("api/sparkpost/sandbox-words", check="sender.status")
class AsksForTheSandboxInTheContent(AskingForTheSandbox, Careful):
    """Asks for the sandbox in the wrong part of the transmission."""

    def with_sandbox(self, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "content": {**body["content"], "sandbox": True}}


@convicted("api/sparkpost/accepted", check="message messages sender.status")
@convicted("api/sparkpost/region-host", check="messages sender.status")
class AsksForTheSandboxAlways(Careful):
    """Leaves the sandbox switched on, as the tutorial has it."""

    def call_sparkpost(self, host: str) -> Call:
        made = super().call_sparkpost(host)
        return replace(
            made, body=self.json({**json.loads(made.body), "options": {"sandbox": True}})
        )


@convicted("api/sparkpost/domain-refused", check="messages sender.status")
@convicted("api/sparkpost/words[reason=domain]", check="sender.status")
class SendsFromTheSandboxInstead(AskingForTheSandbox, Careful):
    """Sends from the sandbox domain where its own one is refused."""

    is_refused = False

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        if b"7001" not in response.body:
            return response
        self.is_refused = True
        return super().ask_api(self.call(call.host))

    @property
    def asked(self) -> Mapping[str, Any]:
        asked = super().asked
        return {**asked, "from": {"address": f"testing@{_SANDBOX}"}} if self.is_refused else asked


# What a refusal means.


@convicted(
    "api/sparkpost/quota",
    "api/sparkpost/sandbox",
    "api/sparkpost/sandbox-words",
    "api/sparkpost/words[reason=hourly-limit]",
    check="honesty sender.status",
)
class Knows420ForNoError(AskingForTheSandbox, Careful):
    """Takes for an error what stands among the statuses of HTTP, where 420 does not."""

    def taken(self, response: Response) -> str:
        return "" if response.status == 420 else super().taken(response)


@convicted(
    "api/sparkpost/quota",
    "api/sparkpost/sandbox",
    check="sender.error.class sender.error.phase",
)
class Takes420ForABadKey(AskingForTheSandbox, Careful):
    """Takes a 4xx that it does not know for a key that is refused."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if response.status == 420:
            failure.phase, failure.class_ = "auth", "unauthorized"
        return failure


@convicted(
    "api/sparkpost/key-of-the-other-region",
    "api/sparkpost/key-refused",
    "api/sparkpost/no-fallback",
    "api/sparkpost/permission-missing",
    "api/sparkpost/words[reason=key]",
    "api/sparkpost/words[reason=permission]",
    check="honesty sender.status",
)
class WantsACodeOfAnError(Careful):
    """Takes an error without a code for none, and the message for sent."""

    def taken_sparkpost(self, response: Response) -> str:
        errors = self.dicts(response.member("errors"))
        if errors and not any(error.get("code") for error in errors):
            return ""
        return super().taken_sparkpost(response)


@convicted("api/sparkpost/domain-refused", check="sender.error.class sender.error.phase")
class TakesItsDomainForTheRecipients(Careful):
    """Takes `Invalid domain` for the recipient's."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if "Invalid domain" in failure.words:
            failure.phase, failure.class_ = "rcpt", "recipient-refused"
        return failure


@convicted(
    "api/sparkpost/key-of-the-other-region",
    "api/sparkpost/key-refused",
    "api/sparkpost/no-fallback",
    "api/sendgrid/key-refused",
    check="sender.error.class sender.error.phase",
)
class TakesA401ForTheWrongRegion(Careful):
    """Says of each key that SparkPost refuses that it is the other region's."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        if response.status == 401:
            failure.phase, failure.class_ = "config", "config-invalid"
        return failure


@convicted("api/sparkpost/words", "api/sparkpost/sandbox-words", check="sender.error.says")
class TellsTheNumberOfAnError(AskingForTheSandbox, Careful):
    """Says the code of an error, and neither its message nor its description."""

    def taken_sparkpost(self, response: Response) -> str:
        try:
            return super().taken_sparkpost(response)
        except ApiFailure as failure:
            failure.words = f"SparkPost has error {failure.code}"
            raise


@convicted(
    "api/sparkpost/key-of-the-other-region",
    "api/sparkpost/key-refused",
    "api/sparkpost/no-fallback",
    "api/sparkpost/permission-missing",
    "api/sendgrid/key-refused",
    "api/sendgrid/key-without-mail-send",
    "api/postmark/refused[reason=*-token]",
    check="sender.error.temporary",
)
class WaitsForTheKeyToSpread(Careful):
    """Says of a key that is refused that it may pass: a new one is not known at once."""

    def may_pass(self, status: int, class_: str) -> bool:
        return status in {401, 403} or super().may_pass(status, class_)


@convicted(
    "api/sparkpost/domain-refused",
    "api/sendgrid/sender-not-verified",
    check="sender.error.temporary",
)
class WaitsForTheVerification(Careful):
    """Says of a From that is not verified that it may pass: one day it will be."""

    def refused_by_api(self, response: Response, *told: Any, **more: Any) -> ApiFailure:
        failure = super().refused_by_api(response, *told, **more)
        failure.temporary = failure.temporary or "verified" in failure.words
        return failure
