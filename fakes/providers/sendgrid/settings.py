"""What SendGrid finds wrong with `asm`, `mail_settings` and `tracking_settings`.

The words are those of the page of errors (sendgrid/docs, v3 mail send errors, 93478d0b2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .complaint import Complaint

_MOST_GROUPS = 25
_TEXTS: dict[str, tuple[type, str]] = {
    "mail_settings.bcc.enable": (bool, "The bcc enable param should be a boolean value."),
    "mail_settings.bypass_list_management.enable": (
        bool,
        "The bypass list management enable param should be a boolean value.",
    ),
    "mail_settings.footer.enable": (bool, "The footer enable param should be a boolean value."),
    "mail_settings.footer.html": (
        str,
        "The text/html version of your footer should be a string.",
    ),
    "mail_settings.footer.text": (
        str,
        "The text/plain version of your footer should be a string.",
    ),
    "mail_settings.sandbox_mode.enable": (
        bool,
        "The sandbox mode enable param should be a boolean value.",
    ),
    "mail_settings.spam_check.enable": (
        bool,
        "The spam check enable param should be a boolean value.",
    ),
    "mail_settings.spam_check.post_to_url": (str, "The spam check url must be a string."),
    "tracking_settings.click_tracking.enable": (
        bool,
        "The click tracking enable param should be a boolean value.",
    ),
    "tracking_settings.click_tracking.enable_text": (
        bool,
        "The click tracking enable text must be a boolean value.",
    ),
    "tracking_settings.ganalytics.enable": (
        bool,
        "The Google Analytics enable param must be a boolean value.",
    ),
    **{
        f"tracking_settings.ganalytics.{name}": (
            str,
            f"The Google Analytics {name} must be a string value.",
        )
        for name in ("utm_campaign", "utm_content", "utm_medium", "utm_source", "utm_term")
    },
    "tracking_settings.open_tracking.enable": (
        bool,
        "The open tracking enable param should be a boolean value.",
    ),
    "tracking_settings.open_tracking.substitution_tag": (
        str,
        "The open tracking substitution tag must be a string.",
    ),
    "tracking_settings.subscription_tracking.enable": (
        bool,
        "The subscription tracking enable param should be a boolean value.",
    ),
    "tracking_settings.subscription_tracking.html": (
        str,
        "The subscription tracking unsubscribe content for text/html messages must be a string.",
    ),
    "tracking_settings.subscription_tracking.substitution_tag": (
        str,
        "The subscription tracking substitution tag must be a string value.",
    ),
    "tracking_settings.subscription_tracking.text": (
        str,
        "The subscription tracking unsubscribe content for text/plain messages must be a string.",
    ),
}


def setting_complaints(body: Mapping[str, Any]) -> Iterator[Complaint]:
    """What is wrong with the three; a member that is null counts as absent."""
    yield from _asm(body.get("asm") or {})
    for path, (kind, words) in _TEXTS.items():
        value = _at(body, path)
        if value is not None and not isinstance(value, kind):
            yield Complaint(words, path)
    url = _at(body, "mail_settings.spam_check.post_to_url")
    if isinstance(url, str) and not url.startswith(("http://", "https://")):
        yield Complaint(
            "The `post_to_url` parameter must start with `http://` or `https://`.",
            "mail_settings.spam_check.post_to_url",
        )


def _at(body: Mapping[str, Any], path: str) -> Any:
    """What is at a path of names; None where there is nothing."""
    found: Any = body
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _asm(asm: Mapping[str, Any]) -> Iterator[Complaint]:
    group = asm.get("group_id")
    if group is not None and not _is_integer(group):
        yield Complaint("The ASM group ID must be an integer.", "asm.group_id")
    shown = asm.get("groups_to_display")
    if shown is None:
        return
    if not isinstance(shown, list) or not all(map(_is_integer, shown)):
        yield Complaint(
            "The ASM Group IDs to display must be an array of integers.", "asm.groups_to_display"
        )
    elif len(shown) > _MOST_GROUPS:
        yield Complaint(
            "There is a limit of 25 unsubscribe groups that can be displayed to a user at a time.",
            "asm.groups_to_display",
        )


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
