"""A provider's API as a server, and as routes of respx: the same rules behind both."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import ValidationError

from .connection import Connection
from .errors import FakeError
from .fake import LOOPBACK_NAMES, Fake, complaint
from .http.conversation import HttpConversation
from .http.exchange import Request, Served
from .http.state import ApiState
from .providers.message import ApiMessage
from .providers.registry import provider as rules_of
from .providers.rules import Account, Provider
from .tls import Authority
from .transcript import MessageCaptured, Transcript

if TYPE_CHECKING:
    import respx

A = TypeVar("A", bound=Account)


class ApiFake(Fake[ApiMessage], Generic[A]):
    """A fake of one provider's API.

    `credentials` are those of the sender, by the names of the sender protocol: made up in the
    vendor's form when left out. The other keywords are those of `given: api:` in a scenario
    (`ApiState`) and of every fake (`harness.fakes.fake.Fake`). `clock` gives the time, aware.

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
        label: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        **words: Any,
    ) -> None:
        self.provider: Provider[A] = rules_of(provider)
        try:
            self.state = ApiState.model_validate(words)
            account = self.provider.account_type.model_validate(self.state.account)
        except ValidationError as error:
            raise FakeError(complaint(error, provider)) from error
        super().__init__(
            state=self.state,
            authority=authority,
            ca_file=ca_file,
            transcript=transcript,
            timeout=timeout,
            bind_host=bind_host,
            bind_port=bind_port,
            label=label or provider,
        )
        if self.state.names is None:
            self.names = (*LOOPBACK_NAMES, *self.provider.hosts.values())
        self.region = self.state.region or next(iter(self.provider.hosts))
        self.credentials = dict(credentials or self.provider.made_up(_token))
        self.account: A = self.provider.furnished(account, self.credentials)
        self.requests: list[Request] = []
        self._clock = clock

    @property
    def uses_tls(self) -> bool:
        """Whether a certificate is ever served."""
        return self.state.secure

    @property
    def base_url(self) -> str:
        """The origin to send to while the fake runs."""
        scheme = "https" if self.state.secure else "http"
        return f"{scheme}://localhost:{self.port}"

    def converse(self, nth: int) -> HttpConversation:
        """What is spoken on the nth connection."""
        return HttpConversation(
            plan=self.plan,
            nth=nth,
            timeout=self.timeout,
            contexts=self.contexts if self.state.secure else None,
            respond=self._respond,
            note=self._note,
        )

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

    def _note(self, request: Request) -> int:
        """Keep a request that has come, whatever becomes of it; its number, from 1."""
        self.requests.append(request)
        return len(self.requests)

    def _put(self, request: Request, *, connection: int, secure: bool) -> Served:
        region = self.provider.region_of(request.host) or self.region
        now = self._clock() + timedelta(seconds=self.state.skew)
        outcome = self.provider.answer(self.account, request, region=region, now=now)
        self.account = outcome.account
        submission = self.transcript.open_submission() if outcome.accepted else 0
        captured = []
        for mail in outcome.accepted:
            message = ApiMessage(mail=mail, secure=secure, connection=connection)
            captured.append(self.keep(message))
            self.transcript.record(
                connection,
                MessageCaptured(index=captured[-1], message=message, submission=submission),
            )
        return Served(response=outcome.response, messages=tuple(captured), refused=outcome.refused)


def _token(length: int, alphabet: str) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
