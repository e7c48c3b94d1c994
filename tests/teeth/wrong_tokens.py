"""Senders that log in with an OAuth token wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .careful import Careful
from .careful_wire import Failure, Reply
from .convictions import convicted
from .wrong_modes import Overriding

_REFUSED = ("auth/token-refused", "submission/other/token-refused")
_WORDS = ("auth/token-refused-words",)
_TAKEN = ("submission/other/token",)


@convicted(*_REFUSED, check="refused-token")
class TakesTheExplanationForTheRefusal(Careful):
    """Says goodbye where the server waits for an answer to its document."""

    def why_refused(self, reply: Reply, acknowledgement: str) -> Reply:
        if reply.code != 334:
            return reply
        self.ask("auth", "QUIT")
        return Reply(535, ("a challenge, where success was expected",))


@convicted("auth/token-refused[mechanism=OAUTHBEARER]", check="refused-token")
class AnswersTheExplanationWithTheToken(Careful):
    """Presents the same token once more where an acknowledgement is due."""

    def auth_oauthbearer(self) -> Reply:
        reply = self.ask("auth", f"AUTH OAUTHBEARER {self.base64(self.bearer())}")
        return self.why_refused(reply, self.base64(self.bearer()))

    def bearer(self) -> str:
        return f"n,a={self.username()},\1auth=Bearer {self.to.access_token}\1\1"


@convicted(*_REFUSED, check="mechanisms")
class TriesATokenAsPassword(Careful):
    """Logs in by PLAIN, with the token for the password, where the token is refused."""

    def auth_refused(self, reply: Reply) -> None:
        response = self.base64(f"\0{self.username()}\0{self.to.access_token}")
        reply = self.ask("auth", f"AUTH PLAIN {response}")
        if not self.is_logged_in(reply):
            super().auth_refused(reply)


@convicted(*_REFUSED, check="auth")
@convicted(
    "auth/token-refused[mechanism=XOAUTH2]", "submission/other/token-refused", check="connections"
)
class HammersTheToken(Overriding):
    """Tries a refused token ten times."""

    def deliver(self) -> Reply:
        for _ in range(9):
            try:
                return super().deliver()
            except Failure as failure:
                if failure.phase != "auth":
                    raise
        return super().deliver()


@convicted(*_REFUSED, check="sender.error.temporary")
@convicted(
    "auth/token-refused[mechanism=XOAUTH2]",
    "submission/other/token-refused",
    check="sender.error.class",
)
class TakesARefusedTokenForPassing(Careful):
    """Says of a refused token that it may pass."""

    def auth_refused(self, reply: Reply) -> None:
        raise Failure("auth", "auth-temporary", self.said(reply), temporary=True, reply=reply)


@convicted(*_REFUSED, *_WORDS, check="honesty sender.status")
class SendsWhateverTheTokenIs(Careful):
    """Says that it was sent, whatever came of it."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        del failure
        return {"status": "sent"}


@convicted(*_WORDS, check="sender.error.says")
class KeepsTheWordsAboutTheToken(Careful):
    """Tells neither what the document says nor the words of the refusal."""

    def said(self, reply: Reply) -> str:
        return str(reply.code)


@convicted(*_TAKEN, check="logged-in messages sender.status")
@convicted("submission/other/token[service=yahoo]", check="message")
class EndsTheTokenTooEarly(Careful):
    """Ends the response after one Control-A."""

    def mechanism_order(self) -> Sequence[str]:
        return ("XOAUTH2",) if self.to.access_token else super().mechanism_order()

    def auth_xoauth2(self) -> Reply:
        bearer = f"user={self.username()}\1auth=Bearer {self.to.access_token}\1"
        return self.ask("auth", f"AUTH XOAUTH2 {self.base64(bearer)}")
