"""Which commit ends an epoch: the first valid one in box order, settled ones before others (spec/room.md §§3, 5)."""

from __future__ import annotations

from typing import Any

import pytest

from nullabona.client.core.delivery import box_log
from nullabona.client.core.group import commits
from nullabona.client.core.model.intents import RemoveAccount, UpdateKeys
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.proofs import CommitNote, encode_note
from nullabona.client.core.model.state import PendingCommit, Winner
from nullabona.wire.blob import cut_blob, encode_ref
from nullabona.wire.frame import Kind, open_frame
from tests.core.stage import START
from tests.core.together import Together, hashed

MINUTE = 60_000


@pytest.fixture
def room() -> Together:
    """Mina and Jun are admins, Bo is not."""
    return Together()


# -- when ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "about", [{"candidates": []}, {"winner": Winner(b"w")}, {"settle_until": START + 1}, {"position": 0, "head": 5}]
)
def test_nothing_is_decided_before_all_is_read_that_can_matter(room: Together, about: dict[str, Any]) -> None:
    """Nor where nothing is open, nor while settled commits may still come."""
    room.lies(room.commit(room.jun))
    with room.mina.inside(room.id) as (_, _, track):
        for name, value in about.items():
            setattr(track, name, value)
    room.decide()
    with room.mina.inside(room.id) as (_, state, track):
        assert (1, about.get("winner")) == (state.epoch, track.winner)
        assert (0 if "candidates" in about else 1) == len(track.candidates)


def test_time_to_settle_is_over_at_its_end(room: Together) -> None:
    """Not a moment later."""
    commit = room.commit(room.jun)
    room.lies(commit)
    with room.mina.inside(room.id) as (_, _, track):
        track.settle_until = START
    assert hashed(commit) == room.decide()


def test_the_first_in_the_box_wins(room: Together) -> None:
    """Whichever was heard of first; the next epoch begins where it says."""
    first, second = room.commit(room.jun), room.commit(room.boo)
    for commit in (first, second):
        room.lies(commit)
    with room.mina.inside(room.id) as (_, _, track):
        track.candidates.reverse()
    assert hashed(first) == room.decide()
    with room.mina.inside(room.id) as (_, state, track):
        closed = state.boxes[0]
        assert (2, [], None) == (track.epoch, closed.candidates, closed.decide_at)


@pytest.mark.parametrize("bad", ["noise", "policy", "message", "unknown", "erased"])
def test_what_is_no_valid_commit_is_passed_over(room: Together, bad: str) -> None:
    """Noise, one that breaks the rules, a message, a frame that is not known or not kept: the next one wins."""
    commit = room.commit(room.jun)
    with room.boo.step() as step:
        message = step.mls.group(room.id).encrypt(b"hello")
    bodies = {"policy": room.commit(room.boo, remove=[room.leaf(room.jun)]), "message": message}
    frame = room.lies(bodies.get(bad, b"noise"))
    with room.mina.inside(room.id) as (step, _, track):
        if bad == "unknown":
            track.candidates[0].frame = b"?" * 32
        elif bad == "erased":
            room.mina.frame(step, track, 1, data=b"", hash=frame, kind=int(Kind.COMMIT))
    room.lies(commit)
    assert hashed(commit) == room.decide()


def test_where_no_commit_is_valid_the_epoch_goes_on(room: Together) -> None:
    """Nothing is open any more."""
    room.lies(b"noise")
    room.settled(room.jun, b"noise")
    assert (b"", []) == (room.decide(), room.open())
    with room.mina.inside(room.id) as (_, state, track):
        assert (1, None) == (state.epoch, track.decide_at)


# -- settled ones -------------------------------------------------------------------------------------------------


def test_a_settled_commit_wins_over_an_earlier_one(room: Together) -> None:
    """Somebody is in the next epoch by it."""
    first, settled = room.commit(room.jun), room.commit(room.boo)
    room.lies(first)
    room.settled(room.boo, settled)
    assert hashed(settled) == room.decide()


def test_of_two_settled_commits_the_better_branch_wins(room: Together) -> None:
    """The removal; else the lower hash. Whoever claims it, and wherever it lies."""
    one, other = sorted((room.commit(room.jun), room.commit(room.boo)), key=hashed)
    for commit in (other, one):
        room.settled(room.jun, commit)
    assert hashed(one) == room.decide()
    removing = Together()
    # Each commit takes a generation of its leaf, and 128 ahead none opens: of 16 each, never drawn until one fits.
    plain = min((removing.commit(removing.boo) for _ in range(16)), key=hashed)
    out = [removing.leaf(removing.boo)]
    removal = max((removing.commit(removing.jun, remove=out) for _ in range(16)), key=hashed)
    assert hashed(plain) < hashed(removal)  # all but 1 in 600 million times
    removing.settled(removing.boo, plain)
    removing.settled(removing.jun, removal, [removing.boo.me.account])
    assert hashed(removal) == removing.decide()


def test_a_claim_that_misnames_whom_the_commit_removes_is_not_followed(room: Together) -> None:
    """It would win by what it does not do."""
    commit, other = room.commit(room.boo), room.commit(room.jun)
    room.settled(room.boo, commit, [room.jun.me.account])
    room.lies(other)
    assert hashed(other) == room.decide()


@pytest.mark.parametrize("body", [b"\xc1", b""])
def test_a_settled_commit_without_a_members_claim_is_none(room: Together, body: bytes) -> None:
    """Nor one whose body is not kept any more."""
    commit = room.commit(room.jun)
    digest = room.settled(room.jun, room.commit(room.boo), body=body or b"\xc1")
    if not body:
        with room.mina.inside(room.id) as (step, _, track):
            step.store.delete_value(box_log.settled_key(track.keys.box.address, digest))
    room.lies(commit)
    assert hashed(commit) == room.decide()


# -- what has to be fetched ---------------------------------------------------------------------------------------


def test_a_large_commit_is_waited_for_a_while(room: Together) -> None:
    """Its chunks are asked for; after a minute it is passed over, so that nobody blocks a room with it."""
    commit, other = room.commit(room.jun), room.commit(room.boo)
    ref, chunks = cut_blob(bytes(32), commit)
    room.lies(encode_ref(ref), indirect=True)
    room.lies(other)
    assert [b"", b""] == [room.decide(), room.decide(START + MINUTE - 1)]
    assert [1, 2] == room.open()
    late = Together()
    late.lies(encode_ref(ref), indirect=True)
    plain = late.commit(late.boo)
    late.lies(plain)
    late.decide()
    assert hashed(plain) == late.decide(START + MINUTE)
    with room.mina.inside(room.id) as (step, _, _track):
        for digest, chunk in chunks:
            step.store.put_chunk(digest, chunk, step.day)
    assert hashed(commit) == room.decide(START + MINUTE - 1)


def test_what_is_invalid_is_tried_once_while_a_large_commit_is_waited_for(room: Together) -> None:
    """However often the device looks: noise costs one call of MLS, not one at each step."""
    other = room.commit(room.boo)
    room.lies(b"noise")
    room.settled(room.jun, b"no commit")
    ref, _ = cut_blob(bytes(32), other)
    room.lies(encode_ref(ref), indirect=True)
    room.lies(other)
    room.decide()
    assert [3, 4] == room.open()
    assert hashed(other) == room.decide(START + MINUTE)


def test_a_large_claim_is_waited_for_as_well(room: Together) -> None:
    """Before any commit that nobody claims; and no longer."""
    other = room.commit(room.boo)
    ref, _ = cut_blob(bytes(32), b"a claim")
    room.settled(room.jun, b"", body=encode_ref(ref), indirect=True)
    room.lies(other)
    assert (b"", [1, 2]) == (room.decide(), room.open())
    assert hashed(other) == room.decide(START + MINUTE)


def test_what_is_no_reference_is_not_waited_for(room: Together) -> None:
    """Neither as a commit nor as a claim."""
    other = room.commit(room.boo)
    room.lies(b"no reference", indirect=True)
    room.settled(room.jun, b"", body=b"no reference", indirect=True)
    room.lies(other)
    assert hashed(other) == room.decide()


# -- our own ------------------------------------------------------------------------------------------------------


def stage_own(room: Together, *, out: bool = False) -> bytes:
    """Mina's device commits: new keys, or Bo's removal. The commit lies in the box."""
    with room.mina.inside(room.id) as (step, state, _track):
        state.intents = [RemoveAccount(room.boo.me.account)] if out else [UpdateKeys()]
        positions = state.current.position, state.current.head
        assert positions[0] >= positions[1]
        commits.advance(step, state)
        assert state.pending is not None
        digest = state.pending.commit
    item = room.mina.outbox(RoomFrame)[-1]
    with room.mina.inside(room.id) as (step, _, track):
        opened = open_frame(track.keys.frame_key, track.keys.box.address, item.data)
        assert hashed(opened.body) == digest
    room.lies(opened.body)
    return opened.body


def test_our_own_commit_ends_the_epoch_when_it_comes_first(room: Together) -> None:
    """It is what we staged."""
    own = stage_own(room)
    room.lies(room.commit(room.jun))
    assert hashed(own) == room.decide()
    with room.mina.inside(room.id) as (_, state, _track):
        assert (2, None, []) == (state.epoch, state.pending, state.intents)


def test_our_own_commit_that_comes_second_is_made_again(room: Together) -> None:
    """What we wanted is wanted still."""
    first = room.commit(room.jun)
    with room.mina.inside(room.id) as (step, state, _track):
        state.intents = [UpdateKeys()]
        commits.advance(step, state)
    room.lies(first)
    assert hashed(first) == room.decide()
    with room.mina.inside(room.id) as (_, state, _track):
        assert (2, None, [UpdateKeys()]) == (state.epoch, state.pending, state.intents)


@pytest.mark.parametrize(
    ("tag", "known", "settled", "copy"),
    [
        (b"a tag   ", [], False, True),
        (b"a tag   ", [b"a tag   "], False, False),
        (b"", [], False, False),
        (b"a tag   ", [], True, False),
    ],
)
def test_a_commit_of_our_own_leaf_that_we_do_not_know_tells_that_we_are_a_copy(
    room: Together,
    tag: bytes,
    known: list[bytes],
    settled: bool,  # noqa: FBT001
    copy: bool,  # noqa: FBT001
) -> None:
    """Unless this device made it, by its tag, or somebody else claims to have merged it. It ends nothing."""
    aad = encode_note(CommitNote(tag=tag))
    commit = room.commit(room.mina, update=True, aad=aad)
    if settled:
        room.settled(room.jun, commit)
    else:
        room.lies(commit)
    with room.mina.inside(room.id) as (_, _, track):
        track.tags = known
    assert (b"", {room.id} if copy else set()) == (room.decide(), room.copies)


# -- a removal that lost often ------------------------------------------------------------------------------------


def insisting(room: Together) -> None:
    """Mina's device wants Bo out, and has been second twice."""
    with room.mina.inside(room.id) as (_, state, _track):
        state.beaten, state.intents = 2, [RemoveAccount(room.boo.me.account)]


def announced(room: Together) -> int:
    """How often our commit was put into the box as settled."""
    with room.mina.inside(room.id) as (step, state, _track):
        frames = step.store.frames(state.boxes[0].keys.box.address)
    return sum(frame.kind == Kind.SETTLED for frame in frames)


def test_a_removal_that_lost_often_passes_others_over_and_is_announced(room: Together) -> None:
    """Others went on by what lies before it: they must hear of it."""
    own = stage_own(room, out=True)
    with room.mina.inside(room.id) as (_, state, track):
        state.beaten = 2
    room.lies(room.commit(room.boo))
    with room.mina.inside(room.id) as (_, _, track):
        track.candidates[0].seq, track.candidates[1].seq = 2, 1
    assert (hashed(own), 1) == (room.decide(), announced(room))


def test_anothers_removal_is_as_good_as_ours(room: Together) -> None:
    """The first of them wins, and is announced; a plain commit before it does not, settled or not."""
    insisting(room)
    removal = room.commit(room.jun, remove=[room.leaf(room.boo)])
    room.lies(room.commit(room.boo))
    room.settled(room.boo, room.commit(room.boo))
    room.lies(removal)
    assert (hashed(removal), 1) == (room.decide(), announced(room))
    with room.mina.inside(room.id) as (_, state, _track):
        assert (None, None) == (state.pending, state.boxes[0].insist_until)


def test_a_settled_removal_counts_for_whoever_insists(room: Together) -> None:
    """As ever; nothing is announced."""
    insisting(room)
    removal = room.commit(room.jun, remove=[room.leaf(room.boo)])
    room.settled(room.jun, removal, [room.boo.me.account])
    assert (hashed(removal), 0) == (room.decide(), announced(room))


def test_whoever_insists_waits_for_no_blob(room: Together) -> None:
    """Their removal is put behind what lies there, and the others are not chosen for a minute."""
    insisting(room)
    ref, _ = cut_blob(bytes(32), b"something")
    room.lies(encode_ref(ref), indirect=True)
    room.settled(room.jun, b"", body=encode_ref(ref), indirect=True)
    room.lies(room.commit(room.boo))
    assert (b"", [1, 2, 3]) == (room.decide(), room.open())
    with room.mina.inside(room.id) as (_, state, _track):
        assert isinstance(state.pending, PendingCommit)
        assert [room.boo.me.account] == state.pending.removed


def test_whoever_insisted_in_vain_goes_on_by_the_first_commit(room: Together) -> None:
    """The box did not take ours for a minute; we insist in the next epoch, if it loses again."""
    insisting(room)
    plain = room.commit(room.boo)
    room.lies(plain)
    assert [b"", b""] == [room.decide(), room.decide(START + MINUTE - 1)]
    assert hashed(plain) == room.decide(START + MINUTE)
    with room.mina.inside(room.id) as (_, state, _track):
        assert (1, [RemoveAccount(room.boo.me.account)]) == (state.beaten, state.intents)
