"""The connection URI of the Ory document: one line that says where, as whom and how securely.

    smtp[s]://[user:password@]host[:port][/][?parameter=value&…]

| mode | URI |
|---|---|
| 1 STARTTLS, verified | `smtp://u:p@host:587/` |
| 2 STARTTLS, any certificate | `smtp://u:p@host:587/?skip_ssl_verify=true` |
| 3 clear text | `smtp://u:p@host:587/?disable_starttls=true` |
| 4 implicit TLS, verified | `smtps://u:p@host:465/` |
| 5 implicit TLS, any certificate | `smtps://u:p@host:465/?skip_ssl_verify=true` |
| 6 implicit TLS, another name | `smtps://u:p@sub.example.com:465/?server_name=example.com` |

What the document leaves open is decided here, in favour of what cannot surprise:

* STARTTLS under `smtp://` is required, never tried. Ports default to 587 and 465; the scheme
  decides the mode, whatever the port.
* User name and password are percent-decoded exactly once, as UTF-8. `+` is a plus. What
  RFC 3986 does not allow in user information must be percent-encoded. A `:` in the password may
  stay raw, one in the user name may not.
* A flag is `true`, `1`, `t`, `false`, `0` or `f` in any case. Anything else, an unknown or
  repeated parameter, and a path are refused: a typing mistake must neither weaken nor harden a
  connection in silence.
* `disable_starttls=true` contradicts `smtps://`, `skip_ssl_verify=true` and `server_name`: there
  is no certificate then. Set to false, a flag says what holds anyway, and is accepted.
* `server_name` under `smtp://` means for the certificate after STARTTLS what it means under
  `smtps://`; with `skip_ssl_verify=true` it is the name sent as SNI. Both have one sensible reading
  (CFG-11 asks for "defined or refused"), so they are defined.

An error quotes nothing of the URI: with a character left unencoded, any part may be the password.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from urllib.parse import unquote_to_bytes

from harness.protocol import Security
from harness.reference.failure import ConfigError
from harness.reference.settings import SmtpSettings, smtp_settings

PARAMETERS = ("skip_ssl_verify", "disable_starttls", "server_name")

_FLAGS = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}
_SCHEME = re.compile(r"(smtps?)://(.*)", re.IGNORECASE)
_RAW_USER_INFO = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*")
_HOST_AND_PORT = re.compile(r"(?:\[(?P<v6>[^\[\]]*)\]|(?P<name>[^:\[\]]*))(?::(?P<port>.*))?")
_ENCODE = (
    "percent-encode these in the user name and the password: "
    "@ as %40, / as %2F, # as %23, ? as %3F, % as %25"
)


def parse_smtp_uri(text: str) -> SmtpSettings:
    """The settings that a connection URI stands for.

    Raises `ConfigError`, whose text says what is wrong and quotes nothing of the URI.
    """
    _check_characters(text)
    scheme = _SCHEME.fullmatch(text)
    if scheme is None:
        raise ConfigError("a connection URI begins with smtp:// or smtps://")
    implicit = scheme[1].lower() == "smtps"
    authority, path, query = _split(scheme[2])
    username, password, host_and_port = _split_authority(authority)
    host, port = _split_host(host_and_port)
    if path not in ("", "/"):
        raise ConfigError(f"a connection URI has no path after the host; {_ENCODE}")
    parameters = _parameters(query)
    return smtp_settings(
        host=host,
        port=port,
        username=username,
        password=password,
        security=_security(implicit=implicit, parameters=parameters),
        verify=not _flag(parameters, "skip_ssl_verify"),
        server_name=parameters.get("server_name"),
    )


def _check_characters(text: str) -> None:
    if text.endswith(("\n", "\r")):
        raise ConfigError("the connection URI ends in a line break: was it read from a file?")
    if any(char.isspace() or not char.isprintable() for char in text):
        raise ConfigError("the connection URI holds a blank or a control character")
    if "#" in text:
        raise ConfigError(f"a connection URI has no fragment; {_ENCODE}")


def _split(rest: str) -> tuple[str, str, str]:
    """Authority, path and query."""
    before_query, _, query = rest.partition("?")
    authority, slash, path = before_query.partition("/")
    if "@" in path or "@" in query or authority.count("@") > 1:
        raise ConfigError(f"the connection URI has an @ where none belongs; {_ENCODE}")
    return authority, slash + path, query


def _split_authority(authority: str) -> tuple[str | None, str | None, str]:
    """User name, password, and the host with its port."""
    user_info, at, host_and_port = authority.rpartition("@")
    if not at:
        return None, None, host_and_port
    if any(char in user_info for char in "{}<>"):
        raise ConfigError(
            "the user name or the password still holds a placeholder in braces or angle brackets: "
            "put the real value in its place (or percent-encode these characters)"
        )
    if not _RAW_USER_INFO.fullmatch(user_info):
        raise ConfigError(
            "the user name or the password holds a character that a URI cannot hold raw; "
            f"{_ENCODE}, and everything else but letters, digits and -._~!$&'()*+,;=:"
        )
    username, _, password = user_info.partition(":")
    return _decoded(username, "user name"), _decoded(password, "password"), host_and_port


def _decoded(text: str, what: str) -> str:
    octets = unquote_to_bytes(text)
    try:
        return octets.decode()
    except UnicodeDecodeError:
        pass  # raised below, so that the octets do not travel with the error
    raise ConfigError(f"the {what} is not UTF-8 once it is percent-decoded; {_ENCODE}")


def _split_host(text: str) -> tuple[str, int | None]:
    parts = _HOST_AND_PORT.fullmatch(text)
    if parts is None:
        raise ConfigError(
            "the connection URI has no usable host and port: write host:port, "
            "with an IPv6 address in brackets"
        )
    host, port = parts["v6"] if parts["v6"] is not None else parts["name"], parts["port"]
    if parts["v6"] is not None and ":" not in host:
        raise ConfigError("what stands in brackets in the connection URI is not an IPv6 address")
    if not host:
        raise ConfigError("the connection URI has no host")
    if port is None:
        return host, None
    if not (port.isascii() and port.isdigit() and len(port) <= 5):
        raise ConfigError("the port in the connection URI is not a number from 1 to 65535")
    return host, int(port)


def _parameters(query: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for item in query.split("&") if query else []:
        name, equals, value = item.partition("=")
        if name not in PARAMETERS:
            raise ConfigError(_unknown(name))
        if not equals or not value:
            raise ConfigError(f"the parameter {name} has no value")
        if name in parameters:
            raise ConfigError(f"the parameter {name} is given twice")
        parameters[name] = value
    return parameters


def _unknown(name: str) -> str:
    choices = ", ".join(PARAMETERS)
    near = get_close_matches(name.lower(), PARAMETERS, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"the connection URI has an unknown parameter{hint}; the choices are {choices}"


def _flag(parameters: dict[str, str], name: str) -> bool:
    value = parameters.get(name, "false").lower()
    if value not in _FLAGS:
        raise ConfigError(f"the value of {name} is not one of true, 1, t, false, 0, f")
    return _FLAGS[value]


def _security(*, implicit: bool, parameters: dict[str, str]) -> Security:
    clear = _flag(parameters, "disable_starttls")
    if implicit and clear:
        raise ConfigError(
            "smtps:// and disable_starttls contradict each other: smtps:// is TLS from the start"
        )
    if implicit:
        return Security.TLS
    return Security.NONE if clear else Security.STARTTLS
