"""Reports: what a run has to say, in the format that its reader wants.

`open_reports` gives one listener for the events of a run; it feeds every format that was asked
for with `--report`, the terminal, and the step summary of GitHub. A format is a module of this
package with a `FORMAT`; there is no list to add it to.
"""

from __future__ import annotations

from harness.reports.dispatch import (
    Reports,
    ReportSpec,
    open_report,
    open_reports,
    open_written_reports,
    parse_report_spec,
    shows_passed,
)
from harness.reports.formats import Context, Format, LineFormat, WholeFormat, report_formats

__all__ = [
    "Context",
    "Format",
    "LineFormat",
    "ReportSpec",
    "Reports",
    "WholeFormat",
    "open_report",
    "open_reports",
    "open_written_reports",
    "parse_report_spec",
    "report_formats",
    "shows_passed",
]
