"""The stubs for type checkers that `docs/generate.py` makes, of classes made when they are used."""

from __future__ import annotations

from harness import testing
from harness.fakes.providers.registry import vendors


def types_of_fakes() -> str:
    """What type checkers are told of `harness.fakes`, whose classes are made when they are used."""
    lines = [
        "# made by docs/generate.py: change the code, then run it",
        "",
        "from .apis import ProviderFake",
        "from .errors import FakeError as FakeError",
        "from .smtp.fake import Smtp as Smtp",
        "",
    ]
    names = sorted(described.class_name for described in vendors().values())
    return "\n".join([*lines, *(f"class {name}(ProviderFake): ..." for name in names)]) + "\n"


def types_for_tests() -> str:
    """What type checkers are told of `harness.testing`, whose names are imported when used."""
    classes = {"smtp": "Smtp", **{name: each.class_name for name, each in vendors().items()}}
    imports = [
        f"from {home} import {name} as {name}"
        for name, home in testing.HOMES.items()
        if name != "FakeFactory"
    ]
    imports.append(f"from harness.fakes import {', '.join(sorted(classes.values()))}")
    lines = [
        "# made by docs/generate.py: change the code, then run it",
        "",
        "from typing import Any",
        "",
        *sorted(imports),
        "",
        "class FakeFactory:",
        *(f"    def {name}(self, **words: Any) -> {kind}: ..." for name, kind in classes.items()),
    ]
    for kind in classes.values():
        lines += ["", f"class {kind}Fixture({kind}):"]
        lines += [f"    def __call__(self, **words: Any) -> {kind}: ..."]
    return "\n".join(lines) + "\n"
