"""The six providers' APIs as fakes, for use alone.

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
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

from .api_fake import ApiFake
from .errors import FakeError
from .fake_group import FakeGroup
from .providers.registry import submission

if TYPE_CHECKING:
    from .submission_server import SubmissionServer


class ProviderFake(ApiFake[Any]):
    """A fake of one provider: its API, and its SMTP service at the same account.

    `smtp` holds words for the service, as in `given: smtp:` (`{"security": "tls"}` is the port with
    implicit TLS); certificate and TLS versions are the API's where it names none. The other
    keywords are those of `ApiFake`.
    """

    def __init__(
        self, provider: str, *, smtp: Mapping[str, Any] | None = None, **words: Any
    ) -> None:
        super().__init__(provider, **words)
        self._submission = submission(provider)
        self.account = self._submission.furnished(self.account, _token)
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

    def _made_submission_server(self) -> SubmissionServer:
        from .submission_server import SubmissionServer  # noqa: PLC0415  # it is not light, and seldom needed

        alike = {"certificate", "default_certificate", "client_certificate", "tls_versions"}
        words = self.state.model_dump(include=alike, exclude_unset=True)
        made = SubmissionServer(
            self._submission,
            self,
            credentials=self.credentials,
            region=self.region,
            clock=lambda: self._clock() + timedelta(seconds=self.state.skew),
            words={
                "authority": self._authority,
                "ca_file": self.ca_file,
                "transcript": self.transcript,
                "timeout": self.timeout,
                "bind_host": self.host,
                "label": f"{self.label}-smtp",
                **words,
                **self._smtp_words,
            },
        )
        if self._submission_server is not None:  # of an earlier run
            made.messages = self._submission_server.messages
        return made


class Ses(ProviderFake):
    """Amazon SES: the Query API (v1) and the REST API (v2) under one address."""

    def __init__(self, **words: Any) -> None:
        super().__init__("ses", **words)


class SendGrid(ProviderFake):
    """SendGrid's Web API v3."""

    def __init__(self, **words: Any) -> None:
        super().__init__("sendgrid", **words)


class SparkPost(ProviderFake):
    """SparkPost's Transmissions."""

    def __init__(self, **words: Any) -> None:
        super().__init__("sparkpost", **words)


class Mailgun(ProviderFake):
    """Mailgun's messages, in fields or in MIME."""

    def __init__(self, **words: Any) -> None:
        super().__init__("mailgun", **words)


class Mandrill(ProviderFake):
    """Mandrill (Mailchimp Transactional)."""

    def __init__(self, **words: Any) -> None:
        super().__init__("mandrill", **words)


class Postmark(ProviderFake):
    """Postmark's Email API."""

    def __init__(self, **words: Any) -> None:
        super().__init__("postmark", **words)


def _token(length: int, alphabet: str) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
