"""What a program under development is told of the fakes: addresses, credentials, trust."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from harness.fakes.smtp.fake import Smtp
from harness.senders.environment import CA_FILE_VARIABLES

from .running import ServedFake

# Node adds what it reads there to what it trusts; the others trust nothing else any more.
_ADDED_TO = "NODE_EXTRA_CA_CERTS"


def variables(fakes: Mapping[str, ServedFake], *, ca_file: Path, bundle: Path) -> dict[str, str]:
    """The variables to set, in the order in which to show them.

    `bundle` holds what this machine trusts and the anchor, so that whoever reads it can go on
    talking to others. The first fake of a kind has the usual names, a further one its own before
    them.
    """
    found: dict[str, str] = {
        name: str(ca_file if name == _ADDED_TO else bundle) for name in CA_FILE_VARIABLES
    }
    seen: set[str] = set()
    for served in fakes.values():
        prefix = "" if served.order.kind not in seen else f"{_constant(served.name)}_"
        seen.add(served.order.kind)
        told = _of_api(served) if served.api is not None else _of_smtp(served.smtp, "SMTP")
        found |= {f"{prefix}{name}": value for name, value in told}
    return found


def _of_smtp(server: Smtp, prefix: str) -> Iterator[tuple[str, str]]:
    yield f"{prefix}_HOST", "localhost"
    yield f"{prefix}_PORT", str(server.port)
    yield f"{prefix}_USERNAME", server.username
    yield f"{prefix}_PASSWORD", server.password
    yield f"{prefix}_URL", url_of(server)


def url_of(server: Smtp) -> str:
    """An SMTP server as one URL, user and password in it."""
    secret = f"{quote(server.username, safe='')}:{quote(server.password, safe='')}"
    scheme = "smtps" if server.state.security == "tls" else "smtp"
    return f"{scheme}://{secret}@localhost:{server.port}"


def _of_api(served: ServedFake) -> Iterator[tuple[str, str]]:
    api = served.api
    assert api is not None
    own = _constant(api.vendor.name)
    domain = next((each.name for each in getattr(api.account, "domains", ())), None)
    values = {
        **api.credentials,
        "region": api.region if api.vendor.regions else None,
        "domain": domain,
        "base_url": api.base_url,
    }
    told = {"base_url": (f"{own}_BASE_URL",), **api.vendor.variables.told}
    for word, names in told.items():
        value = values.get(word)
        if value is not None:
            yield from ((name, value) for name in names)
    yield from _of_smtp(api.smtp, f"{own}_SMTP")


def _constant(name: str) -> str:
    return name.upper().replace("-", "_")


def exports(variables: Mapping[str, str]) -> str:
    """The variables as lines for a shell."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def dotenv(variables: Mapping[str, str]) -> str:
    """The variables as a file that a shell, `node --env-file`, docker compose and dotenv read.

    Single quotes, in which all of them take every octet as it is; no value has such a quote or a
    line end in it but a password that somebody chose so.
    """
    return "".join(f"{name}={_quoted(value)}\n" for name, value in variables.items())


def _quoted(value: str) -> str:
    return f'"{value}"' if "'" in value else f"'{value}'"


def write_private(path: Path, text: str) -> None:
    """Write a file for this user alone, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)
