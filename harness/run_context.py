"""What a whole run stands on: the trust anchor, the seed, the time-out, the folder for files."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.fakes.smtp.credentials import Credentials
from harness.fakes.tls import Authority
from harness.leftovers import temporary_folder
from harness.protocol import Trust
from harness.secrets import PasswordFamily

DEFAULT_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """Fixed before the first case. `timeout` is seconds for one operation, scaled already.

    `folder` is for files that are gone when the run is over.
    """

    authority: Authority
    trust: Trust
    seed: int
    timeout: float
    folder: Path

    def dice(self, purpose: str) -> random.Random:
        """Dice that fall the same way for the same seed and purpose."""
        return random.Random(f"{self.seed}:{purpose}")  # noqa: S311  # canaries, not secrets

    def account(self, case: str) -> Credentials:
        """A user name, a password and an OAuth token that no other case has."""
        dice = self.dice(case)
        return Credentials(
            username=f"mailer-{dice.getrandbits(40):010x}@harness.test",
            password=f"{self.family.prefix}{dice.getrandbits(64):016x}",
            access_token=f"{self.family.prefix}{dice.getrandbits(64):016x}",
        )

    @contextmanager
    def folder_for(self, purpose: str) -> Iterator[str]:
        """An empty folder that is gone when the body is left."""
        with tempfile.TemporaryDirectory(prefix=f"{purpose}-", dir=self.folder) as name:
            yield name

    @property
    def family(self) -> PasswordFamily:
        """What the passwords of this run have in common, so that each is known for what it is."""
        prefix = f"pw-{self.dice('passwords').getrandbits(40):010x}"
        return PasswordFamily(prefix=prefix, length=len(prefix) + 16)


@contextmanager
def prepared(*, seed: int = 0, time_scale: float = 1.0) -> Iterator[RunContext]:
    """Make a trust anchor and keep its files until the run is over."""
    authority = Authority.create()
    with temporary_folder() as folder:
        files = authority.write(folder)
        trust = Trust(
            ca_file=str(files.ca_file),
            ca_pkcs12=str(files.ca_pkcs12),
            ca_pkcs12_password=files.ca_pkcs12_password,
        )
        yield RunContext(
            authority=authority,
            trust=trust,
            seed=seed,
            timeout=DEFAULT_TIMEOUT * time_scale,
            folder=folder,
        )
