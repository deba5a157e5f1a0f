"""Whether a handle may still be had: asked before there is an account."""

from __future__ import annotations

import asyncio

from nullabona.client.api.errors import TimedOut
from nullabona.client.api.session import Options
from nullabona.client.runner import find_card, now_ms
from nullabona.wire.handle import parse_handle


async def is_handle_free(handle: str, options: Options, *, timeout_s: float = 10.0) -> bool:
    """Whether the handle's directory shows no card for it. Raises `HandleError`, `Refused`, `TimedOut`, `Unreachable`.

    A free handle may be taken by somebody else, or be refused, until the account is published.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await find_card(str(parse_handle(handle)), options.net, now_ms() // 1_000) is None
    except TimeoutError:
        raise TimedOut("the server of that handle could not be reached in time") from None
