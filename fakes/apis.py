"""The six providers' APIs as fakes, for use alone.

    with SendGrid(account={"domains": [{"name": "example.org"}]}).running() as api:
        ...  # api.base_url, api.credentials, api.ca_file, api.messages, api.requests, api.account

    with SendGrid().respx_router():
        ...  # the same rules for httpx in this process, under the vendor's real host names

The words are those of `given: api:` in a scenario, and of every fake (see `ApiFake`).
"""

from __future__ import annotations

from typing import Any

from .http.fake import ApiFake


class Ses(ApiFake[Any]):
    """Amazon SES: the Query API (v1) and the REST API (v2) under one address."""

    def __init__(self, **words: Any) -> None:
        super().__init__("ses", **words)


class SendGrid(ApiFake[Any]):
    """SendGrid's Web API v3."""

    def __init__(self, **words: Any) -> None:
        super().__init__("sendgrid", **words)


class SparkPost(ApiFake[Any]):
    """SparkPost's Transmissions."""

    def __init__(self, **words: Any) -> None:
        super().__init__("sparkpost", **words)


class Mailgun(ApiFake[Any]):
    """Mailgun's messages, in fields or in MIME."""

    def __init__(self, **words: Any) -> None:
        super().__init__("mailgun", **words)


class Mandrill(ApiFake[Any]):
    """Mandrill (Mailchimp Transactional)."""

    def __init__(self, **words: Any) -> None:
        super().__init__("mandrill", **words)


class Postmark(ApiFake[Any]):
    """Postmark's Email API."""

    def __init__(self, **words: Any) -> None:
        super().__init__("postmark", **words)
