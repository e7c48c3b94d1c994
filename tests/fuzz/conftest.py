"""What is made once for all examples: a trust anchor, an event loop, a folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.fakes.tls import Authority


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test of many thousand examples takes longer than any other."""
    if "HARNESS_FUZZ" in os.environ:
        for item in items:
            item.add_marker(pytest.mark.timeout(3600))


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.create()


@pytest.fixture(scope="session")
def ca_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority.write(tmp_path_factory.mktemp("anchor")).ca_file


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner
