"""Make the pages of docs/ that are made from the code: `python docs/generate.py`.

A test fails when a page is not what this makes, so the pages cannot lag behind.
"""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import yaml
from made_serve_page import HEAD, cell, serve_api_page
from made_types import types_for_tests, types_of_fakes

from harness.fakes.marks import Mark
from harness.fakes.providers.registry import provider, provider_names, submission
from harness.fakes.providers.webhook import MailEvent, webhook_rules
from harness.fakes.vendor_answer import VendorAnswer
from harness.requirements import Waiting, load_catalogue
from harness.scenario.library import load_library
from harness.situation_coverage import situation_coverage
from harness.vocabulary import (
    Section,
    account_sections,
    scenario_sections,
    sender_sections,
    webhook_sections,
)

_DOCS = Path(__file__).resolve().parent
_SDK_TESTS = _DOCS.parent / "tests" / "strangers"
_SCENARIOS_SHOWN = 4
_MEANING = {
    Mark.DOCUMENTED: "the vendor documents it",
    Mark.SEEN: "seen in recorded responses",
    Mark.MEASURED: "measured with a real client",
    Mark.INFERRED: "inferred",
    Mark.SYNTHETIC: "synthetic: what the vendor answers is not known",
}


def coverage_page() -> str:
    """What each provider's fake refuses, and how well each answer is known."""
    lines = [
        "# What the provider fakes refuse, and how that is known",
        "",
        "A fake answers as its vendor does where that is known, byte for byte, and marks in the",
        "transcript, never in the bytes, what is not. Over SMTP the marks stand on this page only.",
        "The page is made from the tables of each vendor's package, such as `refusals.toml`. A",
        "date is the newest of which an answer is known.",
        "",
        "| provider | refusals served | of them synthetic or inferred | not modelled | over SMTP |",
        "|---|---|---|---|---|",
    ]
    for name in provider_names():
        refusals = provider(name).refusals
        marks = Counter(refusal.mark for refusal in refusals.values())
        guessed = marks[Mark.SYNTHETIC] + marks[Mark.INFERRED]
        missing = len(refusals.not_modelled)
        replies = len(submission(name).replies)
        lines.append(f"| {name} | {len(refusals)} | {guessed} | {missing} | {replies} |")
    for name in provider_names():
        lines += ["", *_provider(name)]
    return HEAD + "\n".join(lines) + "\n"


def _provider(name: str) -> Iterator[str]:
    refusals = provider(name).refusals
    yield f"## {name}"
    yield ""
    yield "| case | when | status | known from | source | date |"
    yield "|---|---|---|---|---|---|"
    for refusal in refusals.values():
        cells = [refusal.name, refusal.when, str(refusal.status), *_evidence(refusal)]
        yield "| " + " | ".join(map(cell, cells)) + " |"
    if refusals.not_modelled:
        yield ""
        yield "Not modelled:"
        yield ""
        for case, reason in refusals.not_modelled.items():
            yield f"* {cell(case)}: {cell(reason)}"
    yield ""
    yield "Over SMTP, where those with a case can be named by `do: refuse`:"
    yield ""
    yield "| case | reply | when | known from | source | date |"
    yield "|---|---|---|---|---|---|"
    service = submission(name)
    for reply in (*service.replies.values(), *service.dialect.asides.values()):
        case = reply.name if reply.name in service.replies.refusals else "–"
        cells = [case, f"`{reply.text}`", reply.when, *_evidence(reply)]
        yield "| " + " | ".join(map(cell, cells)) + " |"


def _evidence(answer: VendorAnswer) -> list[str]:
    return [_MEANING[answer.mark], answer.source, answer.date or "–"]


def scenario_words_page() -> str:
    """Every word of a scenario file."""
    return _words_page(
        "The words of a scenario file",
        "[Scenario files](scenarios.md) tells how they go together. What `harness.fakes.Smtp(...)`"
        " and the providers' fakes take is what stands below `given.smtp` and `given.api`.",
        scenario_sections(),
    )


def account_words_page() -> str:
    """Every word of an account, by provider."""
    lines = [
        "# The words of an account",
        "",
        "What a customer has set up at a provider: what stands below `given.api.account` in a",
        "scenario file, and what `account=` of `harness.fakes.SendGrid` and the others takes.",
    ]
    for name, sections in account_sections().items():
        lines += ["", f"## {name}"]
        for section in sections:
            lines += ["", *_section(section, level=3)]
    return HEAD + "\n".join(lines) + "\n"


def webhook_words_page() -> str:
    """Every word of a webhook, by provider, and what its vendor calls each event."""
    sections = webhook_sections()
    lines = [
        "# The words of a webhook",
        "",
        *textwrap.wrap(
            "What `webhook=` of `harness.fakes.SendGrid` and the others takes. [Testing a webhook "
            "handler](events.md) tells how it is used.",
            100,
        ),
        "",
        "## What each vendor posts",
        "",
        "| what becomes of a message | " + " | ".join(sections) + " |",
        "|---|" + "---|" * len(sections),
    ]
    rules = [webhook_rules(name) for name in sections]
    for event in MailEvent:
        posted = [each.names.get(event) if each is not None else None for each in rules]
        cells = [f"`{name}`" if name else "–" for name in posted]
        lines.append(f"| {event} | " + " | ".join(cells) + " |")
    lines += ["", "## How it is known", "", "| provider | source |", "|---|---|"]
    lines += [
        f"| {name} | {cell(each.source)} |"
        for name, each in zip(sections, rules, strict=True)
        if each is not None
    ]
    for name, section in sections.items():
        lines += ["", f"## {name}", "", *_section(section, level=3)]
    return HEAD + "\n".join(lines) + "\n"


def sender_words_page() -> str:
    """Every word of a sender file and of the sender protocol."""
    return _words_page(
        "The words of a sender file and of the sender protocol",
        "[Writing a sender](senders.md) tells what the documents are for. `request` and `answer`"
        " are those of `send`; `harness schema sender` has all of it as a JSON Schema.",
        sender_sections(),
    )


def _words_page(title: str, about: str, sections: Iterable[Section]) -> str:
    lines = [f"# {title}", "", *textwrap.wrap(about, 100)]
    for section in sections:
        lines += ["", *_section(section, level=2)]
    return HEAD + "\n".join(lines) + "\n"


def _section(section: Section, *, level: int) -> Iterator[str]:
    """A heading and a table. Words with values are written somehow, and may be left out."""
    path = f"`{section.path}`: {section.title}" if section.path else section.title
    yield f"{'#' * level} {path}"
    yield ""
    if all(word.form is None for word in section.words):
        yield "| word | meaning |"
        yield "|---|---|"
        for word in section.words:
            yield f"| `{word.name}` | {cell(word.meaning)} |"
        return
    yield "| word | meaning | written | default |"
    yield "|---|---|---|---|"
    for word in section.words:
        form = f"one of `{word.values}`, below" if word.values else word.form
        default = "**required**" if word.default == "required" else word.default or "–"
        yield f"| `{word.name}` | {cell(word.meaning)} | {cell(form or '–')} | {cell(default)} |"


def sdk_page() -> str:
    """What each client makes of each refusal that it can tell apart."""
    lines = [
        "# What released clients make of the fakes' refusals",
        "",
        "Each cell is asserted by a test that drives the client over HTTPS: the type that its",
        "caller sees, then the HTTP status and the vendor's code as far as the client tells them.",
        "Where a cell is empty, the client cannot cause the refusal, or nobody tried.",
    ]
    told = yaml.safe_load((_SDK_TESTS / "refusals_told.yaml").read_text(encoding="utf-8"))
    for path in sorted(_SDK_TESTS.glob("test_*_sdk.py")):
        module = _loaded(path)
        if hasattr(module, "SDK_TABLE"):
            vendor = path.stem.removeprefix("test_").removesuffix("_sdk")
            lines += ["", *_of_clients(vendor, module, told.get(vendor, {}))]
    return HEAD + "\n".join(lines) + "\n"


def _of_clients(
    vendor: str, module: ModuleType, told: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    """A vendor's table: its Python SDK in the first column, then the clients of other programs."""
    names: dict[str, list[str]] = {"Python": [module.CLIENT]}
    for client in _loaded(_SDK_TESTS / "foreign.py").CLIENTS:
        if client.provider == vendor:
            names.setdefault(client.column, []).append(client.name)
    first = {row[0]: _type_and_codes(*row[1:]) for row in module.SDK_TABLE}
    for refusal, status, reason in getattr(module, "RESULT_TABLE", ()):
        first[refusal] = f"nothing raised: {status} {reason or ''}".rstrip()
    yield f"## {vendor}"
    yield ""
    yield "; ".join(f"{column}: {', '.join(clients)}" for column, clients in names.items()) + "."
    yield ""
    yield "| refusal | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 1) + "|"
    for refusal in dict.fromkeys([*first, *told]):
        row = told.get(refusal, {})
        others = [_type_and_codes(*row.get(column, "").split(" ", 1)) for column in names]
        yield "| " + " | ".join([refusal, first.get(refusal, ""), *others[1:]]) + " |"


def situations_page() -> str:
    """Every situation, with the scenarios that cover it or the reason why none does."""
    families = situation_coverage(load_catalogue(), load_library().cases)
    rows = [each for family in families for each in family.situations]
    reasons = Counter(each.reason for each in rows if each.reason is not None)
    lines = [
        "# The situations, and which scenarios cover them",
        "",
        "Ways in which software that sends email goes wrong: `harness list --catalogue` prints the",
        "same, `--json` too, and `harness explain ID` all that is known of one.",
        "",
        "| family | | situations | covered |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| [{each.family.key}](#{each.family.key.lower()}) | {each.family.title} "
        f"| {len(each.situations)} | {each.covered} |"
        for each in families
    ]
    lines += [f"| all | | {len(rows)} | {len(rows) - reasons.total()} |", ""]
    lines += ["| why none covers it | which is | situations |", "|---|---|---|"]
    lines += [f"| {each} | {each.meaning} | {reasons[each]} |" for each in Waiting]
    for family in families:
        lines += ["", f"## {family.family.key}", "", f"{family.family.title}.", ""]
        lines += ["| situation | severity | cases | of, or why none |", "|---|---|---|---|"]
        for each in family.situations:
            names = ", ".join(f"`{name}`" for name, _ in each.scenarios[:_SCENARIOS_SHOWN])
            rest = len(each.scenarios) - _SCENARIOS_SHOWN
            names += f" and {rest} more" if rest > 0 else ""
            row = each.situation
            cells = (f"{row.id} {row.title}", row.severity, str(each.cases or "–"))
            lines.append(f"| {' | '.join(map(cell, cells))} | {each.reason or names} |")
    return HEAD + "\n".join(lines) + "\n"


def _type_and_codes(name: str, *codes: object) -> str:
    said = [cell(str(code)) for code in codes if str(code)]
    return " ".join([f"`{name}`", *said]) if name else ""


def _loaded(path: Path) -> ModuleType:
    top = str(_DOCS.parent)
    if top not in sys.path:
        sys.path.insert(0, top)
    return importlib.import_module(f"tests.strangers.{path.stem}")


PAGES = {
    "provider-coverage.md": coverage_page,
    "provider-sdks.md": sdk_page,
    "scenario-words.md": scenario_words_page,
    "account-words.md": account_words_page,
    "sender-words.md": sender_words_page,
    "webhook-words.md": webhook_words_page,
    "serve-api.md": serve_api_page,
    "situations.md": situations_page,
    "../fakes/__init__.pyi": types_of_fakes,
    "../harness/testing/__init__.pyi": types_for_tests,
}


def main() -> None:
    """Write every page."""
    for name, make in PAGES.items():
        (_DOCS / name).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
