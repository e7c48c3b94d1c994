"""A vendor's tables: what it answers, in TOML files of its package, one table an entry.

They are read strictly, and where they are first needed, so that only a vendor in use costs its
reading. A mistake is told with the file, the entry, and what there is to choose from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..constructor_words import complaint
from ..errors import FakeError

M = TypeVar("M", bound=BaseModel)


class TableError(FakeError):
    """A table of ours is not what it should be: a fault of this package."""


def read_file(file: Path, *, tables: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The tables that a file has, each of these names.

    Raises:
        TableError: it is no TOML (an entry that is there twice is none), or it has something else.
    """
    import tomllib  # noqa: PLC0415  # of no use to those who never use a vendor

    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TableError(f"{_shown(file)}: {error}") from error
    wanted = tuple(tables)
    check_names(file, found, wanted)
    for name, table in found.items():
        if not isinstance(table, dict):
            raise TableError(f"{_shown(file)}: {name}: a table is due")
    return {name: found.get(name, {}) for name in wanted}


def check_names(file: Path, names: Iterable[str], known: Iterable[str]) -> None:
    """Check that what a file names is known.

    Raises:
        TableError: something is not; it has the choices.
    """
    choices = tuple(known)
    for name in names:
        if name not in choices:
            known_ones = ", ".join(choices)
            raise TableError(
                f"{_shown(file)}: {name}: there is no such table (choose from {known_ones})"
            )


def read_entries(
    file: Path, model: type[M], entries: Mapping[str, Any], **beneath: object
) -> dict[str, M]:
    """Each entry by its name; `beneath` holds where an entry says nothing else.

    Raises:
        TableError: one is not as the model wants it.
    """
    return {
        name: read_entry(file, name, model, entry, **beneath) for name, entry in entries.items()
    }


def read_entry(file: Path, name: str, model: type[M], entry: Any, **beneath: object) -> M:
    """One table of a file; its heading is its name, where the model has one.

    Raises:
        TableError: it is not as the model wants it.
    """
    place = f"{_shown(file)}: {name}"
    if not isinstance(entry, Mapping) or "name" in entry:
        raise TableError(f"{place}: a table is due, and its heading is its name")
    try:
        named = {"name": name} if "name" in model.model_fields else {}
        return model.model_validate({**beneath, **named, **entry})
    except ValidationError as error:
        raise TableError(f"{place}: {complaint(error, place, model, beside=())}") from error


def read_texts(file: Path, texts: Mapping[str, Any]) -> dict[str, str]:
    """Texts by their names.

    Raises:
        TableError: something is no text.
    """
    for name, text in texts.items():
        if not isinstance(text, str):
            raise TableError(f"{_shown(file)}: {name}: a text is due")
    return dict(texts)


def _shown(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"
