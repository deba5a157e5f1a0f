"""What a device wrote while a relay was out of its reach does not come in one moment (spec/relay.md §4.5)."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.client.api import Policy
from nullabona.client.net import PostCarrier
from nullabona.client.runner import connections
from nullabona.wire.messages import AnyRequest, AnyResponse, Append
from tests.api.people import PATIENCE_S, QUICK, play, two_contacts
from tests.api.service import Service
from tests.api.test_apart import becomes, talk
from tests.api.test_named_by_a_cut import Operator


def test_what_waited_for_a_relay_comes_at_moments_of_its_own(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay cuts the connection on which a device is told of activity, and refuses new ones, so the device holds back
    what it writes. Let in again, it does not show by the moment that two rooms are its own.
    """
    drawn = itertools.count()
    monkeypatch.setattr(connections, "fraction", lambda: next(drawn) * 0.37 % 1)
    appended: list[float] = []

    class Posts(PostCarrier):
        async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
            if isinstance(request, Append):
                appended.append(asyncio.get_running_loop().time())
            return await super().request(request, timeout_s)

    async def story() -> None:
        operator = Operator()
        policy = Policy(first_s=0.05, most_s=0.5, apart_s=3.0)
        met = replace(QUICK, dial=operator.dial, post=Posts, policy=policy)
        async with two_contacts(service, tmp_path, met) as (a, others):
            for other, room in others:
                await talk(a, other, room, rounds=1)
            await a.sync(timeout_s=PATIENCE_S)
            operator.shut = True
            await operator.cut()
            await becomes(lambda: not a.status().relays[0].connected)
            appended.clear()
            sent = [(room, await a.messages.send(room, "meanwhile")) for _, room in others]
            assert [] == appended
            operator.shut = False
            for room, message in sent:
                await a.messages.wait_sent(room, message)
            first, second, *_ = appended
            assert second - first > 0.3

    play(story(), 90)
