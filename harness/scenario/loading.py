"""Read YAML that people write, and say where a mistake is: `file:line: path: reason`.

PyYAML reads YAML 1.1, in which `off` is a boolean, `0454` an octal number and `5.70` loses its
nought. Mail is full of such words, so here only `true` and `false` are booleans, and what
would have been understood differently from how it reads is refused with its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from harness.errors import ScenarioError

from .hints import choose_from, keys_for

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OLD_BOOLEANS = re.compile(
    r"(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|True|TRUE|False|FALSE)\Z"
)
_OCTAL = re.compile(r"[-+]?0\d+\Z")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9]\d*)\Z")
_FLOAT = re.compile(r"[-+]?\d+\.\d*(?:[eE][-+]?\d+)?\Z")
_NULL = re.compile(r"(?:~|null|)\Z")

# Bounds beyond which no person writes.
_LARGEST = 1_048_576
_DEEPEST = 40
_LONGEST_NUMBER = 18

Path_ = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """Plain data, and the line on which each part of it begins."""

    source: str
    data: Any
    lines: Mapping[Path_, int]

    def line(self, path: Sequence[str | int]) -> int:
        """The line of `path`, or of the nearest part around it that stands in the file."""
        at = tuple(path)
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)

    def complaint(self, path: Sequence[str | int], reason: str) -> str:
        """`file:line: path: reason`."""
        where = ".".join(str(part) for part in path) or "file"
        return f"{self.source}:{self.line(path)}: {where}: {reason}"


def load(path: Path, *, source: str | None = None) -> YamlDocument:
    """Read a YAML file.

    Raises:
        ScenarioError: it cannot be read, is no YAML, or holds an ambiguous word.
    """
    name = source or str(path)
    try:
        with path.open("rb") as file:
            octets = file.read(_LARGEST + 1)
    except OSError as error:
        raise ScenarioError(f"{name}:1: file: {error.strerror}") from error
    if len(octets) > _LARGEST:
        raise ScenarioError(f"{name}:1: file: larger than {_LARGEST // 1024} KiB")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise ScenarioError(f"{name}:{line}: file: not UTF-8 at octet {error.start}") from error
    return loads(text, source=name)


def loads(text: str, *, source: str) -> YamlDocument:
    """Read YAML from a string; as `load`."""
    reader = _YamlReader(source, text)
    try:
        data = reader.document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        if "\t" in "".join(text.splitlines()[line - 1 : line]):
            reason += " (there is a tab in this line; YAML is indented with blanks)"
        raise ScenarioError(f"{source}:{line}: file: no YAML: {reason}") from error
    if reader.complaints:
        raise ScenarioError("\n".join(reader.complaints))
    return YamlDocument(source, data, reader.lines)


def validate(document: YamlDocument, model: type[M], data: Any = None, *, at: Path_ = ()) -> M:
    """Check (part of) a document against a model.

    Raises:
        ScenarioError: one line a mistake.
    """
    try:
        return model.model_validate(document.data if data is None else data)
    except ValidationError as error:
        found = complaints(document, error, model, at=at)
        raise ScenarioError("\n".join(found)) from error


def complaints(
    document: YamlDocument,
    error: ValidationError,
    model: type[BaseModel],
    *,
    at: Path_ = (),
    moved: Callable[[Path_], Path_] = lambda path: path,
) -> list[str]:
    """One `file:line: path: reason` a mistake that pydantic found in what has to be a `model`.

    `moved` tells where a path of the data stands in the file.
    """
    found = []
    for problem in error.errors(include_url=False):
        path = (*at, *_without_branches(document, at, problem))
        reason = _in_plain_words(problem, model)
        key = _KEY_FIRST.match(reason) if problem["type"] == "value_error" else None
        if key is not None:  # a validator of several keys names the one that it is about
            path, reason = (*path, key[1]), key[2]
        found.append(document.complaint(moved(path), reason))
    return list(dict.fromkeys(found))


def _without_branches(document: YamlDocument, at: Path_, problem: Any) -> Path_:
    """A location without the names of union members, which are in no file."""
    location = problem["loc"]
    is_absent = problem["type"] == "missing"
    kept: list[str | int] = []
    for index, part in enumerate(location):
        if isinstance(part, str) and part.startswith("<"):
            continue  # a member that the form of what is written tells
        is_last = index == len(location) - 1
        if (*at, *kept, part) in document.lines or (
            is_last and (isinstance(part, str) or is_absent)
        ):
            kept.append(part)
    if problem["type"] in _UNKNOWN_MEMBER:  # the key that tells members apart stands in the file
        kept[-1:] = [problem["ctx"]["discriminator"].strip("'")]
    return tuple(kept)


def _in_plain_words(problem: Any, model: type[BaseModel]) -> str:
    kind, message, given = problem["type"], problem["msg"], problem["input"]
    if kind == "extra_forbidden":
        path = problem["loc"]
        return f"there is no such key{choose_from(path[-1], keys_for(model, path))}"
    if kind in _PLAIN_WORDS:
        return _PLAIN_WORDS[kind].format_map(problem.get("ctx", {}))
    if kind == "union_tag_invalid":
        tag, choices = problem["ctx"]["tag"], problem["ctx"]["expected_tags"]
        return f"there is no {tag!r}{choose_from(tag, _quoted(choices))}"
    if kind in {"literal_error", "enum"}:
        shown = str(given).lower() if isinstance(given, bool) else repr(given)
        return f"there is no {shown}{choose_from(given, _quoted(problem['ctx']['expected']))}"
    if kind == "string_type":
        is_plain = isinstance(given, bool | int | float)
        shown = str(given).lower() if isinstance(given, bool) else given
        return f"a text is due: put {shown} in quotes" if is_plain else "a text is due"
    return str(message).removeprefix("Value error, ")


def _quoted(choices: str) -> list[str]:
    return re.findall("'([^']*)'", choices)


_KEY_FIRST = re.compile(r"([a-z][a-z_-]*): (.+)", re.DOTALL)
_UNKNOWN_MEMBER = {"union_tag_invalid", "union_tag_not_found"}
_PLAIN_WORDS = {
    "missing": "this is missing",
    "union_tag_not_found": "this is missing",
    "model_type": "a mapping is due",
    "dict_type": "a mapping is due",
    "tuple_type": "a list is due",
    "list_type": "a list is due",
    "int_type": "a whole number is due",
    "int_from_float": "a whole number is due",
    "int_parsing": "a whole number is due",
    "bool_type": "true or false is due",
    "bool_parsing": "true or false is due",
    "greater_than_equal": "at least {ge} is due",
    "less_than_equal": "at most {le} is due",
    "string_too_short": "at least {min_length} characters are due",
}


class _YamlReader:
    """Turns the events of a YAML parser into data, and notes lines.

    Events, because a tree would have aliases resolved in it already (a few lines of them stand for
    gigabytes) and be built by a recursion of its own, which a deep enough file overflows.
    """

    def __init__(self, source: str, text: str) -> None:
        self.source = source
        self.lines: dict[Path_, int] = {}
        self.complaints: list[str] = []
        self._events: Iterator[Any] = yaml.parse(text, Loader=_Loader)

    def document(self) -> Any:
        """The data of the one document; None where the file is empty."""
        data, documents = None, 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._complain(event, (), "a second document begins here, and one is due")
                    break
            elif isinstance(event, yaml.NodeEvent):
                data = self._read(event, ())
        return data

    def _read(self, event: yaml.NodeEvent, path: Path_) -> Any:
        self.lines[path] = _line(event)
        self._refuse_decoration(event, path)
        if len(path) > _DEEPEST:
            # The parser itself takes ever longer for such a file, so there is no reading on.
            self._complain(event, path[:3], f"nested deeper than {_DEEPEST} levels")
            raise ScenarioError("\n".join(self.complaints))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._scalar(event, path) if isinstance(event, yaml.ScalarEvent) else None

    def _sequence(self, path: Path_) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._read(event, (*path, len(found))))
        return found

    def _mapping(self, path: Path_) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._complain(event, path, "a key has to be a plain word")
                self._read(event, (*path, "?"))
                self._read(next(self._events), (*path, "?"))
                continue
            key = str(event.value)
            at = (*path, key)
            self._refuse_decoration(event, at)
            if key == "<<" and event.implicit[0]:
                self._complain(event, at, "merge keys are not read here: write it out, or use axes")
            if key in found:
                self._complain(event, at, "this key stands here twice")
            found[key] = self._read(next(self._events), at)
            self.lines[at] = _line(event)
        return found

    def _scalar(self, event: yaml.ScalarEvent, path: Path_) -> Any:
        text = str(event.value)
        if not event.implicit[0]:  # quoted or block: always a string
            return text
        if _OLD_BOOLEANS.match(text):
            reason = f"{text} could be a boolean: write true or false, or quote it"
            self._complain(event, path, reason)
        elif _OCTAL.match(text):
            self._complain(event, path, f"{text} could be an octal number: quote it")
        elif _INTEGER.match(text) and len(text) > _LONGEST_NUMBER:
            self._complain(event, path, f"a number of {len(text)} digits: quote it")
            return None
        value = _plain(text)
        if isinstance(value, int | float) and not isinstance(value, bool) and str(value) != text:
            self._complain(event, path, f"{text} is the number {value}: write that, or quote it")
        return value

    def _refuse_decoration(self, event: yaml.NodeEvent, path: Path_) -> None:
        """Refuse what makes a value something else than it reads."""
        if event.anchor is not None:
            reason = "anchors and aliases are not read here: write it out, or use axes"
            self._complain(event, path, reason)
        tag = getattr(event, "tag", None)
        if tag is not None:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            self._complain(event, path, f"the tag {shown} is not read here: quote the value")

    def _complain(self, event: yaml.Event, path: Path_, reason: str) -> None:
        where = ".".join(str(part) for part in path) or "file"
        self.complaints.append(f"{self.source}:{_line(event)}: {where}: {reason}")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1


def _plain(text: str) -> Any:
    if text in {"true", "false"}:
        return text == "true"
    if _NULL.match(text):
        return None
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text
