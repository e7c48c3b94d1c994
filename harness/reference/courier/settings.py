"""The settings of a courier: one provider at a time, in a file that is whole at any moment."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.delivery_protocol import ConfigureRequest
from harness.protocol import ApiTransport, Mailbox, Message, SmtpTransport
from harness.reference.address import check_line, wire_address
from harness.reference.courier.failures import NoProviderError
from harness.reference.courier.files import write_whole
from harness.reference.failure import ConfigError, MessageError
from harness.reference.names import helo_name
from harness.reference.sender import settings_of

NAME = "settings.json"
MASK = "********"

_VERSION = 1
_USER_INFO = re.compile(r"^([A-Za-z]+://)([^:@]*)(?::.*)?@(?=[^@]*$)", re.DOTALL)


class SettingsFile:
    """The file. It is read anew each time, so that a change holds from the next attempt on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / NAME

    def read(self) -> ConfigureRequest | None:
        """The settings as they were stored; None where none ever were.

        Raises:
            ConfigError: the file cannot be read. Its text quotes nothing of it.
        """
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            why = type(error).__name__
            raise ConfigError(f"the settings {self._file} cannot be read ({why})") from None
        try:
            document = json.loads(text)
            if document["version"] == _VERSION:
                return ConfigureRequest.model_validate(document["settings"])
        except (ValueError, TypeError, KeyError):
            raise ConfigError(f"the settings {self._file} are not what a courier wrote") from None
        raise ConfigError(
            f"the settings {self._file} are of another version than {_VERSION}: "
            "they are left as they are"
        )

    def provider(self) -> ConfigureRequest:
        """Settings with a provider that is to be used.

        Raises:
            ConfigError: there are none.
        """
        settings = self.read()
        if settings is None or settings.transport is None:
            raise NoProviderError("no provider is configured: nothing is sent")
        if not settings.enabled:
            raise NoProviderError("the provider is switched off: nothing is sent until it is on")
        return settings

    def write(self, settings: ConfigureRequest) -> None:
        """Store the settings in place of those before. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        document = {
            "version": _VERSION,
            "settings": settings.model_dump(mode="json", by_alias=True),
        }
        write_whole(self._file, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def check_settings(settings: ConfigureRequest) -> None:
    """Refuse what no message could go out by. Nothing is connected to.

    Raises:
        ConfigError: what is wrong, without quoting it.
        MissingLibraryError: this sender lacks what the provider needs.
    """
    if not (math.isfinite(settings.timeout) and settings.timeout > 0):
        raise ConfigError("the timeout is not a number of seconds above zero")
    if settings.from_ is not None:
        _check_from(settings.from_)
    match settings.transport:
        case SmtpTransport() as transport:
            settings_of(transport)
            if transport.ehlo_name is not None:
                _check_ehlo_name(transport.ehlo_name)
        case ApiTransport() as transport:
            _check_api(transport)


def masked(settings: ConfigureRequest) -> dict[str, Any]:
    """The settings in the shape of the request, with the same mask in place of every secret.

    A user name or an address that is a secret too is masked with it: some providers use one token
    for both.
    """
    shown = settings.model_dump(mode="json", by_alias=True, exclude={"protocol", "action", "case"})
    shown["trust"]["ca_pkcs12_password"] = MASK
    match settings.transport:
        case SmtpTransport(password=password, access_token=token):
            secrets = [secret for secret in (password, token) if secret]
            transport = shown["transport"]
            for name in ("password", "access_token"):
                transport[name] = MASK if transport[name] else transport[name]
            transport["uri"] = _masked_uri(transport["uri"], settings.transport, secrets)
        case ApiTransport(credentials=credentials):
            secrets = [value for value in credentials.values() if value]
            shown["transport"]["credentials"] = dict.fromkeys(credentials, MASK)
        case _:
            secrets = []
    hidden: dict[str, Any] = _without(shown, secrets)
    return hidden


def _masked_uri(uri: str, transport: SmtpTransport, secrets: list[str]) -> str:
    username = transport.username or ""
    shown = MASK if username in secrets else r"\2"
    return _USER_INFO.sub(rf"\1{shown}:{MASK}@", uri)


def _without(shown: Any, secrets: list[str]) -> Any:
    """The document with the mask for each text that is a secret."""
    if isinstance(shown, dict):
        return {name: _without(value, secrets) for name, value in shown.items()}
    if isinstance(shown, list):
        return [_without(value, secrets) for value in shown]
    return MASK if isinstance(shown, str) and shown in secrets else shown


def _check_from(box: Mailbox) -> None:
    try:
        check_line(box.name, "the name in From")
        wire_address(box.address, "the From address")
    except MessageError as error:
        raise ConfigError(str(error)) from None


def _check_ehlo_name(name: str) -> None:
    try:
        helo_name(name)
    except ValueError as error:
        raise ConfigError(f"the EHLO name cannot be used: {error}") from None


def _check_api(transport: ApiTransport) -> None:
    from harness.reference.api_calls.send import ready_call  # noqa: PLC0415  # only when used

    if transport.base_url is not None:
        _check_base_url(transport.base_url)
    box = Mailbox(address="nobody@example.com")
    ready_call(transport, Message(from_=box, to=(box,)), b"", now=datetime.now(UTC))


def _check_base_url(text: str) -> None:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.path not in ("", "/"):
        raise ConfigError("base_url is not an origin such as https://api.example.com")
