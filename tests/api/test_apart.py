"""How a client reads rooms of which nothing shows that they are one device's, over a real relay (spec/relay.md §4.5).

Every request for a box goes on a connection of its own. What lasts is a connection on which is asked what every client
asks, all activity.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.client.api import Client
from nullabona.client.api.events import Warned
from nullabona.client.net import Answers, Connection, PostCarrier
from nullabona.client.runner import activity_stream, activity_watcher
from nullabona.client.runner.activity_watcher import noted_digest
from nullabona.wire.address import box_address
from nullabona.wire.messages import (
    POLICY_INBOX,
    POLICY_ROOM,
    ActivityDigests,
    AnyRequest,
    AnyResponse,
    Append,
    AwaitWake,
    FollowActivity,
    PollActivity,
    Read,
    Refusal,
)
from nullabona.wire.wakes import activity_tag
from tests.api.forging import Forger
from tests.api.middle import Middle, honest, pair
from tests.api.people import PATIENCE_S, QUICK, befriend, happens, opened, people, play, until
from tests.api.service import Service

NEVER = 10**9
HEARD = replace(QUICK, timing=replace(QUICK.timing, apart=NEVER, unsure=NEVER, calm=NEVER))
"""Boxes are read when they were active, and for no other reason."""
HEARS: set[type[AnyRequest]] = {PollActivity, FollowActivity}
"""What is asked on a connection over which all activity is told."""


@dataclass
class Asked:
    """What was asked, by how it was."""

    posts: list[AnyRequest] = field(default_factory=list)
    lasting: list[tuple[Connection, AnyRequest]] = field(default_factory=list)

    def kinds(self) -> list[set[type[AnyRequest]]]:
        """What was asked on each connection that lasts."""
        connections = {id(connection): connection for connection, _ in self.lasting}.values()
        return [{type(request) for on, request in self.lasting if on is connection} for connection in connections]

    def reads_of_rooms(self) -> list[Read]:
        return [request for request in self.posts if isinstance(request, Read) and request.policy == POLICY_ROOM]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """All that is asked during a test."""
    found = Asked()
    post, request, follow = PostCarrier.request, Connection.request, Connection.follow

    async def posted(self: PostCarrier, asking: AnyRequest, timeout_s: float) -> AnyResponse:
        found.posts.append(asking)
        return await post(self, asking, timeout_s)

    async def requested(self: Connection, asking: AnyRequest, timeout_s: float) -> AnyResponse:
        found.lasting.append((self, asking))
        return await request(self, asking, timeout_s)

    def followed(self: Connection, asking: FollowActivity) -> Answers:
        found.lasting.append((self, asking))
        return follow(self, asking)

    monkeypatch.setattr(PostCarrier, "request", posted)
    monkeypatch.setattr(Connection, "follow", followed)
    monkeypatch.setattr(Connection, "request", requested)
    return found


async def noted(client: Client) -> None:
    """Until it is remembered how far was heard."""
    relay = next(way.relay for way in client.status().relays if way.lane == "rooms")
    await becomes(lambda: noted_digest(client._session.store, relay) > 0)


async def heard_so_often(middle: Middle, times: int) -> None:
    """Until the relay was polled so often."""
    await becomes(lambda: sum(isinstance(request, PollActivity) for request in middle.asked) >= times)


async def becomes(find: Callable[[], bool]) -> None:
    """Until something is true of which nobody is told."""
    async with asyncio.timeout(PATIENCE_S):
        while not find():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


def boxes(client: Client, room: bytes) -> set[bytes]:
    """Where the room's frames lie."""
    return {want.address for want in client._session.runner.engine.reads(room)}


def place(read: Read) -> bytes:
    return box_address(read.policy, sha256(read.read_secret).digest(), read.write_hash)


async def talk(a: Client, b: Client, room: bytes, *, rounds: int = 3) -> None:
    """Both speak, and both have everything."""
    for number in range(rounds):
        await a.messages.wait_delivered(room, await a.messages.send(room, f"{number}"))
        await b.messages.wait_delivered(room, await b.messages.send(room, f"{number}!"))


def test_what_lasts_says_nothing_of_boxes(service: Service, tmp_path: Path, asked: Asked) -> None:
    """A connection that lasts only hears; reads and appends of rooms and inboxes have one each, and none waits."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            await talk(a, b, await befriend(a, b))
            (relay,) = a.status().relays
            assert ("rooms", True, True) == (relay.lane, relay.connected, relay.own)

    play(story())
    assert HEARS == {type(request) for _, request in asked.lasting}
    assert all(kinds <= HEARS for kinds in asked.kinds())
    assert {0} == {request.wait_s for request in asked.posts if isinstance(request, Read)}
    assert not any(isinstance(request, AwaitWake) for request in asked.posts)


def test_every_append_of_a_room_rings(service: Service, tmp_path: Path, asked: Asked) -> None:
    """What goes to an inbox wakes nobody."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            await talk(a, b, await befriend(a, b))

    play(story())
    appends = [request for request in asked.posts if isinstance(request, Append)]
    assert {True, False} == {request.wake is not None for request in appends}
    assert all((request.policy == POLICY_ROOM) == (request.wake is not None) for request in appends)


def test_active_boxes_are_read_and_nothing_else(service: Service, tmp_path: Path) -> None:
    """Every message comes, both ways, though boxes are read only when they were active."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b", options=HEARD) as (a, b):
            room = await befriend(a, b)
            await talk(a, b, room, rounds=5)

    play(story())


def test_who_comes_back_reads_boxes_active_in_between(service: Service, tmp_path: Path, asked: Asked) -> None:
    """How far was heard is remembered: of two rooms only the one in which something was said is read."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b", "c") as (a, b, c):
            silent, busy = await befriend(a, c), await befriend(a, b)
            await talk(a, c, silent)
            await talk(a, b, busy)
            await a.sync(timeout_s=PATIENCE_S)
        async with opened(tmp_path / "b") as b:
            await b.messages.wait_sent(busy, await b.messages.send(busy, "meanwhile"))
        asked.posts.clear()
        async with opened(tmp_path / "a", HEARD) as a:
            await until(a, lambda: "meanwhile" in [message.text for message in a.messages.page(busy)])
            assert not {place(request) for request in asked.reads_of_rooms()} & boxes(a, silent)

    play(story())


def test_what_comes_to_an_inbox_is_read_when_a_digest_tells(service: Service, tmp_path: Path, asked: Asked) -> None:
    """A first word comes at once; who comes back reads the inbox if something came meanwhile, and not otherwise."""

    def reads(*, since: int = 0) -> int:
        return sum(isinstance(one, Read) and one.policy == POLICY_INBOX for one in asked.posts[since:])

    async def story() -> None:
        async with people(service, tmp_path, "a", "b", "c", options=HEARD) as (a, b, c):
            await befriend(b, a)
            handle = a.status().handle
            await a.sync(timeout_s=PATIENCE_S)
            await noted(a)
        before = len(asked.posts)
        async with opened(tmp_path / "a", HEARD) as a:
            await a.sync(timeout_s=PATIENCE_S)
        assert not reads(since=before)
        async with opened(tmp_path / "c") as c:
            await c.contacts.request(handle, "hello")
            await c.sync(timeout_s=PATIENCE_S)
        async with opened(tmp_path / "a", HEARD) as a:
            await until(a, lambda: "asking" in {contact.state for contact in a.contacts.all()})

    play(story())


def test_a_room_that_is_looked_at_is_read_at_once(service: Service, tmp_path: Path) -> None:
    """Though every box is to be read some time only, since somebody comes back."""
    never = replace(HEARD, timing=replace(HEARD.timing, behind=NEVER, joining=NEVER))

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await talk(a, b, room)
        async with opened(tmp_path / "b") as b:
            await b.messages.wait_sent(room, await b.messages.send(room, "meanwhile"))
        async with opened(tmp_path / "a", never) as a:
            await a.messages.fetch(room)
            assert "meanwhile" in [message.text for message in a.messages.page(room)]

    play(story())


def test_a_room_that_is_looked_at_is_read_into_its_newest_epoch(service: Service, tmp_path: Path) -> None:
    """Keys changed meanwhile: the box of which the device did not know is read as well, by the same look."""
    never = replace(HEARD, timing=replace(HEARD.timing, behind=NEVER, joining=NEVER))

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await talk(a, b, room)
            before = boxes(a, room)
        async with opened(tmp_path / "b") as b:
            await b.rooms.update_keys(room)
            await b.rooms.wait_changed(room, timeout_s=PATIENCE_S)
            await b.messages.wait_sent(room, await b.messages.send(room, "in a new box"))
        async with opened(tmp_path / "a", never) as a:
            await a.messages.fetch(room)
            assert "in a new box" in [message.text for message in a.messages.page(room)]
            assert boxes(a, room) - before

    play(story())


def test_who_knows_nothing_of_activity_looks_everywhere(
    doomed: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay's process is another, and has forgotten what it told: every box is read."""
    monkeypatch.setattr(activity_stream, "GONE_S", 0.05)

    async def story() -> None:
        async with people(doomed, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await talk(a, b, room)
            await noted(a)
        async with opened(tmp_path / "b") as b:
            await b.messages.wait_sent(room, await b.messages.send(room, "meanwhile"))
        doomed.kill()
        await asyncio.to_thread(doomed.start)
        async with opened(tmp_path / "a", HEARD) as a:
            await until(a, lambda: "meanwhile" in [message.text for message in a.messages.page(room)])

    play(story())


@pytest.mark.slow
def test_a_relay_that_forgets_ever_again_is_read_slowly(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that something was missed whenever it is asked: once all is read at once, then no more."""
    monkeypatch.setattr(activity_stream, "GONE_S", 0.05)
    slowly = replace(HEARD, timing=replace(HEARD.timing, behind=1))

    jumps, forger = itertools.count(2**30, 2**20), Forger()

    def forgetful(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
        if isinstance(request, FollowActivity):
            return Refusal("unsupported")
        if isinstance(answer, ActivityDigests):
            return forger.signed(ActivityDigests(answer.first + next(jumps), ()))
        return answer

    async def story() -> None:
        async with pair(service, tmp_path, options=slowly) as (middle, a, b, room):
            await talk(a, b, room)
            middle.twist = forgetful
            middle.hang_up()
            middle.asked.clear()
            await heard_so_often(middle, 6)
            read = [one for one in middle.asked if isinstance(one, Read) and one.policy == POLICY_ROOM]
            assert 2 * len(boxes(a, room)) >= len(read)

    play(story())


@pytest.mark.slow
def test_a_relay_that_reports_falsely_is_believed_three_times(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is told, and boxes are read as if nothing were heard."""
    monkeypatch.setattr(activity_watcher, "LONG_S", 0.0)
    forger = Forger()

    async def story() -> None:
        async with pair(service, tmp_path) as (middle, a, b, room):
            await talk(a, b, room)
            secrets = [request.wake[0] for request in middle.asked if isinstance(request, Append) and request.wake]

            def shrill(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
                if isinstance(request, FollowActivity):
                    return Refusal("unsupported")
                active = ((b"saltsalt", activity_tag(b"saltsalt", secrets[-1])),)
                if isinstance(request, PollActivity):
                    return forger.signed(ActivityDigests(request.after + 1, active))
                return answer

            middle.twist = forger.twist  # so that it is one stream for the device
            middle.hang_up()
            await talk(a, b, room)
            middle.twist, middle.rush = shrill, True  # the relay itself would wait once the numbers meet
            middle.hang_up()
            warned = await happens(a, Warned, lambda event: event.code == "relay-false-activity")
            assert service.host in warned.detail["relay"]
            middle.twist, middle.rush = honest, False
            await talk(a, b, room)

    play(story())


@pytest.mark.slow
def test_the_connection_that_polls_is_another_again_and_again(
    service: Service, tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So what a relay learns of one it does not know of the next; and no activity between two is missed."""
    monkeypatch.setattr(activity_stream, "STAY_S", 0.3)
    monkeypatch.setattr(activity_stream, "GONE_S", 0.05)

    async def story() -> None:
        async with people(service, tmp_path, "a", "b", options=HEARD) as (a, b):
            await talk(a, b, await befriend(a, b), rounds=5)

    play(story())
    assert sum(HEARS >= kinds for kinds in asked.kinds()) > 4


def test_a_relay_that_cannot_tell_by_itself_is_polled(service: Service, tmp_path: Path) -> None:
    """A relay of the time before: as quick, by more questions, and for every answer one is asked."""

    def old(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
        return Refusal("unsupported") if isinstance(request, FollowActivity) else answer

    async def story() -> None:
        async with pair(service, tmp_path, options=HEARD) as (middle, a, b, room):
            middle.twist = old
            middle.hang_up()
            middle.asked.clear()
            await talk(a, b, room)
            await heard_so_often(middle, 3)
            polls = [request for request in middle.asked if isinstance(request, PollActivity)]
            assert {0, activity_stream.WAIT_S} == {request.wait_s for request in polls}

    play(story())


@pytest.mark.slow
def test_a_relay_that_knows_no_digests_is_read_at_drawn_moments(service: Service, tmp_path: Path) -> None:
    """Nothing is given away for it: later, but still a connection for each request."""
    polled = replace(QUICK, timing=replace(QUICK.timing, behind=NEVER, calm=NEVER))

    def old(request: AnyRequest, answer: AnyResponse) -> AnyResponse:
        return Refusal("unsupported") if isinstance(request, PollActivity) else answer

    async def story() -> None:
        async with pair(service, tmp_path, options=polled) as (middle, a, b, room):
            middle.twist = old
            middle.hang_up()
            await talk(a, b, room)

    play(story())
