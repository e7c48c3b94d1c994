"""Which kinds of request a sender turned down in their plainest form, so that once is enough.

A sender that knows only SMTP would be started for hundreds of cases of the APIs, to say the same
each time. A kind is what every sender of it has to be able to do: SMTP in one security mode, or one
version of one provider's API. Its plainest case asks for nothing else, so that `unsupported` can
only be about the kind; about any other case it may be about what is special there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from harness.protocol import DECLARED_FEATURES
from harness.scenario.case import Case


def plainest(cases: Iterable[Case]) -> Mapping[frozenset[str], str]:
    """For each kind the id of a case that asks for nothing else, where there is one."""
    found: dict[frozenset[str], str] = {}
    for case in sorted(filter(_is_plain, cases), key=_words_said):
        found.setdefault(kind_of(case), case.id)
    return found


def kind_of(case: Case) -> frozenset[str]:
    """What a sender has to be able to do, whatever else a case asks for."""
    kind = {need for need in case.needs if need == "smtp" or need.startswith(("api:", "security:"))}
    api = case.given.api
    return frozenset([*kind, *([f"version:{api.version}"] if api and api.version else [])])


def follows(case: Case, features: AbstractSet[str]) -> bool:
    """Whether `unsupported` to the kind is the answer to this case too.

    It is not where the case needs what the sender declares: there it may know its way about.
    """
    return not case.needs & features & DECLARED_FEATURES


def _words_said(case: Case) -> int:
    """How much is said of the server: the less, the more it is like any."""
    return len(case.given.server.model_fields_set)


def _is_plain(case: Case) -> bool:
    special = case.needs - kind_of(case) or case.given.also or case.control
    server = case.given.server
    plain_state = server.certificate == "good" and server.network == "open" and not server.faults
    first, *more = case.steps
    told = first.send.model_fields_set if first.send is not None else {"a change"}
    return plain_state and not (special or more or told)
