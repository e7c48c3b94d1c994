"""The types of bounces that Postmark knows.

Names and codes: the vendor's clients for Node (postmark 4.0.2) and .NET; titles: the comments of
the latter, as far as it has them; descriptions: postmarkapp.com, Bounce API, of three types.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BounceType:
    """One type. `title` is its `Name` in answers; `said` its description, where that is known."""

    name: str
    code: int
    title: str
    said: str = ""

    @property
    def description(self) -> str:
        """What is said of it: where the vendor's words are not known, its title."""
        return self.said or self.title


HARD = BounceType(
    "HardBounce",
    1,
    "Hard bounce",
    "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
)
SOFT = BounceType(
    "SoftBounce",
    4096,
    "Soft bounce",
    "Unable to temporarily deliver message (i.e. mailbox full, account disabled, exceeds quota, "
    "out of disk space).",
)
TRANSIENT = BounceType(
    "Transient",
    2,
    "Message delayed",
    "The server could not temporarily deliver your message (ex: Message is delayed due to network "
    "troubles).",
)
COMPLAINT = BounceType("SpamComplaint", 100001, "Spam complaint")
TYPES = {
    each.name: each
    for each in (
        HARD,
        TRANSIENT,
        BounceType("Unsubscribe", 16, "Unsubscribe request"),
        BounceType("Subscribe", 32, "Subscribe request"),
        BounceType("AutoResponder", 64, "Auto responder"),
        BounceType("AddressChange", 128, "Address change"),
        BounceType("DnsError", 256, "DNS error"),
        BounceType("SpamNotification", 512, "Spam notification"),
        BounceType("OpenRelayTest", 1024, "Open relay test"),
        BounceType("Unknown", 2048, "Unknown"),
        SOFT,
        BounceType("VirusNotification", 8192, "Virus notification"),
        BounceType("ChallengeVerification", 16384, "Spam challenge verification"),
        BounceType("BadEmailAddress", 100000, "Invalid email address"),
        COMPLAINT,
        BounceType("ManuallyDeactivated", 100002, "Manually deactivated"),
        BounceType("Unconfirmed", 100003, "Registration not confirmed"),
        BounceType("Blocked", 100006, "ISP block"),
        BounceType("SMTPApiError", 100007, "SMTP API error"),
        BounceType("InboundError", 100008, "Processing failed"),
        BounceType("DMARCPolicy", 100009, "DMARC Policy"),
        BounceType("TemplateRenderingFailed", 100010, "Template rendering failed"),
    )
}


def asked_for(*words: str) -> BounceType | None:
    """The type that the bounce-testing domain is asked for, in any case and with underscores.

    All but spam complaints can be had; what is none of them asks for a hard bounce, which is
    inferred (postmarkapp.com, user-guide/sandbox-mode/generate-fake-bounces, read 2026-11).
    """
    wanted = {word.replace("_", "").lower() for word in words}
    found = next((each for each in TYPES.values() if each.name.lower() in wanted), HARD)
    return None if found is COMPLAINT else found
