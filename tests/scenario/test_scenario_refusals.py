"""Scenarios that make no sense: each is refused with its line, its path and the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import get_args

import pytest

from harness.checks.claims import SenderClause
from harness.errors import ScenarioError
from harness.fakes.faults import Action, Stage
from harness.fakes.listener import Network
from harness.fakes.smtp.state import Mechanism
from harness.fakes.tls import CertificateKind
from harness.protocol import ErrorClass, Phase
from harness.scenario.expansion import expand
from harness.scenario.loading import loads

NO_DEED = (
    "a step does one thing, and here is nothing: choose from send, test-send, change, configure, "
    "state, deliveries, restart, instances"
)

Refused = Callable[..., list[str]]

COUNTS = "no count: write never, once, some, a number, 'at least n' or 'at most n'"
NO_KEY = "there is no such key"
HINT = re.compile(f"(?<={NO_KEY})[,;] .*")
TEXT_5 = "a text is due: put 5 in quotes"

MISTAKES = [
    # Words that do not exist, at every depth.
    ("more", "tittle: x", "tittle: there is no such key"),
    ("smtp", "{certifcate: good}", f"given.smtp.certifcate: {NO_KEY}"),
    ("smtp", "{auth: {mechanism: [LOGIN]}}", f"given.smtp.auth.mechanism: {NO_KEY}"),
    ("smtp", "{bind_port: 25}", f"given.smtp.bind_port: {NO_KEY}"),
    ("when", "{sned: {}}", f"when.sned: {NO_KEY}"),
    ("when", "[{send: {}}, {send: {verfy: true}}]", f"when.1.send.verfy: {NO_KEY}"),
    ("when", "{send: {message: {subjct: x}}}", f"when.send.message.subjct: {NO_KEY}"),
    ("when", "{send: {message: {from: {mail: x}}}}",
     f"when.send.message.from.address: this is missing|when.send.message.from.mail: {NO_KEY}"),
    ("when", "[{send: {}, expect: {state: sent}}]", f"when.0.expect.state: {NO_KEY}"),
    ("when", "[{send: {}}, {change: {smtp: {}, smpt: {}}}]",
     f"when.1.change.smpt: {NO_KEY}"),
    ("when", "[{send: {}}, {change: {smtp: {certifcate: good}}}]",
     f"when.1.change.smtp.certifcate: {NO_KEY}"),
    ("sender", "{satus: sent}", f"then.sender.satus: {NO_KEY}"),
    ("sender", "{error: {code: 550}}", f"then.sender.error.code: {NO_KEY}"),
    ("wire", "{atuh: never}", f"then.wire.atuh: {NO_KEY}"),
    # Things of another kind than is due.
    ("smtp", "[]", "given.smtp: a mapping is due"),
    ("smtp", "null", "given.smtp: a mapping is due"),
    ("smtp", '{port: "587"}', "given.smtp.port: a whole number is due"),
    ("smtp", "{port: 58.7}", "given.smtp.port: a whole number is due"),
    ("smtp", "{port: 70000}", "given.smtp.port: at most 65535 is due"),
    ("smtp", "{size: 0}", "given.smtp.size: at least 1 is due"),
    ("smtp", '{smtputf8: "true"}', "given.smtp.smtputf8: true or false is due"),
    ("smtp", "{hostname: 5}", f"given.smtp.hostname: {TEXT_5}"),
    ("smtp", "{hostname: true}", "given.smtp.hostname: a text is due: put true in quotes"),
    ("smtp", '{hostname: "a\\r\\nb"}', "given.smtp.hostname: it has to be a single line"),
    ("smtp", "{ehlo: SIZE}", "given.smtp.ehlo: a list is due"),
    ("smtp", "{ehlo: [5]}", f"given.smtp.ehlo.0: {TEXT_5}"),
    ("smtp", "{tls_versions: [TLSv1.2]}", "given.smtp.tls_versions.1: this is missing"),
    ("smtp", "{tls_versions: TLSv1.2}", "given.smtp.tls_versions: a list is due"),
    ("smtp", "{auth: {prompts: [a]}}", "given.smtp.auth.prompts.1: this is missing"),
    ("when", "{send: 5}", "when.send: a mapping is due"),
    ("when", "5", "when: a list is due"),
    ("when", "{send: {verify: 1}}", "when.send.verify: true or false is due"),
    ("when", "{send: {username: 5}}", f"when.send.username: {TEXT_5}"),
    ("when", "{send: {message: {to: x}}}", "when.send.message.to: a list is due"),
    ("when", "{send: {message: {subject: 5}}}", f"when.send.message.subject: {TEXT_5}"),
    ("sender", "{error: {temporary: 1}}", "then.sender.error.temporary: true or false is due"),
    ("sender", '{error: {reply_code: "550"}}',
     "then.sender.error.reply_code: a whole number is due"),
    ("sender", "{error: {reply_code: 199}}", "then.sender.error.reply_code: at least 200 is due"),
    ("sender", "{error: {says: [5]}}", f"then.sender.error.says.0: {TEXT_5}"),
    ("sender", '{error: {says: "("}}', ("then.sender.error.says: '(' is no regular expression: "
     "missing ), unterminated subpattern at position 0")),
    ("sender", "{attempts: twice}", f"then.sender.attempts: 'twice' is {COUNTS}"),
    ("wire", "{auth: twice}", f"then.wire.auth: 'twice' is {COUNTS}"),
    ("wire", "{auth: 1.5}", f"then.wire.auth: 1.5 is {COUNTS}"),
    ("wire", "{auth: true}", f"then.wire.auth: true is {COUNTS}"),
    ("wire", "{auth: -1}", f"then.wire.auth: -1 is {COUNTS}"),
    ("wire", "{auth: [1]}", f"then.wire.auth: [1] is {COUNTS}"),
    ("wire", "{auth: at least once}", f"then.wire.auth: 'at least once' is {COUNTS}"),
    ("wire", "{mechanisms: LOGIN}", "then.wire.mechanisms: a list is due"),
    ("wire", "{sni: 5}", f"then.wire.sni: {TEXT_5}"),
    ("verifies", "ORY-035", "verifies: a list is due"),
    ("title", "short", "title: at least 10 characters are due"),
    # Faults: what they do is a union, which must not show.
    ("smtp", "{faults: [{at: ehlo}]}", "given.smtp.faults.0.do: this is missing"),
    ("smtp", "{faults: [{do: close}]}", "given.smtp.faults.0.at: this is missing"),
    ("smtp", "{faults: [{at: ehlo, do: reply}]}", "given.smtp.faults.0.code: this is missing"),
    ("smtp", "{faults: [{at: ehlo, do: reply, code: 250, txt: a}]}",
     f"given.smtp.faults.0.txt: {NO_KEY}"),
    ("smtp", "{faults: [{at: ehlo, do: reply, code: 199}]}",
     "given.smtp.faults.0.code: at least 200 is due"),
    ("smtp", "{faults: [{at: ehlo, do: reply, code: 600}]}",
     "given.smtp.faults.0.code: at most 599 is due"),
    ("smtp", '{faults: [{at: ehlo, do: reply, code: "250"}]}',
     "given.smtp.faults.0.code: a whole number is due"),
    ("smtp", "{faults: [{at: ehlo, do: late, wait: 5}]}", f"given.smtp.faults.0.wait: {TEXT_5}"),
    ("smtp", "{faults: [{at: ehlo, do: late, wait: 5m}]}", ("given.smtp.faults.0.wait: '5m' is not "
     "a duration: write '2.5x' (of the time-out), '300ms' or '1.5s'")),
    ("smtp", "{faults: [{at: ehlo, do: close, times: 0}]}",
     "given.smtp.faults.0.times: at least 1 is due"),
    ("smtp", "{faults: [{at: ehlo, do: close, then: {do: close}}]}", ("given.smtp.faults.0.then: "
     "needs times: without it the first action never ends")),
    ("smtp", "{faults: [{at: ehlo, do: close, times: 1, then: close}]}",
     "given.smtp.faults.0.then: a mapping is due"),
    ("smtp", "{faults: [close]}", "given.smtp.faults.0: a mapping is due"),
    ("smtp", "{faults: {at: ehlo, do: close}}", "given.smtp.faults: a list is due"),
    # Words that make no sense together.
    ("smtp", "{username: a}", ("given.smtp: username and password go together: give both or "
     "neither")),
    ("smtp", "{security: tls, starttls: absent}", ("given.smtp.starttls: says nothing where "
     "security is 'tls'")),
    ("when", "{send: null}", f"when: {NO_DEED}"),
    ("when", "[{send: {}}, {}]", f"when.1: {NO_DEED}"),
    ("when", "[{change: {smtp: {}}}]", ("when: has no send, nor anything else that the sender is "
     "asked")),
    # Rows.
    ("verifies", "[]", "verifies: this or situations has to name at least one row"),
    ("verifies", "[CERT-02]", "verifies: CERT-02 is a situation, not a requirement"),
    ("situations", "[ORY-035]", "situations: ORY-035 is a requirement, not a situation"),
    ("situations", "[CERT-999]", ("situations: no requirement or situation has the id 'CERT-999'; "
     "the nearest are CERT-39, CERT-19, CERT-09")),
    ("decides", "{sender.status: [ORY-036]}", ("then.decides.sender.status: ORY-036 is no row of "
     "this scenario")),
    ("decides", "{auth: [ORY-035]}", ("then.decides.auth: nothing of that name is asked here; "
     "choose from sender, sender.status")),
    ("levels", "{sender.staus: SHOULD}", ("then.levels.sender.staus: nothing of that name is asked "
     "here, did you mean sender.status? (choose from sender, sender.status)")),
    ("levels", "{sender.status: often}", ("then.levels.sender.status: there is no 'often'; choose "
     "from MUST, SHOULD, MAY, INFO")),
    ("levels", "{control: MAY}", ("then.levels.control: a control that may fail proves nothing; "
     "choose from MUST, SHOULD")),
]  # fmt: skip

# Words that are not on a list: the list is in the complaint.
ACTIONS = [
    get_args(kind.model_fields["do"].annotation)[0] for kind in get_args(get_args(Action)[0])
]
CHOICES: list[tuple[str, str, str, str, Iterable[str]]] = [
    ("smtp", "{security: ssl}", "given.smtp.security", "'ssl'", ["none", "starttls", "tls"]),
    ("smtp", "{network: dead}", "given.smtp.network", "'dead'", Network),
    ("smtp", "{auth: {mechanisms: [NTLM]}}", "given.smtp.auth.mechanisms.0", "'NTLM'",
     get_args(Mechanism)),
    ("smtp", "{certificate: rotten}", "given.smtp.certificate", "'rotten'", CertificateKind),
    ("smtp", "{certificate: 5}", "given.smtp.certificate", "5", CertificateKind),
    ("smtp", "{default_certificate: x}", "given.smtp.default_certificate", "'x'", CertificateKind),
    ("sender", "{status: maybe}", "then.sender.status", "'maybe'", ["sent", "queued", "failed"]),
    ("sender", "{status: [sent, no one]}", "then.sender.status.1", "'no one'",
     ["sent", "queued", "failed"]),
    ("sender", "{error: {phase: lunch}}", "then.sender.error.phase", "'lunch'", Phase),
    ("sender", "{error: {class: [stalled, rotten]}}", "then.sender.error.class.1", "'rotten'",
     ErrorClass),
    ("wire", "{first-octets: http}", "then.wire.first-octets", "'http'", ["tls", "smtp"]),
    ("smtp", "{faults: [{at: ehlo, do: explode}]}", "given.smtp.faults.0.do", "'explode'", ACTIONS),
    ("smtp", "{faults: [{at: ehlo, do: close, times: 1, then: {do: explode}}]}",
     "given.smtp.faults.0.then.do", "'explode'", ACTIONS),
]  # fmt: skip


@pytest.mark.parametrize(("part", "text", "expected"), MISTAKES)
def test_a_mistake_is_told_with_line_path_and_reason(
    part: str, text: str, expected: str, refused: Refused, line_of: Callable[[str], int]
) -> None:
    line = line_of(part)
    told = [HINT.sub("", each) for each in refused(**{part: text})]
    assert told == [f"{line}: {each}" for each in expected.split("|")]


@pytest.mark.parametrize(
    ("part", "text", "meant", "choices"),
    [
        ("more", "tittle: x", "title", ["verifies", "control", "axes"]),
        ("smtp", "{certifcate: good}", "certificate", ["security", "host", "faults"]),
        ("smtp", "{auth: {mechanism: [LOGIN]}}", "mechanisms", ["offer", "prompts_encoded"]),
        ("smtp", "{faults: [{at: ehlo, do: reply, code: 250, txt: a}]}", "text",
         ["at", "times", "connection", "then", "do", "code", "close"]),
        ("smtp", "{faults: [{at: ehlo, do: close, times: 1, then: {do: stall, octet: 5}}]}",
         "octets", ["at", "do"]),
        ("when", "[{send: {}}, {send: {verfy: true}}]", "verify", ["server_name", "message"]),
        ("when", "[{send: {}}, {change: {smtp: {sise: 5}}}]", "size", ["auth", "port"]),
        ("when", "{send: {message: {subjct: x}}}", "subject", ["from", "attachments"]),
        ("wire", "{anonymous-message: never}", "anonymous-messages", ["added-headers", "sni"]),
        ("sender", "{error: {clas: stalled}}", "class", ["phase", "says"]),
        ("control", "{smpt: {certificate: good}}", "smtp", ["submission", "api", "also", "send"]),
        ("control", "{smtp: {certifcate: good}}", "certificate", ["security"]),
    ],
)  # fmt: skip
def test_an_unknown_key_is_told_with_the_nearest_and_the_keys_that_there_are(
    part: str, text: str, meant: str, choices: list[str], refused: Refused
) -> None:
    [told] = refused(**{part: text})
    hint = re.search(rf"{NO_KEY}, did you mean (\S+)\? \(choose from (.*)\)$", told)
    assert hint is not None, told
    assert hint[1] == meant
    assert {meant, *choices} <= set(hint[2].split(", "))
    assert "action" not in hint[2]


def test_a_key_that_resembles_none_is_told_with_the_keys_alone(refused: Refused) -> None:
    [told] = refused(sender="{zzz: 5}")
    choices = ", ".join(SenderClause.model_fields)
    assert told.endswith(f"then.sender.zzz: {NO_KEY}; choose from {choices}")


def test_the_nearest_value_is_told(refused: Refused) -> None:
    [told] = refused(smtp="{certificate: expird}")
    assert "there is no 'expird', did you mean expired? (choose from good, chain, expired" in told
    [told] = refused(smtp="{faults: [{at: ehlo, do: stal}]}")
    assert "there is no 'stal', did you mean stall? (choose from honest, reply" in told
    [told] = refused(needs="[conect_to]")
    assert "there is no feature 'conect_to', did you mean connect_to? (choose from" in told


@pytest.mark.parametrize(("part", "text", "path", "given", "choices"), CHOICES)
def test_an_unknown_word_is_told_with_the_words_that_there_are(
    part: str,
    text: str,
    path: str,
    given: str,
    choices: Iterable[str],
    refused: Refused,
    line_of: Callable[[str], int],
) -> None:
    known = ", ".join(choices)
    assert refused(**{part: text}) == [
        f"{line_of(part)}: {path}: there is no {given}; choose from {known}"
    ]


def test_an_unknown_moment_lists_the_moments(refused: Refused) -> None:
    [told] = refused(smtp="{faults: [{at: lunch, do: close}]}")
    assert "given.smtp.faults.0.at: 'lunch' is no moment of a session" in told
    assert ", ".join(Stage) in told


def test_an_unknown_feature_lists_the_features(refused: Refused) -> None:
    [told] = refused(needs="[connect_to, teleport]")
    assert "needs: there is no feature 'teleport'; choose from access_token, " in told
    assert ", uri, verify:false" in told


def test_several_mistakes_are_a_line_each(refused: Refused, line_of: Callable[[str], int]) -> None:
    told = refused(smtp="{certificate: 5, size: x}", wire="{auth: often}")
    assert [line.partition(": there")[0].partition(" is no")[0] for line in told] == [
        f"{line_of('smtp')}: given.smtp.certificate",
        f"{line_of('smtp')}: given.smtp.size: a whole number is due",
        f"{line_of('wire')}: then.wire.auth: 'often'",
    ]


@pytest.mark.parametrize("text", ["", "# nothing", "[]", "5", "text"])
def test_a_scenario_is_a_mapping(text: str) -> None:
    with pytest.raises(ScenarioError, match=r"^a\.yaml:1: file: a scenario is a mapping$"):
        expand(loads(text, source="a.yaml"), "a")


def test_an_empty_mapping_lacks_what_is_needed() -> None:
    with pytest.raises(ScenarioError) as caught:
        expand(loads("{}", source="a.yaml"), "a")
    assert str(caught.value).splitlines() == [
        f"a.yaml:1: {key}: this is missing" for key in ("title", "when", "then")
    ]


def test_a_step_in_a_list_is_found_on_its_own_line(refused: Refused) -> None:
    steps = "\n  - send: {}\n  - change: {smtp: {}}\n  - send: {verify: 3}"
    [told] = refused(when=steps)
    assert told.endswith("when.2.send.verify: true or false is due")
    assert int(told.partition(":")[0]) == 12
