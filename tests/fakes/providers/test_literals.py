"""Vendors' own words: each literal that is known is found in a response of the fake.

`literals.yaml` has them, independently of the refusals in the code, with what provokes them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from harness.fakes.http.exchange import Request, Response
from harness.fakes.marks import Mark
from harness.fakes.providers.registry import provider, provider_names

from .ses_requests import signed

NOW = datetime(2026, 11, 20, 20, 56, 50, tzinfo=UTC)
LITERALS: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("literals.yaml").read_text(encoding="utf-8")
)
ENOUGH = 8


def _laid_over(whole: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping with its members changed, one level deeper too; None takes a member away."""
    changed = dict(whole)
    for name, value in changes.items():
        ours = changed.get(name)
        if isinstance(ours, dict) and isinstance(value, dict):
            changed[name] = {k: v for k, v in {**ours, **value}.items() if v is not None}
        else:
            changed[name] = value
    return {name: value for name, value in changed.items() if value is not None}


def _body(asked: Mapping[str, Any]) -> bytes:
    if "json" in asked:
        return json.dumps(asked["json"]).encode()
    if "form" in asked:
        return urlencode(asked["form"]).encode()
    return str(asked.get("raw", "")).encode()


def _request(asked: Mapping[str, Any]) -> Request:
    headers = tuple(asked["headers"].items())
    if "signing" in asked:
        return signed(
            asked["method"],
            asked["target"],
            body=_body(asked),
            headers=headers,
            at=NOW,
            **asked["signing"],
        )
    return Request(
        method=asked["method"], target=asked["target"], headers=headers, body=_body(asked)
    )


def _served(name: str, row: Mapping[str, Any]) -> Response:
    """What the fake answers to the row's request in the row's state."""
    vendor = LITERALS[name]
    rules = provider(name)
    words = {**vendor["account"], **row.get("account", {})}
    account = rules.furnished(rules.account_type.model_validate(words), vendor["credentials"])
    asked = _laid_over(vendor["requests"][row["request"]], row.get("changes", {}))
    return rules.answer(account, _request(asked), region=vendor["region"], now=NOW).response


def _rows() -> Iterator[Any]:
    for name, vendor in LITERALS.items():
        for row in vendor["rows"]:
            yield pytest.param(name, row, id=f"{name}-{row['section']}-{row['case']}")


@pytest.mark.parametrize(("name", "row"), list(_rows()))
def test_a_known_literal_is_served(name: str, row: dict[str, Any]) -> None:
    response = _served(name, row)
    said = response.body.decode()
    assert response.status == row.get("status", response.status), said
    if "body" in row:
        assert said == row["body"]
    elif "part" in row:
        assert row["part"] in said
    else:
        header, value = row["header"]
        assert response.header(header) == value
    assert response.mark is not Mark.SYNTHETIC


@pytest.mark.parametrize(("name", "row"), list(_rows()))
def test_no_vendor_true_answer_says_when_to_try_again(name: str, row: dict[str, Any]) -> None:
    """But for those that do, which say so here."""
    says_when = _served(name, row).header("Retry-After") is not None
    assert says_when is row.get("says_when", False)


def test_every_provider_has_literals_enough() -> None:
    counts = Counter({name: len(vendor["rows"]) for name, vendor in LITERALS.items()})
    assert {name: counts[name] for name in provider_names() if counts[name] < ENOUGH} == {}


def test_every_literal_is_of_a_section_and_known_somehow() -> None:
    for name, vendor in LITERALS.items():
        for row in vendor["rows"]:
            assert Mark(row["mark"]) is not Mark.SYNTHETIC, (name, row["case"])
            assert row["section"].count(".") == 1, (name, row["case"])
            assert len({"body", "part", "header"} & row.keys()) == 1, (name, row["case"])
