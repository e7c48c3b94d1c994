"""Telling a product's webhook handler what became of its mail, as the vendor would.

    with SendGrid(account=…, webhook={"url": "http://127.0.0.1:8000/hook"}).running() as fake:
        ...  # the product sends; its handler knows fake.webhook.public_key
        posted = fake.bounce(fake.messages[0])
        assert posted.status == 200

What is posted, and with which signature, is the vendor's (`providers.webhook`); here it is sent.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from .api_fake import ApiFake
from .constructor_words import read_word
from .errors import FakeError
from .http.exchange import Request, Served
from .http.facts import WebhookPosted
from .loop_thread import loop_thread, surely
from .mail_taking import is_running_here
from .meant_message import MeantMessage, meant
from .providers.accepted_mail import AcceptedMail
from .providers.account import Account
from .providers.message import ApiMessage
from .providers.webhook import (
    EventPost,
    Fate,
    Happened,
    MailEvent,
    Occasion,
    Webhook,
    WebhookRules,
    webhook_rules,
)
from .webhook_client import handed_over

if TYPE_CHECKING:
    import respx

A = TypeVar("A", bound=Account)
_Posting = Callable[[], Coroutine[Any, Any, WebhookPosted]]
_HEX = "0123456789abcdef"
# On no connection of a sender.
_NO_CONNECTION = 0
# Beyond the handler's time: for an event loop that has other things to do.
_GRACE = 10.0
# What happens by itself comes after the answer to whoever sent the mail.
_AFTER_ACCEPTANCE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEvent:
    """What is to become of a message, as `EventPoster.event` makes it."""

    mail: AcceptedMail
    fate: Fate


class EventPoster(ApiFake[A]):
    """A provider's fake that tells a webhook handler what became of the mail that it took.

    `webhook` is where, in the words of the vendor's model (`SendGridWebhook` and so on: `url` and
    what else its console asks for). As an attribute it is that model, with a key where it was left
    open. `posts` are all that were posted.

    Each of `deliver`, `defer`, `bounce`, `drop`, `complain`, `open`, `click` and `unsubscribe`
    takes a message of `messages`, or the id that the API answered with, and `recipient` where it
    has several. They return what was posted and what the handler answered, whatever its status.
    They can be called from any thread but that of the event loop in which the fake runs.

    Raises:
        FakeError: no webhook is set up, the vendor posts nothing of that kind, there is no such
            message or recipient, or no handler answered.
    """

    def __init__(
        self, provider: str, *, webhook: Mapping[str, Any] | Webhook | None = None, **words: Any
    ) -> None:
        super().__init__(provider, **words)
        self._rules = webhook_rules(provider)
        self._webhook = self._first_webhook = self._set_up(webhook)
        self.posts: list[WebhookPosted] = []
        self._posted = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._posting: set[asyncio.Task[Any]] = set()

    @property
    def webhook(self) -> Any:
        """The webhook that is set up, with its key; None where there is none."""
        return self._webhook

    def change(self, **words: Any) -> None:
        """As `ApiFake.change`; `webhook` is set up anew, or taken away with None."""
        if "webhook" not in words:
            return super().change(**words)
        webhook = self._set_up(words.pop("webhook"))
        super().change(**words)
        self._webhook = webhook
        return None

    def deliver(
        self, message: MeantMessage, *, recipient: str | None = None, words: str = ""
    ) -> WebhookPosted:
        """The recipient's server took it; `words` are its reply."""
        return self._alone("delivered", message, recipient=recipient, words=words)

    def defer(
        self,
        message: MeantMessage,
        *,
        recipient: str | None = None,
        words: str = "",
    ) -> WebhookPosted:
        """The recipient's server put it off with these words, and it is tried again."""
        return self._alone("deferred", message, recipient=recipient, words=words)

    def bounce(
        self,
        message: MeantMessage,
        *,
        recipient: str | None = None,
        soft: bool = False,
        words: str = "",
    ) -> WebhookPosted:
        """It bounced: there is no such mailbox, or (`soft`) it is full."""
        return self._alone("bounced", message, recipient=recipient, soft=soft, words=words)

    def drop(self, message: MeantMessage, *, recipient: str | None = None) -> WebhookPosted:
        """The vendor sent it to nobody: the recipient is suppressed."""
        return self._alone("dropped", message, recipient=recipient)

    def complain(self, message: MeantMessage, *, recipient: str | None = None) -> WebhookPosted:
        """The recipient called it spam."""
        return self._alone("complained", message, recipient=recipient)

    def open(self, message: MeantMessage, *, recipient: str | None = None) -> WebhookPosted:
        """The recipient opened it."""
        return self._alone("opened", message, recipient=recipient)

    def click(
        self, message: MeantMessage, *, link: str, recipient: str | None = None
    ) -> WebhookPosted:
        """The recipient followed a link in it."""
        return self._alone("clicked", message, recipient=recipient, link=link)

    def unsubscribe(self, message: MeantMessage, *, recipient: str | None = None) -> WebhookPosted:
        """The recipient wants no more mail."""
        return self._alone("unsubscribed", message, recipient=recipient)

    def event(
        self,
        kind: MailEvent | str,
        message: MeantMessage,
        *,
        recipient: str | None = None,
        words: str = "",
        soft: bool = False,
        link: str = "",
    ) -> PlannedEvent:
        """What could become of a message, for `post`; `kind` is one of `MailEvent`."""
        found = self._events.found(kind, self._there())
        mail, address = meant(self.messages, message, recipient)
        fate = Fate(event=found, recipient=address, words=words, soft=soft, link=link)
        return PlannedEvent(mail=mail, fate=fate)

    def post(self, *events: PlannedEvent) -> list[WebhookPosted]:
        """Let these happen, in this order, and tell of them in one request where the vendor does.

        Raises:
            FakeError: no handler answered, or the webhook waits for something.
        """
        webhook = self._there()
        if (awaited := self._events.waits_for(webhook)) is not None:
            raise FakeError(f"webhook: {awaited}")
        batches = [events] if self._events.batches else [(each,) for each in events]
        return [self._waited(partial(self._happen, webhook, batch)) for batch in batches if batch]

    def _alone(self, kind: str, message: MeantMessage, **more: Any) -> WebhookPosted:
        return self.post(self.event(kind, message, **more))[0]

    def try_webhook(self) -> WebhookPosted:
        """Post what the vendor posts when a webhook is set up: a test, a subscription to confirm.

        Raises:
            FakeError: the vendor posts nothing then, or no handler answered.
        """
        webhook = self._there()
        account, occasion = self.decide(self._occasion, lambda decided: decided[0])
        post = self._events.trial(webhook, account, occasion)
        if post is None:
            raise FakeError(f"webhook: {self.provider.name} posts nothing when it is set up")
        return self._waited(lambda: self._post(webhook, post, "trial", ""))

    def repeat(self, posted: WebhookPosted) -> WebhookPosted:
        """Post the same octets again, as a vendor does that has had no good answer."""
        post = EventPost(request=posted.request, mark=posted.mark, source=posted.source)
        return self._waited(lambda: self._post(self._there(), post, posted.event, posted.recipient))

    def wait_for_posts(self, count: int = 1, *, timeout: float = 10.0) -> list[WebhookPosted]:
        """Wait until so many were posted: what happens by itself comes later than the mail.

        Raises:
            FakeError: there were fewer until the time was over.
        """
        if self._loop is not None and is_running_here(self._loop):
            raise FakeError("webhook: nothing is posted while the fake's own event loop waits")
        with self._posted:
            if not self._posted.wait_for(lambda: len(self.posts) >= count, timeout):
                raise FakeError(f"webhook: {len(self.posts)} of {count} were posted in {timeout} s")
            return list(self.posts)

    def _clear(self) -> None:
        super()._clear()
        self.posts.clear()
        self._webhook = self._first_webhook

    def keep(self, message: ApiMessage) -> int:
        """Add a message to those taken, and let happen what its addresses ask for."""
        index = super().keep(message)
        if self._webhook is not None and self._loop is not None:
            fates = self._events.foreseen(self._owner.account, message.mail)
            if fates and self._events.waits_for(self._webhook) is None:
                events = [PlannedEvent(mail=message.mail, fate=fate) for fate in fates]
                task = self._loop.create_task(self._later(self._webhook, events))
                self._posting.add(task)
                task.add_done_callback(self._posting.discard)
        return index

    def _put(self, request: Request, *, connection: int, secure: bool) -> Served:
        if self._webhook is not None and self._rules is not None:
            served = self._rules.serve(self._webhook, self._owner.account, request)
            if served is not None:
                response, self._webhook = served
                return Served(response=response)
        return super()._put(request, connection=connection, secure=secure)

    def respx_router(self) -> respx.MockRouter:
        """As `ApiFake.respx_router`; what it posts to the webhook goes to the real handler."""
        from .respx_router import router  # noqa: PLC0415  # respx only where it is used

        return router(self, outward=self._webhook.target if self._webhook is not None else None)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Self]:
        """Run in this event loop; ready when the body starts. The rest: see `Fake.serve`."""
        async with super().serve():
            self._loop = asyncio.get_running_loop()
            try:
                yield self
            finally:
                self._loop = None
                for task in list(self._posting):
                    task.cancel()
                await surely(asyncio.gather(*self._posting, return_exceptions=True))

    def _set_up(self, given: Mapping[str, Any] | Webhook | None) -> Webhook | None:
        if given is None:
            return None
        kind = self._events.webhook_type
        if not isinstance(given, kind):
            given = read_word("webhook", kind, given)
        furnished: Webhook = self._events.furnished(given, _token)
        return furnished

    @property
    def _events(self) -> WebhookRules[Any, Any]:
        if self._rules is None:
            raise FakeError(f"webhook: the fake of {self.provider.name} posts nothing")
        return self._rules

    def _there(self) -> Webhook:
        if self._webhook is None:
            raise FakeError(
                'webhook: none is set up; make the fake with webhook={"url": …}, or '
                'change(webhook={"url": …})'
            )
        return self._webhook

    def _waited(self, make: _Posting) -> WebhookPosted:
        """What comes of posting, in the fake's event loop or, where it has none, in one of its own.

        Raises:
            FakeError: the handler did not answer, or nobody would come to post.
        """
        loop = self._loop
        if loop is None:
            with loop_thread() as thread:
                posted = thread.call(make)
        elif is_running_here(loop):
            raise FakeError(
                "webhook: this is the event loop that the fake runs in; call it from a thread, as "
                "await asyncio.to_thread(fake.deliver, message)"
            )
        else:
            posted = self._of_loop(loop, make)
        if posted.problem is not None:
            raise FakeError(f"webhook: {posted.problem}")
        return posted

    def _of_loop(self, loop: asyncio.AbstractEventLoop, make: _Posting) -> WebhookPosted:
        future = asyncio.run_coroutine_threadsafe(self._tracked(make), loop)
        try:
            return future.result(self._there().timeout + _GRACE)
        except CancelledError:
            raise FakeError("webhook: the fake was stopped while it posted") from None
        except TimeoutError:
            future.cancel()
            raise FakeError("webhook: the event loop that the fake runs in does not come") from None

    async def _tracked(self, make: _Posting) -> WebhookPosted:
        task = asyncio.current_task()
        assert task is not None
        self._posting.add(task)
        try:
            return await make()
        finally:
            self._posting.discard(task)

    async def _later(self, webhook: Webhook, events: Sequence[PlannedEvent]) -> None:
        await asyncio.sleep(_AFTER_ACCEPTANCE)
        for each in events:
            await self._happen(webhook, [each])

    async def _happen(self, webhook: Webhook, events: Sequence[PlannedEvent]) -> WebhookPosted:
        """Let them happen: to the account first, then to whoever is told."""

        def rule(account: A) -> tuple[A, list[Happened]]:
            happened: list[Happened] = []
            for each in events:
                account, occasion = self._occasion(account)
                happened.append(each.fate.of(each.mail, occasion))
                account = self._events.account_after(account, happened[-1])
            kept = account.happened.followed_by(happened)
            return account.model_copy(update={"happened": kept}), happened

        account, happened = self.decide(rule, lambda decided: decided[0])
        post = self._events.post(webhook, account, happened)
        kinds = ", ".join(dict.fromkeys(each.event for each in happened))
        recipients = ", ".join(dict.fromkeys(each.recipient for each in happened))
        return await self._post(webhook, post, kinds, recipients)

    def _occasion(self, account: A) -> tuple[A, Occasion]:
        identity, account = account.next_id(32, _HEX)
        occasion = Occasion(
            at=self._event_time(), identity=identity, origin=self.base_url, region=self.region
        )
        return account, occasion

    def _event_time(self) -> datetime:
        now = self._clock() if self._clock is not None else datetime.now(UTC)
        return now + timedelta(seconds=self.state.skew)

    async def _post(
        self, webhook: Webhook, post: EventPost, event: str, recipient: str
    ) -> WebhookPosted:
        posted = await handed_over(webhook, post, event=event, recipient=recipient)
        self.transcript.record(_NO_CONNECTION, posted)
        with self._posted:
            self.posts.append(posted)
            self._posted.notify_all()
        return posted


def _token(length: int, alphabet: str) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
