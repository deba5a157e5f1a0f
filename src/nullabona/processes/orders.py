"""The far side of `nullabona.processes.workers`: a process that says when it is ready and does what it is told.

It reads one JSON object a line (``{"do": NAME, ...}``) and answers each with one line, ``{"ok": VALUE}`` or
``{"error": CODE, "message": SENTENCE}``. It ends when its input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from nullabona.errors import NullabonaError


def speak_utf8() -> None:
    """Lines are UTF-8 whatever the locale says; once, before anything is read."""
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]


async def obey(deeds: object, ready: object) -> None:
    """Say ``ready``; then do what is told, one after another: each order is a coroutine method of ``deeds``."""
    _say(ready)
    while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        _say(await _do(deeds, json.loads(line)))


async def _do(deeds: object, order: dict[str, Any]) -> dict[str, Any]:
    deed: Callable[..., Awaitable[Any]] = getattr(deeds, order.pop("do"))
    try:
        return {"ok": await deed(**order)}
    except NullabonaError as error:
        return {"error": error.code, "message": error.message}


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()
