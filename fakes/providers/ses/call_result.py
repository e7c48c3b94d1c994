"""What came of a call, before it is written down."""

from __future__ import annotations

from dataclasses import dataclass

from ..accepted_mail import AcceptedMail
from .account import SesAccount
from .answers import Result, SesError


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """The account after a call, the answer to it, and the mail that was taken."""

    account: SesAccount
    answer: SesError | Result
    accepted: tuple[AcceptedMail, ...] = ()
