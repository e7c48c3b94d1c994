"""The JUnit report: what CI servers show.

A fail is a failure and an error an error; inconclusive, unsupported and expected failures are
skipped, with the reason. What is not as a baseline expects is a failure, even where it passes,
because it gates. A suite is a folder of scenarios; what the sender was never asked, for want of a
feature, is one skipped test a feature, in a suite of its own. All text is escaped before it gets
here into XML, because XML has no way to write a control byte at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from harness.escaping import inert, shortened, visible
from harness.gate import departs, gates
from harness.model import CaseResult, RunResult, Verdict
from harness.reports.case_text import first_unmet, what_was_found, what_was_said
from harness.reports.document import in_utc, relative, seconds
from harness.reports.formats import Context, WholeFormat
from harness.reports.overview import (
    Unasked,
    again,
    departure,
    never_asked,
    place,
    unasked,
)

_LONGEST_LINE = 2_000
_LONGEST_OUTPUT = 32_000


def render(result: RunResult, context: Context) -> str:
    """Return the report as XML."""
    root = ET.Element("testsuites", {"name": "harness"})
    asked = [case for case in result.cases if not never_asked(case)]
    groups = unasked(result.cases)
    _count(root, asked, result.duration, folded=len(groups), stale=len(result.stale))
    for folder, cases in _by_folder(asked).items():
        root.append(_suite(folder, cases, result, context))
    if groups:
        root.append(_suite_of_unasked(groups))
    if result.stale:
        root.append(_suite_of_stale(result.stale))
    ET.indent(root)
    # Without non-ASCII bytes it stays readable whatever encoding a pipe puts it through.
    body = ET.tostring(root, encoding="us-ascii", xml_declaration=False).decode("ascii")
    body = inert(body, colon="&#58;", hash_sign="&#35;")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _by_folder(cases: Iterable[CaseResult]) -> dict[str, list[CaseResult]]:
    found: dict[str, list[CaseResult]] = {}
    for case in cases:
        found.setdefault(case.scenario.rpartition("/")[0] or "scenarios", []).append(case)
    return found


def _suite(folder: str, cases: list[CaseResult], result: RunResult, context: Context) -> ET.Element:
    suite = ET.Element("testsuite", {"name": visible(folder)})
    _count(suite, cases, sum(case.duration for case in cases))
    suite.set("timestamp", in_utc(result.started).isoformat(timespec="seconds"))
    about = [("sender", result.sender), ("harness", result.harness), ("seed", str(result.seed))]
    about += [("interrupted", "true")] if not result.is_whole else []
    about += [("note", note) for note in result.notes]
    _add_properties(suite, about)
    suite.extend(_case(case, result, context) for case in cases)
    return suite


def _suite_of_unasked(groups: Iterable[Unasked]) -> ET.Element:
    suite = ET.Element("testsuite", {"name": "not asked"})
    for group in groups:
        name = {"classname": "not-asked", "name": visible(group.need), "time": "0.000"}
        case = ET.SubElement(suite, "testcase", name)
        message = f"unsupported: the sender does not have {group.need}; {group.in_words}"
        ET.SubElement(case, "skipped", {"message": _line(message)})
    _count(suite, (), 0.0, folded=len(suite))
    return suite


def _suite_of_stale(lines: Iterable[str]) -> ET.Element:
    suite = ET.Element("testsuite", {"name": "baseline"})
    for line in lines:
        name = {"classname": "baseline", "name": _line(line), "time": "0.000"}
        case = ET.SubElement(suite, "testcase", name)
        ET.SubElement(case, "failure", {"message": _line(line), "type": "baseline"})
    _count(suite, (), 0.0, stale=len(suite))
    return suite


def _count(
    element: ET.Element,
    cases: Iterable[CaseResult],
    duration: float,
    *,
    folded: int = 0,
    stale: int = 0,
) -> None:
    """Set the figures of a suite.

    `folded` tests stand for cases that were never asked, `stale` for entries of no case.
    """
    kinds: list[str | None] = [_kind(case) for case in cases]
    kinds += ["skipped"] * folded + ["failure"] * stale
    element.set("tests", str(len(kinds)))
    element.set("failures", str(kinds.count("failure")))
    element.set("errors", str(kinds.count("error")))
    element.set("skipped", str(kinds.count("skipped")))
    element.set("time", f"{seconds(duration):.3f}")


def _kind(case: CaseResult) -> str | None:
    """Return the element that says how a case ended; None for a pass."""
    if departs(case):
        return "failure"
    match case.verdict:
        case Verdict.PASS:
            return None
        case Verdict.FAIL:
            return "skipped" if case.expected_failure else "failure"
        case Verdict.ERROR:
            return "error"
        case Verdict.INCONCLUSIVE | Verdict.UNSUPPORTED:
            return "skipped"


def _case(case: CaseResult, result: RunResult, context: Context) -> ET.Element:
    element = ET.Element(
        "testcase",
        {
            "classname": visible(case.scenario.replace("/", ".")),
            "name": visible(case.id),
            "time": f"{seconds(case.duration):.3f}",
        },
    )
    if case.source is not None:
        path, line = place(case.source)
        element.set("file", visible(path))
        if line:
            element.set("line", line)
    _add_properties(element, _case_properties(case, context))
    if kind := _kind(case):
        is_free = kind == "failure" and not gates(case, strict=result.strict)
        note = " (gates under --strict only)" if is_free else ""
        ending = ET.SubElement(element, kind, {"message": _line(_message(case)) + note})
        if kind != "skipped":
            ending.set("type", _type(case) + (", not gating" if is_free else ""))
            ending.text = "\n".join(_line(line) for line in _body(case, result, context))
            _add_output(element, case)
    return element


def _type(case: CaseResult) -> str:
    return "baseline" if departs(case) else case.level or case.verdict


def _case_properties(case: CaseResult, context: Context) -> list[tuple[str, str]]:
    found = [("title", case.title), ("verdict", case.verdict)]
    found += [("requirement", row) for row in case.requirements]
    found += [("situation", row) for row in case.situations]
    found += [("tag", tag) for tag in case.tags]
    if evidence := relative(case.evidence, context.folder):
        found.append(("evidence", evidence))
    return found


def _add_properties(element: ET.Element, pairs: Iterable[tuple[str, str]]) -> None:
    properties = ET.SubElement(element, "properties")
    for name, value in pairs:
        ET.SubElement(properties, "property", {"name": name, "value": _line(value)})


def _message(case: CaseResult) -> str:
    if departs(case):
        return f"not as the baseline expects: {departure(case)}"
    if case.verdict is Verdict.FAIL and case.expected_failure:
        why = f" ({case.reason})" if case.reason else ""
        return f"expected failure: {first_unmet(case)}{why}"
    if case.verdict is Verdict.FAIL:
        return first_unmet(case)
    return f"{case.verdict}: {case.reason or 'no reason was given'}"


def _body(case: CaseResult, result: RunResult, context: Context) -> Iterable[str]:
    yield from what_was_found(case)
    if lines := list(what_was_said(case)):
        yield "conversation:"
        yield from lines
    yield f"again:    {again(case, result, context.command)}"


def _add_output(element: ET.Element, case: CaseResult) -> None:
    if case.output:
        end = case.output[-_LONGEST_OUTPUT:]
        output = "\n".join(_line(line) for line in end.split("\n"))
        ET.SubElement(element, "system-out").text = output


def _line(text: str) -> str:
    return visible(shortened(text, _LONGEST_LINE))


FORMAT = WholeFormat(name="junit", about="for CI servers, as XML", render=render)
