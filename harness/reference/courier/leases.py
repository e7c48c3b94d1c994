"""Who works on a message, and whether that program is still there."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseOwner:
    """A program, so named that no later one is taken for it.

    `machine` is one that has the same processes: host, boot and, in a container, its own numbers.
    `started` is when the kernel started it; "" where the system does not tell.
    """

    machine: str
    pid: int
    started: str

    @classmethod
    def myself(cls) -> LeaseOwner:
        """This program."""
        return cls(machine=_machine(), pid=os.getpid(), started=_started(os.getpid()) or "")

    def knows_dead(self, other: LeaseOwner) -> bool:
        """Whether it is certain, seen from this program, that the other one has ended."""
        if other.machine != self.machine or not self.started:
            return False
        return other.started != _started(other.pid)


def _machine() -> str:
    boot, processes = "", ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        processes = str(Path("/proc/self/ns/pid").readlink())
    return f"{socket.gethostname()} {boot} {processes}"


def _started(pid: int) -> str | None:
    """When a process was started, in ticks since the boot; None where there is none, or a corpse.

    Only Linux tells it in a file. Elsewhere a message of a dead worker waits until its lease ends.
    """
    if sys.platform != "linux":
        return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name of the program, in parentheses, may hold blanks and parentheses.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]
