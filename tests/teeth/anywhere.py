"""The hook for senders that are wrong in one thing wherever they are, whatever the case is about.

Each breaks one clause of many scenarios at once, where those who are wrong in what a scenario is
about break another one first. What sets a case apart from its control is taken for what it
stumbles over: it tells controls by their names, and is right there.
"""

from __future__ import annotations

import contextlib
from typing import Any

from .careful import Careful
from .careful_wire import Failure, Garbled, Lost

Document = dict[str, Any]
# What is raised where somebody takes no care of what he does.
CARELESS = (Failure, Lost, Garbled, OSError, ValueError, KeyError, AttributeError, IndexError)


class Anywhere(Careful):
    """Right by itself: a hook for those who are wrong outside of controls."""

    def answer(self) -> Document:
        case = str(self.request.get("case", ""))
        if self.request.get("action") != "send" or case.endswith(("[control]", ",control]")):
            return super().answer()
        return self.wrongly()

    def wrongly(self) -> Document:
        return self.rightly()

    def rightly(self) -> Document:
        return Careful.answer(self)

    def come_and_go(self) -> None:
        """Connect, log in, hand nothing over and leave, whatever comes of it."""
        with contextlib.suppress(*CARELESS):
            self.to = self.settings()
            self.connect()
            self.open()
            self.quit()

    def once_more(self, way: type[Careful] = Careful) -> None:
        """Do all of it again, whatever comes of it."""
        with contextlib.suppress(*CARELESS):
            way(self.request, self.memory).answer()
