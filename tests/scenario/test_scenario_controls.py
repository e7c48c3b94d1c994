"""Controls: the twin that differs in one value, and must succeed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.errors import ScenarioError
from harness.evidence_record import fingerprint
from harness.model import Level
from harness.scenario.case import Case

Cases = Callable[..., tuple[Case, ...]]
Refused = Callable[..., list[str]]

GO_BAD = "{change: {smtp: {certificate: expired}}}"
PARTS = "choose from smtp, submission, api, also, send, configure"
NO_PART = f"there is no such key; {PARTS}"
NO_SMTPD = f"there is no such key, did you mean smtp? ({PARTS})"
SAME = "control: the control does not differ from the case"
TWO = "control: a control differs in one value, this one in 2"
CONTROL = "control: a negative scenario needs its twin that succeeds"


def test_a_control_comes_before_its_case_and_is_named_after_it(cases: Cases) -> None:
    control, case = cases()
    assert (control.id, case.id) == ("folder/name[control]", "folder/name")
    assert case.control == control.id
    assert control.is_control
    assert control.control is None
    assert control.rows == ()
    assert control.title == "Control of folder/name: the message is sent with smtp.certificate good"


def test_a_control_differs_in_that_value_alone(cases: Cases) -> None:
    control, case = cases(smtp="{certificate: expired, size: 9, auth: {required: true}}")
    assert str(control.given.smtp.certificate) == "good"
    assert (
        control.given.smtp.model_copy(update={"certificate": case.given.smtp.certificate})
        == case.given.smtp
    )
    assert control.steps == case.steps


def test_a_control_may_change_what_is_sent(cases: Cases) -> None:
    control, case = cases(
        smtp="{}",
        when="{send: {message: {subject: a, text: b}}}",
        control="{send: {message: {subject: c}}}",
    )
    assert control.sends[0].message == {"subject": "c", "text": "b"}
    assert case.sends[0].message == {"subject": "a", "text": "b"}


def test_a_message_that_a_control_puts_right_is_checked(cases: Cases) -> None:
    with pytest.raises(
        ScenarioError, match=r"control\.send\.message\.subjekt: there is no such key"
    ):
        cases(smtp="{}", when="{send: {}}", control="{send: {message: {subjekt: c}}}")


def test_a_control_may_take_all_faults_away(cases: Cases) -> None:
    control, case = cases(
        smtp="{faults: [{at: ehlo, do: close}, {at: helo, do: close}]}",
        control="{smtp: {faults: []}}",
    )
    assert len(case.given.smtp.faults) == 2
    assert control.given.smtp.faults == ()


def test_a_control_may_change_another_server(cases: Cases) -> None:
    control, _ = cases(smtp="{}", control="{also: {other: {size: 5}}}")
    assert control.given.other_smtp_servers["other"].size == 5


def test_cases_with_the_same_control_share_it(cases: Cases) -> None:
    made = cases(
        axes="{mode: [starttls, tls], certificate: [expired, self-signed]}",
        smtp='{security: "{mode}", certificate: "{certificate}"}',
    )
    assert [case.id for case in made] == [
        "folder/name[mode=starttls,control]",
        "folder/name[mode=starttls,certificate=expired]",
        "folder/name[mode=starttls,certificate=self-signed]",
        "folder/name[mode=tls,control]",
        "folder/name[mode=tls,certificate=expired]",
        "folder/name[mode=tls,certificate=self-signed]",
    ]
    assert made[1].control == made[2].control == made[0].id
    assert made[4].control == made[5].control == made[3].id


def test_controls_that_differ_never_share_an_id(cases: Cases) -> None:
    # The first and the last have one control, the two between them another.
    made = cases(
        axes="{a: {p: {size: 5}, q: {size: 6}}, b: [x, z]}",
        smtp='{certificate: expired, size: "{a.size}"}',
        when='{send: {ehlo_name: "{b}"}}',
    )
    controls = [case.id for case in made if case.is_control]
    assert len(controls) == len(set(controls)) == 4
    crossed = cases(
        axes="{a: {p: {x: 5}, q: {x: 6}}, b: [x, z], "
        "size: {one: {}, two: {}}, except: [{b: x, size: two}, {b: z, size: one}]}",
        smtp='{certificate: expired, size: "{a.x}", ehlo: ["{b}"]}',
        control='{smtp: {ehlo: ["{a}-{b}"]}}',
    )
    ids = [case.id for case in crossed]
    assert len(ids) == len(set(ids))
    assert {case.control for case in crossed if not case.is_control} == {
        case.id for case in crossed if case.is_control
    }


def test_a_positive_scenario_needs_no_control(cases: Cases) -> None:
    [case] = cases(smtp="{}", sender="{status: sent}", control="null")
    assert case.control is None


@pytest.mark.parametrize(
    "parts",
    [
        {"sender": "{status: failed}"},
        {"sender": "{status: [failed]}"},
        {"sender": "{status: failed}", "wire": "{auth: once}"},
        {"sender": "{}", "wire": "{messages: never}"},
        {"sender": "{status: [sent, failed]}", "wire": "{messages: never}"},
        {"sender": "{status: [sent, failed]}", "wire": "{auth: at most 3, mail: never}"},
        {"sender": "{}", "wire": "{auth: never}"},
        {"sender": "{error: {phase: tls}}"},
        {"sender": "{}", "wire": "{mechanisms: [PLAIN]}"},
    ],
)
def test_a_scenario_that_silence_would_pass_needs_a_control(
    parts: dict[str, str], refused: Refused
) -> None:
    [told] = refused(control="null", **parts)
    assert told.partition(": ")[2] == CONTROL


@pytest.mark.parametrize(
    "parts",
    [
        {"sender": "{status: sent}", "wire": "{auth: never}"},
        {"sender": "{status: [sent, failed]}", "wire": "{auth: once}"},
        {"sender": "{}", "wire": "{messages: some}"},
        {"sender": "{}", "wire": "{message: intact}"},
        {"sender": "{}", "wire": "{tls-versions: modern}"},
        {"when": f"[{{send: {{}}, expect: {{status: sent}}}}, {GO_BAD}, {{send: {{}}}}]"},
    ],
)
def test_a_scenario_that_silence_would_fail_needs_none(parts: dict[str, str], cases: Cases) -> None:
    assert len(cases(control="null", **parts)) == 1


@pytest.mark.parametrize(
    ("control", "told"),
    [
        ("{smtp: {certificate: good, size: 5}}", TWO),
        ("{smtp: {certificate: good}, send: {verify: false}}",
         TWO),
        ("{smtp: {certificate: expired}}", SAME),
        ("{smtp: {size: 33554432}}", SAME),
        ("{smtp: {}}", SAME),
        ("{}", SAME),
        ("{smtpd: {certificate: good}}", f"control.smtpd: {NO_SMTPD}"),
        ("{then: {}}", f"control.then: {NO_PART}"),
        ("{smtp: {certifcate: good}}", "control.smtp.certifcate: there is no such key"),
        ("{smtp: {security: ssl}}", "control.smtp.security: there is no 'ssl'; choose from"),
        ("{smtp: 5}", "control.smtp: a mapping is due"),
        ("{send: {verfy: false}}", "control.send.verfy: there is no such key"),
        ("[]", "control: a mapping is due"),
        ("5", "control: a mapping is due"),
    ],
)  # fmt: skip
def test_a_control_that_makes_no_sense(
    control: str, told: str, refused: Refused, line_of: Callable[[str], int]
) -> None:
    [complaint] = refused(control=control)
    assert complaint.startswith(f"{line_of('control')}: {told}")


def test_what_a_control_is_asked_follows_from_what_it_is(cases: Cases) -> None:
    control, case = cases(
        smtp="{}", when="{send: {verify: false}}", control="{send: {verify: true}}", needs="[uri]"
    )
    assert "verify:false" in case.needs
    assert "verify:false" not in control.needs
    assert {"smtp", "security:starttls", "uri"} <= control.needs


def test_a_control_of_several_sends_keeps_the_steps_and_expects_nothing_of_its_own(
    cases: Cases,
) -> None:
    control, _ = cases(
        smtp="{faults: [{at: mail, do: close}]}",
        when="[{send: {}, expect: {status: failed}}, {change: {smtp: {size: 5}}}, {send: {}}]",
        control="{smtp: {faults: []}}",
    )
    assert [step.expect for step in control.steps] == [None, None, None]
    assert [step.change is not None for step in control.steps] == [False, True, False]


def test_decides_and_levels_name_clauses_with_or_without_their_place(cases: Cases) -> None:
    for name in ("wire.auth", "auth"):
        _, case = cases(
            situations="[CERT-02]",
            wire="{auth: never}",
            decides=f"{{{name}: [CERT-02], sender.status: [ORY-035]}}",
            levels=f"{{{name}: SHOULD}}",
        )
        assert case.then is not None
        assert case.then.decides["auth"] == ("CERT-02",)
        assert case.then.levels["auth"] == "SHOULD"


def test_a_control_may_be_a_smaller_matter(cases: Cases) -> None:
    control, case = cases(levels="{control: SHOULD}")
    assert (control.level, case.level) == (Level.SHOULD, Level.MUST)
    assert fingerprint(control) != fingerprint(replace(control, level=Level.MUST))
    control, _ = cases(axes="{a: [MUST, SHOULD]}", levels='{control: "{a}"}')[:2]
    assert control.level is Level.MUST  # the highest of those that share it


def test_a_clause_may_be_named_by_what_is_around_it(cases: Cases) -> None:
    _, case = cases(
        sender="{status: failed, error: {phase: tls, says: x}}",
        decides="{sender: [ORY-035], sender.error: [ORY-035], sender.error.says: [ORY-035]}",
    )
    assert case.then is not None
    assert len(case.then.decides) == 3
