"""The examples of products that are asked by their own interface."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness.protocol import Trust
from harness.senders import open_sender
from harness.senders.file import read_sender_file
from harness.senders.product_words import placeholders_in

_TOP = Path(__file__).parents[2]
_EXAMPLES = sorted((_TOP / "examples/senders").glob("*.yaml"))


@pytest.mark.parametrize("path", _EXAMPLES, ids=lambda path: path.stem)
def test_an_example_can_be_opened(path: Path, trust: Trust) -> None:
    given = read_sender_file(str(path))
    parts = (*given.actions.calls.values(), given.service)
    named = {name[1:] for name in placeholders_in(*parts) if name.startswith("$")}
    assert named
    environment = dict.fromkeys(named, "/a/program")
    sender = open_sender(f"file:{path}", trust=trust, environment=environment)
    assert {"smtp", "state", "configure", "delivery-log"} <= sender.features


def test_the_example_of_the_documentation_is_a_sender_file(tmp_path: Path, trust: Trust) -> None:
    page = (_TOP / "docs/products.md").read_text(encoding="utf-8")
    shown = page.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "shown.yaml").write_text(shown, encoding="utf-8")
    sender = open_sender(f"file:{tmp_path / 'shown.yaml'}", trust=trust, environment={})
    assert "delivery-log" in sender.features
    assert yaml.safe_load(shown)["limits"]["deliver"] == sender.stated_delivery_limit


def test_there_are_examples() -> None:
    assert {path.stem for path in _EXAMPLES} == {"kratos", "post-office"}
