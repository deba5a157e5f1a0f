"""A relay that signs different digests for one connection is caught by the device itself (spec/relay.md §4.8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.client.api import Client
from nullabona.client.api.events import Warned
from nullabona.client.runner import activity_stream
from nullabona.log.digest_chain import verify_contradiction
from nullabona.wire.messages import Append
from tests.api.forging import Forger
from tests.api.middle import pair
from tests.api.people import happens, play
from tests.api.service import Service
from tests.api.test_apart import becomes, talk


def followed_key(client: Client) -> bytes:
    """That of the stream that the client acts upon."""
    (watcher,) = client._session.runner._reads._schedule._watchers.values()
    return watcher._signed.key


def codes(client: Client) -> list[str]:
    return [each.code for each in client.record.evidence()]


def test_a_relay_that_tells_one_connection_alone_is_caught_by_the_next(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device keeps two heads that one key signed, and warns; from then on digests cause no read, and messages come
    all the same.
    """
    monkeypatch.setattr(activity_stream, "_REFUSED_S", 0.0)
    forger = Forger()

    async def story() -> None:
        async with pair(service, tmp_path) as (middle, a, b, room):
            middle.twist = forger.twist
            middle.hang_up()
            await talk(a, b, room, rounds=1)
            secret = next(one.wake[0] for one in reversed(middle.asked) if isinstance(one, Append) and one.wake)
            assert [] == codes(a)
            forger.tell_one(secret)
            await talk(a, b, room, rounds=1)
            await becomes(lambda: forger.told)
            middle.hang_up()
            warned = await happens(a, Warned, lambda event: event.code == "digests-contradict")
            assert service.host == warned.detail["host"]
            (kept,) = a.record.evidence()
            found = verify_contradiction(kept.shown)
            assert (forger.key.public, found.known.note()) == (found.shown.key, kept.before)
            await talk(a, b, room, rounds=1)

    play(story())


def test_a_relay_that_starts_again_is_accused_of_nothing(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has another key then, and other numbers; what it told before is not compared with what it tells now."""
    monkeypatch.setattr(activity_stream, "GONE_S", 0.05)

    async def story() -> None:
        async with pair(service, tmp_path) as (middle, a, b, room):
            keys = set()
            for _ in range(3):
                forger = Forger()
                middle.twist = forger.twist
                middle.hang_up()
                await becomes(lambda forger=forger: forger.key.public == followed_key(a))  # type: ignore[misc]
                await talk(a, b, room, rounds=1)
                keys.add(followed_key(a))
            assert ([], 3) == (codes(a), len(keys))

    play(story())
