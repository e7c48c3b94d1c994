"""Where a Mailpit is: its pages and API by URL, its SMTP by host and port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from harness.errors import UsageError

URL_VARIABLE = "MAILPIT_URL"
SMTP_HOST_VARIABLE = "MAILPIT_SMTP_HOST"
SMTP_PORT_VARIABLE = "MAILPIT_SMTP_PORT"
SMTP_PORT = 1025

_PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailpitPlace:
    """Where a Mailpit is. `url` has no user, no password, and no slash at its end."""

    url: str
    smtp_host: str
    smtp_port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def page(self, message: str) -> str:
        """The page that shows a message."""
        return f"{self.url}/view/{quote(message, safe='')}"

    def tagged(self, *tags: str) -> str:
        """The page that lists what has all of these tags."""
        query = " ".join(f'tag:"{tag}"' for tag in tags)
        return f"{self.url}/search?q={quote(query, safe='')}"


def read_place(url: str, environment: Mapping[str, str]) -> MailpitPlace:
    """Read a URL as a person gives it; the SMTP side is on its host, port 1025.

    `MAILPIT_SMTP_HOST` and `MAILPIT_SMTP_PORT` say where else that is.

    Raises:
        UsageError: it is no URL of a Mailpit, or a port is none.
    """
    what = f"Mailpit's URL {without_password(url)!r}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{what}: {error}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise UsageError(f"{what}: one like http://localhost:8025 is due")
    if parts.query or parts.fragment:
        raise UsageError(f"{what}: the address of its first page is due, without ? and #")
    place = parts.netloc.rpartition("@")[2]
    return MailpitPlace(
        url=f"{parts.scheme}://{place}{parts.path}".rstrip("/"),
        smtp_host=environment.get(SMTP_HOST_VARIABLE) or host,
        smtp_port=_port(environment.get(SMTP_PORT_VARIABLE) or str(SMTP_PORT)),
        username=unquote(parts.username) if parts.username is not None else None,
        password=unquote(parts.password or "") if parts.username is not None else None,
    )


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    before, at, after = url.rpartition("@")
    scheme, colon, user = before.partition("://")
    name, has, _ = user.partition(":")
    return f"{scheme}{colon}{name}{':…' if has else ''}{at}{after}" if at else url


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) in _PORTS):
        raise UsageError(f"{SMTP_PORT_VARIABLE}={text!r}: a port from 1 to 65535 is due")
    return int(text)
