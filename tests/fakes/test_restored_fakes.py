"""A fake that was changed is put back as it was made; idle connections can be closed."""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from harness.fakes import SendGrid, Smtp
from harness.fakes.transcript import Closed, Connected, FaultActed

pytestmark = pytest.mark.wire


def test_a_fake_is_restored_with_its_first_words_and_fresh_faults() -> None:
    fault = {"at": "rcpt", "do": "reply", "code": 550, "times": 1}
    server = Smtp(security="none", faults=[fault])
    server.plan._acted[0] = 1
    server.change(security="tls", certificate="expired", faults=[], size=1000)
    server.restore()
    assert (server.state.security, str(server.state.certificate)) == ("none", "good")
    assert server.state.size == Smtp().state.size
    assert [each.times for each in server.plan.faults] == [1]
    assert server.plan.times_acted(0) == 0


def test_a_providers_smtp_service_is_restored_to_what_the_vendor_does() -> None:
    with SendGrid(smtp={"size": 1000}).running() as api:
        username, auth = api.smtp.username, api.smtp.state.auth
        api.smtp.change(auth={"mechanisms": ["LOGIN"]}, size=10)
        api.smtp.restore()
        assert (api.smtp.username, api.smtp.state.auth) == (username, auth)
        assert api.smtp.state.size == 1000


def test_only_connections_on_which_nothing_goes_on_are_closed() -> None:
    late: dict[str, Any] = {"at": "request[2]", "do": "late", "wait": "1x"}
    with SendGrid(faults=[late]).running() as api, ThreadPoolExecutor() as pool:
        trust = ssl.create_default_context(cafile=api.ca_file)
        with httpx.Client(verify=trust, trust_env=False, timeout=30) as client:
            assert client.get(f"{api.base_url}/v3/scopes").status_code == 401
            _close_idle(api, acted=0)
            answer = pool.submit(client.get, f"{api.base_url}/v3/scopes")
            _close_idle(api, acted=1)
            assert answer.result(30).status_code == 401
    closed = [event.connection for event, fact in api.transcript.of(Closed) if fact.by == "fake"]
    assert closed[0] == 1
    assert len(list(api.transcript.of(Connected))) == 2


def _close_idle(api: Any, *, acted: int) -> None:
    """Have the fake close what is idle, once so many faults have acted; wait until it has."""

    async def close() -> None:
        api.close_idle()

    while len(list(api.transcript.of(FaultActed))) < acted:
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), api._loop).result(30)
    asyncio.run_coroutine_threadsafe(close(), api._loop).result(30)
