"""Delivers a notice: appends a frame to an inbox through the inbox's relay, as any client does."""

from __future__ import annotations

import asyncio
from typing import Final

from nullabona.docket.ports import Deliver
from nullabona.errors import Refused
from nullabona.machine.http_client import HttpClient, HttpMisbehaved, Route, is_loopback, parse_url
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import POLICY_INBOX, Append, Appended, Refusal, decode_response, encode
from nullabona.wire.seal import Inbox

_MOST_ANSWER: Final = 65_536
_PATH: Final = "/v1"
"""The API path below a relay's address; a card may include it or not."""


def delivering(route: Route, relay: str | None) -> Deliver:
    """Delivers frames at the inbox's relay, else at ``relay``, else at the host of the handle."""

    def put(handle: str, inbox: Inbox, frame: bytes) -> None:
        asyncio.run(put_frame(inbox.relay or relay or _relay_of(handle), route, inbox, frame))

    return put


async def put_frame(url: str, route: Route, inbox: Inbox, frame: bytes) -> None:
    """Append a frame to an inbox. Raises `Refused`, or another `PeerError`, if the relay does not keep it."""
    web = url.replace("wss://", "https://").replace("ws://", "http://").removesuffix("/").removesuffix(_PATH)
    async with HttpClient(parse_url(web), route) as client:
        request = encode(Append(POLICY_INBOX, inbox.write_secret, inbox.read_hash, frame))
        reply = await client.post(_PATH.removeprefix("/"), request, _MOST_ANSWER, "application/octet-stream")
    if reply.status != 200:
        raise HttpMisbehaved("the relay did not take the notice")
    answer = decode_response(reply.body)
    if isinstance(answer, Refusal):
        raise Refused(answer.code, retry_after_s=answer.retry_after_s)
    if not isinstance(answer, Appended):
        raise HttpMisbehaved("the relay answers something else than it was asked")


def _relay_of(handle: str) -> str:
    known = parse_handle(handle)
    return f"{'http' if is_loopback(known.host.strip('[]')) else 'https'}://{known.authority}"
