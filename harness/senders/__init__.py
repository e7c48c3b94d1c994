"""How a sender under test is driven: one module an adapter, opened by its SPEC.

A module of this package that has `SCHEMES`, the words before the colon, and
`open_spec(scheme, rest, surroundings) -> Sender` is an adapter; nothing else has to know of it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import ModuleType

from harness.errors import UsageError
from harness.protocol import Trust

from .base import Sender, Surroundings


def open_sender(
    spec: str,
    *,
    trust: Trust,
    environment: Mapping[str, str],
    jobs: int | None = None,
    state_dir: str | None = None,
) -> Sender:
    """The sender that `spec` names, not yet started: use it with `async with`.

    `environment` is the harness's own; a program gets it with the run's trust anchor named in it
    and without proxies (`harness.senders.environment`). `jobs` bounds how many processes of a
    sender stay up at a time (None: `default_jobs`), and `state_dir` becomes HARNESS_STATE_DIR.

    Raises `UsageError` for a SPEC that makes no sense. That its program does not exist is
    found by `start`, which raises `SenderNotFoundError`.
    """
    surroundings = Surroundings(
        trust=trust,
        environment=environment,
        jobs=jobs,
        state_dir=state_dir,
    )
    return open_in(surroundings, spec)


def open_in(surroundings: Surroundings, spec: str) -> Sender:
    """As `open_sender`, with what a run gives to its sender put together already."""
    scheme, _, rest = spec.partition(":")
    module = _adapter(scheme)
    if module is None:
        choices = ", ".join(schemes())
        raise UsageError(f"no such sender: {spec!r}; choose from {choices}")
    sender: Sender = module.open_spec(scheme, rest, surroundings)
    return sender


def is_spec(text: str) -> bool:
    """Whether `text` begins like a SPEC, rather than being a bare command line."""
    scheme, colon, _ = text.partition(":")
    return bool(colon) and _adapter(scheme) is not None


def schemes() -> tuple[str, ...]:
    """The words that a SPEC can begin with."""
    return tuple(sorted(scheme for name in _module_names() for scheme in _schemes(_imported(name))))


def _adapter(scheme: str) -> ModuleType | None:
    """The module for `scheme`. It is looked for by its name first, so that no other is imported."""
    if not scheme.replace("+", "").isalnum():
        return None
    guess = scheme.replace("+", "_")
    for name in sorted(_module_names(), key=lambda name: not guess.startswith(name)):
        module = _imported(name)
        if scheme in _schemes(module):
            return module
    return None


def _schemes(module: ModuleType) -> tuple[str, ...]:
    return getattr(module, "SCHEMES", ())


def _imported(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")


def _module_names() -> tuple[str, ...]:
    return tuple(module.name for module in pkgutil.iter_modules(__path__))
