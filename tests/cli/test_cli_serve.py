"""`harness serve` as a command: how it starts, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import Harness

_PATIENCE = 60
_TOKEN = "a-token-of-the-tests"
# As a program in the foreground begins: `nohup` and a shell's `&` let us inherit other things.
_ATTENTIVE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from harness.cli import main
main(sys.argv[1:])
"""


@contextmanager
def _served(*arguments: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "HARNESS_SERVE_TOKEN": _TOKEN}
    with subprocess.Popen(
        [sys.executable, "-c", _ATTENTIVE, "serve", *arguments],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr.read() if process.stderr else ""
    found: dict[str, Any] = json.loads(line)
    return found


@pytest.mark.whole
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal_and_leaves_nothing(number: int, tmp_path: Path) -> None:
    arguments = ("smtp", "--json", "--ready-file", "ready.json", "--env-file", ".env.mail")
    with _served(*arguments, cwd=tmp_path) as process:
        ready = _first_line(process)
        assert json.loads((tmp_path / "ready.json").read_text("utf-8")) == ready
        told = (tmp_path / ".env.mail").read_text("utf-8")
        assert f"SMTP_PORT='{ready['fakes'][0]['smtp']['port']}'\n" in told
        assert (tmp_path / ".env.mail").stat().st_mode & 0o077 == 0
        assert ready["control"]["token"] == _TOKEN
        process.send_signal(number)
        out, err = process.communicate(timeout=_PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out.splitlines()[-1])["event"] == "stopped"
    assert not (tmp_path / "ready.json").exists()
    assert not Path(ready["ca_file"]).exists()


@pytest.mark.whole
def test_a_person_sees_where_everything_is_and_what_comes(tmp_path: Path) -> None:
    port = _free_port()
    arguments = (f"smtp:security=none,port={port}", "--domain", "own.test", "mailgun")
    with _served(*arguments, "--ready-file", "ready.json", cwd=tmp_path) as process:
        assert process.stdout is not None
        shown = ""
        while "Mail is shown here" not in shown:
            shown += process.stdout.readline()
        ready = json.loads((tmp_path / "ready.json").read_text("utf-8"))
        for said in (
            f"localhost:{port} in clear",
            "takes mail from own.test",
            f"token {_TOKEN}",
            f"export NODE_EXTRA_CA_CERTS={ready['ca_file']}",
            "export MAILGUN_DOMAIN=own.test",
        ):
            assert said in shown
        smtp = ready["fakes"][0]["smtp"]
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.login(smtp["username"], smtp["password"])
            client.sendmail("a@own.test", "b@own.test", b"Subject: \x1b[31mred\r\n\r\nx\r\n")
        process.terminate()
        out, _ = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 0
    assert r"mail 1  smtp: \x1b[31mred" in out
    assert "IN CLEAR  smtp: AUTH" in out
    assert "! no Date header, which it has to have (RFC 5322 section 3.6)" in out
    assert "\x1b" not in out


@pytest.mark.whole
def test_whoever_reads_only_the_first_line_holds_nothing_up(tmp_path: Path) -> None:
    with _served("smtp:security=none,auth.required=false", "--json", cwd=tmp_path) as process:
        ready = _first_line(process)
        with smtplib.SMTP("127.0.0.1", ready["fakes"][0]["smtp"]["port"]) as client:
            for number in range(300):  # a pipe holds 64 KiB, a line has some 700 octets
                client.sendmail("a@x.test", "b@x.test", f"Subject: {number}\r\n\r\nx\r\n")
        answer = httpx.get(
            f"{ready['control']['url']}/messages",
            params={"limit": 1},
            headers={"Authorization": f"Bearer {_TOKEN}"},
            trust_env=False,
        )
        assert answer.json()["total"] == 300
        process.terminate()
        assert process.wait(timeout=_PATIENCE) == 0


@pytest.mark.whole
def test_it_ends_when_nobody_reads_it_any_more(tmp_path: Path) -> None:
    with _served("smtp:security=none,auth.required=false", "--json", cwd=tmp_path) as process:
        ready = _first_line(process)
        assert process.stdout is not None
        process.stdout.close()
        with smtplib.SMTP("127.0.0.1", ready["fakes"][0]["smtp"]["port"]) as client:
            client.sendmail("a@x.test", "b@x.test", "Subject: x\r\n\r\nx\r\n")
        assert process.wait(timeout=_PATIENCE) == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("smpt",), "there is no fake 'smpt', did you mean smtp?"),
        (("smtp:certificate=expird",), "there is no 'expird', did you mean expired?"),
        (("sendgrid:smtp.hostname=x",), "what is listed is the vendor's"),
        (("smtp", "--config", "x.yaml"), "give FAKEs or --config, not both"),
        (("--config", "x.yaml"), "x.yaml:1: file: No such file or directory"),
        (("smtp", "--", "no-such-program"), "no-such-program: there is no such program"),
        (("smtp", "--"), "behind -- a program is due"),
        (("smtp", "--ports", "65535"), "ports: there are not so many from 65535 on"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_status_2(
    harness: Harness, arguments: tuple[str, ...], told: str
) -> None:
    ended = harness("serve", *arguments)
    assert ended.status == 2
    assert told in ended.err
    assert (len(ended.err.splitlines()), ended.out) == (1, "")


_PROGRAM = """
import os, smtplib, ssl, sys
with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"])) as client:
    client.starttls(context=ssl.create_default_context())  # SSL_CERT_FILE
    client.login(os.environ["SMTP_USERNAME"], os.environ["SMTP_PASSWORD"])
    client.sendmail("a@x.test", "b@x.test", "Subject: from a program\\r\\n\\r\\nx\\r\\n")
print("sent by the program")
sys.exit(7)
"""


@pytest.mark.whole
def test_a_program_runs_beside_the_fakes_and_its_status_is_ours(tmp_path: Path) -> None:
    program = ("--", sys.executable, "-c", _PROGRAM)
    with _served("smtp", "--ready-file", "ready.json", *program, cwd=tmp_path) as process:
        out, err = process.communicate(timeout=_PATIENCE)
    assert (process.returncode, out) == (7, "sent by the program\n")
    assert "mail 1  smtp: from a program" in err
    assert not (tmp_path / "ready.json").exists()


@pytest.mark.whole
def test_a_program_is_ended_with_the_fakes(tmp_path: Path) -> None:
    program = ("--", sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")
    with _served("smtp", *program, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.terminate()
        assert process.wait(timeout=_PATIENCE) == 128 + signal.SIGTERM


@pytest.mark.parametrize("token", ["short", "long enough and with blanks"])
def test_a_token_that_is_none_is_refused(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("HARNESS_SERVE_TOKEN", token)
    ended = harness("serve", "smtp")
    assert ended.status == 2
    assert "HARNESS_SERVE_TOKEN: at least 16 characters" in ended.err


@pytest.mark.parametrize("words", ["smtp:port={}", "sendgrid:port={}", "sendgrid:smtp.port={}"])
def test_a_port_that_is_taken_is_one_line_and_status_3(harness: Harness, words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = harness("serve", words.format(port))
    assert ended.status == 3
    assert f"cannot listen on 127.0.0.1 port {port}" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_control_port_that_is_taken_is_one_line_and_status_3(
    harness: Harness, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "x.yaml").write_text(
            f"control: {{port: {port}}}\nfakes: [{{fake: smtp}}]\n", encoding="utf-8"
        )
        ended = harness("serve", "--config", "x.yaml")
    assert ended.status == 3
    assert f"control API: cannot listen on 127.0.0.1 port {port}" in ended.err


@pytest.mark.parametrize("option", ["--env-file", "--ready-file"])
def test_a_file_that_cannot_be_written_is_one_line_and_status_3(
    harness: Harness, option: str
) -> None:
    ended = harness("serve", "smtp", option, "nowhere/file")
    assert ended.status == 3
    assert "nowhere/file: No such file or directory" in ended.err


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
