"""Whether the settings that a sender stores are those that it was told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from .claims import OneOrMore
from .record import Observation, Record, SettingsRecord, StoreRecord

Word = Literal["host", "port", "username", "provider", "region", "from", "enabled"]


class ShownSettings(BaseModel):
    """What settings have to show where they are read back; secrets never may."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: OneOrMore[Word] = ()
    """What has to be found in them as it was told: `host`, `port`, `username`, `provider`,
    `region`, `from` or `enabled`."""

    provider: Literal["none"] | None = None
    """`none`: they have to show that there is no provider."""


def ask_status(asked: SettingsRecord, wanted: tuple[str, ...]) -> Iterator[tuple[str, Observation]]:
    """Whether settings were taken, or refused, as they had to be."""
    if asked.answer is None:
        return
    choices = " or ".join(wanted)
    yield (
        "settings.status",
        Observation(
            met=asked.answer.status in wanted,
            expected=f"the settings {choices}",
            observed=f"the settings {asked.answer.status}",
        ),
    )


def stored_before(asked: SettingsRecord, record: Record) -> StoreRecord | None:
    """What was stored last before that."""
    before = record.asked[: next(n for n, each in enumerate(record.asked) if each is asked)]
    stored = [each for each in before if isinstance(each, StoreRecord) and each.is_stored]
    return stored[-1] if stored else None


def ask_settings(
    asked: SettingsRecord, wanted: ShownSettings, stored: StoreRecord | None
) -> Iterator[tuple[str, Observation]]:
    """Whether settings that are read back show what was stored by `stored`."""
    if asked.answer is None:
        return
    told = _values(stored)
    settings = asked.answer.settings
    missing = [
        f"{word} {told[word]}"
        for word in wanted.words
        if word in told and not _is_shown(word, told[word], settings)
    ]
    if wanted.words:
        yield (
            "settings.shows",
            Observation(
                met=not missing,
                expected="settings with " + ", ".join(wanted.words) + " as they were told",
                observed=f"they do not show {', '.join(missing)}" if missing else "they show it",
            ),
        )
    if wanted.provider == "none":
        held = asked.answer.settings is None or not asked.answer.settings.get("transport")
        observed = "none is shown" if held else "one is shown"
        yield (
            "settings.provider",
            Observation(met=held, expected="no provider in the settings", observed=observed),
        )


def _values(stored: StoreRecord | None) -> dict[str, str]:
    """What was told, by the words of `ShownSettings`, but for a user name that is a secret."""
    if stored is None:
        return {}
    request = stored.request
    transport = request.transport.model_dump(mode="json") if request.transport else {}
    found: dict[str, Any] = {
        word: transport[word]
        for word in ("host", "port", "username", "provider", "region")
        if transport.get(word) is not None
    }
    if found.get("username") in (transport.get("password"), transport.get("access_token")):
        found.pop("username", None)
    found["enabled"] = request.enabled
    if request.from_ is not None:
        found["from"] = request.from_.address
    return {word: _spelt(value) for word, value in found.items()}


def _is_shown(word: str, told: str, settings: Any) -> bool:
    """By its own name where that is there, else anywhere; what stands in a URI is shown, too."""
    named = list(map(_spelt, _named(word, settings)))
    shown = named or list(map(_spelt, _leaves(settings)))
    return told in shown or (word != "enabled" and told in " ".join(shown))


def _named(word: str, data: Any) -> Iterator[Any]:
    """Every plain value that has this name."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == word and not isinstance(value, dict | list | tuple):
                yield value
            yield from _named(word, value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _named(word, value)


def _spelt(value: object) -> str:
    return str(value).lower()


def _leaves(data: Any) -> Iterator[Any]:
    if isinstance(data, dict):
        for value in data.values():
            yield from _leaves(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _leaves(value)
    elif data is not None:
        yield data
