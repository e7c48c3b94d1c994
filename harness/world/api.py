"""A world with a provider's API: how a sender is told to find it and with which credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.fakes.api_fake import ApiFake
from harness.fakes.errors import FakeError
from harness.fakes.fake import LOOPBACK_NAMES
from harness.fakes.providers.registry import vendor
from harness.fakes.providers.vendor import Vendor
from harness.protocol import ApiTransport
from harness.scenario.given import API_LABEL, AlsoApi, ApiGiven, with_origins
from harness.scenario.step import Told
from harness.secrets import Secrets
from harness.world.base import World
from harness.world.credentials import made_up_credentials

_LOOPBACK_ADDRESS = "127.0.0.1"
_HTTPS = 443
_SENDER_DOMAIN = "harness.test"

_Api = ApiGiven | AlsoApi


@dataclass(slots=True, kw_only=True)
class ApiWorld(World):
    """One provider's API, which knows `credentials`, and other servers.

    It answers under each of its provider's host names that no other server has.
    """

    main: str = API_LABEL
    given: ApiGiven
    credentials: dict[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> Secrets:
        """What must be found nowhere: every secret credential that the sender is told.

        One that is no secret is hidden all the same: reports are read by more people than logs, and
        what is put in its place may be the secret itself.
        """
        told = dict(self.credentials)
        for number, send in enumerate(self.case.told):
            if isinstance(send.credentials, dict):
                told |= {f"{name}-{number}": value for name, value in send.credentials.items()}
        for label in self._told_others():
            given = self.case.given.other_apis[label]
            told |= {
                f"{name}-{label}": value
                for name, value in self._credentials_at(given, label).items()
            }
        public = {
            credential.name
            for each in (self.given, *self.case.given.other_apis.values())
            for credential in vendor(each.provider).credentials
            if not credential.is_secret
        }
        ids = {name for name in told if name.partition("-")[0] in public}
        return Secrets(
            {name: value for name, value in told.items() if name not in ids and value},
            self.context.family,
            {name: told[name] for name in ids},
        )

    @property
    def host(self) -> str:
        """The host of the region that the sender is told, or the fake's own address."""
        return self._vendors_host(self.case.told[-1]) if self.logical else "localhost"

    @property
    def in_clear(self) -> bool:
        """Never: no provider documents an API without TLS."""
        return False

    async def start(self) -> None:
        """Start every API.

        Raises:
            FakeError: the host that the sender is told is another server's.
        """
        told = {self._vendors_host(send) for send in self.case.told if send.server is None}
        for label, other in self.case.given.other_apis.items():
            if taken := told.intersection(_hosts(other)):
                raise FakeError(
                    f"{label}: the sender is told of {taken.pop()}, which is {self.main}'s"
                )
        for label, other in self.case.given.other_apis.items():
            await self._start_api(label, other)
        await self._start_api(self.main, self.given)

    async def change(self, words: Mapping[str, Any]) -> None:
        """Put the API into another state; its port and the record go on, its mail does not."""
        fake = self.fakes[self.main]
        changed = ApiGiven.model_validate({**self.given.model_dump(exclude_unset=True), **words})
        await self.stop_fake(self.main)
        await self._start_api(self.main, changed, port=fake.port)

    async def _start_api(self, label: str, given: _Api, *, port: int = 0) -> None:
        words = given.model_dump(
            exclude={"provider", "version", "host"}, exclude_unset=True, exclude_none=True
        )
        seed = f"{self.context.seed}:{self.case.id}"
        words["account"] = {
            "seed": seed if label == self.main else f"{seed}:{label}",
            **given.account,
        }
        if label == self.main:
            words["faults"] = tuple(with_origins(fault, self._origin) for fault in given.faults)
        words.setdefault("names", (*LOOPBACK_NAMES, *_hosts(given)))
        fake: ApiFake[Any] = ApiFake(
            given.provider,
            credentials=self._credentials_at(given, label),
            bind_port=port,
            label=label,
            **self.surroundings,
            **words,
        )
        await self.start_fake(fake)

    def _origin(self, label: str) -> str:
        """Where the sender finds another server.

        Without `connect_to` that is an address, because the name that such a sender is told would
        be the same host on another port.
        """
        other = self.case.given.other_apis.get(label)
        if other is None:
            raise FakeError(f"<origin:{label}>: there is no other server of that label")
        if self.logical:
            return f"https://{_hosts(other)[0]}"
        return f"https://{_LOOPBACK_ADDRESS}:{self.fakes[label].port}"

    def transport(self, send: Told) -> ApiTransport:
        """The provider's configuration: credentials, region, domain, and where it is."""
        label = send.server or self.main
        fake = self.fakes[label]
        assert isinstance(fake, ApiFake)
        given = self._given_at(label)
        told = dict(self._credentials_at(given, label))
        if isinstance(send.credentials, dict):
            told |= send.credentials
        return ApiTransport(
            provider=given.provider,
            api=given.version if isinstance(given, ApiGiven) else None,
            credentials=told,
            region=self._region(send),
            domain=send.domain if send.domain is not None else _domain(given),
            verify=send.verify,
            base_url=None if self.logical else fake.base_url,
        )

    def connect_to(self, send: Told) -> dict[str, str]:
        """A row for each host of each server: a wrong region shows, and whoever goes elsewhere."""
        del send
        servers: dict[str, _Api] = {self.main: self.given, **self.case.given.other_apis}
        return {
            f"{host}:{_HTTPS}": f"{_LOOPBACK_ADDRESS}:{self.fakes[label].port}"
            for label, given in servers.items()
            for host in _hosts(given)
        }

    def _vendors_host(self, send: Told) -> str:
        given = self._given_at(send.server or self.main)
        hosts = vendor(given.provider).hosts
        if isinstance(given, AlsoApi) and given.host is not None:
            return given.host
        return hosts.get(self._region(send) or "", hosts[vendor(given.provider).region])

    def _given_at(self, label: str) -> _Api:
        return self.given if label == self.main else self.case.given.other_apis[label]

    def _told_others(self) -> tuple[str, ...]:
        """The labels of the other servers that the sender is told of."""
        return tuple(dict.fromkeys(each.server for each in self.case.told if each.server))

    def _credentials_at(self, given: _Api, label: str) -> dict[str, str]:
        """The same at each server of the provider: another one would take whatever it is given."""
        if given.provider == self.given.provider:
            return self.credentials
        return made_up_credentials(given.provider, self.context, f"{self.case.id}:{label}")

    def _region(self, send: Told) -> str | None:
        if send.region is not None:
            return send.region or None  # "" stands for none at all
        given = self._given_at(send.server or self.main)
        return given.region or vendor(given.provider).region or None

    @property
    def _vendor(self) -> Vendor:
        return vendor(self.given.provider)


def _domain(given: _Api) -> str | None:
    """The sending domain, where it is part of the configuration."""
    return _SENDER_DOMAIN if vendor(given.provider).has_sender_domain else None


def _hosts(given: _Api) -> tuple[str, ...]:
    """The names under which a server is found."""
    if isinstance(given, AlsoApi) and given.host is not None:
        return (given.host,)
    return tuple(vendor(given.provider).hosts.values())
