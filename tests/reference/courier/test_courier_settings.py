"""The settings of a courier: stored whole, read back without secrets, refused when senseless."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.reference.courier.settings import SettingsFile

Make = Callable[..., Any]

CANARY = "canary-pa55wörd+/="
QUOTED = "canary-pa55w%C3%B6rd+%2F="
MASK = "********"
TRUST = {"ca_file": "", "ca_pkcs12": "x", "ca_pkcs12_password": "x"}


def by_password(username: str = "user", quoted: str = "user") -> dict[str, Any]:
    return {
        "kind": "smtp",
        "uri": f"smtp://{quoted}:{QUOTED}@mail.example:587/",
        "host": "mail.example",
        "port": 587,
        "username": username,
        "password": CANARY,
        "security": "starttls",
    }


def by_token() -> dict[str, Any]:
    uri = "smtp://user@mail.example:587/"
    return {**by_password(), "uri": uri, "password": None, "access_token": CANARY}


def by_api(**credentials: str) -> dict[str, Any]:
    credentials = credentials or {"api_key": CANARY}
    return {"kind": "api", "provider": "resend", "credentials": credentials}


SES = {
    "kind": "api",
    "provider": "ses",
    "region": "eu-central-1",
    "credentials": {"access_key_id": "AKIA0", "secret_access_key": CANARY, "session_token": CANARY},
}


def spellings(document: Any) -> str:
    return json.dumps(document) + json.dumps(document, ensure_ascii=False)


def test_without_settings_there_are_none_to_read(bench: Make) -> None:
    assert bench().ask("state") == {"status": "stored", "settings": None}


@pytest.mark.parametrize(
    "transport",
    [by_password(), by_password(CANARY, QUOTED), by_token(), by_api(), SES],
    ids=["password", "one-token-for-both", "access-token", "api-key", "ses"],
)
def test_settings_are_read_back_with_every_secret_masked(
    bench: Make, transport: dict[str, Any]
) -> None:
    made = bench()
    stored = made.configure(transport)
    read = made.ask("state")
    assert stored == read
    assert stored["status"] == "stored"
    said = spellings(stored)
    assert "canary" not in said
    assert MASK in said
    assert stored["settings"]["from"]["address"] == "me@sender.example"
    shown = stored["settings"]["transport"]
    assert shown["kind"] == transport["kind"]
    for open_field in ("host", "port", "provider", "region", "security"):
        assert shown.get(open_field) == transport.get(open_field)


def test_a_mask_tells_nothing_of_what_is_behind_it(bench: Make) -> None:
    made = bench()
    shown = [
        made.configure(by_api(api_key=key))["settings"]["transport"] for key in ("k", "k" * 90)
    ]
    assert shown[0] == shown[1]


def test_the_user_name_in_a_uri_is_shown_where_it_is_no_secret(bench: Make) -> None:
    shown = bench().configure(by_password())["settings"]["transport"]
    assert shown["uri"] == f"smtp://user:{MASK}@mail.example:587/"
    assert shown["password"] == MASK
    assert shown["username"] == "user"


SENSELESS: dict[str, tuple[Any, str]] = {
    "no scheme": ({**by_password(), "uri": "mail.example"}, "begins with smtp://"),
    "a port that is none": ({**by_password(), "uri": "", "port": 0}, "port"),
    "half of the credentials": (by_password() | {"uri": "", "password": None}, "password"),
    "no api key": (by_api(other="x"), "api key is missing"),
    "an unknown region": ({**SES, "region": "here"}, "region"),
    "a path in base_url": ({**by_api(), "base_url": "https://x.example/v1"}, "base_url"),
    "an unknown provider": ({**by_api(), "provider": "nobody"}, "transport"),
    "an EHLO name with blanks": ({**by_password(), "ehlo_name": "a b"}, "EHLO"),
}


@pytest.mark.parametrize(("transport", "why"), SENSELESS.values(), ids=SENSELESS)
def test_senseless_settings_are_refused_and_those_before_hold(
    bench: Make, transport: dict[str, Any], why: str
) -> None:
    made = bench()
    before = made.configure(by_password())
    refused = made.configure(transport)
    assert refused["status"] == "refused"
    assert why in refused["reason"]
    assert (refused["error"]["phase"], refused["error"]["class"]) == ("config", "config-invalid")
    assert "canary" not in spellings(refused)
    assert made.ask("state") == before


@pytest.mark.parametrize("address", ["nobody", "a@b.example\r\nBcc: c@d.example"])
def test_a_sender_that_is_no_address_is_refused(bench: Make, address: str) -> None:
    assert bench().configure(by_password(), **{"from": {"address": address}})["status"] == "refused"


def test_no_provider_may_be_stored_and_then_nothing_is_sent(bench: Make) -> None:
    made = bench()
    assert made.configure(None)["settings"]["transport"] is None
    assert "no provider is configured" in made.send()["error"]["message"]


def test_the_settings_are_for_their_owner_alone(bench: Make) -> None:
    made = bench()
    made.configure(by_password())
    for file in made.folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2, "settings": {}}', '{"version": 1, "settings": {}}']
)
def test_a_file_that_no_courier_wrote_is_told_and_left_as_it_is(bench: Make, text: str) -> None:
    made = bench()
    made.configure(by_password())
    file = made.folder / "settings.json"
    file.write_text(text, "utf-8")
    for answer in (made.ask("state"), made.send()):
        assert "settings.json" in answer["error"]["message"]
        assert answer["error"]["class"] == "config-invalid"
    assert file.read_text("utf-8") == text


_WRITER = """
import sys
from pathlib import Path
from harness.delivery_protocol import ConfigureRequest
from harness.reference.courier.settings import SettingsFile
trust = {"ca_file": "x" * 40_000, "ca_pkcs12": "x", "ca_pkcs12_password": "x"}
request = ConfigureRequest(case=sys.argv[2], transport=None, trust=trust)
file = SettingsFile(Path(sys.argv[1]))
while True:
    file.write(request)
    print("written", flush=True)
"""


@pytest.mark.whole
def test_settings_are_whole_while_two_programs_write_and_are_killed(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path)
    for number in range(4):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", _WRITER, str(tmp_path), name], stdout=subprocess.PIPE
            )
            for name in ("one", "two")
        ]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"written\n"
        for _ in range(50 + number):
            settings = file.read()
            assert settings is not None
            assert settings.case in ("one", "two")
        for writer in writers:
            writer.kill()
            writer.communicate()
        assert file.read() is not None


def test_what_a_killed_program_left_beside_is_removed_in_time(bench: Make) -> None:
    made = bench()
    made.configure(by_password())
    left = made.folder / ".settings.json.0123"
    left.write_text(CANARY, "utf-8")
    made.configure(by_password())
    assert left.exists(), "another program may be writing it"
    os.utime(left, (0, 0))
    made.configure(by_password())
    assert not left.exists()
