"""How a device asks its way to another branch, whom, how often, and what it owes others there (spec/room.md §7)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core import rooms
from nullabona.client.core.group import branches, evidence, ticket_branch
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.branches import Rejoin, Tries
from nullabona.client.core.model.inbox_items import Ticket, TicketRequest
from nullabona.client.core.model.proofs import make_order
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import Merged
from nullabona.client.core.sync import tickets
from tests.core.forked import BO, EVE, HIGH, JUN, LOW, PEOPLE, Alone, Fork, branch, helper
from tests.core.stage import START, Other, Stage

DAY, WEEK = 86_400_000, 7 * 86_400_000
STRANGER = Other("stranger")
COMMIT = b"c" * 32


def ask(fork: Fork, times: int = 1, now: int = START) -> list[Other]:
    """Whom the device asks, whenever it is time to."""
    before = len(fork.asked())
    for _ in range(times):
        with fork.here(now) as (step, room, _):
            tickets.ask(step, room)
            now = room.rejoin.next_at if room.rejoin is not None else now
    return [who for who, _ in fork.asked()[before:]]


# -- whom ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "helpers", "order"),
    [
        ("fork", [0], [0, 1, 0, 2, 0, 1]),
        ("fork", [1, 0], [1, 2, 0, 2, 1, 2]),
        ("silence", [], [0, 0, 1, 1, 2, 2]),
        (branches.FAR, [], [0, 1, 2, 0, 1, 2]),
        (branches.TOO_LATE, [], [0, 1, 2, 0, 1, 2]),
        (branches.UNPROVEN, [2, 1], [2, 1, 2, 1, 2, 1]),
    ],
)
def test_named_helpers_and_anybody_are_asked_by_turns(reason: str, helpers: list[int], order: list[int]) -> None:
    """Whoever passes through epochs asks everybody once before anybody twice; who doubts, those named alone."""
    fork = Fork()
    fork.reachable(*PEOPLE)
    fork.look_for(branch(reason, *(PEOPLE[at] for at in helpers)))
    with fork.here() as (_, room, _track):
        room.current.look_until = 1
    assert [PEOPLE[at] for at in order] == ask(fork, 6)


@pytest.mark.parametrize("earlier", [0, 1, 2])
def test_because_of_spent_words_another_one_is_asked_first_each_time(earlier: int) -> None:
    """Those who were asked first the last time may all be where we are; by the hour of the search, all by turns."""
    fork = Fork()
    fork.reachable(*PEOPLE)
    fork.look_for(branch(branches.SPENT))
    with fork.here() as (_, room, _track):
        room.looked_at = 3_000 + earlier
    assert [PEOPLE[(earlier + at) % 3] for at in range(4)] == ask(fork, 4)


def test_where_everybody_is_named_nobody_else_is_asked() -> None:
    """They are asked by turns."""
    fork = Fork()
    fork.reachable(*PEOPLE)
    fork.look_for(branch("fork", *PEOPLE))
    assert [PEOPLE[0], PEOPLE[0], PEOPLE[1], PEOPLE[1], PEOPLE[2]] == ask(fork, 5)


@pytest.mark.parametrize("reason", ["silence", branches.FAR])
def test_where_nobody_is_left_nobody_is_asked(reason: str) -> None:
    """The question counts all the same: some day it ends."""
    stage = Stage()
    room = stage.room()
    with stage.step() as step:
        found = step.room(room)
        found.current.look_until = 1
        found.rejoin = branch(reason, commit=b"")
        tickets.ask(step, found)
        assert (1, START + 40_000) == (found.rejoin.attempts, found.rejoin.next_at)
    assert [] == stage.outbox()


def test_a_question_names_the_fork_or_else_where_we_are() -> None:
    """By the epoch and the commit of the branch, what ended that epoch for us, if we know, and our newest commit."""
    fork = Fork()
    fork.reachable(JUN)
    for rejoin in (branch("fork", JUN), branch("silence", JUN, commit=b"")):
        fork.look_for(rejoin)
        ask(fork)
    with fork.here() as (_, room, _track):
        room.history.append(Merged(3, LOW, [], [], []))
    fork.look_for(branch("fork", JUN))
    ask(fork)
    with fork.here() as (_, room, _track):
        room.history = []
    fork.look_for(branch("fork", JUN))
    ask(fork)
    expected = [
        TicketRequest(fork.id, 0, COMMIT, HIGH, 0, HIGH),
        TicketRequest(fork.id, 1, b""),
        TicketRequest(fork.id, 0, COMMIT, HIGH, 3, LOW),
        TicketRequest(fork.id, 0, COMMIT),
    ]
    assert [(JUN, each) for each in expected] == fork.asked()


def test_who_does_not_answer_is_looked_up_from_the_third_question_on() -> None:
    """Their inbox may be elsewhere by now. Who is asked in the room's boxes is not looked up."""
    fork = Fork()
    fork.reachable(*PEOPLE)
    fork.look_for(branch("fork", JUN))
    for _ in range(3):
        ask(fork)
    with fork.here() as (step, _, _track):
        assert [] == inbox_addresses.wanted(step)
    fork.look_for(branch("fork", JUN))
    with fork.here() as (_, room, _track):
        room.put_off = True
    looked = []
    for _ in range(3):
        ask(fork, 1, START + DAY)
        with fork.here() as (step, room, _):
            looked.append(inbox_addresses.wanted(step))
            assert room.rejoin is not None
            room.rejoin.next_at = START
    assert [[], [], [JUN.handle]] == looked


# -- when and how often -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "low", "pause"),
    [
        (0, False, 20_000 + 20_000),
        (0, True, 20_000),
        (1, True, 40_000),
        (2, True, 40_000),
        (3, True, 80_000),
        (15, True, 5_120_000),
        (17, True, 5_120_000),
        (22, False, 5_140_000),
    ],
)
def test_the_pause_between_questions_doubles_with_every_second(attempts: int, low: bool, pause: int) -> None:  # noqa: FBT001
    """Eight times at most."""
    fork = Fork(low=low)
    fork.look_for(branch("fork", JUN, attempts=attempts))
    ask(fork)
    rejoin = fork.rejoin()
    assert rejoin is not None
    assert (attempts + 1, START + pause) == (rejoin.attempts, rejoin.next_at)


@pytest.mark.parametrize(("before", "asks"), [(1, False), (0, True)])
def test_nothing_is_asked_before_its_time(before: int, asks: bool) -> None:  # noqa: FBT001
    """Nor where nothing is looked for."""
    fork = Fork()
    fork.reachable(JUN)
    fork.look_for(branch("fork", JUN))
    assert ([JUN] if asks else []) == ask(fork, 1, START - before)
    fork.look_for(None)
    assert [] == ask(fork)


def test_each_question_counts_for_whoever_said_that_there_is_a_branch() -> None:
    """Who only lost the thread owes that to nobody."""
    fork = Fork()
    fork.look_for(branch("fork", JUN))
    ask(fork)
    with fork.here() as (_, room, _track):
        assert ({JUN.account.hex(): Tries(1, START)}, Tries(1, START)) == (room.tries, room.vain)
        room.rejoin = branch("silence", BO, commit=b"")
    ask(fork)
    with fork.here() as (_, room, _track):
        assert ({JUN.account.hex(): Tries(1, START)}, Tries(1, START)) == (room.tries, room.vain)


DOUBTFUL = [
    branches.BEHIND,
    branches.FAR,
    branches.LONELY,
    branches.OUTSIDE,
    branches.RELAY_UNREACHABLE,
    branches.SPENT,
    branches.UNPROVEN,
]


@pytest.mark.parametrize(
    ("reason", "gone", "most", "warned"),
    [
        *((reason, [], 8, []) for reason in DOUBTFUL),
        *((reason, [b"a"], 24, ["no-way-back"]) for reason in DOUBTFUL),
        ("fork", [], 24, ["no-way-back"]),
        ("moved", [], 24, ["no-way-back"]),
        ("silence", [], 24, ["no-way-back"]),
        (branches.TOO_LATE, [], 24, ["no-way-back"]),
    ],
)
def test_where_there_may_be_no_branch_it_is_given_up_sooner_and_without_a_word(
    reason: str, gone: list[bytes], most: int, warned: list[str]
) -> None:
    """Unless somebody has said that we are out there. Who claimed a branch that is none is not believed for a week; a
    ticket of theirs is.
    """
    fork = Fork()
    fork.look_for(branch(reason, JUN, gone=gone, attempts=most - 1, next_at=START))
    with fork.here() as (_, room, _track):
        room.current.look_until = 1
    ask(fork)
    assert fork.rejoin() is not None
    ask(fork, 1, START + DAY)
    assert (None, warned) == (fork.rejoin(), fork.warned())
    with fork.here(START + DAY + WEEK - 1) as (step, room, _track):
        assert (reason == "fork", {}) == (evidence.doubts(step, room, JUN.account), room.doubted)


def test_who_is_in_the_newest_epoch_asks_no_more_for_it() -> None:
    """Unless there is more to read, or to wait for; other reasons do not end so."""
    cases = [
        (branches.FAR, 0, 0, True),
        (branches.FAR, 1, 0, False),
        (branches.FAR, 0, 1, False),
        ("fork", 0, 0, False),
    ]
    for reason, head, look_until, over in cases:
        fork = Fork()
        fork.look_for(branch(reason, JUN, commit=b""))
        with fork.here() as (_, room, _track):
            room.current.head, room.current.look_until = head, look_until
        ask(fork)
        assert over is (fork.rejoin() is None)


def test_who_is_blocked_is_not_asked() -> None:
    """In a room of two there is nobody else: once a day it is seen whether that has changed."""
    stage = Stage()
    stage.contact(JUN, ContactState.BLOCKED)
    room = stage.room(JUN, kind=DIRECT)
    with stage.step() as step:
        found = step.room(room)
        inbox_addresses.remember(step, JUN.card())
        found.rejoin = branch("fork", JUN)
        tickets.ask(step, found)
        assert (0, START + DAY) == (found.rejoin.attempts, found.rejoin.next_at)
    assert [] == stage.outbox()


# -- what is answered ---------------------------------------------------------------------------------------------


def test_an_answer_may_come_from_a_member_or_from_whom_we_ask() -> None:
    """Nobody else's is taken."""
    fork = Fork()
    for rejoin, expected in ((None, (True, False)), (branch("fork", STRANGER), (True, True))):
        fork.look_for(rejoin)
        with fork.here() as (step, room, _):
            assert expected == tuple(tickets.may_answer(step, room, each.account) for each in (JUN, STRANGER))


def gone(fork: Fork, *others: Other) -> list[bool]:
    """Whether we believe that we are out, as these say one after the other."""
    with fork.here() as (step, room, _):
        return [tickets.told_gone(step, room, each.account) for each in others]


def test_we_are_out_if_an_admin_says_so() -> None:
    """Of the room as we know it."""
    fork = Fork(admins=(BO,))
    fork.look_for(branch("fork", JUN))
    assert [False, True] == gone(fork, JUN, BO)


def test_no_number_of_others_says_that_we_are_out_of_our_own_room() -> None:
    """None of them can have removed us, so they are only counted, each once; a stranger is not."""
    fork = Fork()
    fork.look_for(branch("fork", JUN))
    assert [False] * 5 == gone(fork, JUN, BO, JUN, STRANGER, EVE)
    rejoin = fork.rejoin()
    assert rejoin is not None
    assert [JUN.account, BO.account, EVE.account] == rejoin.gone


def test_nobody_is_no_crowd() -> None:
    """An admin who is alone looks for the branch of one who went: that one's word is not everybody's."""
    fork = Alone()
    fork.look_for(branch("fork-of-former-members", JUN))
    assert [False] == gone(fork, JUN)


def test_a_device_of_our_own_says_that_we_are_out() -> None:
    """It could have removed us."""
    fork = Fork()
    fork.look_for(branch("fork", JUN))
    with fork.here() as (step, room, _):
        assert tickets.told_gone(step, room, step.local.account)


def test_who_wants_to_leave_is_out_if_anybody_says_so() -> None:
    """It is what they asked for."""
    fork = Fork()
    fork.look_for(branch("fork", JUN))
    with fork.here() as (step, room, _):
        rooms.note_leaving(step, make_order(step.mls, step.local.signature_key, room.id, step.local.account, []))
        assert tickets.told_gone(step, room, JUN.account)


def test_who_looks_for_nothing_is_not_told_that_they_are_out() -> None:
    """It is an old answer."""
    assert [False] == gone(Fork(admins=(BO,)), BO)


def test_who_wanted_to_leave_is_out_by_anybodys_word() -> None:
    """That is what they asked for."""
    fork = Fork()
    fork.look_for(branch("fork", JUN))
    with fork.here() as (step, room, _):
        step.store.set_value(f"leaving:{room.id.hex()}", b"order")
    assert [True] == gone(fork, JUN)


# -- tickets ------------------------------------------------------------------------------------------------------


def ticket(fork: Fork, epoch: int, *history: bytes, secret: bytes = b"") -> Ticket:
    """A way into an epoch, on a branch with these commits."""
    with fork.here() as (_, room, _track):
        secret = secret or room.current.secret
    return Ticket(fork.id, epoch, secret, b"", b"", b"", 0, tuple((0, commit, ()) for commit in history))


def test_who_is_where_we_are_leads_nowhere() -> None:
    """The same epoch with the same secret."""
    fork = Fork()
    tickets = [ticket(fork, 1), ticket(fork, 2), ticket(fork, 1, secret=b"o" * 32)]
    with fork.here() as (_, room, _track):
        assert [True, False, False] == [ticket_branch.in_sync(room, each) for each in tickets]
        lost = branch("silence", commit=b"")
        assert [False, True, True] == [ticket_branch.leads_there(room, lost, each) for each in tickets]


def test_a_ticket_leads_to_the_branch_if_it_went_through_its_commit() -> None:
    """In that epoch, however far ahead another is: a liar may name a commit of another epoch."""
    fork = Fork()
    tickets = [ticket(fork, 9, b"x" * 32), ticket(fork, 1, b"x" * 32, COMMIT), ticket(fork, 9)]
    tickets.append(msgspec.structs.replace(tickets[1], history=((1, COMMIT, ()), (0, b"x" * 32, ()))))
    with fork.here() as (_, room, _track):
        found = [ticket_branch.leads_there(room, branch("fork"), each) for each in tickets]
        assert [False, True, False, False] == found


def merged(epoch: int, commit: bytes) -> Merged:
    return Merged(epoch, commit, [], [], [])


def test_who_only_lost_the_thread_may_have_parted_from_the_others() -> None:
    """Then the first commit that is not theirs began it, and what removed somebody there is known."""
    fork = Fork()
    lost = branch("silence", JUN, commit=b"", next_at=START + 7, attempts=3)
    with fork.here() as (_, room, _track):
        room.history = [merged(2, b"two"), merged(4, b"four"), merged(3, b"three"), merged(5, b"five")]
        told = [(3, b"other three", (EVE.account,)), (2, b"two", ()), (4, b"other four", ()), (9, b"nine", ())]
        expected = Rejoin("silence", 3, b"other three", [EVE.account], [helper(JUN)], START + 7)
        assert expected == ticket_branch.parted(room, lost, told)
        assert lost is ticket_branch.parted(room, lost, [(2, b"two", ()), (9, b"nine", ())])
        known = branch("fork", JUN)
        assert known is ticket_branch.parted(room, known, told)
