"""What the plugin's fixtures are: a running fake, and makers of more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.fakes.apis import fake_of
from harness.fakes.fake import Fake
from harness.fakes.providers.registry import provider_names

Start = Callable[[str, Mapping[str, Any]], Fake[Any]]
"""Starts a fake: `smtp` or a provider's name, and the words of its constructor."""


class FakeFixture:
    """The default fake, started when something is asked of it, and a maker of more.

    What is asked of it is asked of the default fake, which is made with `words`.
    """

    def __init__(self, kind: str, words: Mapping[str, Any], start: Start) -> None:
        self._kind = kind
        self._words = words
        self._start = start
        self._default: Fake[Any] | None = None

    def __call__(self, **words: Any) -> Any:
        """Start another fake, in the state that `words` say."""
        return self._start(self._kind, words)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.default, name)

    def __setattr__(self, name: str, value: Any) -> None:
        __tracebackhide__ = True
        if name.startswith("_"):
            super().__setattr__(name, value)
        else:
            setattr(self.default, name, value)

    def __dir__(self) -> list[str]:
        return dir(self.default)

    def __repr__(self) -> str:
        if self._default is None:
            return f"<harness_{self._kind}, of which nothing was asked yet>"
        return f"<harness_{self._kind}: {self._default!r}>"

    @property
    def default(self) -> Fake[Any]:
        """The default fake; whoever asks first starts it."""
        if self._default is None:
            self._default = self._start(self._kind, self._words)
        return self._default


class FakeFactory:
    """Starts fakes that run as long as the fixture: `.smtp(security="none")`, `.sendgrid(…)`.

    Each takes the words of the class of that fake in `harness.fakes`.
    """

    def __init__(self, start: Start) -> None:
        self._start = start

    def __getattr__(self, name: str) -> Callable[..., Any]:
        kinds = ("smtp", *provider_names())
        if name not in kinds:
            raise AttributeError(f"{name}: there is no such fake (choose from {', '.join(kinds)})")
        return lambda **words: self._start(name, words)


def fake_class(kind: str) -> Any:
    """The class of a kind of fake: `smtp`, or a provider's name."""
    if kind == "smtp":
        from harness.fakes.smtp.fake import Smtp  # noqa: PLC0415  # providers go without

        return Smtp
    return fake_of(kind)
