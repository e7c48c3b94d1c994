"""What clients that are not ours make of each refusal: the table of docs/provider-sdks.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from .foreign import CLIENTS, DOMAIN, ForeignClient, ForeignStage
from .refusal_causes import CAUSES, V2

pytestmark = pytest.mark.whole

_TABLE = Path(__file__).with_name("refusals_told.yaml")
TOLD: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
_ASKS_NOTHING = " (asks nothing)"


def rows() -> Iterator[Any]:
    for client in CLIENTS:
        for refusal, told in TOLD[client.provider].items():
            is_meant = client.provider != "ses" or refusal.startswith(V2) == (client.api == "v2")
            if client.column in told and is_meant:
                name = f"{client}-{refusal}"
                yield pytest.param(client, refusal, told[client.column], id=name)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForeignStage]:
    stage = ForeignStage(tmp_path_factory.mktemp("foreign"))
    yield stage
    stage.close()


@pytest.mark.parametrize(("client", "refusal", "told"), list(rows()))
def test_a_client_makes_of_a_refusal_what_the_table_says(
    stage: ForeignStage,
    requires_program: Callable[[str], str],
    client: ForeignClient,
    refusal: str,
    told: str,
) -> None:
    cause = CAUSES[client.provider][refusal.removeprefix(V2)]
    fake = stage.set(client.provider, **cause.account)
    answer = stage.send(
        client,
        requires_program(client.program),
        credentials=cause.credentials,
        region=cause.region,
        domain=cause.domain or DOMAIN,
        **cause.message,
    )
    assert answer["status"] == "failed"
    assert answer["error"]["message"]
    assert not fake.messages
    # The rules are pure: asked again, they say which refusal it was that the client was told.
    cases = [
        fake.provider.answer(fake.account, each, region=fake.region, now=datetime.now(UTC))
        for each in fake.requests
    ]
    asks = not told.endswith(_ASKS_NOTHING)
    assert [outcome.response.case for outcome in cases] == ([refusal] if asks else [])
    assert said(answer["client"]) == told.removesuffix(_ASKS_NOTHING)


def said(client: dict[str, Any]) -> str:
    """The type of the error, the status, the code, what was read of the recipients."""
    statuses = {status for status, _ in client.get("recipients", {}).values()}
    parts = [client["type"], client.get("status"), client.get("code"), *sorted(statuses)]
    return " ".join(str(part) for part in parts if part)


def test_the_table_has_a_line_for_each_client_and_cause() -> None:
    for client in CLIENTS:
        prefix = V2 if client.api == "v2" else ""
        for refusal in CAUSES[client.provider]:
            assert client.column in TOLD[client.provider][f"{prefix}{refusal}"], (client, refusal)
