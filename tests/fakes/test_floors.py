"""Inside `fakes` imports lead downwards only, and a vendor knows no other vendor.

The order is written down here: each floor stands on those before it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_FAKES = Path(__file__).parents[2] / "fakes"
_CHECKS = Path(__file__).parents[2] / "harness" / "checks"

FLOORS = (
    # Values that know nothing else.
    {
        "errors",
        "duration",
        "marks",
        "disclosure",
        "answer",
        "mail",
        "clock",
        "wire_text",
        "lazily",
        "pauses",
    },
    {
        "message",
        "mail_taking",
        "loop_thread",
        "sealed",
        "constructor_words",
        "account_owner",
        "vendor_answer",
    },
    # What can go wrong, and certificates.
    {"faults", "tls"},
    {"transcript"},
    # Sockets.
    {"listener", "handshake"},
    {"connection", "server_state", "closed_ports"},
    {"served_contexts"},
    # What every fake is and does.
    {"fault_injector", "fake"},
    {"fake_group"},
    # What is spoken.
    {"smtp", "http"},
    # Whose words those are.
    {"providers"},
    # A vendor's API and its SMTP service, and both together.
    {"respx_router", "submission_server", "webhook_client", "meant_message"},
    {"api_fake"},
    {"event_posting"},
    {"apis"},
)
_FLOOR = {part: number for number, floor in enumerate(FLOORS) for part in floor}

# Checks that ask for a protocol's own words; every other one reads what all protocols record.
KNOW_SMTP = {"commands", "handshake", "login", "loopback", "tries", "envelope"}
KNOW_SMTP |= {"control_characters", "own_name", "put_off", "taking_turns"}
KNOW_HTTP = {"pace", "requests", "reported"}


def imported(file: Path) -> Iterator[str]:
    """What a module of fakes imports of its own package, as `http.exchange`."""
    package = list(file.relative_to(_FAKES).parts[:-1])
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            if node.module:
                yield ".".join([*base, node.module])
            else:
                yield from (".".join([*base, alias.name]) for alias in node.names)


def part(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


def modules() -> Iterator[tuple[str, Path]]:
    for file in sorted(_FAKES.rglob("*.py")):
        name = ".".join(file.relative_to(_FAKES).with_suffix("").parts)
        if name != "__init__":
            yield name, file


def test_every_part_has_its_floor() -> None:
    assert {part(name) for name, _ in modules()} == set(_FLOOR)


def test_no_import_leads_upwards() -> None:
    upwards = [
        f"{name} imports {other}"
        for name, file in modules()
        for other in imported(file)
        if part(other) != part(name)
        and part(other) in _FLOOR
        and _FLOOR[part(other)] >= _FLOOR[part(name)]
    ]
    assert not upwards


def test_no_vendor_knows_another() -> None:
    vendors = {file.parent.name for file in _FAKES.glob("providers/*/__init__.py")}
    known = [
        f"{name} imports {other}"
        for name, file in modules()
        for other in imported(file)
        if name.startswith("providers.")
        and (parts := other.split("."))[0] == "providers"
        and parts[1] in vendors
        and parts[1] != name.split(".")[1]
    ]
    assert not known


@pytest.mark.parametrize(("protocol", "may"), [("smtp", KNOW_SMTP), ("http", KNOW_HTTP)])
def test_only_named_checks_know_a_protocol(protocol: str, may: set[str]) -> None:
    knowing = {
        file.stem
        for file in _CHECKS.glob("*.py")
        if f"harness.fakes.{protocol}" in file.read_text(encoding="utf-8")
    }
    assert knowing == may
    for name in sorted(may):
        said = ast.get_docstring(ast.parse((_CHECKS / f"{name}.py").read_text(encoding="utf-8")))
        assert f"knows {'SMTP' if protocol == 'smtp' else 'SMTP and HTTP'}" in str(said) or (
            f"knows {protocol.upper()}" in str(said)
        )
