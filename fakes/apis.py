"""Each provider's API and SMTP service as one fake, for use alone.

    with SendGrid(account={"domains": [{"name": "example.org"}]}).running() as api:
        ...  # api.base_url, api.credentials, api.ca_file, api.messages, api.requests, api.account

    with Postmark().running() as api:
        ...  # api.smtp.host, api.smtp.port, api.smtp.username, api.smtp.password: its SMTP service

    with SendGrid().respx_router():
        ...  # the same rules for httpx in this process, under the vendor's real host names

The words are those of `given: api:` in a scenario, and of every fake (see `ApiFake`).
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Lock
from types import new_class
from typing import TYPE_CHECKING, Any, ClassVar, Self

from .errors import FakeError
from .event_posting import EventPoster
from .fake_group import FakeGroup
from .providers.registry import submission, vendor
from .providers.vendor import Vendor

if TYPE_CHECKING:
    from .submission_server import SubmissionServer

_PACKAGE = __name__.rpartition(".")[0]


class ProviderFake(EventPoster[Any]):
    """A fake of one provider: its API, and its SMTP service at the same account.

    `vendor` is the provider's description. `smtp` holds words for the service, as in `given: smtp:`
    (`{"security": "tls"}` is the port with implicit TLS); certificate and TLS versions are the
    API's where it names none. `webhook` is where events are posted (see `EventPoster`). The other
    keywords are those of `ApiFake`.
    """

    vendor: ClassVar[Vendor]

    def __init__(self, *, smtp: Mapping[str, Any] | None = None, **words: Any) -> None:
        super().__init__(self.vendor.name, **words)
        self._submission = submission(self.vendor.name)
        self._first_account = self._submission.furnished(self._first_account, _token)
        self.account = self._first_account
        self._smtp_words = dict(smtp or {})
        self._submission_server: SubmissionServer | None = None
        self._group: FakeGroup | None = None
        # Held by whoever asks for the service; nobody waits for the event loop while holding it.
        self._asking = Lock()

    @property
    def smtp(self) -> SubmissionServer:
        """The SMTP service. Whoever asks first starts it, from any thread; it stops with the API.

        Afterwards it is the one that ran last.

        Raises:
            FakeError: there was none yet and the API does not run, or its words make no sense.
        """
        with self._asking:
            if self._group is not None and self._submission_server not in self._group:
                server = self._made_submission_server()
                self._group.open(server)
                self._submission_server = server
            if self._submission_server is None:
                raise FakeError("the SMTP service exists only while the fake runs")
            return self._submission_server

    def _clear(self) -> None:
        super()._clear()
        if self._submission_server is not None:
            self._submission_server._clear()  # noqa: SLF001  # it is the other half of this one

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Self]:
        """Run in this event loop; ready when the body starts. The rest: see `Fake.serve`."""
        async with super().serve():
            group = self._group = FakeGroup()
            try:
                yield self
            finally:
                with self._asking:  # what somebody opens now is closed, too
                    self._group = None
                await group.close()

    def _smtp_time(self) -> datetime:
        now = self._clock() if self._clock is not None else datetime.now(UTC)
        return now + timedelta(seconds=self.state.skew)

    def _made_submission_server(self) -> SubmissionServer:
        from .submission_server import SubmissionServer  # noqa: PLC0415  # it is not light, and seldom needed

        alike = {"certificate", "default_certificate", "client_certificate", "tls_versions"}
        words = self.state.model_dump(include=alike, exclude_unset=True)
        made = SubmissionServer(
            self._submission,
            self,
            credentials=self.credentials,
            region=self.region,
            clock=self._smtp_time,
            words={
                "authority": self._authority,
                "ca_file": self.ca_file,
                "transcript": self.transcript,
                "timeout": self.timeout,
                "bind_host": self.host,
                "bind_anywhere": self.bind_anywhere,
                "label": f"{self.label}-smtp",
                **words,
                **self._smtp_words,
            },
        )
        if self._submission_server is not None:  # of an earlier run
            made.go_on_after(self._submission_server)
        return made


@cache
def fake_of(name: str) -> type[ProviderFake]:
    """The class of a provider's fakes, which `harness.fakes` has under the vendor's own name.

    Raises:
        FakeError: there is no provider of that name.
    """
    described = vendor(name)
    body = {
        "__module__": _PACKAGE,
        "__doc__": f"{described.title}: {described.api}.",
        "vendor": described,
    }
    return new_class(described.class_name, (ProviderFake,), exec_body=lambda own: own.update(body))


def _token(length: int, alphabet: str) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
