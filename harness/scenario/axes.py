"""Axes: one file, many cases.

An axis is a list of values, or a mapping from labels to what they stand for:

    axes:
      mode: [starttls, tls]
      certificate:
        expired: {row: CERT-02, class: certificate-expired}
      except:
        - {mode: tls, certificate: expired}

`provider: every` is a list of every provider that there is a fake of.

`{mode}` and `{certificate}` stand for the label, `{certificate.row}` for what is written behind it.
A string that is nothing but one placeholder becomes the value itself, whatever its type; `{{`
and `}}` are braces.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.fakes.providers.registry import provider_names

from .loading import YamlDocument

Combination = Mapping[str, str]
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([A-Za-z_][\w-]*)(?:\.([A-Za-z_][\w-]*))?\}")
_NAME = re.compile(r"[A-Za-z_][\w-]*\Z", re.ASCII)
# The one axis whose values the harness knows by itself.
_PROVIDER, _EVERY = "provider", "every"
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\Z")

# More cases than anybody waits for; a mistake with one axis too many is told at once.
_MOST_COMBINATIONS = 10_000


class AxisError(ValueError):
    """An axis, or a placeholder, that makes no sense. `path` is where it stands."""

    def __init__(self, path: tuple[str | int, ...], reason: str) -> None:
        super().__init__(reason)
        self.path = path


class Axes:
    """The axes of one scenario."""

    def __init__(self, document: YamlDocument) -> None:
        data = document.data.get("axes")
        if data is None:
            data = {}
        if not isinstance(data, dict):
            raise AxisError(("axes",), "axes are written as a mapping from names to values")
        self._values = {
            name: _labels(name, values) for name, values in data.items() if name != "except"
        }
        self._except = self._exceptions(data.get("except", []))
        number = math.prod(len(labels) for labels in self._values.values())
        if number > _MOST_COMBINATIONS:
            raise AxisError(("axes",), f"{number} combinations, and {_MOST_COMBINATIONS} at most")

    def _exceptions(self, data: Any) -> list[dict[str, str]]:
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            raise AxisError(("axes", "except"), "this is a list of combinations")
        for index, item in enumerate(data):
            for name, label in item.items():
                if _label_text(label) not in self._values.get(name, {}):
                    path = ("axes", "except", index)
                    raise AxisError(path, f"no axis {name!r} has a value {label!r}")
        return [{name: _label_text(label) for name, label in item.items()} for item in data]

    def combinations(self) -> Iterator[Combination]:
        """Every combination of labels, in the order of the file, less the exceptions."""
        names = list(self._values)
        for labels in itertools.product(*self._values.values()):
            chosen = dict(zip(names, labels, strict=True))
            if not any(item.items() <= chosen.items() for item in self._except):
                yield chosen

    def fill(self, data: Any, chosen: Combination, path: tuple[str | int, ...] = ()) -> Any:
        """`data` with every placeholder filled in."""
        if isinstance(data, dict):
            return {key: self.fill(value, chosen, (*path, key)) for key, value in data.items()}
        if isinstance(data, list):
            return [self.fill(item, chosen, (*path, i)) for i, item in enumerate(data)]
        if not isinstance(data, str) or not ("{" in data or "}" in data):
            return data
        whole = _PLACEHOLDER.fullmatch(data)
        if whole is not None and whole[1]:
            return self._value(whole, chosen, path)
        return _PLACEHOLDER.sub(lambda match: self._word(match, chosen, path), data)

    def _word(self, match: re.Match[str], chosen: Combination, path: tuple[str | int, ...]) -> str:
        if not match[1]:
            return match[0][0]
        return _label_text(self._value(match, chosen, path))

    def _value(self, match: re.Match[str], chosen: Combination, path: tuple[str | int, ...]) -> Any:
        name, attribute = match[1], match[2]
        if name not in chosen:
            known = ", ".join(chosen) or "there are none"
            raise AxisError(path, f"no axis is called {name!r}; the axes: {known}")
        if attribute is None:
            return self._values[name][chosen[name]][0]
        attributes = self._values[name][chosen[name]][1]
        if attribute not in attributes:
            known = ", ".join(attributes) or "none"
            reason = f"{name}={chosen[name]} has no {attribute!r}; it has: {known}"
            raise AxisError(path, reason)
        return attributes[attribute]


def _labels(name: str, values: Any) -> dict[str, tuple[Any, Mapping[str, Any]]]:
    """From each label to its value and its attributes."""
    path = ("axes", name)
    if not _NAME.match(name):
        raise AxisError(path, f"{name!r} is no name of an axis (letters, digits, _ and -)")
    if name == _PROVIDER and values == _EVERY:
        values = list(provider_names())
    if isinstance(values, list) and values:
        found: dict[str, tuple[Any, Mapping[str, Any]]] = {
            _label(value, path): (value, {}) for value in values
        }
        if len(found) < len(values):
            raise AxisError(path, "a value stands here twice")
        return found
    if isinstance(values, dict) and values:
        for label, attributes in values.items():
            if not isinstance(attributes, dict):
                reason = "a label stands for a mapping; write a list for plain values"
                raise AxisError((*path, label), reason)
        return {_label(label, path): (label, attributes) for label, attributes in values.items()}
    of_providers = f", or the word {_EVERY!r}" if name == _PROVIDER else ""
    raise AxisError(
        path, f"an axis is a list of values or a mapping from labels, and not empty{of_providers}"
    )


def _label_text(value: Any) -> str:
    """A value as it is written in YAML."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _label(value: Any, path: tuple[str | int, ...]) -> str:
    label = _label_text(value)
    if not _LABEL.match(label):
        reason = f"{label!r} is no label (letters, digits, . _ + -): use a mapping with labels"
        raise AxisError(path, reason)
    return label
