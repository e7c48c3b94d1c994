"""The requirements, grouped by the document that they are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from harness.model import CaseResult, RequirementResult, RunResult
from harness.reports.formats import Context
from harness.reports.html.elements import Child, Html, element
from harness.reports.html.words import css_class, level, verdict
from harness.reports.overview import by_urgency, cases_alike, document_of, plural

_ORDER = ("fail", "error", "inconclusive", "pass", "unsupported", "untestable", "not run")


def requirements_part(result: RunResult, context: Context) -> Html | None:
    """The section of the requirements, None where no catalogue was at hand."""
    if not result.requirements:
        return None
    cases = {case.id: case for case in result.cases}
    judged = [row for row in result.requirements if row.verdict in {"pass", "fail"}]
    unmet = [row for row in judged if row.verdict == "fail"]
    documents: dict[str, list[RequirementResult]] = {}
    for row in result.requirements:
        documents.setdefault(document_of(row.id), []).append(row)
    return element(
        "section",
        element("h2", "Requirements", id="requirements-title"),
        element("p", f"{len(unmet)} of {len(judged)} that were judged are not met.", class_="lead"),
        [_document(prefix, rows, cases, context) for prefix, rows in sorted(documents.items())],
        id="requirements",
        aria_labelledby="requirements-title",
    )


def _document(
    prefix: str,
    rows: list[RequirementResult],
    cases: Mapping[str, CaseResult],
    context: Context,
) -> Html:
    counts = Counter(row.verdict for row in rows)
    figures = [verdict(word, element("b", f" {counts[word]}")) for word in _ORDER if counts[word]]
    title = context.describe_document(prefix) or prefix
    return element(
        "details",
        element(
            "summary",
            element("span", title, class_="title"),
            element("span", figures, class_="counts"),
        ),
        element("ul", (_row(row, cases, context) for row in by_urgency(rows))),
        class_="document",
        open=bool(counts["fail"] or counts["error"]),
    )


def _row(
    row: RequirementResult,
    cases: Mapping[str, CaseResult],
    context: Context,
) -> Html:
    return element(
        "li",
        verdict(row.verdict),
        element("span", row.id, class_="row-id"),
        level(row.level),
        element("span", context.describe_row(row.id) or "–", class_="statement"),
        element("span", _cases(row, cases), class_="cases"),
        class_=f"requirement {css_class(row.verdict)}",
    )


def _cases(row: RequirementResult, cases: Mapping[str, CaseResult]) -> Iterable[Child]:
    if not row.cases:
        yield row.reason or ""
        return
    words = f"{cases_alike(row, cases)} of {plural(len(row.cases), 'case')}"
    yield element("a", words, href=f"#q={row.id}", class_="filter")
