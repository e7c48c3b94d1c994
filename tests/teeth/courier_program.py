"""A courier of these tests as a program: `python -m tests.teeth.courier_program MODULE CLASS`."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn


def main(module: str, name: str) -> None:
    """Answer a line with a line, until there are no more."""
    courier = getattr(importlib.import_module(module), name)(Path(os.environ["HARNESS_STATE_DIR"]))
    signal.signal(signal.SIGTERM, leave)
    try:
        for line in iter(sys.stdin.readline, ""):
            print(json.dumps(courier.handle(json.loads(line))), flush=True)  # noqa: T201  # its answer
    finally:
        courier.stop(patience=1.0)


def leave(number: int, frame: object) -> NoReturn:
    """End, as on any end of the input."""
    del frame
    sys.exit(128 + number)


if __name__ == "__main__":
    main(*sys.argv[1:])
