"""Senders on nodemailer, each a class of `node/senders.cjs` with the same name."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import ClassVar

from harness.protocol import Trust
from harness.senders import open_sender
from harness.senders.base import Sender

_PROGRAM = Path(__file__).parent / "node" / "senders.cjs"


class NodeSender:
    """What stands for one of them here: its name, and what convicts it."""

    lineage: ClassVar[str] = "nodemailer"

    @classmethod
    def opened(cls) -> Sender:
        """The program. Requests tell it the trust anchor, and its environment nothing."""
        spec = f"command+lines:node {shlex.quote(str(_PROGRAM))} {cls.__name__}"
        nothing = Trust(ca_file="", ca_pkcs12="", ca_pkcs12_password="")
        return open_sender(spec, trust=nothing, environment=os.environ)
