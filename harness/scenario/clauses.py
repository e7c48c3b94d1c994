"""The names of what the steps of a scenario ask, as `decides` and `levels` use them."""

from __future__ import annotations

from collections.abc import Iterator

from .step import Step

# What `levels` calls the control of a scenario.
CONTROL = "control"


def log_clauses(step: Step) -> Iterator[str]:
    """What a step asks of settings and of the delivery log."""
    if step.configure is not None:
        yield "settings.status"
    settings = step.configure or step.state
    if settings is not None and settings.shows is not None:
        yield from ("settings", "settings.shows", "settings.provider")
    if step.deliveries is None:
        return
    yield "log"
    for entry in step.deliveries.show:
        said = entry.model_dump(by_alias=True, exclude_unset=True, exclude_none=True)
        error = said.pop("error", {})
        yield from (f"log.{part}" for part in said)
        yield from (f"log.error.{part}" for part in error)
        if error:
            yield "log.error"
