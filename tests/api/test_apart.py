"""A client whose every request goes on a connection of its own (`NetOptions.apart`), over a real relay."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.client.api import NetOptions
from nullabona.client.net import Connection, Endpoint, PostCarrier
from nullabona.wire.messages import AnyRequest, AnyResponse, Listen, Read
from tests.api.people import QUICK, befriend, opened, people, play, reads, until
from tests.api.service import Service


async def no_connection(endpoint: Endpoint, options: NetOptions) -> Connection:
    """Whoever opens one that lasts fails."""
    raise AssertionError(f"a lasting connection to {endpoint.authority}: {options.apart}")


APART = replace(QUICK, net=NetOptions(apart=True), dial=no_connection, timing=replace(QUICK.timing, apart=100))
RARELY = replace(APART, timing=replace(QUICK.timing, apart=10**9))


def test_nothing_lasts_and_nothing_waits(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No WebSocket is opened, all goes by POSTs, which have a connection each, and none asks the relay to wait."""
    asked: list[AnyRequest] = []
    plain = PostCarrier.request

    async def noted(self: PostCarrier, request: AnyRequest, timeout_s: float) -> AnyResponse:
        asked.append(request)
        return await plain(self, request, timeout_s)

    monkeypatch.setattr(PostCarrier, "request", noted)

    async def story() -> None:
        async with people(service, tmp_path, "a", "b", options=APART) as (a, b):
            room = await befriend(a, b)
            await a.wait_delivered(room, await a.send(room, "hello"))
            await reads(b, room, "hello")

    play(story())
    reads_made = [request for request in asked if isinstance(request, Read)]
    assert len(reads_made) > 10
    assert {0} == {request.wait_s for request in reads_made}
    assert not any(isinstance(request, Listen) for request in asked)


def test_people_talk_without_a_connection_that_lasts(service: Service, tmp_path: Path) -> None:
    """Requests, rooms, messages, files' chunks, receipts: everything comes, in order, both ways."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b", options=APART) as (a, b):
            room = await befriend(a, b)
            for number in range(3):
                await a.wait_delivered(room, await a.send(room, f"{number}"))
                await b.wait_delivered(room, await b.send(room, f"{number}!"))
            await reads(a, room, "0", "0!", "1", "1!", "2", "2!")
            assert all(relay.connected for relay in a.status().relays)
            assert {"inbox", "rooms"} == {relay.lane for relay in a.status().relays}

    play(story())


def test_what_one_says_goes_out_at_once(service: Service, tmp_path: Path) -> None:
    """Although the box was not read since the start: it is read now, written to, and read back, until it is sent."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await a.wait_delivered(room, await a.send(room, "before"))
            await reads(b, room, "before")
        async with opened(tmp_path / "a", RARELY) as a, opened(tmp_path / "b") as b:
            for text in ("at once", "and again"):
                await a.wait_sent(room, await a.send(room, text))
            await reads(b, room, "before", "at once", "and again")

    play(story())


def test_a_relay_that_is_gone_shows_and_comes_back(doomed: Service, tmp_path: Path) -> None:
    """The state of the last request is what the person sees; nothing is lost meanwhile."""

    async def story() -> None:
        async with people(doomed, tmp_path, "a", "b", options=APART) as (a, b):
            room = await befriend(a, b)
            await a.wait_delivered(room, await a.send(room, "before"))
            doomed.kill()
            await until(a, lambda: not any(relay.connected for relay in a.status().relays))
            await a.send(room, "meanwhile")
            await asyncio.to_thread(doomed.start)
            await reads(b, room, "before", "meanwhile")
            await until(a, lambda: all(relay.connected for relay in a.status().relays))

    play(story())
