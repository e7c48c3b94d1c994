"""The fake SMTP server, for use alone or in a world."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..constructor_words import complaint
from ..errors import FakeError
from ..fake import Fake
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
            return SmtpState.model_validate(dict(words))
        except ValidationError as error:
            raise FakeError(complaint(error, "smtp", SmtpState)) from error

    @property
    def state(self) -> SmtpState:
        """The state that it is in."""
        state = super().state
        assert isinstance(state, SmtpState)
        return state

    @property
    def credentials(self) -> Credentials:
        """The one account: as the state says, or made up."""
        if self.state.username is None or self.state.password is None:
            return self._made_up
        return Credentials(username=self.state.username, password=self.state.password)

    @property
    def username(self) -> str:
        """The user name of the one account."""
        return self.credentials.username

    @property
    def password(self) -> str:
        """The password of the one account."""
        return self.credentials.password

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
            ),
            "plan": self.plan,
            "nth": nth,
            "timeout": self.timeout,
            "on_message": self.keep,
            "contexts": self.contexts,
        }
