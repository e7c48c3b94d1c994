"""Faults that answer with a vendor's refusal: is there such a one, and can it be said there."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..constructor_words import choices
from ..faults import Fault, Stage
from ..faults.refusals import Mistakes, NamedRefusal, named_refusals
from .refusal import Refusals
from .vendor_replies import VendorReplies


def mistaken_refusals(refusals: Refusals, faults: Sequence[Fault]) -> Mistakes:
    """What is wrong with the refusals of an API that faults name: the word's place, and why."""
    for named in named_refusals(faults):
        if named.stage is not Stage.REQUEST:
            yield named.at("at"), "do: refuse acts on an API at no other moment than request"
            continue
        found = refusals.get(named.action.case)
        if found is None:
            yield _unknown(named, list(refusals))
        else:
            yield from _unfillable(named, found.texts)


def mistaken_replies(replies: VendorReplies, faults: Sequence[Fault]) -> Mistakes:
    """The same of the refusals of an SMTP service."""
    for named in named_refusals(faults):
        if named.stage is Stage.REQUEST:
            yield named.at("at"), "there is no request over SMTP: name the command, as rcpt"
            continue
        if named.action.headers:
            yield named.at("headers"), "a reply of SMTP has no headers"
        found = replies.refusals.get(named.action.case)
        if found is None:
            yield _unknown(named, list(replies.refusals))
        else:
            yield from _unfillable(named, found.example)


def _unknown(named: NamedRefusal, known: Sequence[str]) -> tuple[tuple[str | int, ...], str]:
    case = named.action.case
    return named.at("case"), f"there is no refusal {case!r}{choices(case, known)}"


def _unfillable(named: NamedRefusal, texts: Collection[str]) -> Mistakes:
    for name in named.action.fill:
        if name not in texts:
            reason = f"{named.action.case} has no variable part {name!r} to fill with a text"
            yield named.at("fill", name), f"{reason}{choices(name, sorted(texts))}"
