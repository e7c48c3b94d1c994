"""How a courier works: how many workers, how long it tries, and how patiently."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.errors import UsageError

VARIABLE = "HARNESS_COURIER"

_DAY = 86_400.0


class CourierOptions(BaseModel):
    """What can be set of a courier.

    The defaults are for real mail. RFC 5321 section 4.5.4.1 advises two attempts in the first hour,
    then one every two or three hours, and to give up after four or five days at the earliest; its
    half hour before the second attempt is too long for mail that somebody waits for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    workers: int = Field(default=2, ge=1, le=64)
    """How many messages may be on their way at once."""

    first_retry: float = Field(default=30.0, gt=0)
    """Seconds from the first attempt to the second."""

    factor: float = Field(default=2.0, ge=1)
    """By what each gap is longer than the one before."""

    longest_gap: float = Field(default=3 * 3_600.0, gt=0)
    """No gap is longer, in seconds."""

    most_retries: int = Field(default=60, ge=0)
    """After so many further attempts a message is given up."""

    expires: float = Field(default=5 * _DAY, gt=0)
    """So many seconds after it was queued, a message is not sent any more."""

    lease: float = Field(default=60.0, gt=0)
    """Seconds after which the message of a worker that is not heard of is taken up by another."""

    seed: int = 0
    """Decides how far each gap departs from its length."""


def read_options(
    words: str, given: Mapping[str, object] | None = None, *, where: str = VARIABLE
) -> CourierOptions:
    """The options that `words` say, as in `first_retry=0.1 workers=2`; what is `given` wins.

    Raises:
        UsageError: a word is none, or its value cannot be.
    """
    said: dict[str, object] = {}
    for word in words.split():
        name, equals, value = word.partition("=")
        if not equals or name not in CourierOptions.model_fields:
            choices = ", ".join(CourierOptions.model_fields)
            raise UsageError(f"{where}: {word!r} is not NAME=VALUE; the names are {choices}")
        said[name] = value
    chosen = {name: value for name, value in (given or {}).items() if value is not None}
    try:
        return CourierOptions.model_validate({**said, **chosen})
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(map(str, fault["loc"]))
        raise UsageError(f"{where}: {name}: {fault['msg']}, not {fault['input']!r}") from None
