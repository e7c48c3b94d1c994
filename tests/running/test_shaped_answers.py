"""However a fault shapes an answer, a right sender is not convicted, and everything is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from harness.fakes.faults.actions import Action
from harness.fakes.faults.moments import Stage
from harness.fakes.providers.registry import provider as rules_of
from harness.fakes.providers.registry import provider_names
from harness.model import CaseResult, Verdict

from .made_up_runs import judge

pytestmark = pytest.mark.wire

# Stands for the first that the vendor has.
REFUSAL = "<refusal>"

# Each action in the forms in which it may come.
SHAPES: dict[str, list[dict[str, Any]]] = {
    "honest": [{}],
    "late": [{"wait": "0.2x"}, {"wait": "3x"}],
    "drip": [{"every": "1ms"}, {"every": "1ms", "data": "HTTP/1.1 503 no\r\n\r\n"}],
    "inject": [{"data": "HTTP/1.1 500 junk\r\n\r\n"}, {"data": "\x00\xff"}],
    "truncate": [{"octets": 1}, {"octets": 40}, {"octets": 100_000}],
    "stall": [{}, {"octets": 20}],
    "garble": [{}],
    "repeat": [
        {"data": "HTTP/1.1 100 Continue\r\n\r\n", "every": "1ms", "most": 40},
        {"data": "x", "every": "1ms", "most": 40},
    ],
    "close": [{}, {"close_notify": False}],
    "reset": [{}],
    "reply": [{"code": 250}, {"code": 554, "text": "no"}],
    "switch": [{"first": 250, "last": 554}],
    "respond": [
        {"status": 202},
        {"status": 429, "headers": {"Retry-After": "1"}},
        {"status": 503, "body": "later", "close": True},
    ],
    "refuse": [{"case": REFUSAL}, {"case": REFUSAL, "headers": {"Retry-After": "1"}}],
}


def sequences(action: dict[str, Any]) -> list[dict[str, Any]]:
    """An action alone, and as a part of a sequence."""
    at = {"at": "request"}
    return [
        {**at, **action},
        {**at, **action, "times": 1, "then": {"do": "honest"}},
        {**at, "do": "honest", "times": 1, "then": action},
    ]


FAULTS = [
    fault
    for do, forms in SHAPES.items()
    for form in forms
    for fault in sequences({"do": do, **form})
]


def test_every_action_of_the_fault_language_is_tried() -> None:
    [union, *_] = get_args(Action)
    named = {
        each.model_fields["do"].annotation.__args__[0]
        for each in get_args(union)
        if Stage.REQUEST in each.only_at
    }
    assert set(SHAPES) == named


def scenario(provider: str, fault: dict[str, Any]) -> str:
    text = yaml.safe_dump(
        {
            "title": "An answer that a fault has shaped is told as it was",
            "situations": ["DLV-02"],
            "given": {
                "api": {
                    "provider": provider,
                    "faults": [fault],
                    "account": {"domains": [{"name": "harness.test"}]},
                }
            },
            "when": {"send": {}},
            "then": {"sender": {"status": ["sent", "failed"]}},
            "control": {"api": {"faults": []}},
        }
    )
    return text.replace(REFUSAL, next(iter(rules_of(provider).refusals)))


def is_the_machines(case: CaseResult) -> bool:
    """Whether this machine was too busy to decide it, which is told and convicts nobody."""
    return case.verdict is Verdict.ERROR and (case.reason or "").startswith("this machine")


@pytest.mark.parametrize("provider", provider_names())
def test_no_shape_of_an_answer_convicts_a_right_sender(provider: str, tmp_path: Path) -> None:
    scenarios = {f"shape-{n}": scenario(provider, fault) for n, fault in enumerate(FAULTS)}
    result = judge(tmp_path, scenarios)
    wrong = {
        case.id: (case.reason, [(each.check, each.observed) for each in case.unmet])
        for case in result.cases
        if str(case.verdict) not in {"pass", "inconclusive"} and not is_the_machines(case)
    }
    assert not wrong
    # Undecided are those only whose fault comes with a second request that nobody makes.
    undecided = [case for case in result.cases if str(case.verdict) == "inconclusive"]
    assert len(undecided) <= len(FAULTS) // 3
