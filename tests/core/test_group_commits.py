"""Commits of our own: when one is staged, what it leaves behind, and what its epoch begins with (room.md §3)."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import pytest

from nullabona.client.core.delivery import box_log
from nullabona.client.core.group import commits, intents
from nullabona.client.core.group.commits import ASLEEP_MS, KEPT_HISTORY
from nullabona.client.core.group.intents import LOOK_MS, TEND_MS
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.content import Notice, NoticeKind
from nullabona.client.core.model.intents import AddAccount, Intent, RemoveAccount, SetInfo, UpdateKeys
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.client.core.model.proofs import make_order
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DIRECT, decode_info
from nullabona.client.core.model.state import (
    JOINED,
    REJOINING,
    CommitCandidate,
    Merged,
    PendingCommit,
    RoomState,
    Winner,
)
from nullabona.client.core.step import Step
from nullabona.client.core.timeline.kinds import stored
from tests.core.stage import START, Other, Randomness, Stage, box_of, rows, set_time

JUN, SORA = Other("jun"), Other("sora")
LATER = START + 300 * 86_400_000
KEYS, NAME = UpdateKeys(), SetInfo("friends")


def add(other: Other, *packages: bytes) -> AddAccount:
    """The wish to add somebody, by these key packages or by their own."""
    return AddAccount(
        other.account, other.handle, packages or (other.key_package,), msgspec.msgpack.encode(other.inbox)
    )


def staged(step: Step, room: RoomState) -> bytes:
    """Stage what is wanted; the commit's MLS bytes."""
    commits.advance(step, room)
    assert room.pending is not None
    (item,) = [item for item in step.store.outbox_of(room.id) if item.ref == room.pending.frame]
    opened = box_log.open_quietly(room.current, item.data)
    assert opened is not None
    return opened.body


def merge(step: Step, room: RoomState, *, seq: int = 1) -> bytes:
    """Stage what is wanted, and let it come first; the commit."""
    commit, track = staged(step, room), room.current
    assert room.pending is not None
    commits.merge_own(step, room, room.pending, track, seq, commit)
    return commit


def room_with(stage: Stage, *others: Other, **about: object) -> bytes:
    """A room in which these really are, as MLS has it: we added them in epoch 0."""
    id = stage.room()
    with stage.step() as step:
        room = step.room(id)
        room.update_at = LATER
        if others:
            room.intents = [add(other) for other in others]
            merge(step, room)
        room.history, room.receipt_at, room.tend_at, room.commit_at = [], None, None, 0
        for name, value in about.items():
            setattr(room, name, value)
    return id


# -- what is wanted -----------------------------------------------------------------------------------------------


def test_what_is_wanted_twice_is_wanted_once() -> None:
    """In the order in which it was wanted first."""
    room = RoomState(b"r" * 32, Stage().info(), JOINED, [])
    for intent in (KEYS, NAME, KEYS):
        intents.want(room, intent)
    assert [KEYS, NAME] == room.intents


def test_an_order_takes_the_place_of_older_ones_for_the_same_account() -> None:
    """Nothing else that is wanted changes."""
    order = make_order(JUN.mls, JUN.signature_key, b"r" * 32, JUN.account, [JUN.encryption_key])
    room = RoomState(b"r" * 32, Stage().info(), JOINED, [])
    room.intents = [RemoveAccount(JUN.account), NAME, RemoveAccount(SORA.account)]
    intents.want_out(room, order)
    assert [NAME, RemoveAccount(SORA.account), RemoveAccount(JUN.account, order)] == room.intents


@pytest.mark.parametrize(
    ("late", "looks", "renews"),
    [(-1, False, False), (0, False, True), (ASLEEP_MS, False, True), (ASLEEP_MS + 1, True, True)],
)
def test_keys_are_renewed_when_that_is_due(late: int, *, looks: bool, renews: bool) -> None:
    """The next time is drawn at random; who was off first sees whether the others are elsewhere by now."""
    for low, rng in ((True, 0), (False, 604_800_000 // 4)):
        stage = Stage(rng=Randomness(low=low))
        room = stage.room(JUN, update_at=START)
        with stage.step(START + late) as step:
            state = step.room(room)
            commits.renew_keys(step, state)
            expected = START + late + 604_800_000 + rng if renews else START
            look_until = START + late + LOOK_MS if looks else None
            assert (expected, look_until, [KEYS] * renews) == (
                *(state.update_at, state.current.look_until),
                state.intents,
            )


def test_keys_are_not_renewed_for_nobody_or_a_blocked_contact() -> None:
    """It is tried again at the next time."""
    stage = Stage()
    stage.contact(JUN, ContactState.BLOCKED)
    for room in (stage.room(update_at=START), stage.room(JUN, kind=DIRECT, update_at=START)):
        with stage.step() as step:
            state = step.room(room)
            commits.renew_keys(step, state)
            assert (True, []) == (set_time(state.update_at) > START, state.intents)


# -- staging ------------------------------------------------------------------------------------------------------

HELPS = Helper(JUN.account, JUN.handle)


@pytest.mark.parametrize(
    ("about", "track", "stages"),
    [
        ({}, {}, True),
        ({"commit_at": START}, {"settle_until": START, "look_until": START}, True),
        ({"phase": REJOINING}, {}, False),
        ({"intents": []}, {}, False),
        ({"rejoin": Rejoin("late", 0, b"", [], [HELPS], LATER)}, {}, False),
        ({"commit_at": START + 1}, {}, False),
        ({}, {"settle_until": START + 1}, False),
        ({}, {"look_until": START + 1}, False),
        ({}, {"head": 1}, False),
        ({}, {"candidates": [CommitCandidate(1, b"f", settled=False)]}, False),
    ],
)
def test_a_commit_is_staged_when_nothing_stands_in_its_way(
    about: dict[str, object], track: dict[str, object], *, stages: bool
) -> None:
    """Nothing that may be decided meanwhile, no time to wait, no question where the room is."""
    stage = Stage()
    room = stage.room(JUN, **{"intents": [KEYS], **about})  # type: ignore[arg-type]
    with stage.step() as step:
        state = step.room(room)
        for name, value in track.items():
            setattr(state.current, name, value)
        commits.advance(step, state)
        assert stages is (state.pending is not None)


def test_there_is_one_commit_at_a_time() -> None:
    """What is wanted meanwhile waits."""
    stage = Stage()
    room = stage.room(intents=[KEYS])
    with stage.step() as step:
        state = step.room(room)
        commits.advance(step, state)
        first, state.intents = state.pending, [NAME]
        commits.advance(step, state)
        assert (first, [NAME], 1) == (state.pending, state.intents, len(step.store.outbox_of(room)))


def test_what_comes_to_nothing_is_not_wanted_any_more() -> None:
    """Whoever is to go is not there."""
    stage = Stage()
    room = stage.room(intents=[RemoveAccount(JUN.account)])
    with stage.step() as step:
        state = step.room(room)
        commits.advance(step, state)
        assert ([], None, []) == (state.intents, state.pending, step.store.outbox_of(room))


def test_what_is_known_of_a_staged_commit() -> None:
    """What it does and for whom, its frame, its tag, and the ruling that goes with it; its Welcome is kept."""
    stage = Stage()
    room = room_with(stage, JUN, SORA)
    yuna = Other("yuna")
    wanted: list[Intent] = [NAME, RemoveAccount(JUN.account), add(yuna), KEYS]
    with stage.step() as step:
        state = step.room(room)
        state.intents = list(wanted)
        commit, pending = staged(step, state), state.pending
        assert pending is not None
        assert (sha256(commit).digest(), wanted, [JUN.account], True, []) == (
            *(pending.commit, pending.intents, pending.removed),
            *(pending.invites, state.intents),
        )
        assert [JUN.account] == [order.account for order in pending.orders]
        assert pending.ruling is not None
        assert msgspec.structs.replace(state.info, name="friends") == decode_info(pending.ruling.info)
        assert (1, 8) == (len(state.current.tags), len(state.current.tags[0]))
        assert step.store.get_value(f"welcome:{room.hex()}") is not None


def test_new_keys_alone_need_no_ruling_and_invite_nobody() -> None:
    """Nobody comes or goes."""
    stage = Stage()
    room = room_with(stage, JUN)
    with stage.step() as step:
        state = step.room(room)
        state.intents = [KEYS]
        commits.advance(step, state)
        pending = state.pending
        assert pending is not None
        assert (None, False, [], []) == (pending.ruling, pending.invites, pending.removed, pending.orders)
        assert None is step.store.get_value(f"welcome:{room.hex()}")


def test_a_card_that_mls_refuses_takes_nothing_else_with_it() -> None:
    """It is told; what else was wanted is tried without it, and where nothing else was, nothing is."""
    twice = add(JUN, JUN.key_package, Other("jun").key_package)
    for wanted, left in (([twice, NAME], [NAME]), ([twice], [])):
        stage = Stage()
        room = stage.room(intents=wanted)
        with stage.step() as step:
            state = step.room(room)
            commits.advance(step, state)
            assert (None, left, []) == (state.pending, state.intents, state.current.tags)
            ((kind, where, _),) = rows(step)
            assert ("change-failed", room) == (kind, where)


def test_a_removal_is_staged_whatever_lies_in_the_box() -> None:
    """And nothing else with it: that is wanted afterwards; False if nobody can be removed."""
    stage = Stage()
    room = room_with(stage, JUN, SORA)
    with stage.step() as step:
        state = step.room(room)
        state.current.head = 9
        state.intents = [NAME, RemoveAccount(JUN.account), KEYS]
        assert commits.stage_removal(step, state, state.current)
        assert state.pending is not None
        assert ([NAME, KEYS], [RemoveAccount(JUN.account)], [JUN.account]) == (
            *(state.intents, state.pending.intents),
            state.pending.removed,
        )
    other = room_with(stage, JUN)
    with stage.step() as step:
        state = step.room(other)
        state.intents = [NAME, RemoveAccount(SORA.account)]
        assert not commits.stage_removal(step, state, state.current)
        assert (None, NAME) == (state.pending, state.intents[-1])


# -- winning ------------------------------------------------------------------------------------------------------


def test_a_commit_of_ours_that_came_first_is_the_next_epoch() -> None:
    """The box of the old one is closed by it; it is announced later, and receipts are due soon."""
    stage = Stage()
    room = room_with(stage, JUN, SORA, beaten=3)
    with stage.step() as step:
        state = step.room(room)
        track = state.current
        wanted = [RemoveAccount(JUN.account)]
        state.intents = list(wanted)
        track.candidates = []
        commit = staged(step, state)
        pending = state.pending
        assert pending is not None
        track.candidates, track.decide_at = [CommitCandidate(7, b"f" * 32, settled=True)], 7
        key = box_log.settled_key(track.keys.box.address, b"f" * 32)
        step.store.set_value(key, b"claim")
        commits.merge_own(step, state, pending, track, 7, commit)
        winner = Winner(sha256(commit).digest(), (JUN.account,))
        assert (winner, START, [], None) == (track.winner, track.left_at, track.candidates, track.decide_at)  # type: ignore[comparison-overlap]
        assert START + 2 * stage.timing.announcement == track.announce_at
        assert (commit, None) == (step.store.get_value(box_log.winner_key(track)), step.store.get_value(key))
        (merged,) = state.history
        assert (1, winner.commit, [JUN.account], wanted, pending.orders, False) == (
            *(merged.epoch, merged.commit, merged.removed),
            *(merged.mine, merged.orders, merged.revoked),
        )
        assert (2, None, 0, START + stage.timing.receipt, START + TEND_MS + 1) == (
            *(state.epoch, state.pending, state.beaten),
            *(state.receipt_at, state.tend_at),
        )
        assert {stage.me.account, SORA.account} == {device.account for device in step.roster(room).values()}
        assert [("epoch", room, {"epoch": 2})] == [each for each in rows(step) if each[0] in {"epoch", "room-changed"}]
        assert [JUN.account] == merged.changed


def test_a_changed_room_is_told_and_stands_in_its_history() -> None:
    """With name, admins and timer; whoever tends to it already keeps their time."""
    stage = Stage()
    room = room_with(stage, JUN, tend_at=START + 5)
    with stage.step() as step:
        state = step.room(room)
        before = state.info
        state.intents = [NAME]
        merge(step, state)
        changed = {"name": "friends", "admins": [stage.me.account], "timer_s": 0}
        assert ("room-changed", room, changed) in rows(step)
        assert ("friends", before, START + 5) == (state.info.name, state.history[-1].was, state.tend_at)
        lines = [stored(line) for line in step.store.messages(room)]
    assert Notice(NoticeKind.RENAMED, stage.me.account, (), "friends") in lines


def test_whom_a_commit_added_is_invited() -> None:
    """Once it has won; of a commit that adds nobody nobody hears."""
    stage = Stage()
    room = room_with(stage)
    with stage.step() as step:
        state = step.room(room)
        state.intents = [KEYS]
        merge(step, state)
    assert [] == stage.outbox(InboxFrame)
    with stage.step() as step:
        state = step.room(room)
        state.intents = [add(JUN)]
        merge(step, state)
    assert [JUN.inbox.address] == [box_of(item) for item in stage.outbox(InboxFrame)]


def test_so_many_commits_are_remembered() -> None:
    """The newest."""
    stage = Stage()
    old = [Merged(n, b"%032d" % n, [], [], []) for n in range(KEPT_HISTORY)]
    room = room_with(stage, JUN, history=old)
    with stage.step() as step:
        state = step.room(room)
        state.intents = [KEYS]
        merge(step, state)
        assert (old[1:], KEPT_HISTORY) == (state.history[:-1], len(state.history))


def test_a_device_that_is_put_out_of_an_account_that_stays_is_remembered() -> None:
    """Its account may have it on another branch."""
    stage = Stage()
    second = Other("jun", 1)
    room = room_with(stage, JUN)
    with stage.step() as step:
        state = step.room(room)
        state.intents = [add(JUN, second.key_package)]
        merge(step, state)
        assert not state.history[-1].revoked
        leaf = next(leaf for leaf, device in step.roster(room).items() if device.device == second.device)
        group, track = step.group(state), state.current
        commit = group.commit(remove=[leaf]).commit
        pending = PendingCommit(b"", b"", [], [], [], invites=False)
        commits.merge_own(step, state, pending, track, 1, commit)
        assert (True, []) == (state.history[-1].revoked, state.history[-1].removed)
