"""An entry of the `errors` array, and the page that it links to."""

from __future__ import annotations

from dataclasses import dataclass

_PAGE = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"
# The fields of which that page has a table (sendgrid/docs, v3 mail send errors, 93478d0b2). That
# an answer links to its table is seen for a good half a dozen of them.
_TABLES = frozenset(
    [
        "personalizations", "personalizations.bcc", "personalizations.cc", "personalizations.to",
        "personalizations.custom_args", "personalizations.headers", "personalizations.send_at",
        "personalizations.subject", "personalizations.substitutions", "asm.group_id",
        "asm.groups_to_display", "attachments.content", "attachments.content_id",
        "attachments.disposition", "attachments.filename", "attachments.type", "batch_id",
        "categories", "content", "content.type", "content.value", "from", "headers",
        "ip_pool_name", "reply_to", "sections", "send_at", "subject", "template_id",
        "mail_settings.bcc.email", "mail_settings.bcc.enable",
        "mail_settings.bypass_list_management.enable", "mail_settings.footer.enable",
        "mail_settings.footer.html", "mail_settings.footer.text",
        "mail_settings.sandbox_mode.enable", "mail_settings.spam_check.enable",
        "mail_settings.spam_check.post_to_url", "mail_settings.spam_check.threshold",
        "tracking_settings.click_tracking.enable", "tracking_settings.click_tracking.enable_text",
        "tracking_settings.ganalytics.enable", "tracking_settings.ganalytics.utm_campaign",
        "tracking_settings.ganalytics.utm_content", "tracking_settings.ganalytics.utm_medium",
        "tracking_settings.ganalytics.utm_source", "tracking_settings.ganalytics.utm_term",
        "tracking_settings.open_tracking.enable",
        "tracking_settings.open_tracking.substitution_tag",
        "tracking_settings.subscription_tracking.enable",
        "tracking_settings.subscription_tracking.html",
        "tracking_settings.subscription_tracking.substitution_tag",
        "tracking_settings.subscription_tracking.text",
    ]
)  # fmt: skip
_BOXES = ("to", "cc", "bcc", "from", "reply_to")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One entry of the `errors` array.

    `table` is the page's table that it links to; default: that of its field, where there is one.
    """

    message: str
    field: str
    table: str | None = None

    @property
    def help(self) -> str | None:
        """The link."""
        table = self.table or _table_of(self.field)
        return f"{_PAGE}#message.{table}" if table is not None else None

    def entry(self) -> dict[str, str | None]:
        """As it stands in the response."""
        return {"message": self.message, "field": self.field, "help": self.help}


def _table_of(field: str) -> str | None:
    """The table of a field: without the places in arrays, and an address is its mailbox's."""
    parts = [part for part in field.split(".") if not part.isdecimal()]
    if len(parts) > 1 and parts[-1] == "email" and parts[-2] in _BOXES and parts[0][:5] != "mail_":
        parts.pop()
    name = ".".join(parts)
    return name if name in _TABLES else None
