"""The three streams that a process is started with, where somebody closed them."""

from __future__ import annotations

import os
import sys

_STDOUT, _STDERR = 1, 2


def open_what_is_closed() -> None:
    """Put the null device in the place of each that is closed.

    The next file would get its number otherwise, and what is meant for nobody would be written
    into a report or to a sender.
    """
    for number in range(_STDERR + 1):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stdout is None:
        sys.stdout = open(_STDOUT, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(_STDERR, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def forget_unread_output() -> None:
    """Let go of what is still buffered for a reader that went away.

    The interpreter would fail to flush it at its end and put an exit status of its own in place
    of ours.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
