"""How the second right sender reads its configuration and builds its message."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as CRLF
from email.utils import format_datetime, localtime, make_msgid
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

FLAGS = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}


@dataclass
class SendError(Exception):
    """What goes under `error` in the answer."""

    phase: str
    class_: str
    message: str
    temporary: bool | None = None
    code: int | None = None


def config_error(message: str) -> SendError:
    return SendError("config", "config-invalid", message, temporary=False)


# The configuration.


@dataclass
class Account:
    """Where to send, as whom, and how securely."""

    host: str
    port: int
    security: str
    verify: bool
    username: str | None
    password: str | None = field(repr=False)
    server_name: str | None

    @classmethod
    def parse(cls, uri: str, *, with_password: bool = True) -> Account:
        """Read the URI strictly: a typing mistake must not change how safe the connection is."""
        # `urlsplit` would drop line breaks and tabs in silence.
        if re.search(r"[\s\x00-\x1f\x7f#]", uri):
            raise config_error("the URI contains white space, a control character or '#'")
        try:
            parts = urlsplit(uri)
            port = parts.port
        except ValueError:
            raise config_error("the URI has no usable host and port") from None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise config_error("the URI must look like smtp://user:password@host:port/")
        if parts.path not in ("", "/") or parts.netloc.count("@") > 1 or "@" in parts.query:
            raise config_error("percent-encode / @ ? # in the user name and the password")
        options = cls.options(parts.query)
        skip = cls.flag(options, "skip_ssl_verify")
        clear = cls.flag(options, "disable_starttls")
        if clear and (skip or parts.scheme == "smtps" or "server_name" in options):
            raise config_error("disable_starttls contradicts the rest of the URI")
        security = "tls" if parts.scheme == "smtps" else "none" if clear else "starttls"
        if port is None:
            port = 465 if security == "tls" else 587
        if port == 0:
            raise config_error("0 is no port")
        username, password = cls.login(parts, with_password=with_password)
        name = options.get("server_name")
        return cls(
            host=hostname(parts.hostname),
            port=port,
            security=security,
            verify=not skip,
            username=username,
            password=password,
            server_name=hostname(name) if name else None,
        )

    @staticmethod
    def options(query: str) -> dict[str, str]:
        pairs = parse_qsl(query, keep_blank_values=True)
        options = dict(pairs)
        strange = set(options) - {"skip_ssl_verify", "disable_starttls", "server_name"}
        if strange or len(pairs) != len(options) or not all(options.values()):
            raise config_error("the URI has an unknown, repeated or empty parameter")
        if query and not pairs:
            raise config_error("the URI has parameters that make no sense")
        return options

    @staticmethod
    def flag(options: Mapping[str, str], name: str) -> bool:
        try:
            return FLAGS[options.get(name, "false").lower()]
        except KeyError:
            raise config_error(f"{name} must be true or false") from None

    @staticmethod
    def login(parts: SplitResult, *, with_password: bool) -> tuple[str | None, str | None]:
        if "@" not in parts.netloc:
            return None, None
        user_info = parts.netloc.rpartition("@")[0]
        if re.search(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:%]", user_info):
            raise config_error("percent-encode what is special in the user name and password")
        try:
            username = unquote(parts.username or "", errors="strict")
            password = unquote(parts.password or "", errors="strict")
        except UnicodeDecodeError:
            raise config_error("the user name or password is not UTF-8") from None
        if not username or bool(password) != with_password:
            raise config_error("a user name needs a password, and a password a user name")
        if re.search(r"[\x00\r\n]", username + password):
            raise config_error("the user name or password contains a line break or NUL")
        return username, password


def hostname(text: str) -> str:
    """The name in the form for DNS and certificates."""
    text = text.rstrip(".").lower()
    with suppress(ValueError):
        return str(ipaddress.ip_address(text))
    try:
        text = text.encode("idna").decode("ascii")
    except UnicodeError:
        raise config_error("the host is not a host name") from None
    if not re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", text) or ".." in text:
        raise config_error("the host is not a host name; is a placeholder left in it?")
    return text


# The message.


def build(wanted: Mapping[str, Any]) -> EmailMessage:
    """The message, or `SendError` for what cannot be put into one."""
    message = EmailMessage(policy=CRLF.clone(cte_type="7bit"))
    try:
        message["Date"] = format_datetime(localtime())
        message["Message-ID"] = make_msgid(domain="mail.invalid")
        message["From"] = mailbox(wanted["from"])
        for header, key in (("To", "to"), ("Cc", "cc"), ("Reply-To", "reply_to")):
            if wanted.get(key):
                message[header] = [mailbox(box) for box in wanted[key]]
        if wanted.get("sender"):
            message["Sender"] = mailbox(wanted["sender"])
        message["Subject"] = one_line(wanted.get("subject") or "")
        for name, value in (wanted.get("headers") or {}).items():
            if name not in message:
                message[name] = value
    except (ValueError, IndexError):
        text = "an address or header field cannot be used, it may hold a line break"
        raise SendError("message", "header-injection", text, temporary=False) from None
    if wanted.get("html") is None or wanted.get("text"):
        text = wanted.get("text") or ""
        message.set_content(text, cte="quoted-printable" if "\0" in text else None)
    if wanted.get("html") is not None:
        add = message.add_alternative if wanted.get("text") else message.set_content
        add(wanted["html"], subtype="html")
    attach(message, wanted.get("attachments") or ())
    return message


def attach(message: EmailMessage, parts: Iterable[Mapping[str, str]]) -> None:
    for part in parts:
        if re.search(r"[\x00-\x1f\x7f]", part["filename"]):
            text = "the name of a file contains a line break or control character"
            raise SendError("message", "header-injection", text, temporary=False)
        maintype, _, subtype = part["content_type"].partition("/")
        content = base64.b64decode(part["content"])
        message.add_attachment(
            content, maintype=maintype, subtype=subtype, filename=part["filename"]
        )


def mailbox(box: Mapping[str, str]) -> Address:
    if not path(box["address"]).isascii():
        text = "an address is not ASCII before its @, which needs SMTPUTF8"
        raise SendError("message", "smtputf8-required", text, temporary=False)
    return Address(display_name=one_line(box.get("name") or ""), addr_spec=path(box["address"]))


def one_line(text: str) -> str:
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("a line break or control character")
    return text


def path(address: str) -> str:
    """The address as it goes into the envelope."""
    if re.search(r"[\x00-\x1f\x7f]", address):
        text = "an address contains a line break or control character"
        raise SendError("message", "header-injection", text, temporary=False)
    local, _, domain = address.rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    if not local or not re.fullmatch(r"[A-Za-z0-9.\-\[\]:]+", domain) or "<" in local:
        text = "an address is not one"
        raise SendError("message", "address-invalid", text, temporary=False)
    return f"{local}@{domain}"
