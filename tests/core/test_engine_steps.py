"""Steps of the engine: what they leave in store and MLS, whose doing they are, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import blobs
from nullabona.client.core.delivery.outbox import queue_item
from nullabona.client.core.devices import inbox_state
from nullabona.client.core.directory.found import NotReached, ProvenCard
from nullabona.client.core.engine import Engine
from nullabona.client.core.identity import claims
from nullabona.client.core.model.change_set import NOTHING, ChangeSet
from nullabona.client.core.model.content import Attachment, File, encode_body
from nullabona.client.core.model.facts.messages import PassingFact, Transfer
from nullabona.client.core.model.facts.signals import InboxReadElsewhere, LinkPresented
from nullabona.client.core.model.inbox_items import Gone
from nullabona.client.core.model.records import ContactState, FileState, Piece, StoredFile
from nullabona.client.core.model.requests import Scout
from nullabona.client.core.step import Step, Timing
from nullabona.client.mls import Mls
from nullabona.wire.blob import cut_blob
from nullabona.wire.messages import Done, Frames
from tests.core.stage import RELAY, START, Other, Stage
from tests.core.test_engine_rooms import engine_of, quiet, state_of

JUN, SORA = Other("jun"), Other("sora")
HERE = b"i" * 8
DIGEST = sha256(b"chunk").digest()


class Watched(Engine):
    """Says of each step whether it was the person's doing."""

    chosen: list[bool] | None = None

    @contextmanager
    def step(self, now: int, *rooms: bytes, chosen: bool = True) -> Iterator[Step]:
        self.chosen = [*(self.chosen or []), chosen]
        with super().step(now, *rooms, chosen=chosen) as step:
            yield step


def test_only_what_is_done_here_is_the_persons_doing() -> None:
    """Not what comes, nor what time or relays bring."""
    stage = Stage()
    room = quiet(stage, JUN, receipt_at=START)
    with stage.step() as step:
        queue_item(step, JUN.inbox, RELAY, Gone(room))
    engine = Watched(stage.store, stage.mls, stage.me, stage.rng, stage.timing)
    (item,) = engine.due(START)
    box = state_of(stage, room).current.keys.box
    answer = Frames(HERE, 1, ((1, b"noise"),))
    happenings: list[Callable[[], object]] = [
        lambda: engine.tick(START),
        lambda: engine.on_frames(room, box.address, 0, answer, START),
        lambda: engine.on_inbox(0, answer, START),
        lambda: engine.on_unsent(item, START),
        lambda: engine.on_sent(item, Done(), START),
        lambda: engine.on_chunk(DIGEST, b"chunk", START),
        lambda: engine.on_card(NotReached(JUN.handle), START),
        lambda: engine.on_way(RELAY, START, connected=False),
        lambda: engine.on_scouted(Scout(room, "wss://two.example", box), answer, START),
    ]
    for happens in happenings:
        happens()
    assert [False] * len(happenings) == engine.chosen
    with engine.step(START):
        pass
    assert [*[False] * len(happenings), True] == engine.chosen


def test_what_a_step_did_in_mls_is_there_after_a_crash() -> None:
    """It was written with everything else."""
    stage = Stage()
    room = quiet(stage)
    with engine_of(stage).step(START) as step:
        group = step.group(step.room(room))
        group.commit(update=True)
        group.merge_pending()
    person = stage.person
    with stage.store.transaction():
        fresh = Mls(stage.store, person.seed, person.certificate, suite=stage.world.suite)
        assert 1 == fresh.group(room).epoch


def test_who_we_are_follows_from_a_step() -> None:
    """As when the account goes to another relay."""
    stage = Stage()
    engine = engine_of(stage)
    with engine.step(START) as step:
        step.local = replace(step.local, relay="wss://two.example:443/v1")
    with engine.step(START) as step:
        assert "wss://two.example:443/v1" == step.local.relay == engine.local.relay


def test_what_follows_without_asking_the_person_is_done_with_the_step() -> None:
    """Whoever has our link is let in."""
    stage = Stage()
    stage.contact(JUN, ContactState.ASKING, card=JUN.card())
    with engine_of(stage).step(START) as step:
        claims.note(step, JUN.account, claims.PROVEN)
        step.tell(LinkPresented(JUN.account))
    with stage.step() as step:
        contact = step.store.contact(JUN.account)
    assert contact is not None
    assert ContactState.ACCEPTED is contact.state


def test_times_are_those_that_are_given_or_those_of_the_protocol() -> None:
    """A test shortens them; people do not."""
    stage = Stage()
    for timing, expected in ((Timing(trim=5), 5), (None, Timing().trim)):
        engine = Engine(stage.store, stage.mls, stage.me, stage.rng, timing)
        with engine.step(START) as step:
            assert expected == step.timing.trim


def test_a_step_in_which_nothing_is_due_does_nothing() -> None:
    """Nothing goes out, and the room stays as it is."""
    stage = Stage()
    room = quiet(stage, JUN)
    before = state_of(stage, room)
    with engine_of(stage).step(START, room):
        pass
    assert ([], before) == (stage.outbox(), state_of(stage, room))


def test_a_device_that_is_out_wakes_for_no_inbox() -> None:
    """Neither from the beginning, nor when another device tells of it, nor when something came that waited."""
    stage = Stage()
    with stage.step() as step:
        own_devices.note_signed_out(step.store)
    engine = engine_of(stage)
    assert None is engine.wake_at()
    with engine.step(START) as step:
        step.tell(InboxReadElsewhere())
    assert (None, NOTHING) == (engine.wake_at(), engine.tick(START))
    engine.on_chunk(DIGEST, b"chunk", START)
    assert (None, NOTHING) == (engine.wake_at(), engine.tick(START))


def test_only_rooms_that_wait_for_a_chunk_are_looked_after() -> None:
    """Others wait for others."""
    stage = Stage()
    rooms = [quiet(stage, JUN), quiet(stage, SORA)]
    with stage.step() as step:
        for room, digest in zip(rooms, (DIGEST, b"x" * 32), strict=True):
            blobs.want_pieces(step, [digest], RELAY, room, b"")
    assert ChangeSet(frozenset(rooms[:1])) == engine_of(stage).on_chunk(DIGEST, b"chunk", START)


def waiting(stage: Stage) -> int:
    """How many items of the inbox wait for something."""
    with stage.step() as step:
        state = inbox_state.load(step)
    assert state is not None
    return len(state.waiting)


def test_what_waits_in_the_inbox_is_looked_at_when_a_card_came() -> None:
    """It may say who its sender is; what touched a room is said. Of a card that did not come nothing is."""
    stage = Stage()
    room = quiet(stage, JUN)
    with stage.step() as step:
        state = inbox_state.load(step)
        assert state is not None
        state.waiting = [inbox_state.WaitingItem(b"\x01nothing", START)]
        inbox_state.save(step, state)
    engine = engine_of(stage)
    engine.on_card(NotReached(JUN.handle), START)
    assert 1 == waiting(stage)
    found = engine.on_card(ProvenCard.testing(JUN.card()), START)
    assert (0, True) == (waiting(stage), found.reads <= {room})


@pytest.mark.parametrize("came", [True, False])
def test_a_file_is_whole_once_its_last_chunk_came(*, came: bool) -> None:
    """Whoever watches is told of how far it is."""
    stage = Stage()
    room = quiet(stage, JUN)
    ref, pieces = cut_blob(bytes(32), b"hello")
    ((digest, data),) = pieces
    body = File(Attachment("file", "a.txt", "text/plain", 5, (ref,)))
    stage.message(room, b"i" * 16, by=JUN, body=encode_body(body), kind="file")
    with stage.step() as step:
        step.store.put_file(StoredFile(room, b"i" * 16, mine=False, state=FileState.MOVING))
        step.store.put_pieces(room, b"i" * 16, [Piece(0, digest, done=False)])
    engine = engine_of(stage)
    seen: list[PassingFact] = []
    engine.on_passing = seen.append
    engine.on_chunk(digest, data if came else None, START)
    with stage.step() as step:
        file = step.store.file(room, b"i" * 16)
    assert file is not None
    assert (FileState.HERE if came else FileState.MOVING) is file.state
    assert [FileState.HERE] * came == [each.state for each in seen if isinstance(each, Transfer)]
