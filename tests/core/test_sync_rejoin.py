"""From a ticket to an external commit: which tickets are taken, where their commit goes, and whether it came first."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, cast

import pytest
from msgspec import structs

from nullabona.client.core.delivery.box_log import open_quietly
from nullabona.client.core.group import branches, ticket_branch
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.proofs import encode_move, make_move
from nullabona.client.core.model.state import REJOINING, BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.sync import rejoin
from nullabona.client.core.sync.rejoin import Join
from nullabona.wire.frame import NONCE_SIZE, Kind, open_frame, seal_frame
from nullabona.wire.messages import Frames
from tests.core.bare import bare
from tests.core.stage import box_of, rows
from tests.rooms.hostile import people, ticket_of, update_keys
from tests.rooms.world import RELAY, Person, World

THERE = "wss://two.example:443/v1"
HERE = b"i" * 8


def helper(person: Person) -> Helper:
    """Somebody who may lead us."""
    return Helper(person.account, person.me.handle)


def behind(late: int = 1) -> tuple[World, list[Person], bytes]:
    """A, who is the admin, B and C in a group; one of them, mostly B, has not seen that another began an epoch."""
    world = World(1)
    crowd = people(world, 3)
    room = world.group(*crowd)
    crowd[late].online = False
    update_keys(crowd[late - 1], room)
    world.settle(span=60_000)
    return world, crowd, room


def looks(step: Step, room: bytes, *helpers: Person, **about: object) -> RoomState:
    """The room, for which we look for a way to where the others are."""
    state = step.room(room)
    state.rejoin = Rejoin("late", state.epoch, b"", [], [helper(each) for each in helpers], step.now)
    for name, value in about.items():
        setattr(state.rejoin, name, value)
    return state


def commits(step: Step, state: RoomState) -> int:
    """How many frames of the room wait."""
    return sum(isinstance(item.target, RoomFrame) for item in step.store.outbox_of(state.id))


# -- which tickets ------------------------------------------------------------------------------------------------


def test_a_ticket_leads_to_a_commit_in_the_box_of_its_epoch() -> None:
    """Sealed for it and counted with our new leaf; so long it is waited for until the next is asked."""
    world, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a)
        join = rejoin.start(step, state, ticket, a.account)
        assert join is not None
        deadline = world.now + 6 * world.timing.ticket
        assert (room, RELAY, ticket, ticket.seq, deadline, a.account) == (
            *(join.room, join.relay, join.ticket),
            *(join.position, join.deadline, join.by),
        )
        assert state.rejoin is not None
        assert deadline + world.timing.ticket == state.rejoin.next_at
        (item,) = step.store.outbox_of(room)
        target = item.target
        assert isinstance(target, RoomFrame)
        assert (join.frame, join.keys.box.address, RELAY, ticket.secret, 3) == (
            *(item.ref, box_of(item)),
            *(target.relay, target.secret, target.leaves),
        )
        assert sha256(item.data).digest() == item.ref
        opened = open_quietly(BoxTrack(0, ticket.secret), item.data)
        assert opened is not None
        assert (Kind.COMMIT, join.candidate.commit, False) == (opened.kind, opened.body, opened.indirect)
        rejoin.drop(step, join)
        assert 0 == commits(step, state)


@pytest.mark.parametrize("why", ["nothing", "no rejoin", "no boxes", "astray", "another branch", "unproven"])
def test_a_ticket_that_leads_nowhere_we_go_is_not_taken(why: str) -> None:
    """We look for nothing, or not there, or not with whoever gives it. It is not a warning."""
    world, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a)
        if why == "no rejoin":
            state.rejoin = None
        elif why == "no boxes":
            state.boxes = []
        elif why == "astray":
            state.doubted = {a.account.hex(): world.now + 1}
        elif why == "another branch":
            looks(step, room, a, commit=b"x" * 32)
        elif why == "unproven":
            looks(step, room, a, reason=branches.UNPROVEN)
        join = rejoin.start(step, state, ticket, a.account)
        assert (why == "nothing", int(why == "nothing"), []) == (join is not None, commits(step, state), rows(step))


def test_whoever_has_no_keys_goes_by_a_ticket_without_boxes() -> None:
    """It tells nobody that it has moved: nobody can hear it."""
    _, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a)
        state.boxes, state.phase = [], REJOINING
        assert rejoin.start(step, state, ticket, a.account) is not None
        assert 1 == commits(step, state)


def test_those_on_our_branch_hear_where_the_others_are_once_we_are_there() -> None:
    """Not before our commit came first: it may fail, and they would ask us in vain. We read that box on."""
    _, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, a, commit=ticket.history[-1][1], epoch=ticket.history[-1][0])
        left = state.current
        join = rejoin.start(step, state, ticket, a.account)
        assert join is not None
        assert {join.frame} == step.store.outbox_refs(join.keys.box.address)
        assert set() == step.store.outbox_refs(left.keys.box.address)
        rejoin.adopt(step, state, join)
        said = [item for item in step.store.outbox_of(room) if box_of(item) == left.keys.box.address]
        assert 1 == len(said)
        opened = open_frame(left.keys.frame_key, left.keys.box.address, said[0].data)
        assert (Kind.MESSAGE, left) == (opened.kind, state.track_at(left.keys.box.address))
        assert (True, True) == (left.closed, left.unproven_end)


def test_who_comes_to_a_branch_speaks_of_that_one_whatever_is_claimed_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A claim may make us look for another branch while our commit is decided: we have not been there."""
    _, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    epoch, commit, _ = ticket.history[-1]
    spoken: list[tuple[int, bytes]] = []

    def farewell(step: Step, state: RoomState, way: Rejoin) -> bytes:
        spoken.append((way.epoch, way.commit))
        return real(step, state, way)

    real = ticket_branch.farewell
    monkeypatch.setattr(ticket_branch, "farewell", farewell)
    with bare(b) as step:
        state = looks(step, room, a, commit=commit, epoch=epoch)
        join = rejoin.start(step, state, ticket, a.account)
        assert join is not None
        state.rejoin = Rejoin(branches.FORK, 0, b"y" * 32, [], [helper(a)], step.now)
        rejoin.adopt(step, state, join)
        assert [(epoch, commit)] == spoken
        assert {b"y" * 32}.isdisjoint(track.winner.commit for track in state.boxes if track.winner)


@pytest.mark.parametrize(
    ("reason", "down", "stays"),
    [
        ("late", False, False),
        ("late", True, False),
        (branches.RELAY_UNREACHABLE, False, False),
        (branches.RELAY_UNREACHABLE, True, True),
        (branches.UNPROVEN, False, False),
    ],
)
def test_a_ticket_to_where_we_are_ends_the_search(reason: str, *, down: bool, stays: bool) -> None:
    """Unless we look for the room's relay: then the helper looks for it, too. Nothing is committed."""
    _, (a, b, _), room = behind()
    ticket = ticket_of(b, room)
    with bare(b, down=frozenset({RELAY} if down else ())) as step:
        state = looks(step, room, a, reason=reason)
        state.led_at = 7
        assert rejoin.start(step, state, ticket, a.account) is None
        assert (stays, 0) == (state.rejoin is not None, commits(step, state))
        assert (None if reason == branches.UNPROVEN else 7) == state.led_at


def test_a_helper_who_is_where_we_are_may_know_where_the_room_is_by_now() -> None:
    """The order that came with the ticket is gone by, if it is better than ours and holds."""
    _, (a, b, _), room = behind()
    good = make_move(a.mls, a.me.signature_key, room, 1, THERE)
    bad = make_move(b.mls, b.me.signature_key, room, 2, THERE)
    ticket = ticket_of(b, room)
    with bare(b) as step:
        for order, relay in ((bad, RELAY), (good, THERE), (good, THERE)):
            state = looks(step, room, a)
            rejoin.start(step, state, structs.replace(ticket, order=encode_move(order)), a.account)
            assert relay == state.current.relay


def refused(step: Step, state: RoomState, ticket: Ticket, by: Person) -> list[str]:
    """Why a ticket is refused, as the person is told; and that nothing was queued."""
    before = len(rows(step))
    assert rejoin.start(step, state, ticket, by.account) is None
    assert 0 == commits(step, state)
    told = rows(step)[before:]
    assert all((kind, where, data["code"]) == ("warning", state.id, "ticket-refused") for kind, where, data in told)
    return [data["detail"]["reason"] for _, _, data in told]


def test_of_tickets_that_lead_elsewhere_the_person_is_told_once_for_each_who_gives_them() -> None:
    """They open to no group, or to another one."""
    world, (a, b, c), room = behind()
    other = world.group(a, c, name="other")
    broken = structs.replace(ticket_of(a, room), group_info=b"broken")
    elsewhere = ticket_of(a, other)
    with bare(b) as step:
        state = looks(step, room, a, c)
        assert ["wrong-group"] == refused(step, state, elsewhere, a)
        assert [] == refused(step, state, broken, a)
        assert 1 == len(refused(step, state, broken, c))
        assert state.rejoin is not None
        assert [a.account, c.account] == state.rejoin.refused


def test_who_led_to_another_name_in_vain_is_remembered_and_nobody_else() -> None:
    """Each once, as with all others there the branch is believed (`evidence.check_branch`). A broken ticket is none."""
    _, (a, b, c), room = behind()
    ticket = ticket_of(c, room)
    epoch, commit, _ = ticket.history[-1]
    with bare(b) as step:
        state = looks(step, room, a, c, commit=commit, epoch=epoch)
        state.info = structs.replace(state.info, name="renamed")
        refused(step, state, structs.replace(ticket_of(a, room), group_info=b"broken"), a)
        for _ in range(2):
            refused(step, state, ticket, c)
        assert state.rejoin is not None
        assert [c.account] == [*state.rejoin.led]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pair": (b"x" * 32, b"y" * 32)}, "wrong-group"),
        ({"name": "another"}, "unproven-roles"),
        ({"relay": "ws://localhost:80/v1"}, ""),
        ({"relay": THERE}, ""),
    ],
)
def test_the_branch_must_be_the_room_as_we_know_it(change: dict[str, Any], reason: str) -> None:
    """Its kind never changes; a plain member leads to no other roles; its relay may be another that is as safe."""
    _, (a, b, c), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = looks(step, room, c)
        state.info = structs.replace(state.info, **change)
        if reason:
            assert [reason] == refused(step, state, ticket, c)
        else:
            assert rejoin.start(step, state, ticket, c.account) is not None


@pytest.mark.parametrize(("later", "reason"), [(0, "wrong-group"), (1, "")])
def test_the_epoch_after_a_removal_must_be_without_whom_it_removed(later: int, reason: str) -> None:
    """Only that one can show it: later they may have been added again."""
    _, (a, b, c), room = behind()
    ticket = ticket_of(a, room)
    epoch, commit, _ = ticket.history[-1 - later]
    told = [(at, each, (c.account,) if at == epoch else gone) for at, each, gone in ticket.history]
    ticket = structs.replace(ticket, history=tuple(told))
    with bare(b) as step:
        state = looks(step, room, a, commit=commit, removed=[c.account], epoch=epoch)
        if reason:
            assert [reason] == refused(step, state, ticket, a)
        else:
            assert rejoin.start(step, state, ticket, a.account) is not None


@pytest.mark.parametrize(("late", "goes"), [(0, True), (1, False)])
def test_to_those_whom_we_removed_only_an_admin_goes(late: int, *, goes: bool) -> None:
    """There it may remove them again."""
    _, crowd, room = behind(late)
    us, them = crowd[late], crowd[late - 1]
    ticket = ticket_of(them, room)
    with bare(us) as step:
        state = looks(step, room, them, reason=branches.OUTSIDE, commit=ticket.history[-1][1])
        assert goes is (rejoin.start(step, state, ticket, them.account) is not None)


@pytest.mark.parametrize(("by_admin", "relay"), [(True, THERE), (False, RELAY)])
def test_the_commit_goes_to_the_relay_that_keeps_the_helpers_box(relay: str, *, by_admin: bool) -> None:
    """As the order says that came with the ticket, if it holds on that branch."""
    _, (a, b, _), room = behind()
    giver = a if by_admin else b
    order = make_move(giver.mls, giver.me.signature_key, room, 1, THERE)
    ticket = structs.replace(ticket_of(a, room), order=encode_move(order))
    with bare(b) as step:
        state = looks(step, room, a)
        join = rejoin.start(step, state, ticket, a.account)
        assert join is not None
        (item,) = step.store.outbox_of(room)
        assert (relay, relay) == (join.relay, item.target.relay)


# -- did it come first --------------------------------------------------------------------------------------------

SECRET = b"s" * 32
OURS = b"our frame"


def join_at(position: int = 3, incarnation: bytes = HERE) -> Join:
    """A commit of ours on its way into a box that was read so far."""
    ticket = Ticket(b"r" * 32, 5, SECRET, b"", b"", incarnation, position, ())
    frame = sha256(OURS).digest()
    nothing = cast("Any", None)
    return Join(b"r" * 32, RELAY, ticket, nothing, frame, position, 0, b"a" * 32, nothing, nothing, None)


def frame(kind: Kind) -> bytes:
    """Somebody's frame in that box."""
    keys = BoxTrack(0, SECRET).keys
    return seal_frame(keys.frame_key, keys.box.address, bytes(NONCE_SIZE), kind, b"x", indirect=False)


WORDS, COMMIT, SETTLED = (frame(kind) for kind in (Kind.MESSAGE, Kind.COMMIT, Kind.SETTLED))


@pytest.mark.parametrize(
    ("frames", "won", "position"),
    [
        ([], None, 3),
        ([OURS], True, 4),
        ([WORDS, b"noise", OURS], True, 6),
        ([WORDS, b"noise"], None, 5),
        ([COMMIT, OURS], False, 4),
        ([SETTLED, OURS], False, 4),
        ([OURS, COMMIT], True, 4),
    ],
)
def test_our_commit_has_won_once_it_is_read_back_before_any_other(
    frames: list[bytes], position: int, *, won: bool | None
) -> None:
    """Words and noise lie before it; until something is read nobody knows."""
    join = join_at()
    answer = Frames(HERE, 9, tuple(enumerate(frames, 4)))
    assert (won, position) == (rejoin.take_frames(join, 3, answer), join.position)


def test_of_what_is_gone_nobody_can_tell_whether_it_was_a_commit() -> None:
    """A gap is the end; so is another box. A read of another place says nothing."""
    gap = Frames(HERE, 9, ((5, OURS),))
    there = Frames(HERE, 9, ((4, OURS),))
    assert [False, False, None, True] == [
        rejoin.take_frames(join_at(), 3, gap),
        rejoin.take_frames(join_at(), 3, structs.replace(there, incarnation=b"j" * 8)),
        rejoin.take_frames(join_at(), 2, there),
        rejoin.take_frames(join_at(incarnation=b""), 3, there),
    ]


def test_whoever_did_not_come_first_asks_for_a_newer_ticket_soon() -> None:
    """The commit is forgotten; if nothing is looked for any more, nothing is asked."""
    world, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        for searching in (True, False):
            state = looks(step, room, a)
            join = rejoin.start(step, state, ticket, a.account)
            assert join is not None
            state.rejoin = state.rejoin if searching else None
            rejoin.give_up(step, state, join)
            assert 0 == commits(step, state)
            soon = world.now + world.timing.commit_spread if searching else None
            assert soon == (state.rejoin and state.rejoin.next_at)
