"""How the careful sender reads a request: the URI's grammar, and what contradicts itself."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from .careful_wire import Failure

_TRUE, _FALSE = {"true", "1", "t"}, {"false", "0", "f"}
_PARAMETERS = {"skip_ssl_verify", "disable_starttls", "server_name"}
_USER_INFO = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_ADVICE = "; percent-encode @ / # ? % : in user name and password"


@dataclass(frozen=True)
class Settings:
    host: str
    port: int
    username: str | None
    password: str | None
    security: str
    verify: bool
    server_name: str | None
    ehlo_name: str | None
    access_token: str | None = None

    @property
    def server(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def invalid(words: str) -> Failure:
    return Failure("config", "config-invalid", words, temporary=False)


class Configured:
    """One request. `memory` is what the sender keeps from one request to the next: nothing."""

    def __init__(self, request: Mapping[str, Any], memory: dict[str, Any]) -> None:
        self.request = request
        self.memory = memory
        self.attempts = 0

    def settings(self) -> Settings:
        transport = self.request["transport"]
        found = self.from_uri(transport["uri"])
        settings = Settings(
            host=self.host(found["host"]),
            port=self.port(found["port"], found["security"]),
            username=found["username"],
            password=found["password"],
            security=found["security"],
            verify=found["verify"],
            server_name=self.server_name(found["server_name"]),
            ehlo_name=transport.get("ehlo_name"),
            access_token=transport.get("access_token"),
        )
        self.check(settings)
        return settings

    def from_uri(self, uri: str) -> dict[str, Any]:
        self.check_characters(uri)
        scheme, separator, rest = uri.partition("://")
        if not separator or scheme.lower() not in {"smtp", "smtps"}:
            raise invalid("the URI has to begin with smtp:// or smtps://")
        before, _, query = rest.partition("?")
        authority, _, path = before.partition("/")
        if path or "@" in query or authority.count("@") > 1:
            raise invalid("the URI has a path or an @ where none belongs" + _ADVICE)
        user_info, at, address = authority.rpartition("@")
        username, password = self.credentials(user_info) if at else (None, None)
        host, port = self.host_and_port(address)
        parameters = self.parameters(query)
        return {
            "host": host,
            "port": port,
            "username": username,
            "password": password,
            "security": self.security(scheme.lower(), parameters),
            "verify": not self.flag(parameters.get("skip_ssl_verify", "false")),
            "server_name": parameters.get("server_name"),
        }

    def check_characters(self, uri: str) -> None:
        if "#" in uri or any(c.isspace() or not c.isprintable() for c in uri):
            raise invalid("the URI holds a blank, a line break or a #" + _ADVICE)

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        if self.request["transport"].get("access_token") and ":" not in text:
            return self.decoded(text), None
        if not _USER_INFO.fullmatch(text):
            raise invalid("the user name or password has a character that has to be encoded")
        username, colon, password = text.partition(":")
        if not username or not colon or not password:
            raise invalid("give both a user name and a password, or neither")
        return self.decoded(username), self.decoded(password)

    def decoded(self, text: str) -> str:
        try:
            return unquote_to_bytes(text).decode()
        except UnicodeDecodeError:
            raise invalid("the user name or password is not UTF-8") from None

    def host_and_port(self, text: str) -> tuple[str, str | None]:
        found = re.fullmatch(r"(?:\[([^\]]*:[^\]]*)\]|([^:\[\]]+))(?::(.*))?", text)
        if found is None:
            raise invalid("the URI has no host that can be used")
        return found[1] or found[2], found[3]

    def host(self, text: str) -> str:
        name = text.removesuffix(".").lower()
        if any(c in text for c in "{}<>%"):
            raise invalid("the host still holds a placeholder such as {region}")
        try:
            return str(ipaddress.ip_address(name))
        except ValueError:
            pass
        try:
            name = name if name.isascii() else name.encode("idna").decode()
        except UnicodeError:
            raise invalid("the host is no host name") from None
        labels = name.split(".")
        if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
            raise invalid("the host is no host name")
        return name

    def port(self, text: str | None, security: str) -> int:
        if text is None:
            return 465 if security == "tls" else 587
        if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
            raise invalid("the port has to be a number from 1 to 65535")
        return int(text)

    def server_name(self, text: str | None) -> str | None:
        return None if text is None else self.host(text)

    def parameters(self, query: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for item in query.split("&") if query else []:
            name, _, value = item.partition("=")
            if name not in _PARAMETERS:
                raise invalid(f"unknown parameter; there are {', '.join(sorted(_PARAMETERS))}")
            if name in found or not value:
                raise invalid(f"the parameter {name} is given twice, or without a value")
            found[name] = value
        return found

    def flag(self, text: str) -> bool:
        if text.lower() not in _TRUE | _FALSE:
            raise invalid("a flag is true, 1, t, false, 0 or f")
        return text.lower() in _TRUE

    def security(self, scheme: str, parameters: Mapping[str, str]) -> str:
        clear = self.flag(parameters.get("disable_starttls", "false"))
        if clear and (scheme == "smtps" or "server_name" in parameters):
            raise invalid("disable_starttls contradicts the rest of the URI")
        if clear and self.flag(parameters.get("skip_ssl_verify", "false")):
            raise invalid("disable_starttls and skip_ssl_verify contradict each other")
        if scheme == "smtps":
            return "tls"
        return "none" if clear else "starttls"

    def check(self, settings: Settings) -> None:
        for text in (settings.username, settings.password, settings.ehlo_name):
            if text is not None and (not text or any(c in text for c in "\0\r\n")):
                raise invalid("the user name, password or EHLO name is empty or has a line break")
