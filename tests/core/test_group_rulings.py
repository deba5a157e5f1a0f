"""Rulings: what admins have made of a room, signed, remembered and followed by whoever was away (room.md §15)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from nullabona.client.core.group import rulings
from nullabona.client.core.group.rulings import KEPT, MOST_WENT, Known
from nullabona.client.core.model.branches import Helper, KnownUpTo, Rejoin
from nullabona.client.core.model.inbox_items import History, Ticket
from nullabona.client.core.model.intents import AddAccount, UpdateKeys
from nullabona.client.core.model.proofs import (
    RemovalOrder,
    Ruling,
    decode_ruling,
    encode_ruling,
    make_order,
    make_ruling,
    members_hash,
)
from nullabona.client.core.model.room_info import DIRECT, GROUP, RoomInfo, encode_info
from nullabona.client.core.model.state import REJOINING, Merged
from tests.core.stage import RELAY, START, Other, Stage

JUN, SORA, YUNA = Other("jun"), Other("sora"), Other("yuna")
OURS, THEIRS = b"o" * 32, b"t" * 32
ADD = AddAccount(YUNA.account, YUNA.handle, (), b"")


def group(*admins: bytes, name: str = "family") -> RoomInfo:
    """A group with these admins."""
    return RoomInfo(1, GROUP, name, RELAY, admins)


def ruling(by: Other, room: bytes, info: RoomInfo, *accounts: bytes, epoch: int = 4) -> Ruling:
    """Somebody rules that the room is this now."""
    return make_ruling(by.mls, room, epoch, encode_info(info), accounts)


def ticket(room: bytes, *said: Ruling, went: tuple[RemovalOrder, ...] = (), history: History = ()) -> Ticket:
    """A way back that carries these."""
    return Ticket(room, 9, bytes(32), b"", b"", b"", 0, history, rulings=said, went=went)


def merged(epoch: int, commit: bytes = OURS, *, mine: bool = True, **about: object) -> Merged:
    """A commit of our branch."""
    made = Merged(epoch, commit, [], [], [UpdateKeys()] if mine else [])
    for name, value in about.items():
        setattr(made, name, value)
    return made


def rejoin(*helpers: Other, epoch: int = 0, commit: bytes = b"") -> Rejoin:
    """We look for the way to a branch."""
    return Rejoin("fork", epoch, commit, [], [Helper(each.account, each.handle) for each in helpers], START)


# -- made ---------------------------------------------------------------------------------------------------------


def made(stage: Stage, room: bytes, info: RoomInfo | None = None, *gone: int, add: bool = False) -> Ruling | None:
    """The ruling that goes with a commit of ours."""
    with stage.step() as step:
        state = step.room(room)
        return rulings.make(step, state, info or state.info, gone, [UpdateKeys(), *([ADD] if add else [])])


def test_a_commit_that_changes_who_is_in_or_what_the_room_is_carries_a_ruling() -> None:
    """What the room is after it, by whom, in which epoch, with whom; with a verified signature."""
    stage = Stage()
    room = stage.room(JUN, SORA)
    me, renamed = stage.me.account, group(stage.me.account, name="friends")
    cases = [
        (made(stage, room, renamed), renamed, [me, JUN.account, SORA.account]),
        (made(stage, room, None, 1), stage.info(), [me, SORA.account]),
        (made(stage, room, None, add=True), stage.info(), [me, JUN.account, SORA.account, YUNA.account]),
        (made(stage, room, renamed, 1, 2, add=True), renamed, [me, YUNA.account]),
    ]
    for found, info, accounts in cases:
        assert found is not None
        assert me == found.verify().account_id
        assert (room, 0, encode_info(info), members_hash(accounts)) == (
            *(found.room, found.epoch),
            *(found.info, found.members),
        )


def test_a_commit_that_changes_nothing_of_that_carries_none() -> None:
    """New keys alone; a device of somebody who stays; and an account that goes and comes in with the same commit."""
    stage = Stage()
    room = stage.room(JUN, Other("jun", 1), YUNA)
    assert [None, None, None] == [made(stage, room), made(stage, room, None, 1), made(stage, room, None, 3, add=True)]


def test_only_an_admin_of_a_group_makes_one() -> None:
    """Neither a plain member nor anybody of a room of two."""
    stage = Stage()
    member = stage.room(JUN, info=group(JUN.account))
    two = stage.room(JUN, kind=DIRECT)
    odd = structs.replace(stage.info(JUN, kind=DIRECT), admins=(stage.me.account,))
    assert [None, None, None] == [made(stage, room, None, 1) for room in (member, two, stage.room(JUN, info=odd))]


# -- remembered ---------------------------------------------------------------------------------------------------


def noted(
    stage: Stage, room: bytes, given: Ruling | None, *, by: bytes, orders: tuple[RemovalOrder, ...] = (), was: RoomInfo
) -> tuple[list[bytes], list[RemovalOrder], Merged]:
    """What is remembered once a commit was taken that brought in Sora (leaf 2), before which the room was ``was``."""
    with stage.step() as step:
        state = step.room(room)
        roster = {leaf: device for leaf, device in step.roster(room).items() if leaf != 2}
        rulings.note(step, state, (was, roster), orders, given, by=by)
        return state.rulings, state.went, state.history[-1]


def leaving(room: bytes, who: Other = YUNA) -> RemovalOrder:
    """An order of somebody who leaves."""
    return make_order(who.mls, who.signature_key, room, who.account, [who.encryption_key])


def test_a_ruling_that_says_what_an_admins_commit_did_is_remembered() -> None:
    """The newest stands last; by which orders accounts went before is told by it."""
    stage = Stage()
    info = group(JUN.account, name="friends")
    room = stage.room(JUN, SORA, info=info, history=[merged(4)], went=[leaving(b"r" * 32)], rulings=[b"old"])
    good = ruling(JUN, room, info, stage.me.account, JUN.account, SORA.account)
    found = noted(stage, room, good, by=JUN.account, was=group(JUN.account))
    assert ([b"old", encode_ruling(good)], []) == found[:2]
    assert (None, []) == (found[2].was, found[2].changed)


def test_so_many_rulings_are_remembered() -> None:
    """The newest ones."""
    stage = Stage()
    info = group(JUN.account)
    room = stage.room(JUN, SORA, info=info, history=[merged(4)], rulings=[b"%d" % n for n in range(KEPT)])
    good = ruling(JUN, room, info, stage.me.account, JUN.account, SORA.account)
    kept, _, _ = noted(stage, room, good, by=JUN.account, was=info)
    assert [*(b"%d" % n for n in range(1, KEPT)), encode_ruling(good)] == kept


@pytest.mark.parametrize("wrong", ["member", "signer", "signature", "info", "room", "epoch", "members"])
def test_a_ruling_that_says_something_else_is_not(wrong: str) -> None:
    """Then the orders of the commit are remembered, behind earlier ones."""
    stage = Stage()
    info, was = group(JUN.account), group(JUN.account)
    before = leaving(b"r" * 32, SORA)
    room = stage.room(JUN, SORA, info=info, history=[merged(4)], went=[before])
    accounts = [stage.me.account, JUN.account, *([SORA.account] if wrong != "members" else [])]
    by = SORA if wrong == "signer" else JUN
    said = ruling(
        by,
        b"x" * 32 if wrong == "room" else room,
        group(JUN.account, name="other") if wrong == "info" else info,
        *accounts,
        epoch=5 if wrong == "epoch" else 4,
    )
    if wrong == "signature":
        said = structs.replace(said, signature=bytes(64))
    if wrong == "member":
        was = group(SORA.account)
    order = leaving(room)
    kept, went, _ = noted(stage, room, said, by=JUN.account, orders=(order,), was=was)
    assert ([], [before, order]) == (kept, went)


def test_without_a_ruling_or_orders_nothing_is_remembered() -> None:
    """Neither what went before nor what the room was is touched by most commits."""
    stage = Stage()
    room = stage.room(JUN, SORA, history=[merged(4)], went=[leaving(b"r" * 32)], rulings=[b"old"])
    kept, went, last = noted(stage, room, None, by=stage.me.account, was=stage.info())
    assert ([b"old"], [leaving(b"r" * 32)], None, []) == (kept, went, last.was, last.changed)


def test_orders_are_remembered_where_somebody_went_and_so_many_of_them() -> None:
    """The newest; of a commit after which the same accounts are in, none."""
    stage = Stage()
    old = [leaving(b"%d" % n * 32) for n in range(MOST_WENT // 16)] * 16
    room = stage.room(JUN, SORA, history=[merged(4)], went=old)
    order = leaving(room)
    assert [*old[1:], order] == noted(stage, room, None, by=JUN.account, orders=(order,), was=stage.info())[1]
    same = stage.room(JUN, history=[merged(4)])
    assert [] == noted(stage, same, None, by=JUN.account, orders=(order,), was=stage.info())[1]


def test_of_a_commit_of_ours_it_is_remembered_what_was_before() -> None:
    """Which info it changed, and who came or went; of somebody else's that is not needed."""
    stage = Stage()
    was = group(stage.me.account, name="before")
    for by, expected in ((stage.me.account, (was, [SORA.account])), (JUN.account, (None, []))):
        room = stage.room(JUN, SORA, history=[merged(3), merged(4)])
        _, _, last = noted(stage, room, None, by=by, orders=(leaving(b"r" * 32),), was=was)
        assert expected == (last.was, last.changed)


def test_what_a_ticket_carries_and_what_is_taken_over_from_one() -> None:
    """All that is remembered, as it is; and the newest of what came, as many as are kept."""
    stage = Stage()
    said = [ruling(JUN, b"r" * 32, group(JUN.account), epoch=n) for n in range(KEPT + 1)]
    went = [leaving(b"%d" % n * 32) for n in range(4)] * (MOST_WENT // 4)
    room = stage.room(JUN, rulings=[encode_ruling(said[0])], went=went[:2])
    with stage.step() as step:
        state = step.room(room)
        assert ((said[0],), tuple(went[:2])) == rulings.to_carry(state)
        rulings.take_over(state, ticket(room, went=(leaving(b"x" * 32), *went)), said)
        assert (said[1:], went) == ([decode_ruling(data) for data in state.rulings], state.went)


# -- what is known ------------------------------------------------------------------------------------------------


def known(stage: Stage, room: bytes, seeks: Rejoin, given: Ticket | None = None) -> Known:
    """What this device knows of the room."""
    with stage.step() as step:
        return rulings.known(step, step.room(room), seeks, given)


def entered(stage: Stage, room: bytes, since: int) -> None:
    """We are in the room since this epoch."""
    with stage.step() as step:
        step.store.put_devices([replace(stage.row, room=room, since=since)])


def test_what_is_known_of_a_room_that_nobody_left() -> None:
    """Its info and accounts; rulings are news from the epoch on in which we came in, or of the last that we heard."""
    stage = Stage()
    room = stage.room(JUN, history=[merged(3)])
    everybody = frozenset({stage.me.account, JUN.account})
    assert Known(stage.info(), everybody, -1) == known(stage, room, rejoin(SORA))
    entered(stage, room, 3)
    assert Known(stage.info(), everybody, 2) == known(stage, room, rejoin(), ticket(room))
    with stage.step() as step:
        step.room(room).rulings = [encode_ruling(ruling(JUN, room, group(), epoch=n)) for n in (5, 4)]
    assert 5 == known(stage, room, rejoin()).since


def test_a_ruling_is_remembered_where_our_place_is_not() -> None:
    """Without a row of our own, what was heard counts alone."""
    stage = Stage()
    room = stage.room(JUN, rulings=[encode_ruling(ruling(JUN, b"r" * 32, group(), epoch=1))])
    with stage.step() as step:
        step.store.drop_devices(room, [stage.me.device])
    assert 1 == known(stage, room, rejoin()).since
    with stage.step() as step:
        step.room(room).rulings = []
    assert known(stage, room, rejoin()).since is None


def test_who_is_away_counts_itself_and_whom_it_asks() -> None:
    """The roster may be lost; in a room that we are in, helpers are no members for that."""
    stage = Stage()
    room = stage.room(JUN, phase=REJOINING)
    with stage.step() as step:
        step.store.drop_devices(room, [stage.me.device])
    assert {stage.me.account, JUN.account, SORA.account} == known(stage, room, rejoin(SORA)).accounts


def test_what_only_we_have_made_since_the_fork_is_not_counted() -> None:
    """Info, people and rulings are as before our own commits from the fork on; others' and earlier ones stand."""
    stage = Stage()
    me = stage.me.account
    before, later = group(me, name="before"), group(me, name="later")
    history = [
        merged(2, was=group(me, name="first"), changed=[b"2" * 32]),
        merged(3, was=before, changed=[SORA.account]),
        merged(4, mine=False, changed=[b"4" * 32]),
        merged(5, was=later, changed=[SORA.account, YUNA.account]),
    ]
    heard = [ruling(JUN, b"r" * 32, group(), epoch=1)]
    own = [make_ruling(stage.mls, b"r" * 32, n, b"", ()) for n in (2, 3)]
    room = stage.room(JUN, YUNA, history=history, rulings=[encode_ruling(each) for each in heard + own])
    theirs: History = ((2, OURS, ()), (3, THEIRS, ()), (4, OURS, ()))
    expected = Known(before, frozenset({me, JUN.account}), 2, frozenset({YUNA.account}), 3)
    assert expected == known(stage, room, rejoin(), ticket(room, history=theirs))
    assert expected == known(stage, room, rejoin(epoch=3, commit=THEIRS))
    assert expected == known(stage, room, rejoin(epoch=4, commit=THEIRS), ticket(room, history=theirs))
    whole = Known(stage.info(), frozenset({me, JUN.account, YUNA.account}), 3)
    assert whole == known(stage, room, rejoin(), ticket(room, history=((3, OURS, ()),)))
    assert whole == known(stage, room, rejoin(epoch=3))


@pytest.mark.parametrize("there", [True, False])
def test_whom_we_removed_may_be_out_on_the_other_branch_too(there: bool) -> None:  # noqa: FBT001
    """Our own commit removed that account; whether theirs did makes no difference to us."""
    stage = Stage()
    me = stage.me.account
    room = stage.room(JUN, history=[merged(3, changed=[SORA.account])])
    ours = known(stage, room, rejoin(epoch=3, commit=THEIRS))
    assert (frozenset({me, JUN.account, SORA.account}), frozenset({SORA.account})) == (ours.accounts, ours.out)
    with stage.step() as step:
        ruled = rulings.follow(step, step.room(room), ours, None)
    left = {me, JUN.account} | ({SORA.account} if there else set())
    assert (True, False) == (ruled.has(left, set()), ruled.has(left - {JUN.account}, set()))


@pytest.mark.parametrize("lacking", [{SORA.account}, {YUNA.account}, {SORA.account, YUNA.account}])
def test_whom_our_branch_removed_may_be_out_by_an_older_ruling(lacking: set[bytes]) -> None:
    """A ruling from before they went counts them in; their orders count for nothing, as nobody knows their keys any
    more. That they are out we have seen ourselves: with any of them. Nobody else may be missing, or come with it.
    """
    stage = Stage()
    me = stage.me.account
    gone = [merged(2, mine=False, removed=[YUNA.account]), merged(4, mine=False, removed=[SORA.account])]
    room = stage.room(JUN, history=gone)
    ours = replace(known(stage, room, rejoin(epoch=2, commit=THEIRS)), info=group(JUN.account), since=0)
    before = {me, JUN.account} | lacking
    old = ruling(JUN, room, group(JUN.account), *before, epoch=3)
    with stage.step() as step:
        ruled = rulings.follow(step, step.room(room), ours, ticket(room, old))
    assert ({SORA.account, YUNA.account}, members_hash(before)) == (set(ours.out), ruled.members)
    assert (True, True) == (ruled.has({me, JUN.account}, set()), ruled.has(before, set()))
    assert [False, False] == [ruled.has({me}, set()), ruled.has({me, JUN.account, b"n" * 32}, set())]
    later = known(stage, room, rejoin(epoch=3, commit=THEIRS))
    assert {SORA.account} == set(later.out)


def test_who_was_led_by_one_who_is_no_admin_knows_the_room_as_before() -> None:
    """Not as of the epoch in which our leaf came there."""
    stage = Stage()
    room = stage.room(JUN)
    entered(stage, room, 7)
    assert 6 == known(stage, room, rejoin()).since
    with stage.step() as step:
        step.room(room).as_of = KnownUpTo(None)
    assert known(stage, room, rejoin()).since is None
    with stage.step() as step:
        step.room(room).as_of = KnownUpTo(2)
    assert 2 == known(stage, room, rejoin()).since
    with stage.step() as step:
        step.room(room).rulings = [encode_ruling(ruling(JUN, room, group(), epoch=4))]
    assert 4 == known(stage, room, rejoin()).since
