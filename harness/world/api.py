"""A world with a provider's API: how a sender is told to find it and with which credentials."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.fakes.http.fake import ApiFake
from harness.fakes.providers.registry import provider
from harness.ground import Ground
from harness.protocol import ApiTransport
from harness.scenario.model import ApiGiven, Send
from harness.secrets import Secrets
from harness.world.base import World

_LOOPBACK_ADDRESS = "127.0.0.1"
_HTTPS = 443
# Everything else among the credentials must be found nowhere; this one is a name.
_NO_SECRETS = frozenset(["access_key_id"])


@dataclass(slots=True, kw_only=True)
class ApiWorld(World):
    """One provider's API under all of its host names. `credentials` are those it knows."""

    main: str = "api"
    given: ApiGiven
    credentials: dict[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> Secrets:
        """What must be found nowhere: every secret credential that the sender is told."""
        told = dict(self.credentials)
        for number, send in enumerate(self.case.sends):
            if isinstance(send.credentials, dict):
                told |= {f"{name}-{number}": value for name, value in send.credentials.items()}
        secret = {n: v for n, v in told.items() if n.partition("-")[0] not in _NO_SECRETS and v}
        return Secrets(secret, self.ground.family)

    @property
    def host(self) -> str:
        """The host of the region that the sender is told, or the fake's own address."""
        if not self.logical:
            return "localhost"
        hosts = provider(self.given.provider).hosts
        region = self._region(self.case.sends[-1])
        return hosts.get(region or "", next(iter(hosts.values())))

    @property
    def in_clear(self) -> bool:
        """Never: no provider documents an API without TLS."""
        return False

    async def start(self) -> None:
        """Start the API."""
        await self._start_api(self.given)

    async def change(self, words: Mapping[str, Any]) -> None:
        """Put the API into another state; its port and the record go on, its mail does not."""
        fake = self.fakes[self.main]
        changed = ApiGiven.model_validate({**self.given.model_dump(exclude_unset=True), **words})
        await self.stop_fake(self.main)
        await self._start_api(changed, port=fake.port)

    async def _start_api(self, given: ApiGiven, *, port: int = 0) -> None:
        words = given.model_dump(
            exclude={"provider", "version"}, exclude_unset=True, exclude_none=True
        )
        words["account"] = {"seed": f"{self.ground.seed}:{self.case.id}", **given.account}
        fake: ApiFake[Any] = ApiFake(
            given.provider,
            credentials=self.credentials,
            bind_port=port,
            label=self.main,
            **self.surroundings,
            **words,
        )
        await self.start_fake(fake)

    def transport(self, send: Send) -> ApiTransport:
        """The provider's configuration: credentials, region, domain, and where it is."""
        fake = self.fakes[self.main]
        assert isinstance(fake, ApiFake)
        told = dict(self.credentials)
        if isinstance(send.credentials, dict):
            told |= send.credentials
        return ApiTransport(
            provider=self.given.provider,
            api=self.given.version,
            credentials=told,
            region=self._region(send),
            domain=send.domain if send.domain is not None else self._domain(),
            verify=send.verify,
            base_url=None if self.logical else fake.base_url,
        )

    def connect_to(self, send: Send) -> dict[str, str]:
        """A row for each region's host, so that a wrong or a second one shows."""
        del send
        port = self.fakes[self.main].port
        hosts = provider(self.given.provider).hosts.values()
        return {f"{host}:{_HTTPS}": f"{_LOOPBACK_ADDRESS}:{port}" for host in hosts}

    def _region(self, send: Send) -> str | None:
        if send.region is not None:
            return send.region or None  # "" stands for none at all
        regions = list(provider(self.given.provider).hosts)
        return self.given.region or (regions[0] or None)

    def _domain(self) -> str | None:
        """Mailgun's domain is part of the configuration; the others have none."""
        return "harness.test" if self.given.provider == "mailgun" else None


def made_up_credentials(given: ApiGiven, ground: Ground, case: str) -> dict[str, str]:
    """Credentials in the vendor's form that no other case has."""
    dice = ground.dice(f"{case}:credentials")

    def token(length: int, alphabet: str = string.ascii_letters) -> str:
        return "".join(dice.choice(alphabet) for _ in range(length))

    return dict(provider(given.provider).made_up(token))
