"""Senders with one bad habit each, for runs in this process and in others."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from typing import Any

from harness.reference.sender import handle as right

Handle = Callable[[dict[str, Any]], dict[str, Any]]
TOLD: list[str] = []


def gossip(request: dict[str, Any]) -> dict[str, Any]:
    """Do it right, and say every password that was ever told, in each form, everywhere."""
    answer = dict(right(request))
    transport = request.get("transport") or {}
    if transport.get("password"):
        TOLD.append(transport["password"])
    for password in TOLD:
        login = base64.b64encode(f"\0{transport.get('username')}\0{password}".encode()).decode()
        wrapped = base64.encodebytes(f"{'x' * 50}{password}".encode()).decode()
        said = f"{password} {login} {password.encode().hex()} {wrapped}"
        sys.stderr.write(f"{said} {json.dumps({'password': password})}\n")
        answer["final_reply"] = answer["reason"] = answer["message_id"] = said
        answer[password] = [said, {"deep": password}]
        answer["error"] = {**answer.get("error", {}), "message": said}
    return answer


def flood(request: dict[str, Any]) -> dict[str, Any]:
    """Let the password stand where output is cut off."""
    transport = request.get("transport") or {}
    password = transport.get("password") or ""
    sys.stderr.write("y" * 3990 + password + "z" * 200_000)
    return right(request)


def crash(request: dict[str, Any]) -> dict[str, Any]:
    """Raise."""
    if request["action"] == "describe":
        return right(request)
    raise RuntimeError(f"cannot use {request['transport']['password']}")


def garbage(request: dict[str, Any]) -> Any:
    """Answer what is no answer."""
    return right(request) if request["action"] == "describe" else ["sent"]


def never(request: dict[str, Any]) -> dict[str, Any]:
    """Fail without trying."""
    return right(request) if request["action"] == "describe" else {"status": "failed"}


def unsupported(request: dict[str, Any]) -> dict[str, Any]:
    """Say that it cannot do anything."""
    return {"status": "unsupported", "reason": "out of order"}


def liar(request: dict[str, Any]) -> dict[str, Any]:
    """Connect and log in in clear, and say unsupported."""
    import socket  # noqa: PLC0415  # only here

    if request["action"] == "describe":
        return unsupported(request)
    transport = request["transport"]
    host, port = transport["host"], transport["port"]
    login = base64.b64encode(f"\0{transport['username']}\0{transport['password']}".encode())
    with socket.create_connection((host, port), timeout=5) as connection:
        connection.recv(1000)
        connection.sendall(b"EHLO a\r\n")
        connection.recv(1000)
        connection.sendall(b"AUTH PLAIN " + login + b"\r\n")
        connection.recv(1000)
    return unsupported(request)
