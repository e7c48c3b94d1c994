"""The fake SMTP server, for use alone or in a world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..constructor_words import complaint
from ..errors import FakeError
from ..fake import Fake
from ..faults.refusals import Mistakes, refusals_of_nobody
from ..message import CapturedMessage
from ..server_state import ServerState
from ..tls import Authority
from ..transcript import Transcript
from .auth import Terms
from .credentials import Accounts, Credentials
from .session import SmtpSession
from .state import SmtpState


class Smtp(Fake[CapturedMessage]):
    """A fake SMTP server in a chosen state.

    The keywords are those of `given: smtp:` in a scenario (see `SmtpState`), beside those that
    every fake has (see `harness.fakes.fake.Fake`).

    Raises:
        FakeError: the words make no sense; it names each of them.
    """

    def __init__(
        self,
        *,
        authority: Authority | None = None,
        ca_file: Path | None = None,
        transcript: Transcript | None = None,
        timeout: float = 1.0,
        bind_host: str = "127.0.0.1",
        bind_port: int = 0,
        bind_anywhere: bool = False,
        label: str = "smtp",
        **words: Any,
    ) -> None:
        self._made_up = Credentials.made_up()
        super().__init__(
            words=words,
            authority=authority,
            ca_file=ca_file,
            transcript=transcript,
            timeout=timeout,
            bind_host=bind_host,
            bind_port=bind_port,
            bind_anywhere=bind_anywhere,
            label=label,
        )

    def _read(self, words: Mapping[str, Any]) -> SmtpState:
        try:
            state = SmtpState.model_validate(dict(words))
        except ValidationError as error:
            raise FakeError(complaint(error, "smtp", SmtpState)) from error
        wrong = list(self._mistakes(state))
        if wrong:
            said = "; ".join(f"faults.{'.'.join(map(str, path))}: {why}" for path, why in wrong)
            raise FakeError(said)
        return state

    def _mistakes(self, state: SmtpState) -> Mistakes:
        """What is wrong with the refusals that faults name: where among them, and why."""
        return refusals_of_nobody(state.faults)

    @property
    def state(self) -> SmtpState:
        """The state that it is in."""
        state = super().state
        assert isinstance(state, SmtpState)
        return state

    @property
    def credentials(self) -> Credentials:
        """The one account: as the state says, or made up."""
        made_up, state = self._made_up, self.state
        token = made_up.access_token if state.access_token is None else state.access_token
        if state.username is None or state.password is None:
            return replace(made_up, access_token=token)
        return Credentials(username=state.username, password=state.password, access_token=token)

    @property
    def username(self) -> str:
        """The user name of the one account."""
        return self.credentials.username

    @property
    def password(self) -> str:
        """The password of the one account."""
        return self.credentials.password

    @property
    def access_token(self) -> str:
        """The OAuth token that is good for the one account."""
        return self.credentials.access_token or ""

    def _serves_tls(self, state: ServerState) -> bool:
        assert isinstance(state, SmtpState)
        return state.security != "none"

    def converse(self, nth: int) -> SmtpSession:
        """The session on the nth connection."""
        return SmtpSession(**self.surroundings(nth, self.credentials))

    def surroundings(self, nth: int, accounts: Accounts) -> dict[str, Any]:
        """What every session needs; `accounts` decides about credentials."""
        return {
            "state": self.state,
            "terms": Terms(
                accounts=accounts,
                nth=nth,
                prompts=self.state.auth.prompts,
                prompts_encoded=self.state.auth.prompts_encoded,
                token_error=self.state.auth.token_error,
                cancelled=self.state.auth.cancelled,
                scram=self.state.auth.scram,
                binds="SCRAM-SHA-256-PLUS" in self.state.auth.mechanisms,
            ),
            "plan": self.plan,
            "nth": nth,
            "timeout": self.timeout,
            "on_message": self.keep,
            "contexts": self.contexts(nth),
        }
