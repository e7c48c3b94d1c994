"""One case in full: what was found, how to ask again, the conversation, TLS, messages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from harness.escaping import shortened
from harness.model import CaseResult, Finding, RunResult, SeenHandshake
from harness.reports.document import relative
from harness.reports.formats import Context
from harness.reports.html.elements import Child, Html, element
from harness.reports.html.mail import lines_of, shown_message
from harness.reports.html.talk import drawn
from harness.reports.html.words import command, finding, level, rows, verdict
from harness.reports.overview import Excerpt, again, answer_line, in_words, never_asked, plural

_MOST_LINES = 400
_LONGEST = 2_000


def case_sheet(
    case: CaseResult, result: RunResult, context: Context, numbers: Mapping[str, int]
) -> Html:
    """Everything there is to say of one case. `numbers` are the places of the cases in the run."""
    return element(
        "article",
        element("h2", case.title, id="sheet-title"),
        element("p", element("code", case.id), class_="id"),
        element("p", _figures(case), class_="figures"),
        _reason(case),
        _unmet(case),
        None if never_asked(case) else _again(case, result, context),
        _answer(case),
        _conversation(case),
        _handshakes(case.handshakes),
        _messages(case),
        _met([each for each in case.findings if each.met]),
        _facts(case, context, numbers),
    )


def _figures(case: CaseResult) -> Iterable[Child]:
    yield from (verdict(case.verdict), " ", level(case.level), " ")
    if case.is_control:
        yield element("span", "a control", class_="tag")
    if case.expected_failure:
        yield element("span", "expected by the baseline", class_="tag")
    yield element("span", in_words(case.duration), class_="time")


def _reason(case: CaseResult) -> Html | None:
    return element("p", shortened(case.reason, _LONGEST), class_="reason") if case.reason else None


def _unmet(case: CaseResult) -> Iterable[Html]:
    if case.unmet:
        yield element("h3", "What was found")
        yield from (finding(each, jump=True) for each in case.unmet)


def _again(case: CaseResult, result: RunResult, context: Context) -> Iterable[Html]:
    yield element("h3", "Ask it again")
    yield command(again(case, result, context.command))


def _answer(case: CaseResult) -> Iterable[Child]:
    if case.answer is None and not case.output and not case.complaints:
        return
    yield element("h3", "What the sender answered")
    if said := answer_line(case):
        yield element("p", shortened(said, _LONGEST), class_="answer")
    if case.complaints:
        yield element("ul", (element("li", each) for each in case.complaints), class_="complaints")
    if case.answer is not None:
        document = json.dumps(case.answer, indent=2, ensure_ascii=False, default=str)
        yield _folded("The whole answer", lines_of(document))
    if case.output.strip():
        yield _folded("What it wrote beside that", lines_of(case.output), is_open=not said)


def _conversation(case: CaseResult) -> Iterable[Child]:
    if not case.conversation:
        return
    cited = {event for each in case.unmet for event in each.events}
    lines = [
        Excerpt(event=event, line=line, cited=event in cited)
        for event, line in case.conversation[:_MOST_LINES]
    ]
    if (rest := len(case.conversation) - len(lines)) > 0:
        lines.append(Excerpt(left_out=rest))
    yield element("h3", "The conversation")
    yield drawn(lines, case.unmet)


def _handshakes(seen: tuple[SeenHandshake, ...]) -> Iterable[Child]:
    if not seen:
        return
    yield element("h3", "TLS")
    several = len({each.connection for each in seen}) > 1
    for each in seen:
        if several:
            yield element("h4", f"Connection {each.connection}")
        pairs = ((name, said) for name, said in _tls_facts(each) if said)
        listed = ([element("dt", name), element("dd", said)] for name, said in pairs)
        yield element("dl", listed, class_="fields")


def _tls_facts(seen: SeenHandshake) -> Iterable[tuple[str, str]]:
    yield "Result", f"failed: {seen.failure}" if seen.failure else "established"
    yield "Name asked for", seen.server_name or "none (no SNI)"
    yield "Offered", ", ".join(seen.offered)
    yield "Agreed on", f"{seen.version} {seen.cipher}".strip()
    yield "Certificate", f"{seen.certificate}: {seen.about}" if seen.about else seen.certificate
    if seen.has_to_be_refused:
        yield "Meaning", "a sender that verifies refuses this certificate; this one did not"


def _messages(case: CaseResult) -> Iterable[Child]:
    if case.messages:
        yield element("h3", "Taken by the server")
        yield from (shown_message(index, each) for index, each in enumerate(case.messages, 1))


def _met(findings: list[Finding]) -> Iterable[Child]:
    if findings:
        title = f"{plural(len(findings), 'question')} answered as expected"
        pairs = (
            [element("dt", each.check), element("dd", shortened(each.observed, _LONGEST))]
            for each in findings
        )
        yield _folded(title, element("dl", pairs, class_="rows"))


def _page(address: str) -> Html:
    """A link to a page of ours; it is followed where somebody does, and loads nothing before."""
    return element("a", address, href=address, rel="noreferrer")


def _facts(case: CaseResult, context: Context, numbers: Mapping[str, int]) -> Iterable[Child]:
    yield element("h3", "What it is about")
    yield rows((*case.requirements, *case.situations), context.describe_row)
    facts: list[tuple[str, Child]] = [
        ("Scenario", case.source or case.scenario),
        ("Axes", ", ".join(f"{axis}={value}" for axis, value in case.axes.items())),
        ("Tags", ", ".join(case.tags)),
        ("Evidence", relative(case.evidence, context.folder)),
        ("In Mailpit", [[_page(address), " "] for address in case.mail]),
    ]
    listed = [[element("dt", name), element("dd", said)] for name, said in facts if said]
    control = numbers.get(case.control or "")
    if control is not None and case.control:
        link = element("a", case.control, href=f"#case-{control}", class_="case")
        listed.append([element("dt", "Control"), element("dd", link)])
    yield element("dl", listed, class_="fields")


def _folded(summary: str, *inside: Child, is_open: bool = False) -> Html:
    return element("details", element("summary", summary), inside, open=is_open)
