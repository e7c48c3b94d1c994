"""The whole page, put together."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from harness.escaping import inert
from harness.model import RunResult
from harness.reports.formats import Context
from harness.reports.html.case_list import case_list
from harness.reports.html.case_sheet import case_sheet
from harness.reports.html.causes_part import causes_part
from harness.reports.html.elements import Html, Verbatim, element, raw_element
from harness.reports.html.opening import opening
from harness.reports.html.packing import PER_LINE, packed
from harness.reports.html.requirements_part import requirements_part
from harness.reports.html.rest_part import rest_part
from harness.reports.overview import headline

_FOLDER = Path(__file__).parent


def page(result: RunResult, context: Context) -> str:
    """The report of a run as one HTML document."""
    numbers = {case.id: number for number, case in enumerate(result.cases)}
    sheets = packed(case_sheet(case, result, context, numbers) for case in result.cases)
    sections = [
        ("What to mend", "mend", causes_part(result, context, numbers)),
        ("Requirements", "requirements", requirements_part(result, context)),
        ("All cases", "cases", case_list(result, numbers)),
        ("The rest", "rest", rest_part(result, context, numbers)),
    ]
    present = [(name, place, part) for name, place, part in sections if part is not None]
    body = element(
        "body",
        element("a", "Skip to the cases", href="#cases", class_="skip"),
        element(
            "div",
            opening(result, context),
            _navigation([(name, place) for name, place, _ in present]),
            element("main", [part for _, _, part in present]),
            id="page",
        ),
        _sheet(),
        raw_element("script", sheets, type="text/plain", id="sheets", data_size=PER_LINE),
        raw_element("script", _own("report.js")),
    )
    document = element("html", _head(result, context), body, lang="en")
    # Escapes of HTML are read neither in a script nor in a style: nothing there needs one.
    text = inert(document, colon="&#58;", hash_sign="&#35;")
    return f"<!DOCTYPE html>\n{text}\n"


def policy(script: str) -> str:
    """The content security policy: this script, the styles in the file, and nothing else.

    Styles are left to the file as a whole, because the frames of messages inherit the policy.
    """
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'"
    )


def _head(result: RunResult, context: Context) -> Html:
    word = headline(result, context.status(result)).partition(":")[0]
    own = Verbatim(policy(_own("report.js")))
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=own),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{word}: {result.sender[:80]} – harness"),
        raw_element("style", _own("report.css")),
    )


def _navigation(places: list[tuple[str, str]]) -> Html:
    links = [element("li", element("a", name, href=f"#{place}")) for name, place in places]
    return element("nav", element("ul", links), aria_label="Parts of the report")


def _sheet() -> Html:
    """Where a case is shown over the page."""
    buttons = [
        element("button", "Previous", type="button", id="before"),
        element("button", "Next", type="button", id="after"),
        element("span", id="place", class_="place"),
        element("button", "Close", type="button", id="close"),
    ]
    return element(
        "dialog",
        element("div", buttons, class_="controls"),
        element("div", id="case"),
        id="sheet",
        aria_labelledby="sheet-title",
    )


@cache
def _own(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
