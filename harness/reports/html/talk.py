"""A conversation, drawn: who said what, in clear or inside TLS, and what was found where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.conversation_lines import ConversationLine, Speaker, read_line
from harness.escaping import shortened
from harness.model import Finding
from harness.reports.html.elements import Child, Html, element
from harness.reports.overview import Excerpt, plural

_LONGEST = 600
_LONGEST_FINDING = 300
_ALONE = {True: "Inside TLS", False: "In clear"}

# How remarks begin that are worth more than a glance: `harness.conversation` writes them.
_REMARKS = (
    ("TLS established", "tls"),
    ("TLS failed", "broken"),
    ("fault at", "fault"),
    ("THE FAKE BROKE", "broken"),
    ("acknowledged", "taken"),
)


def drawn(lines: Iterable[Excerpt], findings: Sequence[Finding]) -> Html | None:
    """Draw lines of a conversation, with each finding below the first line that it rests on."""
    pieces = list(_pieces(lines))
    if not pieces:
        return None
    notes = _notes(findings)
    phases = [
        _phase(connection, secure, [piece for piece, _ in group], notes)
        for (connection, secure), group in groupby(_in_phases(pieces), key=lambda pair: pair[1])
    ]
    return element("ol", phases, class_="talk", aria_label="Conversation")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Happening:
    """What one event shows, or how many lines are left out in its place."""

    lines: tuple[ConversationLine, ...]
    cited: bool = False
    left_out: int = 0


def _pieces(lines: Iterable[Excerpt]) -> Iterator[_Happening]:
    """Lines of one event together: a reply of several lines is one thing said."""
    for event, group in groupby(lines, key=lambda line: line.event):
        excerpts = list(group)
        if event is None:
            yield _Happening(lines=(), left_out=sum(each.left_out for each in excerpts))
            continue
        said = [read_line(event, each.line) for each in excerpts]
        cited = any(each.cited for each in excerpts)
        for _, together in groupby(said, key=lambda line: line.speaker):
            yield _Happening(lines=tuple(together), cited=cited)


_Phase = tuple[int, bool]


def _in_phases(pieces: Iterable[_Happening]) -> Iterator[tuple[_Happening, _Phase]]:
    """Each piece with the phase that it falls in: its connection, and whether that is in TLS."""
    secure: dict[int, bool] = defaultdict(bool)
    current = 0
    for piece in pieces:
        if piece.lines:
            first = piece.lines[0]
            current = first.connection
            if first.speaker is not Speaker.NOBODY:
                secure[current] = first.secure
            elif first.text.startswith("connected to"):
                secure[current] = False
        yield piece, (current, secure[current])


def _phase(
    connection: int, secure: bool, pieces: Sequence[_Happening], notes: dict[int, list[Finding]]
) -> Html:
    where = f"Connection {connection}, " if connection else ""
    words = ("inside TLS" if secure else "in clear") if where else _ALONE[secure]
    turns = [
        _turn(piece, notes.pop(piece.lines[0].event, []))
        if piece.lines
        else element("li", f"{plural(piece.left_out, 'line')} left out", class_="gap")
        for piece in pieces
    ]
    return element(
        "li",
        element("p", f"{where}{words}", class_="where"),
        element("ol", turns),
        class_="secure" if secure else "clear",
    )


def _turn(piece: _Happening, found: Sequence[Finding]) -> Html:
    line = piece.lines[0]
    who = {Speaker.SENDER: "Sender", Speaker.SERVER: "Server"}.get(line.speaker)
    kind = line.speaker.value if who else _kind_of_remark(line.text)
    said = [element("span", shortened(each.text, _LONGEST)) for each in piece.lines]
    return element(
        "li",
        element("span", f"{line.event}", class_="n"),
        element("span", f"{line.at:.3f}", class_="at"),
        element("span", who, class_="who") if who else None,
        element("code" if who else "span", said, class_="said"),
        element("div", (_note(each) for each in found), class_="notes") if found else None,
        class_=f"{kind} cited" if piece.cited else kind,
        data_event=line.event,
    )


def _kind_of_remark(text: str) -> str:
    kinds = (kind for beginning, kind in _REMARKS if text.startswith(beginning))
    return f"remark {next(kinds, '')}".rstrip()


def _note(finding: Finding) -> Html:
    parts: list[Child] = [
        element("b", finding.check),
        " ",
        element("span", "leak", class_="leak") if finding.leak else None,
        f" {shortened(finding.observed, _LONGEST_FINDING)}",
    ]
    return element("p", parts, class_="note")


def _notes(findings: Iterable[Finding]) -> dict[int, list[Finding]]:
    """Findings by the first event that they rest on."""
    found: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.events:
            found[min(finding.events)].append(finding)
    return found
