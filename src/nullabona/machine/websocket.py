"""Shared helpers for WebSockets with picows."""

from __future__ import annotations

import asyncio
from typing import Final


class _Silent:
    """A logger that keeps nothing."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802, ARG002 - logging's name
        return False

    def _nothing(self, *args: object, **kwargs: object) -> None: ...

    debug = info = warning = error = exception = log = _nothing


SILENT: Final = _Silent()
"""The logger for picows, which would otherwise log addresses and received data."""


def feed(protocol: asyncio.BufferedProtocol, data: bytes) -> None:
    """Let the protocol read ``data`` as if it had just arrived."""
    while data:
        room = memoryview(protocol.get_buffer(-1))
        part = min(len(room), len(data))
        room[:part] = data[:part]
        protocol.buffer_updated(part)
        data = data[part:]
