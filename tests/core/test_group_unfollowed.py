"""A commit that this device cannot follow: who is asked for a ticket, and how often (room.md §7)."""

from __future__ import annotations

import pytest

from nullabona.client.core.group import branches, unfollowed
from nullabona.client.core.group.unfollowed import MOST, UNFOLLOWED
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.errors import EXPIRED
from nullabona.client.core.model.proofs import Claim, decode_claim, make_claim
from tests.core.stage import START, Other, Stage

JUN, SORA = Other("jun"), Other("sora")
DAY_MS = 86_400_000
COMMIT = b"c" * 32


def refused(
    stage: Stage, room: bytes, reason: str = UNFOLLOWED, claim: Claim | None = None
) -> tuple[Rejoin | None, list[int]]:
    """MLS refuses a commit: for what we ask then, and when we asked because of such commits."""
    with stage.step() as step:
        state = step.room(room)
        unfollowed.refused(step, state, state.current, reason, COMMIT, claim)
        return state.rejoin, state.unfollowed


def jun_claims(room: bytes) -> Claim:
    """Jun says that he merged a commit which removed Sora."""
    return decode_claim(make_claim(JUN.mls, JUN.signature_key, room, b"commit", (SORA.account,)))


def test_anybody_is_asked_soon_about_a_commit_that_nobody_claims() -> None:
    """At a moment that differs from device to device; and the time is noted."""
    stage = Stage()
    rejoin, asked = refused(stage, stage.room(JUN))
    expected = Rejoin(branches.BEHIND, 0, COMMIT, [], [], START + stage.timing.receipt, judged=True)
    assert (expected, [START]) == (rejoin, asked)


@pytest.mark.parametrize(("before", "asks"), [(MOST, False), (MOST - 1, True)])
def test_so_many_of_them_are_asked_about_in_a_day(before: int, *, asks: bool) -> None:
    """What is a day old does not count any more."""
    stage = Stage()
    recent, old = [START - DAY_MS + 1] * before, [START - DAY_MS]
    rejoin, asked = refused(stage, stage.room(JUN, unfollowed=[*old, *recent]))
    assert (asks, [*recent, *([START] if asks else [])]) == (rejoin is not None, asked)


def test_nobody_is_asked_twice_at_once_or_where_nobody_is() -> None:
    """We ask already; or we are alone."""
    stage = Stage()
    other = Rejoin("other", 0, b"", [], [], 1)
    assert (other, []) == refused(stage, stage.room(JUN, rejoin=other))
    assert (None, []) == refused(stage, stage.room())


def test_a_branch_of_which_we_only_heard_is_put_off() -> None:
    """Unless an admin has ordered what it removed; and about one commit is asked once."""
    stage = Stage()
    said = Rejoin(branches.FORK, 0, b"s" * 32, [], [Helper(JUN.account, JUN.handle)], 1)
    room = stage.room(JUN, rejoin=said)
    rejoin, asked = refused(stage, room)
    assert rejoin is not None
    assert (branches.BEHIND, said, [START]) == (rejoin.reason, rejoin.later, asked)
    assert (rejoin, [START]) == refused(stage, room)
    said.ordered = True
    assert (said, []) == refused(stage, stage.room(SORA, rejoin=said))


def test_who_merged_the_commit_leads_there() -> None:
    """They are asked at once, as about any other branch, and it does not count as asking anybody."""
    stage = Stage()
    room = stage.room(JUN, SORA)
    claim = jun_claims(room)
    helpers = [Helper(JUN.account, JUN.handle)]
    expected = Rejoin(branches.FORK, 0, claim.commit, [SORA.account], helpers, START, judged=True)
    assert (expected, []) == refused(stage, room, claim=claim)


def test_who_is_not_believed_leads_nowhere() -> None:
    """Their word led us astray before."""
    stage = Stage()
    room = stage.room(JUN, SORA, doubted={JUN.account.hex(): START + 1})
    assert (None, []) == refused(stage, room, claim=jun_claims(room))


def test_a_package_that_expired_is_another_matter_and_so_is_anything_else() -> None:
    """For the first somebody is asked where the room is; for what is simply wrong nobody is asked."""
    stage = Stage()
    rejoin, asked = refused(stage, stage.room(JUN), EXPIRED)
    assert rejoin is not None
    assert (branches.TOO_LATE, []) == (rejoin.reason, asked)
    room = stage.room(JUN, SORA)
    assert [(None, []), (None, [])] == [
        refused(stage, room, "wrong-epoch"),
        refused(stage, room, "wrong-epoch", jun_claims(room)),
    ]
