"""Documents of requirements: one YAML file each, the bundled ones and a project's own alike.

::

    prefix: ACME
    title: ACME, How our shop sends mail
    address: https://acme.example/handbook/mail
    date: 2026-02-01
    rows:
      - id: ACME-001
        statement: A receipt is sent from the shop's own domain.
        level: MUST

Whoever writes such a file is told each mistake as `file:line: path: reason`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from harness.errors import ScenarioError
from harness.model import Level
from harness.requirements.rows import Kind, Requirement, SourceDocument, State
from harness.scenario.loading import Path_, YamlDocument, complaints, load

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)
_PREFIX = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z][A-Z0-9]*)*")
_DATE = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")

W = TypeVar("W", bound=StrEnum)


def nearest(word: str, choices: Iterable[str]) -> str:
    """`; did you mean MUST?` for `MSUT`, and nothing where no choice comes near."""
    known = {choice.casefold(): choice for choice in choices}
    found = difflib.get_close_matches(word.casefold(), known, n=1)
    return f"; did you mean {known[found[0]]}?" if found else ""


def _one_of(words: type[W]) -> Callable[[object], W]:
    """Reads one of a few words, and names the nearest to one that is none of them."""

    def read(given: object) -> W:
        try:
            return words(given)  # type: ignore[arg-type]  # anything else is a ValueError, too
        except ValueError:
            shown = str(given).lower() if isinstance(given, bool) else repr(given)
            hint = nearest(given, words) if isinstance(given, str) else ""
            raise ValueError(f"there is no {shown}; choose from {', '.join(words)}{hint}") from None

    return read


def _prefix(text: str) -> str:
    if not _PREFIX.fullmatch(text):
        raise ValueError(f"{text!r} is no prefix: capital letters and digits, such as ACME")
    return text


def _address(text: str) -> str:
    if not re.match(r"https?://[^/\s]", text):
        raise ValueError(f"{text!r} is no web address: it begins with https://")
    return text


def _date(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is no date: write 2026-02-01, or 2026-02, or '2026'")
    return text


def _words(text: str) -> str:
    if not text.strip():
        raise ValueError("there is nothing in it")
    return text


def _some(rows: tuple[RequirementRow, ...]) -> tuple[RequirementRow, ...]:
    if not rows:
        raise ValueError("a document has one row at least")
    return rows


Words = Annotated[str, AfterValidator(_words)]


class RequirementRow(BaseModel):
    """A statement of a document, as its file has it."""

    model_config = _STRICT

    id: str = Field(description="the document's prefix, a hyphen and a number: ACME-001")
    section: Words | None = Field(None, description="where in the document it stands")
    statement: Words = Field(description="what the document says, in words of one's own")
    level: Annotated[Level, BeforeValidator(_one_of(Level))] = Field(
        description="how binding it is; a run fails at MUST, and at SHOULD with --strict"
    )
    kind: Annotated[Kind, BeforeValidator(_one_of(Kind))] = Field(
        Kind.REQUIREMENT, description="what sort of statement it is"
    )
    state: Annotated[State, BeforeValidator(_one_of(State))] = Field(
        State.CHECKED, description="whether scenarios judge it, do not yet, or never can"
    )
    reason: Words | None = Field(
        None, description="why nothing judges it: never, or what that waits for"
    )
    note: Words | None = Field(None, description="how it is judged, or what comes nearest to it")


class RequirementFile(BaseModel):
    """A document that requirements come from, and its rows."""

    model_config = _STRICT

    prefix: Annotated[str, AfterValidator(_prefix)] = Field(
        description="what the ids of its rows begin with, in capitals: ACME"
    )
    title: Words = Field(description="whose document it is, and what it is called")
    address: Annotated[str, AfterValidator(_address)] = Field(description="where it can be read")
    date: Annotated[str, AfterValidator(_date)] = Field(
        description="the edition that was read: a day, a month or a year"
    )
    rows: Annotated[tuple[RequirementRow, ...], AfterValidator(_some)] = Field(
        description="its statements, in the order of the document", strict=False
    )


def read_document(
    path: Path, *, taken: Mapping[str, str], source: str | None = None
) -> tuple[Requirement, ...]:
    """Read the requirements of one document.

    `taken` are the prefixes that others have, with whose they are. `source` is the name of the
    file in complaints.

    Raises:
        ScenarioError: one `file:line: path: reason` a mistake.
    """
    file = load(path, source=source)
    if not isinstance(file.data, dict):
        raise ScenarioError(file.complaint((), "a document is a mapping"))
    data, found = _without_strange_keys(file)
    try:
        content = RequirementFile.model_validate(data)
    except ValidationError as error:
        raise ScenarioError(
            "\n".join([*found, *complaints(file, error, RequirementFile)])
        ) from error
    found += [file.complaint(at, reason) for at, reason in _contradictions(content, taken)]
    if found:
        raise ScenarioError("\n".join(found))
    document = SourceDocument(**content.model_dump(exclude={"rows"}))
    return tuple(Requirement(document=document, **row.model_dump()) for row in content.rows)


def document_schema() -> dict[str, Any]:
    """The JSON Schema of a document of requirements, for editors."""
    schema = RequirementFile.model_json_schema()
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **schema, "title": "A document of requirements"}


def _without_strange_keys(file: YamlDocument) -> tuple[dict[str, Any], list[str]]:
    """The data with known keys alone, and a complaint about each other one."""
    found: list[str] = []

    def known(data: object, model: type[BaseModel], at: Path_) -> Any:
        if not isinstance(data, dict):
            return data
        for key in data.keys() - model.model_fields.keys():
            reason = f"there is no such key{nearest(key, model.model_fields)}"
            found.append(file.complaint((*at, key), reason))
        return {key: value for key, value in data.items() if key in model.model_fields}

    whole = known(file.data, RequirementFile, ())
    if isinstance(whole.get("rows"), list):
        rows = enumerate(whole["rows"])
        whole["rows"] = [known(row, RequirementRow, ("rows", number)) for number, row in rows]
    return whole, sorted(found)


def _contradictions(
    content: RequirementFile, taken: Mapping[str, str]
) -> Iterator[tuple[Path_, str]]:
    """What no single value shows: where it is, and what is wrong."""
    if content.prefix in taken:
        yield ("prefix",), f"{content.prefix} belongs to {taken[content.prefix]}; choose another"
    first: dict[str, int] = {}
    for number, row in enumerate(content.rows):
        at = ("rows", number)
        of_another = _is_of_another(row.id, content.prefix, taken)
        if of_another:
            yield (*at, "id"), of_another
        elif first.setdefault(row.id, number) != number:
            yield (*at, "id"), f"{row.id} is there twice"
        if row.state is State.UNTESTABLE and row.reason is None:
            yield (*at, "reason"), "an untestable row has to say why"
        if row.state is State.CHECKED and row.reason is not None:
            yield (*at, "reason"), "only a row that nothing checks has a reason for that"


def _is_of_another(row_id: str, prefix: str, taken: Mapping[str, str]) -> str | None:
    """Why a row cannot have this id; None where it can."""
    before, _, number = row_id.rpartition("-")
    is_number = number.isascii() and number.isdigit()
    if before == prefix and is_number:
        return None
    due = f"ids in this document are {prefix}-{number if is_number else '001'} and the like"
    whose = f"{before} belongs to {taken[before]}" if before in taken else f"{row_id!r} is not one"
    return f"{whose}; {due}"
