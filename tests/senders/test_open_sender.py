from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import TypeAlias

import pytest

from harness.errors import UsageError
from harness.protocol import SendRequest
from harness.senders import is_spec, schemes
from harness.senders.base import Sender, case_limit
from harness.senders.outcome import Described

Open: TypeAlias = Callable[..., Sender]


def test_every_adapter_of_the_design_is_there() -> None:
    assert schemes() == (
        "command",
        "command+lines",
        "file",
        "http",
        "https",
        "python",
        "reference",
        "template",
    )


@pytest.mark.parametrize("spec", ["", "refrence", "commands:true", "worker:x", "base:x", "../x:y"])
def test_an_unknown_sender_is_named_with_the_choices(spec: str, opened: Open) -> None:
    with pytest.raises(UsageError) as caught:
        opened(spec)
    assert repr(spec) in str(caught.value)
    assert "command, command+lines, file" in str(caught.value)


@pytest.mark.parametrize(
    "spec",
    ["reference:x", "python:mail", "python:mail:", "python:a-b:c", "python:a:b c", "command:",
     "command+lines: ", "command:'open", "template:"],
)  # fmt: skip
def test_a_spec_that_makes_no_sense_is_named(spec: str, opened: Open) -> None:
    with pytest.raises(UsageError) as caught:
        opened(spec)
    assert spec.partition(":")[0] in str(caught.value)


def test_a_command_line_is_told_from_a_spec() -> None:
    assert is_spec("command:./x")
    assert is_spec("https://x.example/")
    assert not is_spec("./configure.sh --to=http://x.example/")
    assert not is_spec("configure")


@pytest.mark.anyio
async def test_the_reference_sender_is_opened_by_its_name(
    opened: Open, request_to_send: SendRequest
) -> None:
    async with opened("reference") as sender:
        assert (sender.name, sender.default_jobs) == ("reference", 8)
        assert isinstance(await sender.describe(20), Described)
        assert "smtp" in sender.features


def test_a_case_has_ten_operations_a_margin_and_the_start() -> None:
    assert case_limit(2.0, 1.5) == 31.5


def test_an_adapter_is_imported_only_when_it_is_used() -> None:
    code = (
        "import sys\n"
        "from harness.protocol import Trust\n"
        "from harness.senders import open_sender\n"
        "trust = Trust(ca_file='', ca_pkcs12='', ca_pkcs12_password='')\n"
        "open_sender('command:true', trust=trust, environment={})\n"
        "print(*(name for name in sys.modules if name.startswith('harness.')))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert "harness.senders.command" in loaded
    assert not loaded & {
        "harness.reference",
        "harness.fakes.fake",
        "harness.senders.template",
        "harness.senders.python",
        "harness.senders.file",
    }
