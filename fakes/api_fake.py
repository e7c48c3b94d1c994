"""A provider's API as a server, and as routes of respx: the same rules behind both."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakSet

from pydantic import ValidationError

from .account_owner import AccountOwner
from .connection import Connection
from .constructor_words import complaint
from .errors import FakeError
from .fake import LOOPBACK_NAMES, Fake
from .faults.actions.standard import AnswerWithRefusal
from .http.conversation import HttpConversation
from .http.exchange import Request, Served
from .http.server_time import dated, server_time
from .http.state import ApiState
from .marks import Mark
from .providers.account import Account
from .providers.message import ApiMessage
from .providers.rate import RecentRequests
from .providers.registry import mistaken_refusals_of
from .providers.registry import provider as rules_of
from .providers.rules import Provider
from .providers.scheduling import Change
from .server_state import ServerState
from .tls import Authority
from .transcript import MessageCaptured, MessageChanged, NotModelled, Transcript

if TYPE_CHECKING:
    import respx

A = TypeVar("A", bound=Account)
D = TypeVar("D")


class ApiFake(Fake[ApiMessage], Generic[A]):
    """A fake of one provider's API.

    `credentials` are those of the sender, by the names of the sender protocol: made up in the
    vendor's form when left out. The other keywords are those of `given: api:` in a scenario
    (`ApiState`) and of every fake (`harness.fakes.fake.Fake`). `clock` gives the time, aware;
    default: the time by which the sender of a request goes (`server_time`).

    `account` is the state, to be read and set; `requests` and `messages` are what came and what was
    taken; `base_url` is the origin to send to.

    Raises:
        FakeError: the words make no sense; it names each of them.
    """

    def __init__(
        self,
        provider: str,
        *,
        credentials: Mapping[str, str] | None = None,
        authority: Authority | None = None,
        ca_file: Path | None = None,
        transcript: Transcript | None = None,
        timeout: float = 1.0,
        bind_host: str = "127.0.0.1",
        bind_port: int = 0,
        bind_anywhere: bool = False,
        label: str | None = None,
        clock: Callable[[], datetime] | None = None,
        **words: Any,
    ) -> None:
        self.provider: Provider[A] = rules_of(provider)
        super().__init__(
            words=words,
            authority=authority,
            ca_file=ca_file,
            transcript=transcript,
            timeout=timeout,
            bind_host=bind_host,
            bind_port=bind_port,
            bind_anywhere=bind_anywhere,
            label=label or provider,
        )
        self.credentials = dict(credentials or self.provider.made_up(_token))
        account = self._account_of(self.state.account)
        if "seed" not in account.model_fields_set:
            account = account.model_copy(update={"seed": secrets.token_hex(16)})
        account = account.model_copy(update={"recent": RecentRequests(unit=self.timeout)})
        self._first_account = self.provider.furnished(account, self.credentials)
        self._owner = AccountOwner(self._first_account)
        self.requests: list[Request] = []
        self._conversations: WeakSet[HttpConversation] = WeakSet()
        self._clock = clock

    def _read(self, words: Mapping[str, Any]) -> ApiState:
        try:
            state = ApiState.model_validate(dict(words), context=self.provider.vendor.context)
            self._account_of(state.account)
        except ValidationError as error:
            raise FakeError(complaint(error, self.provider.name)) from error
        wrong = list(mistaken_refusals_of(self.provider.name, state.faults))
        if wrong:
            said = "; ".join(f"faults.{'.'.join(map(str, path))}: {why}" for path, why in wrong)
            raise FakeError(said)
        return state

    def _account_of(self, words: Mapping[str, Any]) -> A:
        vendor = self.provider.vendor
        return self.provider.account_type.model_validate(words, context=vendor.context)

    def _names(self, state: ServerState) -> tuple[str, ...]:
        return state.names or (*LOOPBACK_NAMES, *self.provider.hosts.values())

    def _serves_tls(self, state: ServerState) -> bool:
        assert isinstance(state, ApiState)
        return state.secure

    @property
    def state(self) -> ApiState:
        """The state that it is in; what has become of the account is in `account`."""
        state = super().state
        assert isinstance(state, ApiState)
        return state

    @property
    def region(self) -> str:
        """Which of the hosts answers under the fake's own address."""
        return self.state.region or next(iter(self.provider.hosts))

    @property
    def account(self) -> A:
        """The account as it is now.

        A changed copy can be set: what has happened in the meantime stays (see `AccountOwner`).
        """
        return self._owner.lend()

    @account.setter
    def account(self, account: A) -> None:
        self._owner.take_back(account)

    def change(self, **words: Any) -> None:
        """As `Fake.change`; of `account`, only the parts that it names change.

        Account, `region` and `skew` hold for each request that comes afterwards, on connections
        that stand, too.
        """
        super().change(**words)
        if "account" in words:
            given = self._account_of(words["account"])
            update = {name: getattr(given, name) for name in given.model_fields_set}
            self.change_account(lambda account: account.model_copy(update=update))

    def _clear(self) -> None:
        super()._clear()
        self.requests.clear()
        first = self._first_account
        if "seed" not in self.state.account:  # ids that it gave out are not given out again
            first = first.model_copy(update={"seed": secrets.token_hex(16)})
        self._owner.change(lambda _: first)

    def change_account(self, change: Callable[[A], A]) -> A:
        """Put what `change` makes of the account in its place; no request comes in between."""
        return self._owner.change(change)

    def decide(self, rule: Callable[[A], D], account_of: Callable[[D], A]) -> D:
        """Let a rule decide on the account, and keep the account that it decides on."""
        return self._owner.decide(rule, account_of)

    @property
    def base_url(self) -> str:
        """The origin to send to while the fake runs."""
        scheme = "https" if self.state.secure else "http"
        return f"{scheme}://localhost:{self.port}"

    def converse(self, nth: int) -> HttpConversation:
        """What is spoken on the nth connection."""
        conversation = HttpConversation(
            plan=self.plan,
            nth=nth,
            timeout=self.timeout,
            contexts=self.contexts(nth) if self.state.secure else None,
            respond=self._respond,
            refuse=self._refuse,
            note=self._note,
        )
        self._conversations.add(conversation)
        return conversation

    def close_idle(self) -> None:
        """Close the connections on which nothing is going on, as servers do now and then.

        So clients that keep connections come to see a state that was changed. To be called in the
        event loop in which the fake runs.
        """
        for conversation in list(self._conversations):
            conversation.close_if_idle()

    def answer(self, request: Request, *, connection: int = 0, secure: bool = True) -> Served:
        """Put a request to the rules, and keep what came of it."""
        self._note(request)
        return self._put(request, connection=connection, secure=secure)

    def respx_router(self) -> respx.MockRouter:
        """Routes for httpx users: the same rules, in process, under the provider's real hosts."""
        from .respx_router import router  # noqa: PLC0415  # respx only where it is used

        return router(self)

    def hosts(self) -> tuple[str, ...]:
        """Every host name that is this provider's."""
        return tuple(self.provider.hosts.values())

    def _respond(self, request: Request, connection: Connection) -> Served:
        return self._put(request, connection=connection.number, secure=connection.secure)

    def _refuse(self, request: Request, told: AnswerWithRefusal) -> Served:
        """Answer as the vendor would if it had the reason that a fault names."""
        now = self._time_of(request)
        response = self.provider.refusal(told.case, told.fill, request=request, now=now)
        headers = (*response.headers, *told.headers.items())
        return Served(response=dated(response.with_headers(headers), now))

    def _time_of(self, request: Request) -> datetime:
        now = self._clock() if self._clock is not None else server_time(request)
        return now + timedelta(seconds=self.state.skew)

    def _note(self, request: Request) -> int:
        """Keep a request that has come, whatever becomes of it; its number, from 1."""
        self.requests.append(request)
        return len(self.requests)

    def _put(self, request: Request, *, connection: int, secure: bool) -> Served:
        region = self.provider.region_of(request.host) or self.region
        now = self._time_of(request)
        if request.secure is not secure:
            request = replace(request, secure=secure)
        outcome = self.decide(
            lambda account: self.provider.served(account, request, region=region, now=now),
            lambda outcome: outcome.account,
        )
        if outcome.response.mark is Mark.NOT_MODELLED:
            self.transcript.record(connection, NotModelled(call=outcome.response.source))
        submission = self.transcript.open_submission() if outcome.accepted else 0
        captured = []
        for mail in outcome.accepted:
            message = ApiMessage(mail=mail, secure=secure, connection=connection)
            captured.append(self.keep(message))
            self.transcript.record(
                connection,
                MessageCaptured(index=captured[-1], message=message, submission=submission),
            )
        captured += self._taken_before(outcome.again)
        self._exchange(outcome.changed, connection)
        response = dated(outcome.response, now)
        return Served(response=response, messages=tuple(captured), refused=outcome.refused)

    def _exchange(self, changed: tuple[Change, ...], connection: int) -> None:
        """Put messages that were taken before in their places as they are now."""
        after = {id(was): now for was, now in changed}
        for index, message in enumerate(self.messages if after else ()):
            mail = after.get(id(message.mail))
            if mail is None:
                continue
            self.messages[index] = changed_message = replace(message, mail=mail)
            fact = MessageChanged(
                index=index,
                # Over SMTP it is the session's that is on record.
                before=getattr(message, "captured", message),
                after=changed_message,
                cancelled=mail.cancelled,
            )
            self.transcript.record(connection, fact)

    def _taken_before(self, ids: tuple[str, ...]) -> list[int]:
        """The places of mail that earlier requests handed over."""
        if not ids:
            return []
        return [place for place, each in enumerate(self._messages) if each.provider_id in ids]


def _token(length: int, alphabet: str) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
