"""What comes to an inbox is read though an answer is slow (spec/relay.md §4.5)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nullabona.client.api import Client
from nullabona.client.core.model.requests import INBOX
from nullabona.client.net import PostCarrier
from nullabona.wire.messages import AnyRequest, AnyResponse, Read
from tests.api.people import PATIENCE_S, people, play, until
from tests.api.service import Service
from tests.api.test_apart import HEARD


def asking(client: Client) -> int:
    """From how many strangers a request has come."""
    return sum(contact.state == "asking" for contact in client.contacts.all())


def test_a_letter_that_comes_while_an_answer_is_under_way_is_read(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its digest comes before the answer after which the device can recognise it; and the next letter is read, too."""
    post, answered, go_on = PostCarrier.request, asyncio.Event(), asyncio.Event()
    slow: set[bytes] = set()

    async def slowly(self: PostCarrier, request: AnyRequest, timeout_s: float) -> AnyResponse:
        answer = await post(self, request, timeout_s)
        if isinstance(request, Read) and request.read_secret in slow:
            answered.set()
            await go_on.wait()
        return answer

    monkeypatch.setattr(PostCarrier, "request", slowly)

    async def told_of(client: Client, after: int) -> int:
        """The last digest, once there was one after a number."""
        watcher = next(iter(client._session.runner._reads._schedule._watchers.values()))
        async with asyncio.timeout(PATIENCE_S):
            while watcher._stream.reported <= after:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)
        return watcher._stream.reported

    async def story() -> None:
        async with people(service, tmp_path, "a", "b", "c", "d", options=HEARD) as (a, b, c, d):
            handle = a.status().handle
            await a.sync(timeout_s=PATIENCE_S)
            slow.update(want.box.read_secret for want in a._session.runner.engine.reads(INBOX))
            await b.contacts.request(handle, "one")
            await answered.wait()
            before = await told_of(a, 0)
            await c.contacts.request(handle, "two")
            await told_of(a, before)
            go_on.set()
            await until(a, lambda: asking(a) == 2)
            await d.contacts.request(handle, "three")
            await until(a, lambda: asking(a) == 3)

    play(story())
