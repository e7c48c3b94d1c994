"""What can come of asking a sender something: a closed set of frozen values, never an exception.

::

    Outcome
    ├── Answered     a send was answered with `sent` or `failed`
    ├── Described    `describe` was answered with features
    ├── Replied      any action was answered; the document as it is, for the caller to read
    ├── Unsupported  the sender, or its adapter, says that it cannot do this at all
    ├── Crashed      the program ended, or the function raised, without an answer
    ├── Hung         it was cut off at its limit
    └── NoAnswer     it came to a regular end, but nothing that it said is an answer

`words` of each is one line for a person. It may repeat what the sender said, so it has to be
redacted and escaped like any other output of the sender before it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from harness.protocol import Answer, Description
from harness.secrets import NO_SECRETS, Secrets

Document: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a sender wrote while it was asked; the line of its answer is among it.

    `truncated` holds when one of the two was longer than its bound. Its beginning and its end
    were kept then, with a line between them that says how much is missing, and `found` names the
    secrets that stood there. `told` are those of the request: what is shortened further is cleared
    of them first, because what is cut through would not be known for a secret.
    """

    stdout: bytes = b""
    stderr: bytes = b""
    truncated: bool = False
    found: tuple[str, ...] = ()
    told: Secrets = field(default=NO_SECRETS, repr=False, compare=False)


NO_OUTPUT = Output()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A send was answered. `answer.status` is `sent` or `failed`.

    `document` is what the sender said, untouched; `answer` is how it was read, with what the
    error map added. `complaints` list what could not be used and was left out.
    """

    document: Document
    answer: Answer
    complaints: tuple[str, ...] = ()
    output: Output = NO_OUTPUT

    @property
    def words(self) -> str:
        """`answered sent`, or `answered failed`."""
        return f"answered {self.answer.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The sender said what it is and can do."""

    document: Document
    description: Description
    complaints: tuple[str, ...] = ()
    output: Output = NO_OUTPUT

    @property
    def words(self) -> str:
        """How many features it listed."""
        return f"described itself with {len(self.description.features)} features"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """An answer to any action, not yet read."""

    document: Document
    complaints: tuple[str, ...] = ()
    output: Output = NO_OUTPUT

    @property
    def words(self) -> str:
        """The status, where there is one."""
        return f"answered {self.document.get('status', 'without a status')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """It cannot be asked this. `document` is the sender's own answer, where it gave one.

    Without a document, either the program said so with exit status 77, or its adapter knows no
    way to ask (`by_adapter`), in which case the program was not started.
    """

    reason: str
    document: Document | None = None
    by_adapter: bool = False
    complaints: tuple[str, ...] = ()
    output: Output = NO_OUTPUT

    @property
    def words(self) -> str:
        """Unsupported, and why."""
        return f"unsupported: {self.reason}" if self.reason else "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashed:
    """It ended without an answer. `how` says it in words; the other two where they are known.

    `signal` is a name like `SIGSEGV`.
    """

    how: str
    exit_status: int | None = None
    signal: str | None = None
    output: Output = NO_OUTPUT

    @property
    def words(self) -> str:
        """Crashed, and how."""
        return f"crashed: {self.how}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hung:
    """It was cut off after `limit` seconds.

    `document` is an answer that a program had printed before it failed to end: it is no answer,
    because only the end of its output tells which line was the last.
    """

    limit: float
    hint: str = ""
    document: Document | None = None
    output: Output = NO_OUTPUT

    @property
    def words(self) -> str:
        """Hung, for how long, and a likely cause."""
        what = "printed an answer but did not end" if self.document else "gave no answer"
        hint = f" ({self.hint})" if self.hint else ""
        return f"{what} within {self.limit:.3g} s{hint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """It came to a regular end, and nothing that it said is an answer; `why` says what is wrong."""

    why: str
    output: Output = NO_OUTPUT

    @property
    def words(self) -> str:
        """No answer, and why."""
        return f"no answer: {self.why}"


Outcome: TypeAlias = Answered | Described | Replied | Unsupported | Crashed | Hung | NoAnswer
