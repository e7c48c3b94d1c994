"""Scenario files as items, for a session whose ini file names some; what they are is ours alone."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from .names import Names


class SenderHook:
    """What a conftest.py can say to the harness."""

    @staticmethod
    @pytest.hookspec(firstresult=True)
    def pytest_harness_sender(config: pytest.Config) -> Any:
        """Return the sender that scenario files, and runs by tests, in this folder are about.

        A SPEC, or a function from request document to answer document, plain or `async`, which is
        called in the thread that runs the tests.
        """


def add_scenario_keys(parser: pytest.Parser) -> None:
    """Add the ini keys."""
    parser.addini(
        "harness_scenarios",
        "files and folders of scenarios to collect as items, below the root directory or bundled",
        type="args",
        default=[],
    )
    parser.addini("harness_baseline", "the file with the failures of items that are expected")
    parser.addini("harness_strict", "a failed SHOULD fails its item", type="bool", default=False)
    parser.addini("harness_time_scale", "stretches every time-out and delay of items", default="1")


def named_sender(item: pytest.Item) -> Any:
    """Option, hook, ini key: the first that names a sender, else None. Hooks differ by folder."""
    config = item.config
    option = config.getoption("--harness-sender")
    hooked = item.ihook.pytest_harness_sender(config=config)
    return option or hooked or config.getini("harness_sender") or None


def collect_scenarios(config: pytest.Config) -> None:
    """Have the files that the ini key names collected, where it names any."""
    config.addinivalue_line("markers", "harness_scenario: every case of a scenario file")
    if not config.getini("harness_scenarios"):
        return
    names = Names(is_guest=True)
    with names.ours():
        scenarios = importlib.import_module("harness.pytest_scenarios")
        usage_error = importlib.import_module("harness.errors").UsageError
        try:
            plugin = scenarios.ScenarioItems(config, names.ours, named_sender)
            plugin.take_arguments()
        except usage_error as error:
            raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(plugin, "harness_scenario_items")
