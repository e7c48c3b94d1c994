"""What a vendor's SMTP service says, as data: how its server speaks, and its replies by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from ..smtp.exchange import Dialect, VendorReply
from .table import check_names, read_entries, read_entry, read_file

# What is said beside a transaction where a vendor's own words are not known.
_ASIDES = Path(__file__).with_name("asides.toml")


class VendorReplies(Mapping[str, VendorReply]):
    """The replies of a vendor's SMTP service by name, from its file.

    It has `dialect`, how the server speaks while nothing is wrong; `replies`, each a table with its
    name as heading; and `asides`, those of `asides.toml` for which the vendor's words are known.

    Raises:
        TableError: where they are first asked for, and the file is not as it should be.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def dialect(self) -> Dialect:
        """How the server speaks."""
        return self._read[0]

    @cached_property
    def refusals(self) -> Mapping[str, VendorReply]:
        """Those that refuse."""
        return {name: reply for name, reply in self.items() if not reply.is_positive}

    def refusal(self, case: str, given: Mapping[str, str]) -> str:
        """The whole line of one that refuses, with the `given` texts, or plausible ones, in it."""
        reply = self.refusals[case]
        return reply.filled(**{**reply.example, **given}).text

    @cached_property
    def _read(self) -> tuple[Dialect, dict[str, VendorReply]]:
        found = read_file(self._file, tables=("dialect", "asides", "replies"))
        asides = read_entries(_ASIDES, VendorReply, read_file(_ASIDES, tables=["asides"])["asides"])
        check_names(self._file, found["asides"], asides)
        asides |= read_entries(self._file, VendorReply, found["asides"])
        dialect = read_entry(self._file, "dialect", Dialect, found["dialect"])
        return (
            dialect.model_copy(update={"asides": asides}),
            read_entries(self._file, VendorReply, found["replies"]),
        )

    def __getitem__(self, name: str) -> VendorReply:
        return self._read[1][name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read[1])

    def __len__(self) -> int:
        return len(self._read[1])
