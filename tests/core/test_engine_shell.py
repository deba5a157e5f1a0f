"""What the shell tells the engine besides reads, and what the engine wants of it: items, look-ups, a time to wake."""

from __future__ import annotations

from hashlib import sha256

import pytest

from nullabona.client.core.delivery import blobs, inbox_sending
from nullabona.client.core.delivery.outbox import queue_item, queue_trim
from nullabona.client.core.devices import inbox_state
from nullabona.client.core.devices.inbox_state import FormerInbox
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.identity import claims, inbox_addresses
from nullabona.client.core.model.change_set import NOTHING, ChangeSet
from nullabona.client.core.model.facts.messages import Transfer, Typing
from nullabona.client.core.model.facts.rooms import EpochChanged
from nullabona.client.core.model.facts.signals import OwnMarkerMoved
from nullabona.client.core.model.facts.union import Fact
from nullabona.client.core.model.inbox_items import Gone, RoomsAsked
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.client.core.model.records import FileState, StoredFile
from nullabona.client.core.model.requests import INBOX, ChunkRequest, ReadRequest, Scout
from nullabona.client.core.model.state import LEFT, RoomState
from nullabona.wire.messages import Done, Frames, Refusal
from tests.core.stage import RELAY, START, Other, Stage
from tests.core.test_engine_reads import inbox
from tests.core.test_engine_rooms import LATER, engine_of, quiet, state_of
from tests.rooms.looked import Shown, looked

JUN, SORA = Other("jun"), Other("sora")
THERE = "wss://two.example:443/v1"
HERE = b"i" * 8
NOISE = ((1, b"noise"),)


def touched(*rooms: bytes) -> ChangeSet:
    """These may have changed."""
    return ChangeSet(frozenset(rooms))


# -- the outbox ---------------------------------------------------------------------------------------------------


def queued(stage: Stage) -> None:
    """An item waits for Jun's inbox."""
    with stage.step() as step:
        queue_item(step, JUN.inbox, RELAY, Gone(b"r" * 32))


def test_what_the_relay_took_is_gone_and_what_it_did_not_answer_goes_later() -> None:
    """The engine wakes for it; of a relay that is out of reach nothing but items for inboxes is waited for."""
    stage = Stage()
    queued(stage)
    engine = engine_of(stage)
    (item,) = engine.due(START)
    assert touched() == engine.on_unsent(item, START)
    assert ([], START + 2_000) == (engine.due(START), engine.wake_at())
    (item,) = engine.due(START + 2_000)
    assert touched() == engine.on_sent(item, Done(), START + 2_000)
    assert ([], None) == (stage.outbox(), engine.wake_at())


def test_what_a_relay_refuses_for_now_goes_later() -> None:
    """As late as it says."""
    stage = Stage()
    queued(stage)
    engine = engine_of(stage)
    (item,) = engine.due(START)
    engine.on_sent(item, Refusal("busy", 9), START)
    assert ([], START + 9_000) == (engine.due(START), engine.wake_at())


def test_a_room_whose_item_was_answered_is_looked_after() -> None:
    """Whatever is due in it is done."""
    stage = Stage()
    room = quiet(stage, JUN, receipt_at=START)
    engine = engine_of(stage)
    engine.tick(START)
    with stage.step() as step:
        step.room(room).receipt_at = START
    (item,) = engine.due(START)
    assert touched(room) == engine.on_sent(item, Refusal("busy", 9), START)
    assert None is state_of(stage, room).receipt_at


# -- chunks -------------------------------------------------------------------------------------------------------

DATA = b"chunk"
DIGEST = sha256(DATA).digest()


def chunk_wanted(stage: Stage, room: bytes = b"", message: bytes = b"") -> None:
    """A chunk is to be fetched."""
    with stage.step() as step:
        blobs.want_pieces(step, [DIGEST], RELAY, room, message)


def test_a_chunk_that_came_is_kept_and_its_room_looked_after() -> None:
    """Nobody wants it any more."""
    stage = Stage()
    room = quiet(stage, JUN, receipt_at=START)
    chunk_wanted(stage, room)
    engine = engine_of(stage)
    assert [ChunkRequest(RELAY, DIGEST)] == engine.chunk_requests(START)
    assert touched(room) == engine.on_chunk(DIGEST, DATA, START)
    assert ([], None) == (engine.chunk_requests(START), state_of(stage, room).receipt_at)
    with stage.step() as step:
        assert DATA == step.store.chunk(DIGEST)


@pytest.mark.parametrize("data", [None, b"other"])
def test_a_chunk_that_is_not_there_or_another_is_asked_for_later(data: bytes | None) -> None:
    """It is not kept; of an item without a room nothing is looked after."""
    stage = Stage()
    chunk_wanted(stage)
    engine = engine_of(stage)
    assert touched() == engine.on_chunk(DIGEST, data, START)
    assert ([], START + 4_000) == (engine.chunk_requests(START + 3_999), engine.wake_at())
    assert [ChunkRequest(RELAY, DIGEST)] == engine.chunk_requests(START + 4_000)
    with stage.step() as step:
        assert None is step.store.chunk(DIGEST)
    assert touched() == engine.on_chunk(DIGEST, DATA, START)
    engine.on_way(RELAY, START, connected=False)
    chunk_wanted(stage)
    assert None is engine.wake_at()


def test_what_waits_in_the_inbox_is_looked_at_when_a_chunk_came() -> None:
    """It may lie in it."""
    stage = Stage()
    chunk_wanted(stage)
    with stage.step() as step:
        state = inbox_state.load(step)
        assert state is not None
        state.waiting = [inbox_state.WaitingItem(b"\x01nothing", START)]
        inbox_state.save(step, state)
    engine_of(stage).on_chunk(DIGEST, DATA, START)
    assert [] == inbox(stage).waiting


# -- cards --------------------------------------------------------------------------------------------------------


def waits_for_jun(stage: Stage) -> None:
    """Something is for Jun, whose card is not known."""
    with stage.step() as step:
        inbox_sending.post(step, JUN.account, JUN.handle, Gone(b"r" * 32))


@pytest.mark.parametrize(("shown", "standing"), [("proven", "proven"), ("promised", "promised")])
def test_a_card_that_came_lets_out_what_waited_for_it(shown: Shown, standing: str) -> None:
    """It stands in the record, or is promised to."""
    stage = Stage()
    waits_for_jun(stage)
    engine = engine_of(stage)
    assert ([JUN.handle], START) == (engine.lookups(START), engine.wake_at())
    engine.on_card(looked(JUN.handle, JUN.card().encoded, START, shown), START)
    assert ([], [Gone(b"r" * 32)]) == (
        engine.lookups(LATER),
        [JUN.opened(item.data) for item in stage.outbox(InboxFrame)],
    )
    with stage.step() as step:
        assert standing == claims.standing(step, JUN.account)


@pytest.mark.parametrize("data", [None, b"no card", SORA.card().encoded])
def test_a_card_that_did_not_come_is_looked_up_later(data: bytes | None) -> None:
    """There is none, or it is another's."""
    stage = Stage()
    waits_for_jun(stage)
    engine = engine_of(stage)
    engine.on_card(looked(JUN.handle, data, START), START)
    assert ([], START + 4_000) == (engine.lookups(START + 3_999), engine.wake_at())
    assert [JUN.handle] == engine.lookups(START + 4_000)


def test_who_wants_something_that_the_card_must_justify_gets_it() -> None:
    """Here: which rooms we share."""
    stage = Stage()
    quiet(stage, JUN)
    with stage.step() as step:
        inbox_sending.look_up_for(step, JUN.certificate, RoomsAsked(), JUN.handle)
    engine_of(stage).on_card(ProvenCard.testing(JUN.card()), START)
    assert 1 == len(stage.outbox(InboxFrame))


@pytest.mark.parametrize(("shown", "standing"), [("proven", "proven"), ("unreached", None), ("absent", None)])
def test_the_record_settles_what_somebody_claims(shown: Shown, standing: str | None) -> None:
    """Told once it has said so; whoever could not be asked has said nothing."""
    stage = Stage()
    card = JUN.card()
    with stage.step() as step:
        claims.came(step, JUN.account, JUN.handle, card.encoded)
    engine = engine_of(stage)
    due = START + stage.timing.claim
    assert due == engine.wake_at()
    assert ([], [JUN.handle]) == (engine.lookups(due - 1), engine.lookups(due))
    data = card.encoded if shown == "proven" else None
    engine.on_card(looked(JUN.handle, data, due, shown), due)
    with stage.step() as step:
        told = [event.kind for event in step.store.events(0)]
        found = claims.claims(step)
    assert ["card-checked"] * (standing is not None) == told
    assert ([] if standing else [(shown in {"unreached", None}, shown == "absent")]) == [
        (bool(each.attempts), bool(each.lacked)) for each in found
    ]


def test_only_what_is_due_is_looked_up_each_handle_once() -> None:
    """In order."""
    stage = Stage()
    with stage.step() as step:
        for other in (SORA, JUN):
            claims.want(step, other.account, other.handle, b"", claims.Accept())
            inbox_addresses.look_again(step, other.handle)
    assert [JUN.handle, SORA.handle] == engine_of(stage).lookups(START)


# -- relays -------------------------------------------------------------------------------------------------------


def test_a_relay_out_of_reach_has_its_rooms_looked_for_until_it_is_back() -> None:
    """Told twice the same is no news."""
    stage = Stage()
    room = quiet(stage, JUN, scout_at=LATER)
    engine = engine_of(stage)
    assert touched(room) == engine.on_way(RELAY, START, connected=False)
    assert NOTHING is engine.on_way(RELAY, START, connected=False)
    assert LATER == state_of(stage, room).scout_at
    assert touched(room) == engine.on_way(RELAY, START, connected=True)
    assert None is state_of(stage, room).scout_at
    assert NOTHING is engine.on_way(RELAY, START, connected=True)
    with engine.step(START) as step:
        assert (frozenset(), frozenset({RELAY})) == (step.down, step.up)
    engine.on_way(RELAY, START, connected=False)
    engine.on_way(THERE, START, connected=True)
    with engine.step(START) as step:
        assert (frozenset({RELAY}), frozenset({THERE})) == (step.down, step.up)


def test_nothing_is_waited_for_of_a_relay_out_of_reach() -> None:
    """What it was to erase wakes nobody."""
    stage = Stage()
    room = quiet(stage)
    with stage.step() as step:
        queue_trim(step, THERE, step.room(room).current.keys.box, 1)
    engine = engine_of(stage)
    assert 0 == engine.wake_at()
    engine.on_way(THERE, START, connected=False)
    assert LATER == engine.wake_at()


def test_looks_that_are_wanted_are_taken_once_and_answered() -> None:
    """What they brought leads to what is done there next."""
    stage = Stage()
    room = quiet(stage, JUN)
    engine = engine_of(stage)
    scout = Scout(room, THERE, state_of(stage, room).current.keys.box)
    with engine.step(START) as step:
        step.scouts.append(scout)
    assert ([scout], []) == (engine.take_scouts(), engine.take_scouts())
    found, following = engine.on_scouted(scout, Frames(HERE, 9, ((3, b"noise"),)), START)
    assert isinstance(following, Scout)
    assert (touched(room), 3) == (found, following.after)
    assert engine.on_scouted(Scout(b"x" * 32, THERE, scout.box), Frames(HERE, 0, ()), START)[1] is None


# -- wants and watchers -------------------------------------------------------------------------------------------


def test_what_is_to_be_read() -> None:
    """The boxes of every room, the inbox, and the inbox where it was before."""
    stage = Stage()
    first, second = quiet(stage, JUN), quiet(stage, SORA)
    former = FormerInbox(THERE, b"", 7, LATER)
    with stage.step() as step:
        state = inbox_state.load(step)
        assert state is not None
        state.position, state.former = 3, [former]
        inbox_state.save(step, state)
    engine = engine_of(stage)
    assert sorted([first, second]) == sorted(engine.rooms())
    assert {INBOX, first, second} == set(engine.read_for())
    track = state_of(stage, first).current
    assert [(RELAY, track.keys.box, 0, False)] == [(w.relay, w.box, w.after, w.old) for w in engine.reads(first)]
    box = inbox(stage).box
    assert (ReadRequest(RELAY, box, 3, read_at=0),) == engine.reads(INBOX)
    assert [ReadRequest(THERE, box, 7, old=True)] == engine.former_inboxes()
    assert () == engine.reads(b"x" * 32)


def test_whoever_watches_is_told_of_files_and_of_who_writes() -> None:
    """After the step; what is kept, or stays inside, is no word of theirs."""
    stage = Stage()
    engine = engine_of(stage)
    seen: list[object] = []
    progress = Transfer(b"r" * 32, b"i" * 16, 1, 2, FileState.MOVING)
    writing = Typing(b"r" * 32, JUN.account, 5)
    facts: list[Fact] = [EpochChanged(b"r" * 32, 1), progress, OwnMarkerMoved(b"r" * 32), writing]
    for watch in (None, seen.append):
        engine.on_passing = watch or engine.on_passing
        with engine.step(START) as step:
            for fact in facts:
                step.tell(fact)
            assert [] == seen
    assert [progress, writing] == seen


def test_a_file_that_was_cut_for_a_message_that_never_came_to_be_is_forgotten() -> None:
    """When the engine begins."""
    stage = Stage()
    with stage.step() as step:
        step.store.put_file(StoredFile(b"r" * 32, b"i" * 16, mine=True, state=FileState.MOVING))
    engine_of(stage)
    with stage.step() as step:
        assert None is step.store.file(b"r" * 32, b"i" * 16)


def test_the_engine_wakes_for_the_first_room_that_wants_it() -> None:
    """A room that was left wants nothing, one that was forgotten neither; who we are follows from a step."""
    stage = Stage()
    rooms = [quiet(stage, JUN, receipt_at=START + n) for n in (9, 5, 7)]
    engine = engine_of(stage)
    assert START + 5 == engine.wake_at()
    with engine.step(START) as step:
        left: RoomState = step.room(rooms[1])
        left.phase, left.boxes = LEFT, []
    assert START + 7 == engine.wake_at()
    with engine.step(START, rooms[2]) as step:
        step.find_room(rooms[2])
        step.forget_room(rooms[2])
    assert START + 9 == engine.wake_at()
