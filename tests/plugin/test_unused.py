"""Whoever does not use the plugin pays nothing for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement

GROUP = "pytest11"


def brought_along(name: str, seen: set[str]) -> Iterator[str]:
    """Every distribution that installing `name` brings, without any extra."""
    seen.add(name)
    yield name
    for line in distribution(name).requires or []:
        needed = Requirement(line)
        applies = needed.marker is None or needed.marker.evaluate({"extra": ""})
        other = re.sub(r"[-_.]+", "-", needed.name).lower()
        if applies and other not in seen:
            try:
                yield from brought_along(other, seen)
            except PackageNotFoundError:
                pytest.fail(f"{name} needs {other}, which is not installed")


def test_installing_the_harness_brings_no_other_plugin_of_pytest() -> None:
    plugins = {
        name: [
            entry.value for entry in distribution(name).entry_points if entry.group == "pytest11"
        ]
        for name in brought_along("mail-harness", set())
    }
    assert "aiosmtpd" in plugins
    assert {name: found for name, found in plugins.items() if found} == {
        "mail-harness": ["mail_harness_pytest"]
    }


@pytest.mark.whole
def test_a_test_that_uses_no_fake_imports_nothing_of_ours(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # others' imports are not ours
    pytester.makeconftest(
        """
        import sys

        def pytest_sessionfinish():
            heavy = {"aiosmtpd", "asyncio", "cryptography", "h11", "pydantic", "rich", "yaml"}
            ours = {name for name in sys.modules if name.partition(".")[0] == "harness"}
            print("LOADED", sorted(ours | heavy & set(sys.modules)))
        """
    )
    pytester.makepyfile(
        """
        def test_right(): pass
        def test_wrong(): assert 0
        """
    )
    result = pytester.runpytest_subprocess("-p", "harness.pytest_plugin", "-s")
    result.assert_outcomes(passed=1, failed=1)
    own = ("", ".names", ".scenario_files")
    loaded = [f"harness.pytest_plugin{part}" for part in own]
    assert f"LOADED {loaded}" in result.stdout.str()
