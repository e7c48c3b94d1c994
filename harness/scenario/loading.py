"""Read YAML that people write, and say where a mistake is: `file:line: path: reason`.

PyYAML reads YAML 1.1, in which `off` is a boolean, `0454` an octal number and `5.70` loses its
nought. Mail is full of such words, so here only `true` and `false` are booleans, and what
would have been understood differently from how it reads is refused with its line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from harness.errors import ScenarioError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OLD_BOOLEANS = re.compile(
    r"(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|True|TRUE|False|FALSE)\Z"
)
_OCTAL = re.compile(r"[-+]?0\d+\Z")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9]\d*)\Z")
_FLOAT = re.compile(r"[-+]?\d+\.\d*(?:[eE][-+]?\d+)?\Z")
_NULL = re.compile(r"(?:~|null|)\Z")

Path_ = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Document:
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


def load(path: Path, *, source: str | None = None) -> Document:
    """Read a YAML file.

    Raises:
        ScenarioError: it cannot be read, is no YAML, or holds an ambiguous word.
    """
    name = source or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ScenarioError(f"{name}:1: file: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{name}:1: file: not UTF-8 at octet {error.start}") from error
    return loads(text, source=name)


def loads(text: str, *, source: str) -> Document:
    """Read YAML from a string; as `load`."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ScenarioError(f"{source}:{line}: file: no YAML: {reason}") from error
    reader = _Reader(source)
    data = reader.read(node, ()) if node is not None else None
    if reader.complaints:
        raise ScenarioError("\n".join(reader.complaints))
    return Document(source, data, reader.lines)


def validate(document: Document, model: type[M], data: Any = None, *, at: Path_ = ()) -> M:
    """Check (part of) a document against a model.

    Raises:
        ScenarioError: one line a mistake.
    """
    try:
        return model.model_validate(document.data if data is None else data)
    except ValidationError as error:
        raise ScenarioError("\n".join(complaints(document, error, at=at))) from error


def complaints(document: Document, error: ValidationError, *, at: Path_ = ()) -> list[str]:
    """One `file:line: path: reason` a mistake that pydantic found."""
    found = []
    for problem in error.errors():
        path = (*at, *_without_branches(document, at, problem["loc"]))
        reason = _in_plain_words(problem)
        found.append(document.complaint(path, reason))
    return list(dict.fromkeys(found))


def _without_branches(document: Document, at: Path_, location: tuple[int | str, ...]) -> Path_:
    """A location without the names of union members, which are in no file."""
    kept: list[str | int] = []
    for index, part in enumerate(location):
        is_last = index == len(location) - 1
        if (*at, *kept, part) in document.lines or (is_last and isinstance(part, str)):
            kept.append(part)
    return tuple(kept)


def _in_plain_words(problem: Any) -> str:
    kind, message, given = problem["type"], problem["msg"], problem["input"]
    if kind == "extra_forbidden":
        return "there is no such key"
    if kind == "missing":
        return "this is missing"
    if kind in {"string_type", "literal_error", "enum"} and isinstance(given, bool | int | float):
        return f"{message}; {given!r} is no word here: put it in quotes if you mean the text"
    return str(message).removeprefix("Value error, ")


class _Reader:
    """Turns YAML nodes into data and notes lines."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines: dict[Path_, int] = {}
        self.complaints: list[str] = []

    def read(self, node: yaml.Node, path: Path_) -> Any:
        self.lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._complain(key_node, path, "a key has to be a plain word")
                continue
            key = str(key_node.value)
            if key in found:
                self._complain(key_node, (*path, key), "this key stands here twice")
            found[key] = self.read(value_node, (*path, key))
            self.lines[(*path, key)] = key_node.start_mark.line + 1
        return found

    def _scalar(self, node: yaml.ScalarNode, path: Path_) -> Any:
        text = node.value
        if node.style is not None:  # quoted or block: always a string
            return text
        if _OLD_BOOLEANS.match(text):
            self._complain(
                node, path, f"{text} could be a boolean: write true or false, or quote it"
            )
        elif _OCTAL.match(text):
            self._complain(node, path, f"{text} could be an octal number: quote it")
        return _plain(text)

    def _complain(self, node: yaml.Node, path: Path_, reason: str) -> None:
        where = ".".join(str(part) for part in path) or "file"
        self.complaints.append(f"{self.source}:{node.start_mark.line + 1}: {where}: {reason}")


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
