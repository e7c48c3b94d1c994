"""Every wrong sender there is, and the figures about them: `python -m tests.teeth.gallery`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.scenario.case import Case
from harness.scenario.library import load_library

from . import (
    wrong_api,
    wrong_api_messages,
    wrong_api_outcomes,
    wrong_auth,
    wrong_certificates,
    wrong_config,
    wrong_elsewhere,
    wrong_mailgun,
    wrong_mandrill,
    wrong_message,
    wrong_modes,
    wrong_network,
    wrong_postmark,
    wrong_reports,
    wrong_sendgrid,
    wrong_ses,
    wrong_sparkpost,
    wrong_starttls,
    wrong_submission,
    wrong_tls,
)
from .convictions import Wrong, wrong_senders

FAMILIES = (
    wrong_modes,
    wrong_certificates,
    wrong_tls,
    wrong_starttls,
    wrong_auth,
    wrong_config,
    wrong_network,
    wrong_reports,
    wrong_api,
    wrong_api_messages,
    wrong_api_outcomes,
    wrong_elsewhere,
    wrong_message,
    wrong_ses,
    wrong_sendgrid,
    wrong_sparkpost,
    wrong_mailgun,
    wrong_mandrill,
    wrong_postmark,
    wrong_submission,
)
WRONG: tuple[Wrong, ...] = tuple(wrong_senders(*FAMILIES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How much of the library is proved to bite. `negative`: cases with a control."""

    wrong_senders: int
    cases: int
    convicting: int
    negative: int
    negative_convicting: int
    clauses: int
    clauses_proved: int

    def __str__(self) -> str:
        return (
            f"{self.wrong_senders} wrong senders; of {self.cases} cases {self.convicting} convict "
            f"one of them, of {self.negative} negative ones {self.negative_convicting}; of "
            f"{self.clauses} clauses {self.clauses_proved} are what convicts one"
        )


def convicting(library: Sequence[Case]) -> dict[str, set[str]]:
    """The checks by which a case has to convict some wrong sender, by the case's id."""
    found: dict[str, set[str]] = {}
    for wrong in WRONG:
        for case, checks in wrong.cases(library).items():
            found.setdefault(case, set()).update(checks)
    return found


def clauses(library: Sequence[Case]) -> dict[str, set[str]]:
    """What each scenario asks by itself, as names of checks."""
    found: dict[str, set[str]] = {}
    for case in library:
        if case.then is None:
            continue
        asked = found.setdefault(case.scenario, set())
        asked.update(case.then.asked())
        sender = case.then.sender
        if sender is None:
            continue
        # Where both will do, nobody can get it wrong.
        asked.update({"sender.status"} if sender.status and len(sender.status) == 1 else ())
        if sender.error is not None:
            said = sender.error.model_dump(by_alias=True)
            asked.update(f"sender.error.{word}" for word, value in said.items() if value)
            asked.update({"sender.error.temporary"} if said["temporary"] is False else ())
    return found


def unproved_clauses(library: Sequence[Case]) -> dict[str, set[str]]:
    """The clauses of each scenario by which nobody has to be convicted."""
    proved: dict[str, set[str]] = {}
    for case, checks in convicting(library).items():
        proved.setdefault(case.partition("[")[0], set()).update(checks)
    left = {
        scenario: asked - proved.get(scenario, set())
        for scenario, asked in clauses(library).items()
    }
    return {scenario: asked for scenario, asked in left.items() if asked}


def figures(library: Sequence[Case]) -> Figures:
    """Count."""
    asking = [case for case in library if not case.is_control]
    negative = [case for case in asking if case.control is not None]
    proved = convicting(library)
    every = sum(len(asked) for asked in clauses(library).values())
    return Figures(
        wrong_senders=len(WRONG),
        cases=len(asking),
        convicting=sum(case.id in proved for case in asking),
        negative=len(negative),
        negative_convicting=sum(case.id in proved for case in negative),
        clauses=every,
        clauses_proved=every - sum(len(left) for left in unproved_clauses(library).values()),
    )


if __name__ == "__main__":
    print(figures(load_library().cases))  # noqa: T201  # this is what it is for
