"""What a person reads in the terminal: the table at the start, then a few lines a message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from harness.escaping import inert, shortened, visible

from .documents import (
    AttachmentDocument,
    FakeDocument,
    MessageDocument,
    NoticeDocument,
    ReadyDocument,
    SmtpPlaceDocument,
)
from .told import exports

_SECURITY = {"none": "in clear", "starttls": "STARTTLS", "tls": "TLS"}
_LONGEST = 300
_MOST_SHOWN = 10
_MARKS = {
    "refused": ("refused", "yellow"),
    "not-modelled": ("not modelled", "yellow"),
    "in-clear": ("IN CLEAR", "bold red"),
    "unverified": ("NOT VERIFIED", "bold red"),
    "tls-failed": ("TLS failed", "yellow"),
    "left": ("nothing sent", "yellow"),
    "fault": ("fault", "magenta"),
    "posted": ("event", "cyan"),
    "broke": ("BROKEN", "bold red"),
}


class ServeText:
    """Makes the lines. `console` knows the width and the colours of the terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def ready(self, ready: ReadyDocument, states: Sequence[str], written: str | None) -> str:
        """The table, and what to paste. `states` are what is said of each fake.

        `written` is a file that has the lines already.
        """
        rows = [
            row
            for fake, state in zip(ready.fakes, states, strict=True)
            for row in _rows(fake, state)
        ]
        rows.append(("control API", ready.control.url, f"token {ready.control.token}"))
        rows.append(("trust", ready.ca_file, "the anchor alone"))
        rows.append(("", ready.ca_bundle, "with what this machine trusts"))
        with self._console.capture() as captured:
            for line in _aligned(rows):
                self._console.print(line, soft_wrap=True)
            self._console.print()
            if written is None:
                self._console.print("For the environment of your program:\n")
                self._console.out(exports(ready.environment), highlight=False)
            else:
                told = f"{written} has the environment of your program."
                self._console.print(_plain(told), soft_wrap=True)
            self._console.print("Mail is shown here as it comes; Ctrl-C ends it.\n")
        return captured.get()

    def message(self, message: MessageDocument) -> str:
        """A message that came."""
        who = message.sender or message.mail_from or "<>"
        way = "" if message.by == "smtp" else " by API"
        return self._lines(
            message.at,
            (f"mail {message.id}", "bold green"),
            f"{message.fake}{way}: {message.subject or '(no subject)'}",
            [
                f"from {who}",
                f"to   {', '.join(message.recipients)}",
                *_several("link", message.links),
                *_several("code", message.codes),
                *_several("file", [_file(each) for each in message.attachments]),
            ],
            [f"! {remark}" for remark in message.remarks],
        )

    def notice(self, notice: NoticeDocument, hint: str | None) -> str:
        """Something that went wrong; `hint` is what can be done about it."""
        whose = f"{notice.fake}: " if notice.fake else ""
        about = f"{whose}{notice.what}: {notice.words}"
        return self._lines(
            notice.at, _MARKS[notice.event], about, [f"→ {hint}"] if hint else [], []
        )

    def _lines(
        self,
        at: str,
        mark: tuple[str, str],
        first: str,
        below: Sequence[str],
        remarks: Sequence[str],
    ) -> str:
        clock = datetime.fromisoformat(at).astimezone().strftime("%H:%M:%S")
        with self._console.capture() as captured:
            line = Text().append(clock, "dim").append("  ").append(mark[0], mark[1])
            line.append(f"  {_shown(first)}")
            self._console.print(line, soft_wrap=True)
            for text in below:
                self._console.print(Text(f"          {_shown(text)}"), soft_wrap=True)
            for text in remarks:
                self._console.print(Text(f"          {_shown(text)}", "red"), soft_wrap=True)
        return inert(captured.get())


def _rows(fake: FakeDocument, state: str) -> Iterator[tuple[str, str, str]]:
    """What a fake is called, where it is, and how to get in; below it what is special about it."""
    if fake.base_url is None:
        yield (fake.name, *_place(fake.smtp))
    else:
        keys = "  ".join(f"{name} {value}" for name, value in fake.credentials.items())
        region = f" ({fake.region})" if fake.region else ""
        yield fake.name, f"{fake.base_url}{region}", keys
        yield (f"{fake.name} SMTP", *_place(fake.smtp))
        yield "", f"takes mail from {', '.join(fake.domains) or 'nobody: it has no domain'}", ""
    if state:
        yield "", state, ""


def _place(place: SmtpPlaceDocument) -> tuple[str, str]:
    return (
        f"{place.host}:{place.port} {_SECURITY[place.security]}",
        f"user {place.username}  password {place.password}",
    )


def _aligned(rows: Sequence[tuple[str, str, str]]) -> Iterator[Text]:
    """Rows in columns. Nothing is broken into lines: it is there to be copied."""
    names = max(len(name) for name, _, _ in rows)
    places = max(len(place) for _, place, more in rows if more)
    for name, place, more in rows:
        line = Text(f"  {visible(name):<{names}}  ", style="bold")
        style = "default" if name else "dim"
        rest = f"{visible(place):<{places}}  {visible(more)}"
        line.append(rest.rstrip(), style=f"not bold {style}")
        yield line


def _plain(text: str) -> Text:
    return Text(visible(text, keep="\n"))


def _shown(text: str) -> str:
    return shortened(visible(text), _LONGEST)


def _several(label: str, texts: Sequence[str]) -> Iterator[str]:
    for text in texts[:_MOST_SHOWN]:
        yield f"{label} {text}"
    if len(texts) > _MOST_SHOWN:
        yield f"{label} … and {len(texts) - _MOST_SHOWN} more"


def _file(file: AttachmentDocument) -> str:
    return f"{file.filename or '(no name)'}, {file.size} octets"
