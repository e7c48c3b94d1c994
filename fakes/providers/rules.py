"""What every provider's rules have in common.

A provider is pure: (account, request, now) → (new account, response, accepted mail). The same rules
stand behind the HTTP server and behind respx, and whoever calls them keeps the account.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Generic, TypeVar

from ..http.exchange import Request, Response
from .accepted_mail import AcceptedMail
from .account import Account
from .calls import calls_of, not_modelled
from .refusal import Refusals, Refuse
from .scheduling import Change
from .vendor import Vendor

A = TypeVar("A", bound=Account)
Token = Callable[[int, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[A]):
    """What came of a request: the account after it, the response, the mail that was taken.

    `refused`: recipients who are turned down in a response that takes the request as a whole,
    each with the vendor's word for why. `again`: the ids of mail that an earlier request handed
    over, and that this response acknowledges once more: it sends nothing. `changed`: mail that
    was taken earlier, as it was and as it is: called off, or to go out at another time.
    """

    account: A
    response: Response
    accepted: tuple[AcceptedMail, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    again: tuple[str, ...] = ()
    changed: tuple[Change, ...] = ()


class Provider(ABC, Generic[A]):
    """One vendor's rules.

    `account_type` is the class of its account; `refusals` lists every refusal that it serves;
    `unknown_calls` are those of them that say that there is no such call.
    """

    vendor: ClassVar[Vendor]
    unknown_calls: ClassVar[frozenset[str]]
    refusals: ClassVar[Refusals]
    account_type: type[A]

    @property
    def name(self) -> str:
        """The vendor's name."""
        return self.vendor.name

    @property
    def hosts(self) -> Mapping[str, str]:
        """The API's real host names, as in the vendor's description."""
        return self.vendor.hosts

    @abstractmethod
    def made_up(self, token: Token) -> dict[str, str]:
        """Credentials in the vendor's form, by the names that the sender protocol has for them.

        `token(length, alphabet)` gives characters that nobody else has.
        """

    @abstractmethod
    def furnished(self, account: A, credentials: Mapping[str, str]) -> A:
        """The account with these credentials wherever it leaves its own open."""

    def answer(self, account: A, request: Request, *, region: str, now: datetime) -> Outcome[A]:
        """Answer a request that came to the host of `region`; never raises."""
        try:
            return self.decide(account, request, region=region, now=now)
        except Refuse as refused:
            response = self.dressed(self.refusals.told(refused), now=now)
            return Outcome(account=account, response=response)

    @abstractmethod
    def decide(self, account: A, request: Request, *, region: str, now: datetime) -> Outcome[A]:
        """What comes of a request that came to the host of `region`.

        Raises:
            Refuse: nothing comes of it.
        """

    def refusal(
        self, case: str, fill: Mapping[str, str], *, request: Request, now: datetime
    ) -> Response:
        """A listed refusal as it is answered to a request, whatever the account is like.

        `fill` are texts for its variable parts, in place of plausible values.
        """
        del request
        return self.dressed(self.refusals[case].sample(fill), now=now)

    def dressed(self, refusal: Response, *, now: datetime) -> Response:
        """A refusal with what the vendor adds to it when it is served, such as limits."""
        del now
        return refusal

    def served(self, account: A, request: Request, *, region: str, now: datetime) -> Outcome[A]:
        """As `answer`, within the account's rate.

        A call that the vendor has and the fake has not is answered as just that.
        """
        outcome = self._answer_in_time(account, request, region=region, now=now)
        if outcome.response.case not in self.unknown_calls:
            return outcome
        call = self.vendors_call(request)
        return outcome if call is None else replace(outcome, response=not_modelled(call))

    def _answer_in_time(
        self, account: A, request: Request, *, region: str, now: datetime
    ) -> Outcome[A]:
        if account.rate is None:
            return self.answer(account, request, region=region, now=now)
        recent = account.recent.within(account.rate, now)
        is_full = recent.fill(account.rate)
        as_asked = account.model_copy(update={"rate_limited": account.rate_limited or is_full})
        outcome = self.answer(as_asked, request, region=region, now=now)
        after = {
            "rate_limited": account.rate_limited,
            "recent": recent if is_full else recent.with_one(now),
        }
        return replace(outcome, account=outcome.account.model_copy(update=after))

    def vendors_call(self, request: Request) -> str | None:
        """The call of the vendor's that this is, among those that are not modelled."""
        return calls_of(self.name).find(request.method, request.path)

    def region_of(self, host: str) -> str | None:
        """The region whose host this is; None for a name that is not the vendor's."""
        return self._regions.get(host)

    @cached_property
    def _regions(self) -> dict[str, str]:
        # Where two regions have one host it is the first one's.
        return {name: region for region, name in list(self.hosts.items())[::-1]}
