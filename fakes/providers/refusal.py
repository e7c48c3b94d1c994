"""Refusals as data: what a vendor answers, word for word, and how that is known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any
from xml.sax.saxutils import escape

from pydantic import BeforeValidator, Field, model_validator

from ..http.exchange import Headers, Response
from ..vendor_answer import VendorAnswer, check_variables, filled
from .table import read_entries, read_file, read_texts

JSON: Headers = (("Content-Type", "application/json"),)


def escaped(text: str) -> str:
    """Text as it stands inside a JSON string."""
    return json.dumps(text)[1:-1]


def _pairs(given: Any) -> Any:
    return tuple(given.items()) if isinstance(given, Mapping) else given


class Refuse(Exception):  # noqa: N818  # it is what the vendor says, not an error of ours
    """Raised in a vendor's rules wherever a refusal is due, and answered in one place.

    `case` is its name in the vendor's table, `variables` are texts for its variable parts. The
    account stays as it was.
    """

    def __init__(self, case: str, /, **variables: str) -> None:
        super().__init__(case)
        self.case = case
        self.variables = variables


class VendorRefusal(VendorAnswer):
    """One answer of a vendor's that is no success."""

    status: int = Field(ge=200, le=599)
    """The HTTP status."""

    body: str
    """The literal, in which `<name>` is a variable part (given to `response`)."""

    headers: Annotated[Headers, BeforeValidator(_pairs)]
    """Headers by name, in place of those that the file has for all."""

    @model_validator(mode="after")
    def _variables_have_examples(self) -> VendorRefusal:
        # What looks like a variable part may be an element of HTML.
        is_a_page = self._media_type.startswith("text/html")
        check_variables(self.body, self.example, may_be_markup=is_a_page)
        return self

    @property
    def _media_type(self) -> str:
        return dict(self.headers).get("Content-Type", "")

    def response(self, **variables: object) -> Response:
        """The response, its variable parts filled in."""
        return Response(
            status=self.status,
            body=filled(self.body, variables).encode(),
            headers=self.headers,
            mark=self.mark,
            source=self.known_from,
            case=self.name,
        )

    def sample(self, given: Mapping[str, str] | None = None) -> Response:
        """The response with plausible values, or the `given` texts, in its variable parts."""
        return self.with_texts(given or {}, beneath=self.example)

    def with_texts(
        self, given: Mapping[str, str], *, beneath: Mapping[str, str] = MappingProxyType({})
    ) -> Response:
        """The response with texts in its variable parts; what is no text stands there as it is."""
        texts = {
            name: self._written(text) if name in self.texts else text
            for name, text in given.items()
        }
        return self.response(**{**beneath, **texts})

    def _written(self, text: str) -> str:
        """A text as it stands in this body."""
        if "xml" in self._media_type:
            return escape(text)
        return escaped(text) if "json" in self._media_type else text

    @cached_property
    def texts(self) -> frozenset[str]:
        """The variable parts that are texts: what stands in JSON outside a string is none."""
        try:
            if "json" in self._media_type:
                json.loads(self.body)
        except ValueError:
            return frozenset()
        return frozenset(self.example)


class Refusals(Mapping[str, VendorRefusal]):
    """A vendor's refusals by name, from its files: those of one file before those of the next.

    A file has `headers` for all its refusals, `refusals`, each a table with its name as heading,
    and `not_modelled`: known cases that the fake does not serve.

    Raises:
        TableError: where they are first asked for, and a file is not as it should be.
    """

    def __init__(self, *files: Path) -> None:
        self._files = files

    def refuse(self, case: str, /, **variables: str) -> Response:
        """The response of a refusal, its variable parts filled with texts."""
        return self[case].with_texts(variables)

    def told(self, refused: Refuse) -> Response:
        """The response of a refusal that was raised."""
        return self.refuse(refused.case, **refused.variables)

    @property
    def not_modelled(self) -> Mapping[str, str]:
        """Known cases that the fake does not serve, each with the reason."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[dict[str, VendorRefusal], dict[str, str]]:
        refusals: dict[str, VendorRefusal] = {}
        not_modelled: dict[str, str] = {}
        for file in self._files:
            found = read_file(file, tables=("headers", "refusals", "not_modelled"))
            headers = read_texts(file, found["headers"])
            refusals |= read_entries(file, VendorRefusal, found["refusals"], headers=headers)
            not_modelled |= read_texts(file, found["not_modelled"])
        return refusals, not_modelled

    def __getitem__(self, name: str) -> VendorRefusal:
        return self._read[0][name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read[0])

    def __len__(self) -> int:
        return len(self._read[0])
