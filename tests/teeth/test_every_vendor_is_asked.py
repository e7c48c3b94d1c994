"""A vendor that is added has to be in whatever is about each of them: nobody is forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.fakes.providers.registry import provider_names
from harness.scenario.places import bundled_folder

from .careful import Careful

_API = bundled_folder() / "api"
_STRANGERS = Path(__file__).parents[1] / "strangers"
# Of whom a recipient is refused among others, and how, is where vendors differ.
_WHERE_THEY_DIFFER = {
    "recipients-all-refused", "recipients-refused-together", "recipients-some-refused",
}  # fmt: skip


def _axes() -> dict[str, Any]:
    """The axis of providers of each scenario that is about several."""
    files = sorted((_API / "any").glob("*.yaml"))
    return {
        file.stem: yaml.safe_load(file.read_text(encoding="utf-8"))["axes"]["provider"]
        for file in files
    }


@pytest.mark.parametrize(("name", "axis"), _axes().items())
def test_what_is_asked_over_any_vendor_is_asked_over_each(name: str, axis: Any) -> None:
    named = set(provider_names()) if axis == "every" else set(axis)
    assert named <= set(provider_names())
    assert (named == set(provider_names())) is (name not in _WHERE_THEY_DIFFER)


@pytest.mark.parametrize("name", provider_names())
def test_each_vendor_has_scenarios_of_its_own_and_an_sdk_that_judges_it(name: str) -> None:
    assert list((_API / name).glob("*.yaml"))
    assert (_STRANGERS / f"test_{name}_sdk.py").exists()
    assert hasattr(Careful, f"call_{name}")
    assert hasattr(Careful, f"taken_{name}")
