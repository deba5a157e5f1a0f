"""An inbox is told of once after each read; what was left there leads to nothing else (spec/relay.md §4.5)."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.relay.core.inbox_wakes import InboxWakes
from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.stored import StoredShelf
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.relay.writer import Done, InlineWriter, Work
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import POLICY_INBOX, ActivityDigests, Append, Appended, Frames, PollActivity
from nullabona.wire.wakes import INBOX_WAKE_SIZE, inbox_wake_secret, omits_activity
from tests.relay.peers import Box, Client, RunningRelay
from tests.relay.pollers import now, over, told
from tests.relay.shelves import Rig

READ, INCARNATION = b"r" * 32, b"i" * 8
SECRET = inbox_wake_secret(READ, INCARNATION, 7)
TOKEN = b"t" * 32
ADDRESSES = [bytes((letter,)) * 32 for letter in b"abcd"]


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digests are over when a test says so (`over`), and otherwise not."""
    monkeypatch.setattr("nullabona.relay.activity.DIGEST_S", 3_600.0)


@pytest.fixture
def inbox(client: Client) -> Box:
    """One with a row, as after a letter."""
    made = Box(BoxSecrets(POLICY_INBOX, os.urandom(32), os.urandom(32)))
    assert isinstance(client.append(made, b"first"), Appended)
    return made


def read(client: Client, inbox: Box) -> bytes:
    """The owner reads to the end; the secret that this leaves there."""
    found = client.read(inbox)
    assert isinstance(found, Frames)
    return inbox_wake_secret(inbox.secrets.read_secret, found.incarnation, found.head)


def active(client: Client, after: int, *secrets: bytes) -> list[set[bytes]]:
    """Which of ``secrets`` each digest after a number names; it names nothing else."""
    return told(client.ask(PollActivity(after, 0)), *secrets)[1]


def test_what_comes_after_a_read_is_told_once(relay: RunningRelay, client: Client, inbox: Box) -> None:
    """The owner knows the tag; what comes before the next read is told no more, and after it by another secret."""
    begin = now(client)
    left = read(client, inbox)
    client.append(inbox, b"second")
    over(relay)
    client.append(inbox, b"third")
    over(relay)
    assert [{left}] == active(client, begin, left)
    again = read(client, inbox)
    assert again != left
    client.append(inbox, b"fourth")
    over(relay)
    assert [{left}, {again}] == active(client, begin, left, again)


def test_nobody_is_told_of_an_inbox_that_nobody_reads(relay: RunningRelay, client: Client, inbox: Box) -> None:
    begin = now(client)
    client.append(inbox, b"second")
    over(relay)
    assert [] == active(client, begin, SECRET)


def test_a_stranger_chooses_no_tag_for_an_inbox(relay: RunningRelay, client: Client, inbox: Box) -> None:
    """Who appends with a secret of their own wakes the owner all the same, and nobody else."""
    begin = now(client)
    left = read(client, inbox)
    box = inbox.secrets
    client.ask(Append(POLICY_INBOX, box.write_secret, box.read_hash, b"letter", wake=(TOKEN, 3)))
    over(relay)
    assert [{left}] == active(client, begin, left, TOKEN)


def test_each_read_has_a_tag_though_one_connection_appends(relay: RunningRelay, client: Client, inbox: Box) -> None:
    """In one digest: a stranger who appends before and after a read keeps nobody from being told of the second."""
    begin, stranger = now(client), relay.client()
    left = []
    for letter in (b"second", b"third"):
        left.append(read(client, inbox))
        stranger.append(inbox, letter)
    over(relay)
    assert [set(left)] == active(client, begin, *left)


def test_a_look_shows_nothing_beyond_its_head(tmp_path: Path) -> None:
    """A batch is on the disk, and its report is not on the loop yet: its frame comes with the next look."""

    class Held(InlineWriter):
        """Writes at once, and says so when it is let go."""

        told: ClassVar[list[Callable[[], None]]] = []

        def submit(self, work: Work, done: Done) -> None:
            work()
            self.told.append(partial(done, None))

        def let_go(self) -> None:
            while self.told:
                self.told.pop(0)()

    async def story() -> None:
        store = SqliteBoxStore(tmp_path)
        writer = Held(asyncio.get_running_loop())
        shelf = StoredShelf(store, writer, Limits(), rng=secrets.randbits, on_gone=lambda _: None)
        rig = await Rig(shelf, Limits()).begin()
        found: list[Frames] = []
        for frame in (b"one", b"two"):
            rig.start(ADDRESSES[0], frame)
            while not shelf._journal._writing_bytes:
                writer.let_go()  # chores, which came first
                await asyncio.sleep(0)
            found.clear()
            shelf.look(ADDRESSES[0], 0, 10, lambda seen, _: found.append(seen or Frames(b"", 0, ())))
            writer.let_go()
        assert [(1, ((1, b"one"),))] == [(seen.head, seen.frames) for seen in found]
        store.close()

    asyncio.run(story())


def test_without_room_for_more_digests_say_that_they_omit(run: Callable[..., RunningRelay]) -> None:
    """A stranger takes all places: who finds none is not told, and neither is everybody told nothing."""
    relay = run(limits=Limits(inbox_wakes=2))
    owner, stranger = relay.client(), relay.client()
    boxes = [Box(BoxSecrets(POLICY_INBOX, os.urandom(32), os.urandom(32))) for _ in range(3)]
    begin = now(owner)
    for box in boxes:
        stranger.append(box, b"first")
        read(owner, box)
    told_of: list[bool] = []
    for box in (boxes[0], boxes[2]):
        stranger.append(box, b"second")
        over(relay)
        answer = owner.ask(PollActivity(begin + len(told_of), 0))
        assert isinstance(answer, ActivityDigests)
        told_of.append(omits_activity(answer))
    assert [False, True] == told_of


def test_each_part_makes_another_secret() -> None:
    """Who reads, which box it is and how far it was read."""
    others = [(b"R" * 32, INCARNATION, 7), (READ, b"I" * 8, 7), (READ, INCARNATION, 8)]
    assert INBOX_WAKE_SIZE == len(SECRET)
    assert 4 == len({SECRET, *(inbox_wake_secret(*other) for other in others)})


def test_what_is_left_is_bounded_and_overwritten() -> None:
    """One inbox more than the limit finds no room, and an old one always does; nothing of a secret stays."""
    kept = InboxWakes(2)
    assert [True, True, False, True] == [kept.leave(each, b"1" * 32) for each in (*ADDRESSES[:3], ADDRESSES[0])]
    left = kept._secrets[0]
    into = bytearray()
    assert kept.take(ADDRESSES[0], into)
    assert (b"1" * 32, bytes(32)) == (bytes(into), bytes(left))
    assert [False, True, False] == [kept.take(ADDRESSES[0], into), kept.leave(ADDRESSES[2], b"2" * 32),
                                    kept.leave(ADDRESSES[3], b"3" * 32)]  # fmt: skip
    assert 2 == len(kept)


@given(st.lists(st.tuples(st.sampled_from(ADDRESSES), st.one_of(st.none(), st.binary(min_size=32, max_size=32)))))
def test_it_is_a_dictionary_whose_order_tells_nothing(steps: list[tuple[bytes, bytes | None]]) -> None:
    """Whatever was left and taken in whatever order: what is there now, by address."""
    kept, model = InboxWakes(len(ADDRESSES)), dict[bytes, bytes]()
    for address, secret in steps:
        into = bytearray()
        if secret is not None:
            assert kept.leave(address, secret)
            model[address] = secret
        else:
            assert kept.take(address, into) == (address in model)
            assert bytes(into) == model.pop(address, b"")
    assert sorted(model) == kept._addresses
    assert [model[address] for address in sorted(model)] == list(map(bytes, kept._secrets))


def test_order_of_arrival_is_not_kept() -> None:
    """Two relays at which people came in another order hold the same."""
    addresses = [os.urandom(32) for _ in range(50)]
    one, other = InboxWakes(50), InboxWakes(50)
    for kept in (one, other):
        for address in random.sample(addresses, 50):
            kept.leave(address, address)
    assert (one._addresses, one._secrets) == (other._addresses, other._secrets)
