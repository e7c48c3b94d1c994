"""An account at Mandrill, and the messages that it remembers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ..accepted_mail import AcceptedMail
from ..keyed import KeyedAccount
from ..keys import Address, Addresses, ApiKey, Domain, Domains, Names, each_once
from ..permissions import Permissions
from ..scheduling import waits

PERMISSIONS = Permissions(Path(__file__).with_name("permissions.toml"))

_DEMO_HOUR = 25
_DEMO_IN_ALL = 500


class MandrillKey(ApiKey):
    """A key; its permissions are calls such as `messages/send`."""

    test: bool = False
    """Whether it is a test key, which is answered as usual and sends nothing."""


class Reject(BaseModel):
    """An entry of the rejection denylist."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    email: Address
    """The recipient."""

    reason: Literal["hard-bounce", "soft-bounce", "spam", "unsub", "custom"] = "hard-bounce"
    """Why mail to it is rejected."""

    detail: str = ""
    """What was said about it."""


class TemplateVersion(BaseModel):
    """The content of a stored template: a draft, or what is published."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    from_email: str | None = None
    """The sender, where a message names none."""

    from_name: str | None = None
    """The sender's name, where a message has none."""

    subject: str | None = None
    """The subject, where a message has none."""

    code: str | None = None
    """The HTML; an element with `mc:edit` is a region that a message fills."""

    text: str | None = None
    """The text, where a message has none."""


class MandrillTemplate(BaseModel):
    """A stored template."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    """Its name; requests may call it by that, or by its slug."""

    labels: Names = ()
    """Its labels."""

    published: TemplateVersion | None = TemplateVersion()
    """What is sent."""

    draft: TemplateVersion | None = None
    """What is not published yet."""

    at: str = "2013-01-01 15:30:27"
    """When it was made."""

    @property
    def slug(self) -> str:
        """The name as a word of a URL, which is never changed."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") or self.name

    def latest(self) -> TemplateVersion:
        """The draft; what is published where there is none."""
        return self.draft or self.published or TemplateVersion()


class MandrillAccount(KeyedAccount):
    """An account: its keys, sending domains and denylist.

    Where it is `rate_limited` or its `quota_used_up`, mail stays queued, and a test key is at its
    limit. Its `suppressed` are rejected as `hard-bounce`.
    """

    known_permissions: ClassVar[Permissions] = PERMISSIONS

    keys: tuple[MandrillKey, ...] = Field(default=(MandrillKey(),), strict=False)
    domains: Domains[Domain] = ()
    """The sending domains; mail from another one is `rejected` as `unsigned`."""

    rejects: tuple[Reject, ...] = Field(default=(), strict=False)
    """The rejection denylist: recipients, each with its reason."""

    invalid_senders: Addresses = ()
    """Addresses from which mail is rejected as `invalid-sender`."""

    subaccounts: Names = ()
    """The ids of the subaccounts that there are."""

    templates: tuple[MandrillTemplate, ...] = Field(default=(), strict=False)
    """The stored templates."""

    demo: bool = False
    """Whether it is a demo account: it sends to its own verified domains only, 25 messages an
    hour, 500 in all."""

    positive_balance: bool = True
    """Whether it has paid, and may schedule."""

    preserve_recipients: bool = False
    """Whether recipients see each other where a message does not say (the setting "Expose the list
    of recipients when sending to multiple addresses")."""

    old_key_error: bool = False
    """Whether a wrong key is answered with 500 and code -1, as for many years, not with 401."""

    maintenance: bool = False
    """Whether the subsystem is down."""

    @field_validator("templates")
    @classmethod
    def _each_once_by_slug(
        cls, templates: tuple[MandrillTemplate, ...]
    ) -> tuple[MandrillTemplate, ...]:
        return each_once(templates, lambda template: template.slug)

    def template(self, name: str) -> MandrillTemplate | None:
        """The template of this slug or name."""
        return next((each for each in self.templates if name in {each.slug, each.name}), None)

    def denylist(self) -> tuple[Reject, ...]:
        """Every entry, those of `suppressed` too."""
        return (*self.rejects, *(Reject(email=address) for address in self.suppressed))

    def over_quota(self, now: datetime) -> bool:
        """Whether the next message stays in the backlog."""
        if self.rate_limited or self.quota_used_up or not self.demo:
            return self.rate_limited or self.quota_used_up
        newest = (mail for mail in reversed(self.accepted) if not mail.test and mail.counts)
        sent = [mail.at for mail in islice(newest, _DEMO_IN_ALL)]
        lately = sum(at > now - timedelta(hours=1) for at in sent)
        return lately >= _DEMO_HOUR or len(sent) >= _DEMO_IN_ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class MandrillMail(AcceptedMail):
    """One recipient's message, as the activity has it.

    `test`: came with a test key. `indexed`: shows in searches as soon as it is sent (what waits in
    the backlog does not).
    """

    reject_reason: str | None = None
    queued_reason: str | None = None
    test: bool = False
    indexed: bool = True

    def shows(self, now: datetime) -> bool:
        """Whether it is in searches: what is scheduled is once its time has come."""
        return self.indexed and not self.cancelled and not waits(self, now)

    @property
    def counts(self) -> bool:
        """Whether it was taken, not rejected."""
        return self.state not in {"rejected", "invalid"}


ACCOUNT = MandrillAccount
