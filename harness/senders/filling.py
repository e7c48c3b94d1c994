"""Texts and JSON with placeholders, filled from a document of the sender protocol. Pure.

    {uri} {host} {port} {username} {password} {security} {server_name} {verify}
                            of the transport
    {starttls} {tls}        whether that is its security
    {from} {from_name}      whom the message, or everything, is from
    {to} {to_name}          the recipient: a message to several cannot be asked
    {subject} {text} {html}
    {enabled}               whether the provider is to be used
    {case} {ca_file} {timeout}
    {state}                 a folder that lasts as long as the case
    {port:NAME}             a free port, the same one wherever NAME stands
    {$NAME}                 a variable of the environment
    {NAME}                  what an earlier request of the same action kept under NAME
    {{ }}                   a brace

A text that is one placeholder
and nothing else becomes its value, be that a number, or true or false; where nothing is configured,
the member of the mapping that it stands in is left out. Within a longer text that is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

from harness.errors import UsageError

Values: TypeAlias = Mapping[str, Any]

_PIECE = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|[{}]")
_NAME = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*|port:[a-z][a-z0-9_-]*|[a-z][a-z0-9_]*")

OF_TRANSPORT = (
    "uri", "host", "port", "username", "password", "security", "server_name", "verify"
)  # fmt: skip
OF_MESSAGE = ("to", "to_name", "subject", "text", "html")
OF_REQUEST = (
    *OF_TRANSPORT, "starttls", "tls", *OF_MESSAGE, "from", "from_name", "enabled", "case",
    "ca_file", "timeout", "state"
)  # fmt: skip


def names_in(written: Any) -> frozenset[str]:
    """The placeholders in texts, however deep in lists and mappings they are."""
    return frozenset(_names(written))


def _names(written: Any) -> Iterator[str]:
    if isinstance(written, dict):
        for key, value in written.items():
            yield from _names(key)
            yield from _names(value)
    elif isinstance(written, list | tuple):
        for value in written:
            yield from _names(value)
    elif isinstance(written, str):
        for match in _PIECE.finditer(written):
            if match["name"] is not None:
                yield match["name"]


def check(written: Any) -> None:
    """Raise `ValueError` for braces that hold what cannot be a placeholder."""
    if isinstance(written, dict):
        for key, value in written.items():
            check(key)
            check(value)
    elif isinstance(written, list | tuple):
        for value in written:
            check(value)
    elif isinstance(written, str):
        _check_text(written)


def _check_text(text: str) -> None:
    for match in _PIECE.finditer(text):
        name = match["name"]
        if match[0] in "{}":
            raise ValueError(f"a brace alone in {text!r}; write {match[0] * 2} for one")
        if name is not None and not _NAME.fullmatch(name):
            raise ValueError(f"no placeholder: {match[0]}; {{{{ is a brace")


def filled(written: Any, values: Values) -> Any:
    """`written` with every placeholder replaced. `UsageError` names one that has no value.

    A member of a mapping whose value would become null is left out.
    """
    if isinstance(written, dict):
        members = ((key, value, filled(value, values)) for key, value in written.items())
        return {
            _text(key, values, str): became
            for key, value, became in members
            if became is not None or value is None
        }
    if isinstance(written, list | tuple):
        return [filled(value, values) for value in written]
    if not isinstance(written, str):
        return written
    alone = _PIECE.fullmatch(written)
    if alone is not None and alone["name"] is not None:
        return _value(alone["name"], values)
    return _text(written, values, str)


def filled_text(written: str, values: Values) -> str:
    """A text with every placeholder replaced."""
    return _text(written, values, str)


def filled_url(written: str, values: Values) -> str:
    """A URL with every placeholder replaced, each escaped unless it is of the environment."""
    return _text(written, values, lambda text: quote(text, safe=""))


def _text(written: str, values: Values, escape: Callable[[str], str]) -> str:
    def replacement(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0][0]
        text = _as_text(_value(name, values))
        return text if name.startswith("$") else escape(text)

    return _PIECE.sub(replacement, written)


def _value(name: str, values: Values) -> Any:
    if name in values:
        return values[name]
    if name.startswith("$"):
        raise UsageError(f"the environment has no {name[1:]}, which the sender file asks for")
    raise UsageError(f"{{{name}}} has no value here")


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def of_request(document: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a document of the sender protocol gives."""
    transport = document.get("transport") or {}
    message = document.get("message") or {}
    to = (message.get("to") or [{}])[0] if message else {"address": document.get("to")}
    author = message.get("from") or document.get("from") or {}
    return {
        **{name: transport.get(name) for name in OF_TRANSPORT},
        **{name: transport.get("security") == name for name in ("starttls", "tls")},
        **{name: message.get(name) for name in ("subject", "text", "html")},
        "to": to.get("address"),
        "to_name": to.get("name") or "",
        "from": author.get("address"),
        "from_name": author.get("name") or "",
        "enabled": document.get("enabled", True),
        "case": document.get("case"),
        "ca_file": (document.get("trust") or {}).get("ca_file"),
        "timeout": document.get("timeout"),
    }
