"""The fake SMTP server, for use alone or in a world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import FakeError
from ..fake import Fake, complaint
from ..message import CapturedMessage
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
        label: str = "smtp",
        **words: Any,
    ) -> None:
        try:
            self.state = SmtpState.model_validate(words)
        except ValidationError as error:
            raise FakeError(complaint(error, "smtp", SmtpState)) from error
        super().__init__(
            state=self.state,
            authority=authority,
            ca_file=ca_file,
            transcript=transcript,
            timeout=timeout,
            bind_host=bind_host,
            bind_port=bind_port,
            label=label,
        )
        self.credentials = self._account()

    @property
    def username(self) -> str:
        """The user name of the one account."""
        return self.credentials.username

    @property
    def password(self) -> str:
        """The password of the one account."""
        return self.credentials.password

    @property
    def uses_tls(self) -> bool:
        """Whether a certificate is ever served."""
        return self.state.security != "none"

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

    def _account(self) -> Credentials:
        if self.state.username is None or self.state.password is None:
            return Credentials.made_up()
        return Credentials(username=self.state.username, password=self.state.password)
