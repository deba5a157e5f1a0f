"""Forks as a device notices them: which branch wins, what is looked for, what is left alone (spec/room.md §§5, 7)."""

from __future__ import annotations

import pytest

from nullabona.client.core.group import branches
from nullabona.client.core.model.branches import CompetingBranch, Rejoin
from nullabona.client.core.model.content import Text, encode_body
from nullabona.client.core.model.intents import RemoveAccount
from nullabona.client.core.model.proofs import make_order
from nullabona.client.core.model.records import MessageState
from nullabona.client.core.model.state import Winner
from tests.core.forked import BO, EVE, HIGH, JUN, LOW, Alone, Fork, branch, encoded, helper
from tests.core.seen import digest, view
from tests.core.stage import START, Other

DAY, MINUTE, WEEK = 86_400_000, 60_000, 7 * 86_400_000
STRANGER = Other("stranger")


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (((b"a",), HIGH), ((), LOW)),
        (((), LOW), ((), HIGH)),
        (((b"a",), LOW), ((b"a", b"b"), HIGH)),
        (((b"", b"b"), LOW), ((b"a",), HIGH)),
        (((b"",), HIGH), ((), LOW)),
    ],
)
def test_a_branch_that_removed_somebody_wins_then_the_lower_hash(
    better: tuple[tuple[bytes, ...], bytes], worse: tuple[tuple[bytes, ...], bytes]
) -> None:
    """However many it removed."""
    assert branches.branch_key(*better) < branches.branch_key(*worse)


# -- another member is on another branch --------------------------------------------------------------------------


def test_a_better_branch_is_looked_for_with_who_told_of_it() -> None:
    """The person is warned, once; our own commit is not announced."""
    fork = Fork(HIGH)
    assert [None, None] == [claimed_by(fork, by, b"theirs") for by in (JUN, BO)]
    expected = Rejoin("fork", 0, digest("theirs"), [], [helper(BO), helper(JUN)], START)
    assert (expected, ["room-forked"], 0) == (fork.rejoin(), fork.warned(), fork.announced())


def claimed_by(fork: Fork, by: Other, commit: bytes, *removed: bytes) -> CompetingBranch | None:
    """Somebody claims a commit. Who must come to us, in case nobody of ours is left."""
    claim = fork.claim(by, commit, *removed)
    with fork.here() as (step, room, track):
        branches.note_competing(step, room, track, claim)
        return track.competing


def test_a_worse_branch_hears_of_ours() -> None:
    """At once, as it was not announced; nothing is looked for and nobody warned."""
    fork = Fork(LOW)
    competing = CompetingBranch(digest("theirs"), (), JUN.account, JUN.handle)
    assert (competing, 1) == (claimed_by(fork, JUN, b"theirs"), fork.announced())
    assert (None, []) == (fork.rejoin(), fork.warned())


def test_whoever_goes_on_elsewhere_after_our_announcement_hears_it_again_soon() -> None:
    """Within a minute, however many say so."""
    fork = Fork(LOW)
    with fork.here() as (_, _, track):
        track.settled_seen = True
    claimed_by(fork, JUN, b"theirs")
    with fork.here() as (_, _, track):
        assert (False, START + MINUTE + 1) == (track.settled_seen, track.answer_at)
    assert 0 == fork.announced()


def test_of_several_worse_branches_the_best_is_remembered() -> None:
    """Whatever the order in which they are heard of."""
    one, other = sorted((b"one", b"two"), key=digest_of)
    for order in ((one, other), (other, one)):
        fork = Fork(LOW)
        found = [claimed_by(fork, JUN, commit) for commit in order][-1]
        assert digest_of(one) == (found.commit if found else None)
    fork = Fork(LOW)
    with fork.here() as (_, _, track):
        track.winner = Winner(LOW, (EVE.account,))
    claimed_by(fork, JUN, one)
    found = claimed_by(fork, BO, other, EVE.account)
    assert (digest_of(other), (EVE.account,)) == ((found.commit, found.removed) if found else None)


def test_of_one_worse_branch_it_is_remembered_who_told_first() -> None:
    """Others say the same."""
    fork = Fork(LOW)
    assert [JUN.account] * 2 == [found.account for by in (JUN, BO) if (found := claimed_by(fork, by, b"theirs"))]


def digest_of(commit: bytes) -> bytes:
    """The hash by which a commit is called."""
    return digest(commit.decode())


def test_who_led_us_nowhere_before_is_only_told_where_we_are() -> None:
    """Their better branch is no rival of ours, and they are not asked for it; others are asked where they are."""
    fork = Fork(HIGH)
    with fork.here() as (_, room, track):
        room.doubted[JUN.account.hex()] = START + 1
        track.settled_seen = True
    assert None is claimed_by(fork, JUN, b"theirs")
    with fork.here() as (_, room, track):
        assert (branches.SPENT, [], START + MINUTE + 1) == (
            *((room.rejoin and (room.rejoin.reason, room.rejoin.helpers)) or ()),
            track.answer_at,
        )
        track.answer_at = 0
        room.looked_at = None
        room.rejoin, track.winner = None, Winner(LOW, ())
    assert None is claimed_by(fork, JUN, b"theirs")
    assert None is fork.rejoin()


def test_of_who_is_not_believed_it_is_remembered_what_they_said_that_their_branch_removed() -> None:
    """A ticket that shows no such removal is no way to a branch that loses without it (`ticket_branch.as_told`)."""
    fork = Fork(LOW)
    with fork.here() as (_, room, _track):
        room.doubted[JUN.account.hex()] = START + 1
    claimed_by(fork, JUN, b"theirs", EVE.account)
    found = fork.rejoin()
    assert found is not None
    assert (branches.SPENT, [EVE.account]) == (found.reason, found.removed)


def test_a_removal_that_holds_here_too_is_carried_out_here_at_once() -> None:
    """Who goes must not see on our branch what they may not see any more; but others may be faster."""
    fork = Fork(HIGH)
    order = make_order(BO.mls, BO.signature_key, fork.id, BO.account, [BO.encryption_key])
    claim = fork.claim(JUN, b"theirs", BO.account, orders=(order,))
    with fork.here() as (step, room, track):
        branches.note_competing(step, room, track, claim)
        assert ([RemoveAccount(BO.account, order)], START + 2_000) == (room.intents, room.commit_at)
    rejoin = fork.rejoin()
    assert rejoin is not None
    assert ([BO.account], False, [BO.account]) == (rejoin.proven, rejoin.ordered, rejoin.removed)


def test_an_admins_order_counts_though_it_names_other_keys() -> None:
    """It cannot be carried out here; nothing that is merely said takes the branch's place."""
    fork = Fork(HIGH, admins=(JUN,))
    order = make_order(JUN.mls, JUN.signature_key, fork.id, BO.account, [b"keys of that branch"])
    claim = fork.claim(EVE, b"theirs", BO.account, orders=(order,))
    with fork.here() as (step, room, track):
        room.commit_at = START + 5
        branches.note_competing(step, room, track, claim)
        assert ([], START + 5) == (room.intents, room.commit_at)
    rejoin = fork.rejoin()
    assert rejoin is not None
    assert ([], True) == (rejoin.proven, rejoin.ordered)


@pytest.mark.parametrize(("known", "warned"), [(b"", 1), (b"k" * 32, 0)])
def test_of_a_fork_is_warned_unless_one_is_looked_for_already(known: bytes, warned: int) -> None:
    """Who only lost the thread did not know of it."""
    fork = Fork(HIGH)
    fork.look_for(branch("moved", commit=known))
    claimed_by(fork, JUN, b"theirs")
    assert ["room-forked"] * warned == fork.warned()


# -- claims -------------------------------------------------------------------------------------------------------


def test_a_claim_counts_if_a_member_signed_it_for_this_box() -> None:
    """Not a stranger's, nor one for another box, nor what is none."""
    fork = Fork()
    claims = [fork.claim(JUN, b"theirs"), fork.claim(STRANGER, b"theirs"), fork.claim(JUN, b"theirs", current=True)]
    bodies = [encoded(claim) for claim in claims]
    with fork.here() as (step, room, track):
        found = [branches.claim_in(step, room, track, body) for body in (*bodies, b"\xc1")]
        assert [claims[0], None, None, None] == found
        assert helper(JUN) == branches.signer_of(step, room, claims[0])


def test_an_admin_who_is_alone_looks_after_those_who_do_not_know_that_they_went() -> None:
    """To remove them there again; the person is warned, and they hear of our branch."""
    alone = Alone()
    rejoin = Rejoin("fork-of-former-members", 0, digest("theirs"), [], [helper(JUN)], START)
    assert (rejoin, START, START + MINUTE + 1) == alone.says(encoded(alone.claim(JUN, b"theirs")))
    assert ["room-forked"] == alone.warned()


def test_nobody_else_looks_after_them() -> None:
    """No plain member, nor an admin who is not alone: there somebody can tell."""
    plain, together = Alone(admin=False), Alone()
    with together.here() as (step, room, _):
        step.store.put_devices([BO.row(room.id, 2)])
    for fork in (plain, together):
        assert (None, None, START + MINUTE + 1) == fork.says(encoded(fork.claim(JUN, b"theirs")))
        assert [] == fork.warned()


@pytest.mark.parametrize("what", ["noise", "stranger", "other box", "worse", "ours"])
def test_what_is_no_better_branch_of_a_former_member_is_not_looked_for(what: str) -> None:
    """They are told of ours all the same."""
    alone = Alone(winner={"worse": LOW, "ours": digest("theirs")}.get(what, HIGH))
    claim = alone.claim(STRANGER if what == "stranger" else JUN, b"theirs", current=what == "other box")
    body = b"\xc1" if what == "noise" else encoded(claim)
    assert (None, None, START + MINUTE + 1) == alone.says(body)


@pytest.mark.parametrize(("asked", "again"), [(START - DAY // 2 + 1, False), (START - DAY // 2, True)])
def test_former_members_are_followed_once_in_half_a_day(asked: int, again: bool) -> None:  # noqa: FBT001
    """They may only want to disturb."""
    alone = Alone()
    with alone.here() as (_, _, track):
        track.asked_at = asked
    rejoin, at, _ = alone.says(encoded(alone.claim(JUN, b"theirs")))
    assert (again, START if again else asked) == (rejoin is not None, at)


# -- nobody follows -----------------------------------------------------------------------------------------------


def gave_way(fork: Fork, now: int = START) -> Rejoin | None:
    with fork.here(now) as (step, room, track):
        branches.give_way(step, room, track)
        assert track.competing is None or room.rejoin is not None
        return room.rejoin


def test_a_branch_to_which_nobody_came_gives_way_to_one_that_lives() -> None:
    """By who said that it is there; the person is warned."""
    fork = Fork()
    with fork.here() as (_, _, track):
        track.competing = CompetingBranch(b"c" * 32, (BO.account,), JUN.account, JUN.handle)
    rejoin = Rejoin("alone", 0, b"c" * 32, [BO.account], [helper(JUN)], START)
    assert (rejoin, ["alone-on-branch"]) == (gave_way(fork), fork.warned())
    with fork.here() as (_, _, track):
        assert track.competing is None


def test_who_looks_for_a_branch_does_not_give_way_to_another() -> None:
    """It stays known."""
    fork = Fork()
    fork.look_for(branch("fork", BO))
    with fork.here() as (_, _, track):
        track.competing = CompetingBranch(b"c" * 32, (), JUN.account, JUN.handle)
    assert (branch("fork", BO), []) == (gave_way(fork), fork.warned())
    with fork.here() as (_, _, track):
        assert track.competing is not None


@pytest.mark.parametrize(("asked", "again"), [(START - WEEK + 1, False), (START - WEEK, True)])
def test_who_is_alone_asks_the_others_once_a_week(asked: int, again: bool) -> None:  # noqa: FBT001
    """Most who are alone have friends who are away."""
    fork = Fork()
    with fork.here() as (step, room, track):
        track.asked_at = asked
        view(step, room.current, BO, 1)
    rejoin = gave_way(fork)
    with fork.here() as (_, _, track):
        assert (again, START if again else asked) == (rejoin is not None, track.asked_at)
    assert [] == fork.warned()
    if rejoin is not None:
        assert Rejoin("nobody-follows", 1, b"", [], [], START + 2_000) == rejoin


def test_who_never_saw_anybody_asks_nobody() -> None:
    """They were only invited: nobody knows of another branch."""
    fork = Fork()
    with fork.here() as (step, room, _):
        view(step, room.current, STRANGER, 1)
    assert None is gave_way(fork)


def test_without_those_who_told_of_a_branch_it_is_not_waited_for() -> None:
    """What waited goes out. Whoever of them is in still is waited for, and other reasons have other ends."""
    cases: list[tuple[Rejoin | None, bool]] = [
        (branch("fork", STRANGER), False),
        (branch("fork", STRANGER, JUN), True),
        (branch("moved", STRANGER), True),
        (None, False),
    ]
    for rejoin, stays in cases:
        fork = Fork()
        fork.look_for(rejoin)
        fork.stage.message(fork.id, b"1" * 16, state=MessageState.WAITING, body=encode_body(Text("hello")))
        with fork.here() as (step, room, _):
            branches.without_witness(step, room)
            message = step.store.message(room.id, b"1" * 16)
        assert stays is (fork.rejoin() is not None)
        assert message is not None
        assert (rejoin is not None and not stays) is bool(message.box)
