"""Our external commit came first: this is the room now; what the branch lacks is done and said again (room.md §7)."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import msgspec
import pytest
from msgspec import structs

from nullabona.client.core import rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import box_log
from nullabona.client.core.group import create, intents
from nullabona.client.core.identity import cards
from nullabona.client.core.model.branches import KnownUpTo, Tries
from nullabona.client.core.model.inbox_items import encode_pack
from nullabona.client.core.model.intents import AddAccount, RemoveAccount, UpdateKeys
from nullabona.client.core.model.outbox_targets import InboxFrame, RoomFrame
from nullabona.client.core.model.proofs import encode_move, encode_ruling, make_move, make_order, make_ruling
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DIRECT, RoomInfo, encode_info
from nullabona.client.core.model.state import JOINED, REJOINING, BoxTrack, Merged, PendingCommit, RoomState, Winner
from nullabona.client.core.step import Step, way_key
from nullabona.client.core.sync import rejoin
from tests.core.bare import bare
from tests.core.stage import Other, box_of, rows
from tests.core.test_sync_rejoin import behind, looks
from tests.rooms.devices import another_device
from tests.rooms.hostile import people as crowd_of
from tests.rooms.hostile import remove, ticket_of, update_keys
from tests.rooms.world import RELAY, Person, World

KEYS = UpdateKeys()
OLD, THERE = "wss://old.example:443/v1", "wss://two.example:443/v1"


def adopt(step: Step, state: RoomState, ticket: object, by: Person, *, relay: str = RELAY) -> bytes:
    """Go by a ticket, and come first; the hash of our commit."""
    join = rejoin.start(step, state, ticket, by.account)  # type: ignore[arg-type]
    assert join is not None
    join.relay = relay
    ours = sha256(join.candidate.commit).digest()
    rejoin.adopt(step, state, join)
    return ours


def told(step: Step, *kinds: str) -> list[tuple[str, bytes, dict[str, object]]]:
    """What is told of these kinds."""
    return [each for each in rows(step) if each[0] in kinds]


def test_the_branch_is_the_room_from_now_on() -> None:
    """With a new leaf, its history, and nothing that was on its way; the others hear soon that we are here."""
    world, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a)
        state.vain, state.pending = Tries(3, world.now), PendingCommit(b"", b"", [], [], [], invites=False)
        state.receipt_at = state.tend_at = None
        step.store.set_value(way_key(room), b"way")
        ours = adopt(step, state, ticket, a)
        epoch = ticket.epoch + 1
        now = step.room(room)
        assert (JOINED, epoch, Tries()) == (now.phase, now.epoch, now.vain)
        assert not any((now.rejoin, now.pending, now.intents, now.redo))
        assert [*ticket.history, (ticket.epoch, ours, ())] == [
            (each.epoch, each.commit, tuple(each.removed)) for each in state.history
        ]
        spread, soon = world.timing.commit_spread, world.timing.receipt
        assert (world.now + spread, world.now + intents.TEND_MS + 1, world.now + soon) == (  # type: ignore[comparison-overlap]
            *(state.commit_at, state.tend_at),
            state.receipt_at,
        )
        assert (RELAY, []) == (state.current.relay, state.current.left)
        place = step.store.device(room, b.me.device)
        assert place is not None
        assert (epoch, None) == (place.since, step.store.get_value(way_key(room)))
        assert [("rejoined", room, {"reason": "late", "epoch": epoch})] == told(step, "rejoined", "room-changed")
        assert (epoch, b"") == (step.group(state).epoch, own_devices.room_id(step.store))


def test_who_had_no_keys_is_in_the_room_again() -> None:
    """With what was believed of the ticket: the rulings of who may say what the room is."""
    _, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a)
        state.boxes, state.phase, state.as_of = [], REJOINING, KnownUpTo(5)
        ruling = make_ruling(a.mls, room, 1, encode_info(state.info), [])
        adopt(step, state, structs.replace(ticket, rulings=(ruling,)), a)
        now = step.room(room)
        assert (JOINED, [encode_ruling(ruling)], None) == (now.phase, list(now.rulings), now.as_of)


def test_a_time_that_was_set_for_our_devices_stays() -> None:
    """They are seen to then."""
    world, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a)
        state.tend_at = world.now + 5
        adopt(step, state, ticket, a)
        assert world.now + 5 == state.tend_at


def test_whoever_is_on_the_branch_goes_on_where_the_ticket_led() -> None:
    """They may not have heard of the order that we go by."""
    _, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a)
        adopt(step, state, ticket, a, relay=OLD)
        assert (RELAY, [OLD]) == (state.current.relay, state.current.left)


def test_what_is_different_on_the_branch_is_told() -> None:
    """Name, admins and timer, and who led us there."""
    _, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a)
        there = state.info
        state.info = structs.replace(there, name="before")
        adopt(step, state, ticket, a)
        changed = {"name": there.name, "admins": [a.account], "timer_s": 0}
        assert (there, [("room-changed", room, changed)]) == (state.info, told(step, "room-changed"))
        assert ["notice"] == [line.kind for line in step.store.messages(room)][-1:]


def test_whom_a_plain_member_led_asks_others_whether_that_is_the_room() -> None:
    """A while later; an admin's word is enough."""
    world, (a, b, c), room = behind()
    for by, led in ((c, True), (a, False)):
        ticket = ticket_of(a, room)
        with bare(b) as step:
            state = looks(step, room, a)
            state.boxes = state.boxes[-1:]
            adopt(step, state, ticket, by)
            assert (led, c.account if led else b"") == (
                not step.due(state.led_at) and state.led_at is not None,
                state.led_by,
            )
        update_keys(a, room)
        world.settle(span=60_000)


def test_what_we_had_said_is_said_again_there() -> None:
    """Nobody on that branch has it."""
    _, (a, b, _), room = behind()
    mine = b.send(room, "hello")
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a)
        adopt(step, state, ticket, a)
        message = step.store.message(room, mine)
        assert message is not None
        assert (state.epoch, state.current.keys.box.address) == (message.epoch, message.box)
        assert message.frame in {item.ref for item in step.store.outbox_of(room) if isinstance(item.target, RoomFrame)}


@pytest.mark.parametrize("wanted", [True, False])
def test_who_wants_to_leave_says_so_there(*, wanted: bool) -> None:
    """The old order names keys that are not ours any more."""
    _, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a)
        if wanted:
            rooms.note_leaving(step, make_order(b.mls, b.me.signature_key, room, b.account, [b"k"]))
        adopt(step, state, ticket, a)
        frames = [item for item in step.store.outbox_of(room) if isinstance(item.target, RoomFrame)]
        assert 1 + wanted == len(frames)


def test_a_search_that_was_given_up_meanwhile_ends_where_its_commit_led() -> None:
    """The commit came first all the same, and we came for the reason for which we had set out."""
    _, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a, reason="fork")
        join = rejoin.start(step, state, ticket, a.account)
        assert join is not None
        state.rejoin = None
        rejoin.adopt(step, state, join)
        assert ["fork"] == [data["reason"] for _, _, data in told(step, "rejoined")]


def newcomer() -> tuple[Other, AddAccount]:
    """Somebody whom a commit of ours adds, and the wish to."""
    nari = Other("nari")
    return nari, AddAccount(nari.account, nari.handle, (nari.key_package,), msgspec.msgpack.encode(nari.inbox))


@pytest.mark.parametrize("won", [True, False])
def test_whom_a_commit_of_ours_added_that_won_there_is_invited_after_all(*, won: bool) -> None:
    """We had given it up, and only we have its Welcome; of one that did not win nobody is invited."""
    _, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    nari, wish = newcomer()
    with bare(b) as step:
        state = looks(step, room, a)
        commit = ticket.history[-1][1] if won else b"x" * 32
        state.pending = PendingCommit(commit, b"", [wish], [], [], invites=True)
        step.store.set_value(f"welcome:{room.hex()}", encode_pack(b"welcome", b"tree"))
        adopt(step, state, ticket, a)
        boxes_told = [box_of(item) for item in step.store.outbox_of(None) if isinstance(item.target, InboxFrame)]
        assert [nari.inbox.address] * won == boxes_told
        assert None is step.store.get_value(f"lost-welcomes:{room.hex()}")


def test_whoever_is_not_on_the_branch_is_owed_what_we_said() -> None:
    """They were removed there, and may come in again."""
    _, (a, b, c), room = behind()
    mine = b.send(room, "hello")
    remove(a, room, c)
    a.world.settle(span=60_000)
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a)
        adopt(step, state, ticket, a)
        assert {c.me.device.hex(): [mine]} == state.owed


def test_the_room_is_where_the_order_that_came_with_the_ticket_brings_it() -> None:
    """That is told."""
    _, (a, b, _), room = behind()
    order = make_move(a.mls, a.me.signature_key, room, 1, THERE)
    ticket = structs.replace(ticket_of(a, room), order=encode_move(order))
    with bare(b) as step:
        state = looks(step, room, a)
        adopt(step, state, ticket, a, relay=THERE)
        assert (THERE, order, []) == (state.relay, state.order, state.current.left)
        assert [("room-moved", room, {"relay": THERE, "account": a.account})] == told(step, "room-moved")


# -- the branch that is over --------------------------------------------------------------------------------------


def forked(commit: bytes | None) -> tuple[RoomState, Step, list[BoxTrack], Person, Person]:
    """B has gone on by commits of its own; it goes back to the branch on which A is, which ``commit`` began."""
    _, (a, b, c), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a)
        fork, winner, _ = ticket.history[-1]
        track = state.current
        before = BoxTrack(fork - 1, b"b" * 32, winner=Winner(b"w" * 32), relay=RELAY)
        closed = structs.replace(track, winner=Winner(b"w" * 32, (b"x" * 32,)), announce_at=5, trim_at=5)
        open_ = BoxTrack(fork - 1, b"n" * 32, relay=RELAY)
        after = BoxTrack(fork + 1, b"o" * 32, winner=Winner(b"w" * 32), relay=RELAY)
        last = BoxTrack(fork + 2, b"l" * 32, relay=RELAY)
        tracks = [before, open_, closed, after, last]
        state.boxes = list(tracks)
        for each in tracks:
            step.store.set_value(box_log.winner_key(each), b"commit")
        assert state.rejoin is not None
        state.rejoin.epoch, state.rejoin.commit = fork, winner if commit else b""
        order = make_order(a.mls, a.me.signature_key, room, c.account, [b"k"])
        common = next((known for epoch, known, _ in ticket.history if epoch == fork - 1), b"common")
        state.history = [
            Merged(fork - 1, common, [], [], [UpdateKeys()]),
            Merged(fork, b"ours", [], [order], [KEYS, RemoveAccount(c.account)]),
        ]
        state.intents = [KEYS]
        state.pending = PendingCommit(b"", b"", [RemoveAccount(a.account), KEYS], [], [], invites=False)
        join = rejoin.start(step, state, ticket, a.account)
        assert join is not None
        state.rejoin.removed = [c.account] if commit else []
        rejoin.adopt(step, state, join)
        left = [track for track in tracks if step.store.get_value(box_log.winner_key(track)) is not None]
        assert [before] == left
    return state, step, tracks, a, c


def test_boxes_after_the_fork_are_over_and_the_forked_one_was_ended_by_the_winner() -> None:
    """Earlier ones stay; what the winner has removed is known, and announced later; nothing of it is erased by us."""
    state, step, tracks, _, c = forked(b"winner")
    before, stopped, closed, _, _ = tracks
    assert [before, stopped, closed] == state.boxes[:-1]
    assert (True, False) == (stopped.unproven_end, closed.unproven_end)
    assert Winner(b"w" * 32) == before.winner
    assert (True, False, 0, None) == (closed.settled_seen, closed.announced, closed.announcements, closed.trim_at)
    assert closed.announce_at is not None
    assert step.timing.announcement <= closed.announce_at - step.now <= 2 * step.timing.announcement
    assert Winner(state.history[-2].commit, (c.account,)) == closed.winner


def test_what_our_branch_did_is_wanted_there_each_once() -> None:
    """What the branch did, whom it removed by order, what was on its way, what we wanted: we hold back for those."""
    state, _, _, a, c = forked(b"winner")
    kinds = [(type(intent).__name__, getattr(intent, "account", b"")) for intent in state.intents]
    expected = [("UpdateKeys", b""), ("RemoveAccount", c.account), ("RemoveAccount", c.account)]
    assert [*expected, ("RemoveAccount", a.account)] == kinds
    assert [c.account, c.account, a.account] == state.redo


def test_who_only_lost_the_thread_has_left_the_others_at_the_first_commit_that_they_have_not() -> None:
    """Its own later ones are undone as in any fork."""
    state, _, tracks, _, _ = forked(None)
    assert tracks[:3] == state.boxes[:-1]
    assert tracks[2].winner is not None
    assert state.history[-2].commit == tracks[2].winner.commit


# -- other kinds of rooms -----------------------------------------------------------------------------------------


def test_back_in_a_room_of_two_whom_we_asked_is_a_contact() -> None:
    """They accepted long ago."""
    world = World(1)
    a, b = crowd_of(world, 2)
    world.befriend(a, b)
    with a.engine.step(world.now) as step:
        pair = tuple(sorted((a.account, b.account)))
        made = create.create_room(step, RoomInfo(1, DIRECT, "", RELAY, (), pair))
        intents.want(made, cards.add_intent(step, b.card))
        room = made.id
    world.settle()
    b.online = False
    update_keys(a, room)
    world.settle(span=60_000)
    ticket = ticket_of(a, room)
    with bare(b) as step:
        contact = step.store.contact(a.account)
        assert contact is not None
        step.store.put_contact(replace(contact, state=ContactState.REQUESTED))
        adopt(step, looks(step, room, a), ticket, a)
        found = step.store.contact(a.account)
    assert found is not None
    assert (ContactState.ACCEPTED, room) == (found.state, found.room)


def test_back_in_the_room_of_our_devices_it_is_the_one_that_they_share() -> None:
    """From now on, also if that was forgotten."""
    world = World(1)
    first = world.person("mina")
    second = another_device(world, first, "mina2")
    world.settle()
    with bare(first) as step:
        room = own_devices.room_id(step.store)
    second.online = False
    update_keys(first, room)
    world.settle(span=60_000)
    ticket = ticket_of(first, room)
    with bare(second) as step:
        own_devices.forget_room(step.store, room)
        adopt(step, looks(step, room, first), ticket, first)
        assert room == own_devices.room_id(step.store)
