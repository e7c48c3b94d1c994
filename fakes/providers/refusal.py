"""Refusals as data: what a vendor answers, word for word, and how that is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..http.exchange import Headers, Response
from ..marks import Mark

JSON: Headers = (("Content-Type", "application/json"),)


def escaped(text: str) -> str:
    """Text as it stands inside a JSON string."""
    return json.dumps(text)[1:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorRefusal:
    """One answer of a vendor's that is no success.

    `body` is the literal, in which `<name>` is a variable part (given to `response`). `source` is
    where it is known from: the source's key and what it shows, with a date where there is one.
    `when` says in plain words in which case the vendor answers so.
    """

    name: str
    when: str
    status: int
    body: str
    mark: Mark
    source: str
    headers: Headers = JSON

    def response(self, **variables: object) -> Response:
        """The response, its variable parts filled in."""
        body = self.body
        for name, value in variables.items():
            body = body.replace(f"<{name}>", str(value))
        return Response(
            status=self.status,
            body=body.encode(),
            headers=self.headers,
            mark=self.mark,
            source=self.source,
            case=self.name,
        )


class Refusals(Mapping[str, VendorRefusal]):
    """A vendor's refusals by name. `not_modelled` are known cases that the fake does not serve."""

    def __init__(
        self, refusals: Iterable[VendorRefusal], *, not_modelled: Mapping[str, str] | None = None
    ) -> None:
        self._by_name = {refusal.name: refusal for refusal in refusals}
        self.not_modelled = dict(not_modelled or {})

    def refuse(self, case: str, /, **variables: str) -> Response:
        """The response of a refusal in JSON: its variable parts as they stand inside strings."""
        written = {name: escaped(text) for name, text in variables.items()}
        return self[case].response(**written)

    def __getitem__(self, name: str) -> VendorRefusal:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)
