"""`do: refuse`: which refusals a vendor has is known when the file is read."""

from __future__ import annotations

import pytest

from harness.errors import ScenarioError
from harness.scenario.case import Case
from harness.scenario.expansion import expand
from harness.scenario.loading import loads

_FORM = """\
title: A title that is long enough
verifies: [ORY-035]
axes: {case: [rate-limited, suspended, @of_axis@]}
given:
  api:
    provider: sendgrid
    faults:
      - at: @at@
        do: refuse
        case: @case@
        fill: @fill@
        times: 1
        then:
          do: refuse
          case: @then@
  also:
    other:
      provider: postmark
      faults: [{at: request, do: refuse, case: @other@}]
when: {send: {}}
then: {sender: {status: failed}}
control: {api: {faults: []}}
"""
CASE, FILL, THEN_DO, THEN, OTHER = 10, 11, 14, 15, 19
USUAL = {
    "of_axis": "bad-key", "at": "request", "case": "rate-limited", "fill": "{}", "then": "bad-key",
    "other": "maintenance",
}  # fmt: skip


def read(**parts: str) -> tuple[Case, ...]:
    text = _FORM
    for name, part in {**USUAL, **parts}.items():
        text = text.replace(f"@{name}@", part)
    return expand(loads(text, source="a.yaml"), "a")


def refused(**parts: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(**parts)
    return [line.removeprefix("a.yaml:") for line in str(caught.value).splitlines()]


def test_refusals_that_there_are_are_read() -> None:
    control, *cases = read(case='"{case}"')
    assert len(cases) == 3
    assert control.id == "a[control]"


@pytest.mark.parametrize(
    ("parts", "line", "said"),
    [
        ({"case": "rate-limit"}, CASE, ("given.api.faults.0.case: there is no refusal "
         "'rate-limit', did you mean rate-limited? (choose from bad-key, no-key, ")),
        ({"case": "maintenance"}, CASE, ("given.api.faults.0.case: there is no refusal "
         "'maintenance' (choose from bad-key, no-key, ")),
        ({"then": "bad-token"}, THEN, "given.api.faults.0.then.case: there is no refusal "),
        ({"other": "bad-key"}, OTHER, "given.also.other.faults.0.case: there is no refusal "),
        ({"case": "unknown-query-field", "fill": "{feld: x}"}, FILL, ("given.api.faults.0.fill."
         "feld: unknown-query-field has no variable part 'feld' to fill with a text, did you mean "
         "field? (choose from field)")),
        ({"at": "connect"}, THEN_DO, ("given.api.faults.0.then.do: refuse acts at no other moment "
         "than auth, ")),
    ],
)  # fmt: skip
def test_one_that_there_is_not_is_told_with_its_line(
    parts: dict[str, str], line: int, said: str
) -> None:
    [told] = refused(**parts)
    assert told.startswith(f"{line}: {said}")


def test_an_axis_is_checked_too() -> None:
    [told] = refused(case='"{case}"', of_axis="no-such-thing")
    assert "there is no refusal 'no-such-thing'" in told
