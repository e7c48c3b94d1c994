"""A world with a provider's SMTP service: its hosts by region, all in front of one account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from harness.fakes.api_fake import ApiFake
from harness.fakes.fake import LOOPBACK_NAMES, Fake
from harness.fakes.providers.registry import submission
from harness.fakes.smtp.credentials import Credentials
from harness.fakes.submission_server import SubmissionServer
from harness.run_context import RunContext
from harness.scenario.case import Case
from harness.scenario.given import SMTP_LABEL
from harness.scenario.step import Told
from harness.scenario.submission import SubmissionGiven, told
from harness.secrets import Secrets
from harness.world.credentials import made_up_credentials, made_up_token
from harness.world.smtp import SmtpWorld

_ELSEWHERE = f"{SMTP_LABEL}-elsewhere"
_LOOPBACK_ADDRESS = "127.0.0.1"


@dataclass(slots=True, kw_only=True)
class SubmissionWorld(SmtpWorld):
    """A provider's SMTP service, in the region of the scenario and in each that a send names.

    `credentials` are those for the API of the same account, `store` keeps it. A sender with
    `connect_to` finds every host of the provider's: those of the regions that nobody is told are
    one server of another region.
    """

    submission: SubmissionGiven
    credentials: dict[str, str]
    store: ApiFake[Any]
    former_passwords: tuple[str, ...] = ()

    @property
    def secrets(self) -> Secrets:
        """What must be found nowhere: the password, and every credential for the API.

        A name that is no secret is hidden all the same: whoever takes one for the other shows it.
        """
        public = {each.name for each in self.submission.vendor.credentials if not each.is_secret}
        values = {"password": self.account.password}
        values |= {f"password-before-{n}": each for n, each in enumerate(self.former_passwords)}
        for number, send in enumerate(self.case.told):
            if send.password is not None:
                values[f"password-{number}"] = self._filled(send.password)
        hidden = {name: value for name, value in self.credentials.items() if name not in public}
        values |= {name: value for name, value in hidden.items() if value not in values.values()}
        return Secrets(
            {name: value for name, value in values.items() if value},
            self.context.family,
            {name: self.credentials[name] for name in public},
        )

    async def start(self) -> None:
        """Start the service in each of its regions."""
        await self._start_service({})

    async def change(self, words: Mapping[str, Any]) -> None:
        """Put the service into another state; its ports and the record go on, its mail does not."""
        ports = {label: fake.port for label, fake in self.fakes.items()}
        for label in ports:
            await self.stop_fake(label)
        self.submission = SubmissionGiven.model_validate(
            {**self.submission.model_dump(exclude_unset=True), **words}
        )
        self.store = account_store(self.submission, self.credentials, self.context, self.case.id)
        self.former_passwords += (self.account.password,)
        self.account = self._made_for(self.submission.region_of(None))
        await self._start_service(ports)

    async def _start_service(self, ports: Mapping[str, int]) -> None:
        own = {"provider", "account", "region", "port"}
        state = self.submission.model_dump(exclude=own, exclude_unset=True, exclude_none=True)
        for label, (region, names) in self._places().items():
            words = {
                "names": names,
                **state,
                **self.surroundings,
                "bind_host": _LOOPBACK_ADDRESS,
                "bind_port": ports.get(label, 0),
                "label": label,
            }
            fake = SubmissionServer(
                submission(self.submission.provider),
                self.store,
                credentials=self.credentials,
                region=region,
                clock=partial(datetime.now, UTC),
                words=words,
            )
            await self.start_fake(fake)

    def _places(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """The servers by label: the region of each, and the names in its certificate."""
        hosts = self.submission.vendor.smtp.hosts
        said = (send.region for send in self.case.told)
        regions = dict.fromkeys(map(self.submission.region_of, (None, *said)))
        found: dict[str, tuple[str, tuple[str, ...]]] = {
            self._label(region): (region, (hosts[region],) if self.logical else LOOPBACK_NAMES)
            for region in regions
        }
        others = {region: host for region, host in hosts.items() if region not in regions}
        if self.logical and others:
            found[_ELSEWHERE] = (next(iter(others)), tuple(others.values()))
        return found

    def _label(self, region: str) -> str:
        own = self.submission.region_of(None)
        return SMTP_LABEL if region == own else f"{SMTP_LABEL}-{region}"

    # What the sender is told.

    def _logical_host(self, send: Told) -> str:
        return self.submission.vendor.smtp.hosts[self.submission.region_of(send.region)]

    def _logical_port(self, send: Told) -> int:
        del send
        return self.submission.port or self.submission.ports[0]

    def _told_fake(self, send: Told) -> Fake[Any]:
        return self.fakes[self.label_of(send)]

    def label_of(self, send: Told) -> str:
        """What the record calls the server that the sender is told of."""
        return self._label(self.submission.region_of(send.region))

    def connect_to(self, send: Told) -> dict[str, str]:
        """A row for each host of the provider's: a wrong region shows, and who goes elsewhere."""
        # A class with slots is made twice, and super() alone would mean the first one.
        found = super(SubmissionWorld, self).connect_to(send)
        if not self.logical:
            return found
        for region, host in self.submission.vendor.smtp.hosts.items():
            fake = self.fakes.get(self._label(region)) or self.fakes[_ELSEWHERE]
            found.setdefault(f"{host}:{self._told_port(send)}", f"{fake.host}:{fake.port}")
        return found

    def _credentials(self, send: Told) -> tuple[str | None, str | None]:
        if send.credentials == "none":
            return None, None
        username = self.account.username if send.username is None else self._filled(send.username)
        password = self.account.password if send.password is None else self._filled(send.password)
        return username, password

    def _filled(self, text: str) -> str:
        return told(text, self._value)

    def _value(self, name: str) -> str:
        """What `<name>` stands for."""
        plain, _, region = name.partition(":")
        if region:
            return self._made_for(region).password
        values = {"username": self.account.username, "password": self.account.password}
        return {**self.credentials, **values}[plain]

    def _made_for(self, region: str) -> Credentials:
        """User name and password for another region, of the same account."""
        return log_in_of(self.submission, self.store, self.credentials, region)


def submission_world(case: Case, context: RunContext, *, logical: bool) -> SubmissionWorld:
    """The world of a case that is about a provider's SMTP service."""
    given = case.given.submission
    assert given is not None
    credentials = made_up_credentials(given.provider, context, case.id)
    store = account_store(given, credentials, context, case.id)
    world = SubmissionWorld(
        case=case,
        context=context,
        logical=logical,
        account=log_in_of(given, store, credentials, given.region_of(None)),
        submission=given,
        credentials=credentials,
        store=store,
    )
    world.main = world.label_of(case.told[-1])
    return world


def account_store(
    given: SubmissionGiven, credentials: Mapping[str, str], context: RunContext, case: str
) -> ApiFake[Any]:
    """The account, kept by the fake of its API, which nobody asks here."""
    words = {"seed": f"{context.seed}:{case}", **given.account}
    store: ApiFake[Any] = ApiFake(given.provider, credentials=credentials, account=words)
    token = made_up_token(context, f"{case}:smtp")
    store.account = submission(given.provider).furnished(store.account, token)
    return store


def log_in_of(
    given: SubmissionGiven, store: ApiFake[Any], credentials: Mapping[str, str], region: str
) -> Credentials:
    """With what one logs in at the host of a region."""
    rules = submission(given.provider)
    username, password = rules.credentials(store.account, credentials, region=region)
    return Credentials(username=username, password=password)
