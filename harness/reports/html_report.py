"""The HTML report: one file for people, with everything in it."""

from __future__ import annotations

from harness.model import RunResult
from harness.reports.formats import Context, WholeFormat


def render(result: RunResult, context: Context) -> str:
    """Return the report as one HTML document."""
    from harness.reports.html.page import page  # noqa: PLC0415  # much, and wanted by few runs

    return page(result, context)


FORMAT = WholeFormat(
    name="html", about="for people, one file with everything", render=render, shows_passed=True
)
