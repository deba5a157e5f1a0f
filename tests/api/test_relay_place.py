"""A repository at a relay that is slow, forgets or refuses: what is put again, asked after, given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

import pytest

from nullabona.client.archive.errors import BackupRelayRefused, BackupTooLarge, BackupUnreachable
from nullabona.client.archive.repository.chunks import ChunkRef, seal_chunk, split
from nullabona.client.archive.repository.keys import RepositoryKeys
from nullabona.client.archive.repository.snapshot import must_fit
from nullabona.client.net import Carrier
from nullabona.client.runner import KEPT_DAYS, RELAY_PLACE, RENEW_DAYS, RelayPlace, relay_place
from nullabona.client.runner.relay_place import MOST_BYTES
from nullabona.errors import NullabonaError
from nullabona.wire.messages import (
    AnyRequest,
    AnyResponse,
    Append,
    Appended,
    Blob,
    Done,
    Frames,
    GetBlob,
    PutBlob,
    Read,
    Refusal,
    Trim,
)
from nullabona.wire.padding import BUCKETS
from tests.archive.filled import TODAY
from tests.archive.repositories import WORDS, lines, read, write

T = TypeVar("T")
KEYS = RepositoryKeys.of(WORDS, RELAY_PLACE)


class FakeRelay:
    """A relay in memory, and the one connection to it. ``refuse``: what it says instead, in order."""

    def __init__(self) -> None:
        self.blobs: dict[bytes, bytes] = {}
        self.frames: list[tuple[int, bytes]] = []
        self.head = 0
        self.asked: list[AnyRequest] = []
        self.refuse: list[Refusal] = []
        self.silent = False
        self.waiting = asyncio.Event()

    async def ready(self) -> Carrier:
        if self.silent:
            self.waiting.set()
            await asyncio.Event().wait()
        return self  # type: ignore[return-value]

    def worked(self) -> None:
        pass

    async def failed(self, carrier: Carrier, error: NullabonaError) -> None:
        raise AssertionError(error)

    async def request(self, request: AnyRequest, _: float) -> AnyResponse:
        self.asked.append(request)
        if self.refuse:
            return self.refuse.pop(0)
        match request:
            case PutBlob():
                assert request.digest == sha256(request.data).digest()
                self.blobs[request.digest] = request.data
                return Done()
            case GetBlob():
                found = self.blobs.get(request.digest)
                return Refusal("not-found") if found is None else Blob(found)
            case Append():
                assert len(request.frame) in BUCKETS
                self.head += 1
                self.frames.append((self.head, request.frame))
                return Appended(self.head, b"i" * 8)
            case Read():
                page = [each for each in self.frames if each[0] > request.after][: request.limit]
                return Frames(b"i" * 8, self.head, tuple(page))
            case Trim():
                self.frames = [each for each in self.frames if each[0] > request.upto]
                return Done()
            case _:
                raise AssertionError(request)

    def count(self, kind: type[AnyRequest]) -> int:
        """How many such requests came since the last count."""
        found = sum(isinstance(each, kind) for each in self.asked)
        self.asked = [each for each in self.asked if not isinstance(each, kind)]
        return found


def at(relay: FakeRelay, work: Callable[[RelayPlace], T]) -> T:
    """What ``work`` makes of the place, in a thread as it has to be."""

    async def story() -> T:
        place = RelayPlace(relay, KEYS, asyncio.get_running_loop())
        return await asyncio.to_thread(work, place)

    return asyncio.run(story())


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that puts us off is asked again at once."""
    monkeypatch.setattr(relay_place, "_PAUSE_S", 0)


def test_what_a_relay_keeps_is_put_again_before_it_forgets() -> None:
    """Not the day before, and then all of it; so what is named never nears the relay's bound."""
    relay = FakeRelay()
    left = at(relay, lambda place: write(place, lines(1_000))).left
    first = relay.count(PutBlob)
    left = at(relay, lambda place: write(place, lines(1_000), left, at=8, today=TODAY + RENEW_DAYS - 1)).left
    assert 2 == relay.count(PutBlob)
    at(relay, lambda place: write(place, lines(1_000), left, at=9, today=TODAY + RENEW_DAYS))
    assert first == relay.count(PutBlob)
    assert RENEW_DAYS < KEPT_DAYS // 2
    assert lines(1_000) == at(relay, read)


def test_a_relay_that_lost_something_is_asked_after_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """One chunk in eight is fetched; from the first one that is missing on, each that is missing is put again."""
    relay = FakeRelay()
    left = at(relay, lambda place: write(place, lines(5_000))).left
    relay.blobs.clear()
    relay.asked.clear()
    monkeypatch.setattr(relay_place, "_SAMPLED", 1)
    written = at(relay, lambda place: write(place, lines(5_000), left, at=8))
    assert written.chunks == relay.count(PutBlob)
    assert lines(5_000) == at(relay, read)


def test_old_heads_are_trimmed() -> None:
    """The newest two stay, however often backups are made."""
    relay = FakeRelay()
    left = at(relay, lambda place: write(place, lines(10))).left
    for turn in range(70):
        left = at(relay, lambda place, turn=turn, left=left: write(place, lines(10, turn), left, at=turn)).left  # type: ignore[misc]
    assert [70, 71] == [seq for seq, _ in relay.frames]
    assert {4_096} == {len(frame) for _, frame in relay.frames}


def test_a_flood_in_the_box_is_read_to_a_bound() -> None:
    """Whoever has the words can put it there; the newest of a few pages count."""
    relay = FakeRelay()
    relay.frames = [(seq, bytes(4_096)) for seq in range(1, 10_001)]
    relay.head = 10_000
    assert 64 == len(at(relay, RelayPlace.heads))
    assert 8 == relay.count(Read)


@pytest.mark.parametrize("code", ["busy", "slow-down", "stopping"])
def test_a_relay_that_puts_us_off_is_asked_again(code: str) -> None:
    relay = FakeRelay()
    relay.refuse = [Refusal(code)] * 3
    assert [] == at(relay, RelayPlace.heads)


@pytest.mark.parametrize("code", ["day-quota", "too-large", "bad-request"])
def test_a_relay_that_takes_nothing_is_said_to(code: str) -> None:
    """Nothing counts as made."""
    relay = FakeRelay()

    def refused(place: RelayPlace) -> None:
        place.heads()
        relay.refuse = [Refusal(code)]
        write(place, lines(10))

    with pytest.raises(BackupRelayRefused):
        at(relay, refused)
    assert [] == relay.frames


def test_a_relay_that_puts_us_off_for_ever_is_given_up() -> None:
    """After ten minutes for one request."""
    relay = FakeRelay()
    relay.refuse = [Refusal("busy", retry_after_s=601)]
    with pytest.raises(BackupRelayRefused):
        at(relay, RelayPlace.heads)


def test_a_silent_relay_holds_nobody_up() -> None:
    """Stopping ends the request that waits."""
    relay = FakeRelay()
    relay.silent = True

    async def story() -> None:
        place = RelayPlace(relay, KEYS, asyncio.get_running_loop())
        asking = asyncio.create_task(asyncio.to_thread(place.heads))
        await relay.waiting.wait()
        place.stop()
        with pytest.raises(BackupUnreachable):
            await asking
        with pytest.raises(BackupUnreachable):
            await asyncio.to_thread(place.heads)

    asyncio.run(story())


def test_what_is_missing_is_not_there_and_what_is_changed_is_not_kept() -> None:
    ref, sealed = seal_chunk(KEYS, next(split(b"x", 0)), TODAY)
    relay = FakeRelay()
    assert at(relay, lambda place: place.read(ref)) is None
    relay.blobs[ref.name] = sealed[:-1] + b"?"

    def keeps(place: RelayPlace) -> bool:
        return all(place.keeps(ChunkRef(ref.id, ref.name, ref.size, ref.day), TODAY) for _ in range(200))

    assert not at(relay, keeps)


def test_a_relay_takes_half_a_gibibyte() -> None:
    """And not a byte more."""
    must_fit(1, MOST_BYTES, MOST_BYTES)
    with pytest.raises(BackupTooLarge):
        must_fit(1, MOST_BYTES + 1, MOST_BYTES)
    assert MOST_BYTES == at(FakeRelay(), lambda place: place.most_bytes)
