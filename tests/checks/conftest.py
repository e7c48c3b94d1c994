"""Made-up records as fixtures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.checks.record import Record, SendRecord
from harness.fakes.transcript import MessageCaptured

from .made_up import PASSWORD, make_captured, make_record, make_send


@pytest.fixture(scope="session", name="make_record")
def _make_record() -> Callable[..., Record]:
    return make_record


@pytest.fixture(scope="session", name="make_send")
def _make_send() -> Callable[..., SendRecord]:
    return make_send


@pytest.fixture(scope="session", name="captured")
def _captured() -> Callable[..., MessageCaptured]:
    return make_captured


@pytest.fixture(scope="session", name="password")
def _password() -> str:
    return PASSWORD
