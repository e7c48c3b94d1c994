"""The world of one case: its fakes, and how a sender is told to find them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from harness.run_context import RunContext
from harness.scenario.case import Case

from .base import World

__all__ = ["World", "opened"]


@asynccontextmanager
async def opened(case: Case, context: RunContext, *, logical: bool) -> AsyncIterator[World]:
    """Start every fake of a case.

    Raises:
        FakeError: one of them cannot be what it was told to be.
    """
    world = _made(case, context, logical=logical)
    try:
        await world.start()
        yield world
    finally:
        await world.stop()


def _made(case: Case, context: RunContext, *, logical: bool) -> World:
    """The kind of world that the case is about; each is imported when it is needed."""
    if case.given.api is not None:
        from .api import ApiWorld  # noqa: PLC0415
        from .credentials import made_up_credentials  # noqa: PLC0415

        credentials = made_up_credentials(case.given.api.provider, context, case.id)
        return ApiWorld(
            case=case,
            context=context,
            logical=logical,
            given=case.given.api,
            credentials=credentials,
        )
    if case.given.submission is not None:
        from .submission import submission_world  # noqa: PLC0415

        return submission_world(case, context, logical=logical)
    from .smtp import SmtpWorld, account_for  # noqa: PLC0415

    account = account_for(case.given.smtp, context.account(case.id))
    return SmtpWorld(case=case, context=context, logical=logical, account=account)
