"""Runs of made-up scenarios against made-up senders."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no finding, and a gate finds the same things each time.
settings.register_profile("patient", deadline=None, derandomize=True)
settings.load_profile("patient")
