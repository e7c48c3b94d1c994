"""One SMTP configuration, checked, however it was written down."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.protocol import Security
from harness.reference.failure import ConfigError
from harness.reference.names import host_name

DEFAULT_PORTS = {Security.STARTTLS: 587, Security.NONE: 587, Security.TLS: 465}

# In base64, with what stands between them, user name and password or token have to fit a line of
# 12,288 octets (RFC 4954 section 4).
_LONGEST_CREDENTIALS = 9_150


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Where to connect, as whom, and how the connection is secured.

    `host` is an A-label name in lower case, or an IP address without brackets. `username` and a
    `password`, or an OAuth `access_token` in its place, are both given or both None. `server_name`
    replaces the host in SNI and in the comparison with the certificate, not in the connection. No
    part of the credentials shows in `repr`: some providers use one token for both.
    """

    host: str
    port: int
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    security: Security = Security.STARTTLS
    verify: bool = True
    server_name: str | None = None
    access_token: str | None = field(default=None, repr=False)

    @property
    def tls_name(self) -> str:
        """The name for SNI and for the certificate."""
        return self.server_name or self.host


def smtp_settings(
    *,
    host: str,
    port: int | None = None,
    username: str | None = None,
    password: str | None = None,
    security: Security = Security.STARTTLS,
    verify: bool = True,
    server_name: str | None = None,
    access_token: str | None = None,
) -> SmtpSettings:
    """Checked settings from separate fields, as the form of the Auth0 document has them.

    `port` None means 587, or 465 with implicit TLS. Raises `ConfigError`, which names the field
    and quotes nothing of it.
    """
    _check_modes(security=security, verify=verify, server_name=server_name)
    if access_token is None:
        _check_credentials(username, password)
    else:
        _check_token(username, password, access_token)
    return SmtpSettings(
        host=_host(host, "host"),
        port=_port(DEFAULT_PORTS[security] if port is None else port),
        username=username,
        password=password,
        security=security,
        verify=verify,
        server_name=None if server_name is None else _host(server_name, "server_name"),
        access_token=access_token,
    )


def _check_modes(*, security: Security, verify: bool, server_name: str | None) -> None:
    if security is not Security.NONE:
        return
    if not verify:
        raise ConfigError(
            "disable_starttls and skip_ssl_verify contradict each other: "
            "without TLS there is no certificate to skip"
        )
    if server_name is not None:
        raise ConfigError(
            "disable_starttls and server_name contradict each other: "
            "without TLS there is no certificate to compare a name with"
        )


def _check_credentials(username: str | None, password: str | None) -> None:
    if username is None and password is None:
        return
    if not username:
        raise ConfigError("there is a password but no user name: give both or neither")
    if not password:
        raise ConfigError("there is a user name but no password: give both or neither")
    for what, text in (("user name", username), ("password", password)):
        _check_credential(what, text)
    _check_length(username + password)


def _check_token(username: str | None, password: str | None, access_token: str) -> None:
    if password is not None:
        raise ConfigError("there are a password and an access token: give one of them")
    if not username:
        raise ConfigError("there is an access token but no user name: give both or neither")
    if not access_token:
        raise ConfigError("the access token is empty")
    _check_credential("user name", username)
    _check_credential("access token", access_token)
    _check_length(username + access_token)
    # RFC 7628 section 3.1 parts its pairs by it, and XOAUTH2 likewise.
    if "\x01" in username + access_token:
        raise ConfigError("the user name or the access token holds a control character")


def _check_credential(what: str, text: str) -> None:
    if text.endswith(("\n", "\r")):
        raise ConfigError(f"the {what} ends in a line break: was it read from a file?")
    if any(char in text for char in "\0\r\n"):
        raise ConfigError(f"the {what} holds a NUL or a line break")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ConfigError(f"the {what} is not text that UTF-8 can hold")


def _check_length(both: str) -> None:
    if len(both.encode()) > _LONGEST_CREDENTIALS:
        raise ConfigError(f"the credentials are longer than {_LONGEST_CREDENTIALS} octets together")


def _host(text: str, what: str) -> str:
    if any(char in text for char in "{}<>"):
        raise ConfigError(
            f"the {what} still holds a placeholder such as {{region}} or <YOUR_…>: "
            "put the real value in its place"
        )
    if any(char.isspace() for char in text):
        raise ConfigError(f"the {what} holds a blank or a line break")
    if text.startswith("[") and text.endswith("]") and ":" in text:
        text = text[1:-1]
    try:
        return host_name(text)
    except ValueError as error:
        reason = str(error)
    raise ConfigError(f"the {what} is not a host name or an IP address: {reason}")


def _port(port: int) -> int:
    if not 1 <= port <= 65535:
        raise ConfigError("the port is not between 1 and 65535")
    return port
