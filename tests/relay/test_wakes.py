"""Wake tokens over a real socket (spec/relay.md §4.4): a device that waits is woken, once, and misses nothing."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.relay.core.boxes import Plan
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.wake_waiters import KEEP_S
from nullabona.relay.shelves.stored import StoredShelf
from nullabona.wire.messages import Appended, AwaitWake, Frames, Refusal
from nullabona.wire.wakes import wake_token
from tests.relay.peers import Box, Client, RunningRelay, ask_http
from tests.relay.pollers import bytes_below

SECRET = bytes(range(32))
LOOK = Frames(b"", 0, ())


def listen(leaf: int, wait_s: int = 60) -> AwaitWake:
    return AwaitWake(wake_token(SECRET, leaf), wait_s)


def frames(client: Client, number: int) -> tuple[tuple[int, bytes], ...]:
    """What a request was answered with."""
    answer = client.result(number)
    assert isinstance(answer, Frames)
    return answer.frames


def test_everybody_who_listens_is_handed_the_frame(relay: RunningRelay, box: Box) -> None:
    """Each of three devices is woken by its own token and gets what was appended; one of another epoch is not woken."""
    devices = [relay.client() for _ in range(3)]
    waiting = [client.start(listen(leaf))[0] for leaf, client in enumerate(devices)]
    stranger = relay.client()
    [deaf] = stranger.start(AwaitWake(wake_token(bytes(32), 0), 60))
    ack = relay.client().ask(box.append(b"frame", (SECRET, 3)))
    assert isinstance(ack, Appended)
    heard = [client.result(number) for client, number in zip(devices, waiting, strict=True)]
    assert [Frames(ack.incarnation, 1, ((1, b"frame"),))] * 3 == heard
    relay.tick(seconds=61)
    assert LOOK == stranger.result(deaf)


def test_an_append_without_wake_tokens_wakes_nobody(relay: RunningRelay, client: Client, box: Box) -> None:
    """Nor does one that wakes fewer tokens than there are leaves."""
    [waiting] = client.start(listen(2))
    writer = relay.client()
    writer.append(box, b"one")
    writer.ask(box.append(b"two", (SECRET, 2)))
    relay.tick(seconds=61)
    assert LOOK == client.result(waiting)


def test_activity_between_two_waits_is_told(relay: RunningRelay, client: Client, box: Box) -> None:
    """What came meanwhile is the answer to the next wait, in one piece, and only to that one."""
    [waiting] = client.start(listen(0))
    writer = relay.client()
    writer.ask(box.append(b"one", (SECRET, 1)))
    assert ((1, b"one"),) == frames(client, waiting)
    writer.ask(box.append(b"two", (SECRET, 1)))
    writer.ask(box.append(b"three", (SECRET, 1)))
    missed = client.ask(listen(0))
    assert isinstance(missed, Frames)
    assert (3, ((2, b"two"), (3, b"three"))) == (missed.head, missed.frames)
    [waiting] = client.start(listen(0))
    writer.ask(box.append(b"four", (SECRET, 1)))
    assert ((4, b"four"),) == frames(client, waiting)


def test_frames_that_were_missed_are_not_kept_for_long(relay: RunningRelay, client: Client, box: Box) -> None:
    """A second later only the wake itself is known: frames beside a token would say which box it belongs to."""
    [waiting] = client.start(listen(0))
    writer = relay.client()
    for frame in (b"one", b"two"):
        writer.ask(box.append(frame, (SECRET, 1)))
    client.result(waiting)
    relay.tick(seconds=1)
    assert LOOK == client.ask(listen(0))


def test_too_much_is_not_kept(run: Callable[..., RunningRelay], box: Box) -> None:
    """More than one answer may hold is not kept for who did not wait; they are told to look."""
    relay = run(None, Limits(read_answer_bytes=4))
    client, writer = relay.client(), relay.client()
    [waiting] = client.start(listen(0))
    for frame in (b"one", b"two", b"3"):
        writer.ask(box.append(frame, (SECRET, 1)))
    assert ((1, b"one"),) == frames(client, waiting)
    assert Frames(client.read(box).incarnation, 3, ((2, b"two"), (3, b"3"))) == client.ask(listen(0))
    [waiting] = client.start(listen(0))
    for frame in (b"four", b"five", b"six"):
        writer.ask(box.append(frame, (SECRET, 1)))
    assert ((4, b"four"),) == frames(client, waiting)
    assert LOOK == client.ask(listen(0))


def test_after_a_minute_nothing_is_remembered(relay: RunningRelay, client: Client, box: Box) -> None:
    """Who does not listen again within the time is forgotten; a reader who comes later must look for themselves."""
    [waiting] = client.start(listen(0))
    writer = relay.client()
    writer.ask(box.append(b"one", (SECRET, 1)))
    client.result(waiting)
    relay.tick(seconds=KEEP_S)
    writer.ask(box.append(b"two", (SECRET, 1)))
    [waiting] = client.start(listen(0))
    writer.ask(box.append(b"three", (SECRET, 1)))
    assert ((3, b"three"),) == frames(client, waiting)


def test_the_newer_of_two_waits_counts(relay: RunningRelay, client: Client, box: Box) -> None:
    """Asked twice, the first is answered without a frame, and the second is woken."""
    first, second = client.start(listen(0), listen(0))
    assert LOOK == client.result(first)
    relay.client().ask(box.append(b"one", (SECRET, 1)))
    assert ((1, b"one"),) == frames(client, second)


def test_two_connections_of_one_device_both_hear(relay: RunningRelay, box: Box) -> None:
    """A connection that is dead, but not yet known to be, does not take the wake token from the new one."""
    old, new = relay.client(), relay.client()
    waiting = [client.start(listen(0))[0] for client in (old, new)]
    relay.client().ask(box.append(b"one", (SECRET, 1)))
    for client, number in zip((old, new), waiting, strict=True):
        assert ((1, b"one"),) == frames(client, number)


def test_who_leaves_is_forgotten(relay: RunningRelay, box: Box) -> None:
    """Nothing of a connection's wake tokens stays when it is gone."""
    client = relay.client()
    client.start(listen(0), listen(1))
    client.ask(box.read())
    assert 2 == len(relay.relay.boxes._wakes)
    client.close()
    writer = relay.client()
    while len(relay.relay.boxes._wakes):
        writer.ask(box.read())
    assert isinstance(writer.ask(box.append(b"x", (SECRET, 2))), Appended)


def test_listening_is_bounded(run: Callable[..., RunningRelay]) -> None:
    """One connection, and the whole relay, wait for so many wake tokens and no more; refused waits cost nothing."""
    relay = run(None, Limits(waiting_per_connection=2, waiting_total=3))
    first, second = relay.client(), relay.client()
    first.start(listen(0), listen(1))
    assert Refusal("slow-down", 1) == first.ask(listen(2))
    second.start(listen(2))
    assert Refusal("busy", 1) == second.ask(listen(3))
    assert LOOK == first.ask(listen(0, 0))


def test_a_stop_answers_who_listens(run: Callable[..., RunningRelay]) -> None:
    """Nobody is left hanging when the relay stops."""
    relay = run(None)
    client = relay.client()
    [waiting] = client.start(listen(0))
    client.ask(Box().read())
    relay.stop()
    assert LOOK == client.result(waiting)


@pytest.mark.parametrize("count", [1, 8_192])
def test_the_largest_room_is_rung(relay: RunningRelay, client: Client, box: Box, count: int) -> None:
    """The last leaf of the largest room is woken, as the only one of the smallest is."""
    [waiting] = client.start(listen(count - 1))
    relay.client().ask(box.append(b"one", (SECRET, count)))
    assert ((1, b"one"),) == frames(client, waiting)


def test_listening_over_post_is_short(run: Callable[..., RunningRelay]) -> None:
    """A POST waits for a wake token no longer than that carrier allows."""
    relay = run(None, Limits(http_wait_s=0))
    assert LOOK == ask_http(relay.address, listen(0))


def test_what_ties_wake_tokens_to_their_box_does_not_stay(
    run: Callable[..., RunningRelay], box: Box, tmp_path: Path
) -> None:
    """When an append was answered and handed out, the relay has let go of the batch that it was part of."""
    relay = run(tmp_path / "own")
    shelf = relay.relay.boxes._shelf
    assert isinstance(shelf, StoredShelf)
    journal = shelf._journal
    make, batches = journal._plan, []

    def noted() -> Plan:
        plan = make()
        batches.append(weakref.ref(plan))
        return plan

    journal._plan = noted
    client = relay.client()
    [waiting] = client.start(listen(1))
    relay.client().ask(box.append(b"one", (SECRET, 2)))
    client.result(waiting)
    gc.collect()
    assert [None] == [batch() for batch in batches]


def test_memory_ties_no_connection_to_a_room(relay: RunningRelay, box: Box) -> None:
    """Two devices of a room read, wrote and listen: what the relay keeps of each connection names no box and no secret
    of one, the two have nothing in common, and nothing waits that is tied to a box.
    """
    devices = [relay.client() for _ in range(2)]
    for leaf, device in enumerate(devices):
        device.start(listen(leaf))
        device.read(box)
        device.ask(box.append(b"frame", (SECRET, 2)))
    for leaf, device in enumerate(devices):
        device.start(listen(leaf), listen(leaf))  # the first may be answered at once: the token was woken meanwhile
        device.read(box, after=1)
    relay.settle()
    service = relay.relay.boxes
    assert 0 == len(service._waiting)
    kept = [bytes_below(one, relay) for one in service._wakes._waiters.everyone()]
    assert [{wake_token(SECRET, 0)}, {wake_token(SECRET, 1)}] == sorted(
        kept, key=lambda tokens: wake_token(SECRET, 0) not in tokens
    )
    sockets = [bytes_below(socket, relay) for socket in relay.relay._sockets]
    secrets = box.secrets
    named = {bytes(secrets.address), secrets.read_secret, secrets.write_secret, secrets.read_hash, secrets.write_hash}
    assert [set(), set()] == [found & {*named, SECRET, b"frame"} for found in sockets]
