"""Everything that goes wrong, by whose fault it is.

::

    HarnessError
    ├── UsageError              the person who called us: exit status 2
    │   └── ScenarioError       a scenario or document file, with `file:line: path: reason`
    ├── MachineError            this machine: a port taken, a report unwritable: exit status 3
    └── SenderError             the sender under test could not be driven: exit status 3
        └── SenderNotFoundError the program or function does not exist; it is a UsageError, too

A requirement that is not met is never an exception: it is a value, `harness.model.Finding`.
A fake that breaks raises `harness.fakes.FakeError`, because fakes know nothing of this module.
"""

from __future__ import annotations


class HarnessError(Exception):
    """Root of the tree. Its text is one line for a person: the thing, the place, the choices."""


class UsageError(HarnessError):
    """What was asked for makes no sense."""


class ScenarioError(UsageError):
    """A scenario, or a document of requirements, that cannot be used.

    The text is one `file:line: path: reason` a line.
    """


class MachineError(HarnessError):
    """The machine does not allow it."""


class SenderError(HarnessError):
    """The sender under test could not be driven at all."""


class SenderNotFoundError(SenderError, UsageError):
    """The program, module or function named by `--sender` does not exist."""
