"""Whether the settings that a sender stores are those that it was told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from .claims import OneOrMore
from .record import Observation, Record, SettingsRecord

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


def stored_before(asked: SettingsRecord, record: Record) -> SettingsRecord | None:
    """What was stored last before that."""
    found = None
    for each in record.asked:
        if each is asked:
            break
        if isinstance(each, SettingsRecord) and each.request.action == "configure":
            is_stored = each.answer is not None and each.answer.status == "stored"
            found = each if is_stored else found
    return found


def ask_settings(
    asked: SettingsRecord, wanted: ShownSettings, stored: SettingsRecord | None
) -> Iterator[tuple[str, Observation]]:
    """Whether settings that are read back show what was stored by `stored`."""
    if asked.answer is None:
        return
    told = _values(stored)
    shown = set(map(_spelt, _leaves(asked.answer.settings)))
    # What stands in a URI is shown, too.
    text = " ".join(sorted(shown))
    missing = [
        f"{word} {told[word]}"
        for word in wanted.words
        if word in told and told[word] not in shown and told[word] not in text
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


def _values(stored: SettingsRecord | None) -> dict[str, str]:
    """What was told, by the words of `ShownSettings`."""
    if stored is None or stored.request.action != "configure":
        return {}
    request = stored.request
    transport = request.transport.model_dump(mode="json") if request.transport else {}
    found: dict[str, Any] = {
        word: transport[word]
        for word in ("host", "port", "username", "provider", "region")
        if transport.get(word) is not None
    }
    found["enabled"] = request.enabled
    if request.from_ is not None:
        found["from"] = request.from_.address
    return {word: _spelt(value) for word, value in found.items()}


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
