"""A fake of SES for the vendor's own SDKs, with what a test sets about it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3  # type: ignore[import-untyped]  # it has no types
import pytest
from botocore.config import Config

from harness.fakes.api_fake import ApiFake
from harness.fakes.providers.ses import PROVIDER, SesAccount

REGION = "eu-west-1"
ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, parameter_validation=False)


class Stage:
    """A fake of SES whose account and clock each test sets."""

    def __init__(self, **words: Any) -> None:
        self.ahead = timedelta()
        self.fake: ApiFake[SesAccount] = ApiFake("ses", region=REGION, clock=self._now, **words)

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def set(self, **words: Any) -> None:
        """Give it a new account, and forget what came before."""
        made = SesAccount.model_validate({"domains": [{"name": "example.com"}], **words})
        self.fake.account = PROVIDER.furnished(made, self.fake.credentials)
        self.fake.requests.clear()
        self.fake.messages.clear()

    def client(self, service: str, *, config: Config = ONCE, **other: Any) -> Any:
        """A client of boto3, `ses` or `sesv2`, with these of its arguments otherwise."""
        given = {
            "region_name": REGION,
            "endpoint_url": self.fake.base_url,
            "verify": str(self.fake.ca_file),
            "aws_access_key_id": self.fake.credentials["access_key_id"],
            "aws_secret_access_key": self.fake.credentials["secret_access_key"],
            "config": config,
        }
        return boto3.session.Session().client(service, **{**given, **other})


def without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what this machine has set up for AWS out of a test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
