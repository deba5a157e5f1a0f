"""Every asynchronous test runs on both event loops: the standard one and uvloop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

Run = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a coroutine to its end on a new loop."""


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a coroutine on the loop of this round."""
    return asyncio.run if request.param == "asyncio" else uvloop.run
