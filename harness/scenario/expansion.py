"""From a scenario file to its cases and their controls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from harness.checks.always import always_names
from harness.errors import ScenarioError, UsageError
from harness.model import Level
from harness.protocol import Message
from harness.requirements import Catalogue, load_catalogue

from .axes import Axes, AxisError, Combination
from .case import Case, CaseContent
from .clauses import CONTROL, log_clauses
from .given import Given
from .hints import choose_from
from .loading import Path_, YamlDocument, complaints, validate
from .model import Expanded
from .needs import needed_features, providers_in
from .step import Change, ConfigureStep, SendStep, Told
from .submission import PLACE, SubmissionGiven, strange_words

_CONTROL_PARTS = ("smtp", "submission", "api", "also", "send", "configure")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Twin:
    """The control of one case, before its id is known."""

    content: Expanded
    fingerprint: str
    difference: str


def expand(
    document: YamlDocument, scenario: str, *, catalogue: Catalogue | None = None
) -> tuple[Case, ...]:
    """The cases of a scenario in the order of its axes, each control before its first case.

    `catalogue` has the rows that it can verify; without one, the bundled.

    Raises:
        ScenarioError: one `file:line: path: reason` a mistake.
    """
    if not isinstance(document.data, dict):
        raise ScenarioError(document.complaint((), "a scenario is a mapping"))
    try:
        axes = Axes(document)
        rest = {key: value for key, value in document.data.items() if key != "axes"}
        filled = [(chosen, axes.fill(rest, chosen)) for chosen in axes.combinations()]
    except AxisError as error:
        raise ScenarioError(document.complaint(error.path, str(error))) from error
    if not filled:
        raise ScenarioError(document.complaint(("axes",), "no combination is left"))
    checked = [(chosen, data, validate(document, Expanded, data)) for chosen, data in filled]
    for _, _, content in checked:
        _check_parts(document, content)
    _check_rows(document, [content for _, _, content in checked], catalogue or load_catalogue())
    known: dict[str, Expanded] = {}
    twins = {
        _case_id(scenario, chosen): _twin(document, data, content, known)
        for chosen, data, content in checked
    }
    control_ids = _control_ids(scenario, twins, [chosen for chosen, _, _ in checked])
    return _in_order(document, scenario, checked, twins, control_ids)


def _in_order(
    document: YamlDocument,
    scenario: str,
    checked: list[tuple[Combination, Any, Expanded]],
    twins: Mapping[str, _Twin | None],
    control_ids: Mapping[str, str],
) -> tuple[Case, ...]:
    cases: dict[str, Case] = {}
    levels: dict[str, list[Level]] = {}
    for chosen, _, content in checked:
        identifier = _case_id(scenario, chosen)
        twin = twins[identifier]
        control = control_ids[twin.fingerprint] if twin else None
        if twin and control and control not in cases:
            cases[control] = replace(
                _case(document, scenario, control, twin.content),
                title=f"Control of {scenario}: the message is sent with {twin.difference}",
            )
        if control:
            levels.setdefault(control, []).append(content.then.levels.get(CONTROL, Level.MUST))
        case = _case(document, scenario, identifier, content)
        cases[identifier] = replace(
            case,
            title=content.title,
            axes=chosen,
            requirements=content.verifies,
            situations=content.situations,
            providers=providers_in(content.given, chosen),
            is_control=False,
            control=control,
            content=CaseContent(content.given, content.when, content.then),
        )
    for control, each in levels.items():
        cases[control] = replace(cases[control], level=Level.highest(each))
    return tuple(cases.values())


def _case(document: YamlDocument, scenario: str, identifier: str, content: Expanded) -> Case:
    """The case without what asks a question, which a control has not."""
    return Case(
        id=identifier,
        scenario=scenario,
        title=content.title,
        axes={},
        tags=content.tags,
        requirements=(),
        situations=(),
        needs=needed_features(content.given, content.when, content.needs),
        providers=providers_in(content.given, {}),
        is_control=True,
        control=None,
        level=Level.MUST,
        source=document.source,
        line=document.line(("then",)),
        content=CaseContent(content.given, content.when, None),
    )


def _case_id(scenario: str, chosen: Combination, *more: str) -> str:
    parts = [f"{name}={label}" for name, label in chosen.items()] + list(more)
    return f"{scenario}[{','.join(parts)}]" if parts else scenario


# Controls.


def _twin(
    document: YamlDocument, data: dict[str, Any], content: Expanded, known: dict[str, Expanded]
) -> _Twin | None:
    """The control: the case with one value put right. `known` has those made for other cases."""
    overlay = content.control
    if overlay is None:
        return None
    path, leaf = _only_leaf(document, overlay)
    right = _put_right(data, overlay)
    same = json.dumps(
        [right.get("given"), right.get("when"), right.get("needs")], sort_keys=True, default=str
    )
    if same not in known:
        known[same] = _validated_twin(document, right)
    twin = known[same]
    if (twin.given, _asked(twin)) == (content.given, _asked(content)):
        reason = "the control does not differ from the case"
        raise ScenarioError(document.complaint(("control",), reason))
    _check_twins_parts(document, twin)
    shown = leaf if isinstance(leaf, str) else json.dumps(leaf, default=str)
    return _Twin(content=twin, fingerprint=same, difference=f"{'.'.join(path)} {shown}")


def _asked(content: Expanded) -> list[tuple[SendStep | None, ConfigureStep | None]]:
    return [(step.send, step.configure) for step in content.when]


def _only_leaf(document: YamlDocument, overlay: Mapping[str, Any]) -> tuple[tuple[str, ...], Any]:
    """The one value that a control changes, and its path."""
    strange = sorted(set(overlay) - set(_CONTROL_PARTS))
    if strange:
        reason = f"there is no such key{choose_from(strange[0], _CONTROL_PARTS)}"
        raise ScenarioError(document.complaint(("control", strange[0]), reason))
    leaves = _leaves(overlay)
    if len(leaves) != 1:
        reason = f"a control differs in one value, this one in {len(leaves)}"
        raise ScenarioError(document.complaint(("control",), reason))
    return leaves[0]


def _validated_twin(document: YamlDocument, right: dict[str, Any]) -> Expanded:
    try:
        return Expanded.model_validate({**right, "then": {"sender": {"status": "sent"}}})
    except ValidationError as error:
        found = complaints(document, error, Expanded, moved=_into_the_control)
        raise ScenarioError("\n".join(found)) from error


def _into_the_control(path: Path_) -> Path_:
    """Where in `control` a mistake of the twin was made: the case itself has none."""
    match path:
        case ("given", *rest):
            return ("control", *rest)
        case ("when", int(), ("send" | "configure") as deed, *rest):
            return ("control", deed, *rest)
        case ("when", "send", *rest):
            return ("control", "send", *rest)
    return ("control",)


def _leaves(overlay: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Each value that is no mapping, and its path."""
    if isinstance(overlay, dict) and overlay:
        return [leaf for key, value in overlay.items() for leaf in _leaves(value, (*path, key))]
    return [(path, overlay)]


def _put_right(data: dict[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(data.get("given") or {})
    when = _merge_steps(data["when"], overlay)
    for part, change in overlay.items():
        if part not in _STEPS:
            given[part] = _merge(given.get(part) or {}, change)
    return {**data, "given": given, "when": when, "control": None}


# The steps that a control can change, and what of a step a control does not ask.
_STEPS = ("send", "configure")
_EXPECTED = {"configure": ("status", "shows"), "state": ("shows",), "deliveries": ("show", "until")}


def _merge_steps(when: Any, overlay: Mapping[str, Any]) -> Any:
    """The steps, changed, and without what is expected of the sender in the case itself."""
    if isinstance(when, list):
        return [_merge_steps(step, overlay) for step in when]
    if not isinstance(when, dict):
        return when
    step = {name: words for name, words in when.items() if name != "expect"}
    for name, words in step.items():
        if isinstance(words, dict):
            asked = {key: word for key, word in words.items() if key not in _EXPECTED.get(name, ())}
            step[name] = _merge(asked, overlay.get(name, {})) if name in _STEPS else asked
    return step


def _merge(base: Any, change: Any) -> Any:
    if isinstance(base, dict) and isinstance(change, dict):
        return {**base, **{key: _merge(base.get(key), value) for key, value in change.items()}}
    return change


def _control_ids(
    scenario: str, twins: Mapping[str, _Twin | None], combinations: list[Combination]
) -> dict[str, str]:
    """One id a distinct control: cases that share it share the axes that it is named by."""
    sharing: dict[str, list[Combination]] = {}
    for twin, chosen in zip(twins.values(), combinations, strict=True):
        if twin is not None:
            sharing.setdefault(twin.fingerprint, []).append(chosen)
    found: dict[str, str] = {}
    for fingerprint, group in sharing.items():
        common = {
            name: label for name, label in group[0].items() if all(g[name] == label for g in group)
        }
        identifier = _case_id(scenario, common, "control")
        if identifier in found.values():
            identifier = _case_id(scenario, group[0], "control")
        found[fingerprint] = identifier
    return found


# Rows.


def _check_rows(document: YamlDocument, contents: list[Expanded], catalogue: Catalogue) -> None:
    found: dict[str, None] = {}
    for content in contents:
        for key, rows, look_up in (
            ("verifies", content.verifies, catalogue.requirement),
            ("situations", content.situations, catalogue.situation),
        ):
            for row in rows:
                try:
                    look_up(row)
                except UsageError as error:
                    found[document.complaint((key,), str(error))] = None
        found.update(dict.fromkeys(_strange_decisions(document, content)))
    if found:
        raise ScenarioError("\n".join(found))


def _strange_decisions(document: YamlDocument, content: Expanded) -> list[str]:
    """What `decides` and `levels` say of rows and clauses that are not there."""
    own = {*content.verifies, *content.situations}
    asked = _clauses(content)
    found = []
    for word, clauses in (("decides", content.then.decides), ("levels", content.then.levels)):
        # What every case is asked can be a smaller matter here; its rows are the same anywhere.
        known = asked
        if word == "levels" and clauses:
            known = asked | always_names() | ({CONTROL} if content.control is not None else set())
        for clause in clauses:
            if clause not in known:
                reason = f"nothing of that name is asked here{choose_from(clause, sorted(asked))}"
                found.append(document.complaint(("then", word, clause), reason))
    if not content.then.levels.get(CONTROL, Level.SHOULD).fails_a_case:
        reason = "a control that may fail proves nothing; choose from MUST, SHOULD"
        found.append(document.complaint(("then", "levels", CONTROL), reason))
    for clause, rows in content.then.decides.items():
        found += [
            document.complaint(("then", "decides", clause), f"{row} is no row of this scenario")
            for row in rows
            if row not in own
        ]
    return found


def _clauses(content: Expanded) -> set[str]:
    """The names of what this scenario asks, as `decides` and `levels` use them."""
    asked = {*content.then.asked(), *(name for step in content.when for name in log_clauses(step))}
    expected = [step.expect for step in content.when] + [content.then.sender]
    for clause in expected:
        if clause is None:
            continue
        said = clause.model_dump(by_alias=True, exclude_unset=True, exclude_none=True)
        error = said.pop("error", {})
        asked |= {f"sender.{part}" for part in said}
        asked |= {f"sender.error.{part}" for part in error}
        asked |= {"sender"} | ({"sender.error"} if error else set())
    return asked


# Parts that are free in form, and have to fit something all the same.


def _check_parts(document: YamlDocument, content: Expanded) -> None:
    """Check messages and changes, which are written as parts of something whole."""
    is_list = isinstance(document.data.get("when"), list)
    for index, step in enumerate(content.when):
        at: Path_ = ("when", index) if is_list else ("when",)
        if step.send is not None:
            parts = {**_ANY_MESSAGE, **step.send.message}
            validate(document, Message, parts, at=(*at, "send", "message"))
        if step.told is not None:
            deed = "send" if step.send is not None else "configure"
            _check_told(document, content.given, step.told, (*at, deed))
        if step.change is not None:
            _check_change(document, content, step.change, (*at, "change"))


def _check_twins_parts(document: YamlDocument, twin: Expanded) -> None:
    """The same of a control, where only what it puts right can be wrong."""
    for step in twin.when:
        if step.send is not None:
            parts = {**_ANY_MESSAGE, **step.send.message}
            validate(document, Message, parts, at=("control", "send", "message"))
        if step.told is not None:
            deed = "send" if step.send is not None else "configure"
            _check_told(document, twin.given, step.told, ("control", deed))
        if step.change is not None:
            _check_change(document, twin, step.change, ("control",))


def _check_told(document: YamlDocument, given: Given, send: Told, at: Path_) -> None:
    """Check which server a sender is told of, and what of a provider's SMTP service."""
    if send.server is not None and send.server not in given.also:
        reason = f"there is no server {send.server!r} in also"
        reason += choose_from(send.server, sorted(given.also))
        raise ScenarioError(document.complaint((*at, "server"), reason))
    if given.submission is None:
        return
    found = strange_words(
        given.submission, region=send.region, username=send.username, password=send.password
    )
    reasons = [document.complaint((*at, word), reason) for word, reason in found]
    if isinstance(send.credentials, dict):
        reason = "a mapping is told of an API; of an SMTP service username and password are"
        reasons.append(document.complaint((*at, "credentials"), reason))
    if reasons:
        raise ScenarioError("\n".join(reasons))


def _check_change(document: YamlDocument, content: Expanded, change: Change, at: Path_) -> None:
    part = change.part
    before = getattr(content.given, part)
    if before is None:
        raise ScenarioError(document.complaint((*at, part), f"there is no {part} in given"))
    if isinstance(before, SubmissionGiven) and (moved := sorted(change.words.keys() & PLACE)):
        reason = "where the service is does not change between two sends"
        raise ScenarioError(document.complaint((*at, part, moved[0]), reason))
    state = {**before.model_dump(exclude_unset=True), **change.words}
    validate(document, type(before), state, at=(*at, part))


_ANY_MESSAGE: Mapping[str, Any] = MappingProxyType(
    {"from": {"address": "sender@harness.test"}, "to": [{"address": "recipient@harness.test"}]}
)
