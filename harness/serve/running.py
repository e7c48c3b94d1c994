"""The fakes of one `harness serve`: made, started, looked after, and put back as they were."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import MachineError, UsageError
from harness.fakes.apis import ProviderFake, fake_of
from harness.fakes.errors import FakeError
from harness.fakes.providers.account import Account
from harness.fakes.providers.log import Log
from harness.fakes.providers.webhook import Webhook
from harness.fakes.smtp.fake import Smtp
from harness.fakes.tls import Authority

from .fakes_watch import FakesWatch, Notice
from .kept_mail import KeptMail, KeptMessage
from .order import SMTP, FakeOrder
from .record import RollingTranscript

# How much of what a fake remembers besides its messages is kept.
_REMEMBERED = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFake:
    """A fake that was asked for, and what it runs as.

    `webhook` and `account` are those that a provider's fake began with.
    """

    order: FakeOrder
    server: Smtp | ProviderFake
    webhook: Webhook | None = None
    account: Account | None = None

    @classmethod
    def of(cls, order: FakeOrder, server: Smtp | ProviderFake) -> ServedFake:
        """A fake as it is at the beginning."""
        if not isinstance(server, ProviderFake):
            return cls(order=order, server=server)
        return cls(order=order, server=server, webhook=server.webhook, account=server.account)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.order.name

    @property
    def api(self) -> ProviderFake | None:
        """The provider's fake; None where it is a mere SMTP server."""
        return self.server if isinstance(self.server, ProviderFake) else None

    @property
    def smtp(self) -> Smtp:
        """The SMTP server: it, or the provider's service."""
        return self.server.smtp if isinstance(self.server, ProviderFake) else self.server

    def forget(self, message: KeptMessage) -> None:
        """Let go of a message, wherever the fake keeps it."""
        server: Any
        for server in self._servers():
            server.messages[:] = [
                each for each in server.messages if not _is(each, message.captured)
            ]

    def forget_what_is_old(self) -> None:
        """Keep what a provider's fake remembers of requests and mail within bounds."""
        api = self.api
        if api is None:
            return
        for remembered in (api.requests, api.posts):
            if len(remembered) > _REMEMBERED:
                del remembered[: _REMEMBERED // 2]
        account = api.account
        if max(len(account.accepted), len(account.happened)) > _REMEMBERED:
            newest = slice(-_REMEMBERED // 2, None)
            api.change_account(
                lambda account: account.model_copy(
                    update={
                        "accepted": Log(account.accepted[newest]),
                        "happened": Log(account.happened[newest]),
                    }
                )
            )

    def close_idle(self) -> None:
        """Close connections to a provider's API on which nothing is going on."""
        if self.api is not None:
            self.api.close_idle()

    def restore(self) -> None:
        """Put it into the state that it was started in; mail, port and credentials stay.

        Raises:
            FakeError: a certificate cannot be issued.
        """
        for server in self._servers():
            server.restore()
        api, first = self.api, self.account
        if api is None or first is None:
            return
        api.change(webhook=self.webhook)
        # Ids that were given out are not given out again, and the mail of before can still bounce.
        kept = ("seed", "serial", "recent", "accepted", "happened")
        api.change_account(
            lambda before: first.model_copy(update={name: getattr(before, name) for name in kept})
        )

    def _servers(self) -> Iterator[Smtp | ProviderFake]:
        yield self.server
        if isinstance(self.server, ProviderFake):
            yield self.server.smtp


def _is(held: Any, captured: Any) -> bool:
    return held is captured or getattr(held, "captured", None) is captured


class ServedFakes:
    """All of them, with one record, one trust anchor and one mailbox.

    `tell` is given every message, and every notice of what went wrong, as it happens.
    """

    def __init__(
        self, orders: Sequence[FakeOrder], tell: Callable[[Notice | KeptMessage], object]
    ) -> None:
        self.orders = tuple(orders)
        self.mailbox = KeptMail(when_forgotten=self._forget)
        self._labels = {order.name: order.kind != SMTP for order in orders}
        self._watch = FakesWatch(mailbox=self.mailbox, is_api=self._labels, tell=tell)
        self.record = RollingTranscript(listener=self._watch)
        self.authority = Authority.create()
        self.fakes: dict[str, ServedFake] = {}

    @asynccontextmanager
    async def serve(self, ca_file: Path) -> AsyncIterator[None]:
        """Run all of them in this event loop; ready when the body starts.

        Raises:
            UsageError: the words of one make no sense.
            MachineError: a port is taken.
        """
        async with AsyncExitStack() as stack:
            for order in self.orders:
                server = self._made(order, ca_file)
                try:
                    await stack.enter_async_context(server.serve())
                    served = ServedFake.of(order, server)
                    served.smtp  # noqa: B018  # it starts when somebody first asks for it
                except FakeError as error:
                    raise _explained(order, error) from error
                self.fakes[order.name] = served
            yield

    def _made(self, order: FakeOrder, ca_file: Path) -> Smtp | ProviderFake:
        words: dict[str, Any] = {
            "authority": self.authority,
            "ca_file": ca_file,
            "transcript": self.record,
            "timeout": order.timeout,
            "bind_port": order.port,
            "label": order.name,
            **order.words,
        }
        try:
            if order.kind == SMTP:
                return Smtp(**words)
            words["smtp"] = {"bind_port": order.smtp_port, **words.get("smtp", {})}
            return fake_of(order.kind)(**words)
        except FakeError as error:
            raise UsageError(f"{order.name}: {error}") from error

    def _forget(self, message: KeptMessage) -> None:
        served = self.fakes.get(message.fake)
        if served is not None:
            served.forget(message)

    def look_after(self) -> None:
        """What has to be done now and then, in fakes that run for days."""
        for served in self.fakes.values():
            served.forget_what_is_old()


def _explained(order: FakeOrder, error: FakeError) -> UsageError | MachineError:
    text = f"{order.name}: {error}"
    if "cannot listen" not in str(error):
        return UsageError(text)
    return MachineError(f"{text}; choose another with port=, or none for any free one")
