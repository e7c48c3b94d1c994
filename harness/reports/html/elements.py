"""Elements of HTML, escaped by how they are made.

A text is escaped when it becomes part of an element; only what `element` returned is taken as it
is. Before that it is made visible, so no control character, no bidirectional override and no
zero-width space is in it either. (Trees of the standard library would do, in three times the time.)
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from typing import TypeAlias

from harness.escaping import encodable, visible

Child: TypeAlias = "str | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | bool | None"

_VOID = frozenset(["meta", "input"])


class Html(str):
    """Finished HTML."""

    __slots__ = ()


class Verbatim(str):
    """An attribute's value that a script needs as it is; it is escaped, and not made visible."""

    __slots__ = ()


def element(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """Make an element.

    Of an iterable among `children` each is one; None is nothing. A trailing underscore of an
    attribute's name is dropped, the others are hyphens: `class_`, `data_case`. True is an attribute
    without a value; False and None leave it out.
    """
    parts = [f"<{tag}", *map(_attribute, attributes, attributes.values()), ">"]
    if tag not in _VOID:
        _put(parts, children)
        parts.append(f"</{tag}>")
    return Html("".join(parts))


def raw_element(tag: str, text: str, **attributes: Attribute) -> Html:
    """A script or a style, in which nothing is escaped: for what is ours, or packed.

    Raises:
        ValueError: the text would end the element.
    """
    if f"</{tag}" in text.lower() or "<!--" in text:
        raise ValueError(f"this would end a {tag} in the middle")
    opening = element(tag, **attributes).removesuffix(f"</{tag}>")
    return Html(f"{opening}{text}</{tag}>")


def _attribute(name: str, value: Attribute) -> str:
    if isinstance(value, Verbatim):
        return f' {_shown_name(name)}="{escape(encodable(value))}"'
    return _visible_attribute(name, value)


# Most are classes, a few hundred thousand times the same ones. `typed`: True is not 1 here.
@lru_cache(maxsize=2048, typed=True)
def _visible_attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    text = "" if value is True else visible(str(value))
    return f' {_shown_name(name)}="{escape(text)}"'


def _shown_name(name: str) -> str:
    return name.removesuffix("_").replace("_", "-")


def _put(parts: list[str], children: Iterable[Child]) -> None:
    for child in children:
        if isinstance(child, Html):
            parts.append(child)
        elif isinstance(child, str):
            parts.append(escape(visible(child), quote=False))
        elif child is not None:
            _put(parts, child)
