"""Boxes over a real socket: what a client is promised (spec/relay.md §3, §4)."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256

from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import Appended, Blob, Done, Frames, GetBlob, LookupCard, PutBlob, Refusal
from tests.relay.peers import Box, Client, RunningRelay, ask_http


def test_frames_come_back_in_order(client: Client, box: Box) -> None:
    """What was appended is read back, numbered from 1, oldest first."""
    acks = [client.append(box, frame) for frame in (b"one", b"two", b"three")]
    found = client.read(box)
    assert [1, 2, 3] == [ack.seq for ack in acks]
    assert ((1, b"one"), (2, b"two"), (3, b"three")) == found.frames
    assert (acks[0].incarnation, 3) == (found.incarnation, found.head)
    assert 8 == len(found.incarnation)


def test_a_box_that_does_not_exist_looks_empty(client: Client, box: Box) -> None:
    """Reading where nothing is gives an empty answer, whatever position is asked about."""
    assert Frames(b"", 0, ()) == client.read(box)
    assert Frames(b"", 0, ()) == client.read(box, after=7)


def test_wrong_secrets_look_like_no_box(client: Client, box: Box) -> None:
    """Whoever holds only one of the secrets, or another policy, sees exactly what a stranger sees."""
    client.append(box, b"frame")
    secrets = box.secrets
    wrong = [
        BoxSecrets(secrets.policy, os.urandom(32), secrets.write_secret),
        BoxSecrets(secrets.policy, secrets.read_secret, os.urandom(32)),
        BoxSecrets(1 - secrets.policy, secrets.read_secret, secrets.write_secret),
    ]
    assert [Frames(b"", 0, ())] * 3 == [client.read(Box(other)) for other in wrong]
    assert [Done()] * 3 == [client.ask(Box(other).trim(1)) for other in wrong]
    assert ((1, b"frame"),) == client.read(box).frames


def test_appends_of_one_message_go_each_to_its_own_box(client: Client, relay: RunningRelay) -> None:
    """Two connections write to several boxes in turns, again and again to one, and with secrets that belong to another
    box or policy: each frame is in the box that its own secrets open, and nowhere else.
    """
    one, two = Box(), Box()
    crossed = Box(BoxSecrets(0, one.secrets.read_secret, two.secrets.write_secret))
    inbox = Box(BoxSecrets(1, one.secrets.read_secret, one.secrets.write_secret))
    order = [one, one, two, one, crossed, crossed, one, inbox, inbox, one]
    for writer in (client, Client(relay.address)):
        ids = writer.start(*(box.append(str(at).encode()) for at, box in enumerate(order)))
        assert [Appended] * len(order) == [type(writer.result(number)) for number in ids]
    for box in (one, two, crossed, inbox):
        mine = [str(at).encode() for at, each in enumerate(order) if each is box]
        assert 2 * mine == [frame for _, frame in client.read(box).frames]


def test_a_waiting_read_is_answered_by_the_next_append(relay: RunningRelay, box: Box) -> None:
    """A read that waits, even for a box that does not exist, is answered when a frame arrives."""
    reader, writer = relay.client(), relay.client()
    waiting = reader.start(box.read(wait_s=600))[0]
    ack = writer.append(box, b"frame")
    assert Frames(ack.incarnation, 1, ((1, b"frame"),)) == reader.result(waiting)


def test_everybody_who_waits_is_answered(relay: RunningRelay, box: Box) -> None:
    """Several readers of one box, at the same and at different positions, each get what is new to them."""
    writer = relay.client()
    writer.append(box, b"one")
    readers = [relay.client() for _ in range(3)]
    waiting = [reader.start(box.read(1, wait_s=600))[0] for reader in readers]
    for reader in readers:
        reader.read(box)
    writer.append(box, b"two")
    answers = [reader.result(number) for reader, number in zip(readers, waiting, strict=True)]
    assert [((2, b"two"),)] * 3 == [answer.frames for answer in answers if isinstance(answer, Frames)]


def test_a_wait_ends_with_what_there_is(relay: RunningRelay, client: Client, box: Box) -> None:
    """When its time is over, a waiting read gets the box's head and no frames."""
    ack = client.append(box, b"one")
    waiting = client.start(box.read(1, wait_s=5))[0]
    client.read(box)
    relay.tick(seconds=6)
    assert Frames(ack.incarnation, 1, ()) == client.result(waiting)


def test_a_reader_ahead_of_the_box_is_told_at_once(client: Client, box: Box) -> None:
    """A position beyond the head means that the box was lost: the answer does not wait."""
    ack = client.append(box, b"one")
    assert Frames(ack.incarnation, 1, ()) == client.ask(box.read(9, wait_s=600))
    assert Frames(b"", 0, ()) == client.ask(Box().read(9, wait_s=600))


def test_a_trimmed_box_goes_on_counting(client: Client, box: Box) -> None:
    """Trim erases up to a number; the head stays, and the next frame gets the next number."""
    for frame in (b"one", b"two", b"three"):
        client.append(box, frame)
    assert Done() == client.ask(box.trim(2))
    assert ((3, b"three"),) == client.read(box).frames
    assert Done() == client.ask(box.trim(2**53))
    assert (3, ()) == (client.read(box).head, client.read(box).frames)
    assert 4 == client.append(box, b"four").seq


def test_a_trimmed_box_goes_on_counting_after_a_restart(run: Callable[..., RunningRelay], box: Box) -> None:
    """An emptied box keeps its incarnation and its count across a restart."""
    relay = run()
    client = relay.client()
    first = client.append(box, b"one")
    client.ask(box.trim(1))
    relay.stop()
    again = run().client()
    assert Frames(first.incarnation, 1, ()) == again.read(box)
    assert (2, first.incarnation) == (again.append(box, b"two").seq, first.incarnation)


def test_a_volatile_relay_forgets(run: Callable[..., RunningRelay], box: Box) -> None:
    """Without a directory nothing outlives the relay, and clients can see that the box is a new one."""
    relay = run(data=None)
    first = relay.client().append(box, b"one")
    relay.stop()
    client = run(data=None).client()
    assert Frames(b"", 0, ()) == client.read(box)
    assert first.incarnation != client.append(box, b"again").incarnation


def test_long_reads_are_split(client: Client, box: Box) -> None:
    """One answer carries what fits; reading on from its last number gives the rest, without a gap."""
    frames = [bytes([n]) * 65_536 for n in range(40)]
    for part in (frames[:20], frames[20:]):
        kept = [client.result(number) for number in client.start(*[box.append(frame) for frame in part])]
        assert [] == [answer for answer in kept if not isinstance(answer, Appended)]
    found: list[tuple[int, bytes]] = []
    answers = 0
    while len(found) < 40:
        answer = client.read(box, found[-1][0] if found else 0)
        found += answer.frames
        answers += 1
    assert list(enumerate(frames, 1)) == found
    assert 3 <= answers <= 4
    assert 2 == len(client.ask(box.read(0, limit=2)).frames)  # type: ignore[union-attr]


def test_both_carriers_serve_the_same_box(relay: RunningRelay, box: Box) -> None:
    """A frame that came by POST is read over the WebSocket, and the other way round."""
    client = relay.client()
    ask_http(relay.address, box.append(b"posted"))
    client.append(box, b"sent")
    assert ((1, b"posted"), (2, b"sent")) == client.read(box).frames
    assert client.read(box) == ask_http(relay.address, box.read())


def test_blobs_come_back(run: Callable[..., RunningRelay], kind: str) -> None:
    """A chunk is found under its digest, over either carrier; another digest finds nothing."""
    relay = run(data=None) if kind == "memory" else run()
    client = relay.client()
    data = os.urandom(2**20)
    digest = sha256(data).digest()
    assert Refusal("not-found") == client.ask(GetBlob(digest))
    assert Done() == client.ask(PutBlob(digest, data))
    assert Done() == client.ask(PutBlob(digest, data))
    assert Blob(data) == client.ask(GetBlob(digest))
    assert Blob(data) == ask_http(relay.address, GetBlob(digest))
    assert Refusal("bad-request") == client.ask(PutBlob(bytes(32), data))


def test_what_this_relay_does_not_serve(client: Client) -> None:
    """A request nobody answers here is refused by name; so is one of a later protocol."""
    assert Refusal("unsupported") == client.ask(LookupCard("mina"))
