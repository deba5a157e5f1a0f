"""Who asks us for a way back while it is not decided where we are gets it when it is (spec/room.md §7)."""

from __future__ import annotations

import pytest

from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.inbox_items import Gone, ItemBody, Ticket, TicketRequest
from nullabona.client.core.model.state import CommitCandidate, Merged, PendingCommit, RoomState
from nullabona.client.core.read_requests import room_wake
from nullabona.client.core.step import Step
from nullabona.client.core.sync import tickets
from tests.core.stage import Other, Stage
from tests.core.test_sync_tickets import COMMIT, DORA, ELSE, JUN, asked, sent


def undecided(step: Step, state: RoomState, why: str, *, on: bool = True) -> None:
    """A commit of ours is on its way, others lie in the box, order may have been lost, or we lost the thread."""
    if why == "pending":
        state.pending = PendingCommit(COMMIT, b"", [], [], [], invites=False) if on else None
    elif why == "contested":
        state.current.candidates = [CommitCandidate(1, COMMIT, settled=False)] * on
    elif why == "settling":
        state.current.settle_until = step.now + 1 if on else step.now
    else:
        state.rejoin = Rejoin("frames-missing", 0, b"", [], [], step.now + 1) if on else None


def held(stage: Stage, room: bytes, *, later: int = 0, why: str = "") -> list[type[ItemBody]]:
    """What is answered to those who asked before, when it is decided."""
    before = len(sent(stage, JUN))
    stage.now += later
    with stage.inside(room) as (step, state, _):
        undecided(step, state, why or "settling", on=False)
        tickets.answer_held(step, state)
    return [type(each) for each in sent(stage, JUN)[before:]]


@pytest.mark.parametrize("why", ["pending", "contested", "settling", "lost"])
def test_a_question_waits_until_it_is_decided_where_we_are(why: str) -> None:
    """Whoever asked would ask again only after minutes, or hours. Each is answered once, for the newest place."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, _):
        undecided(step, state, why)
    assert [] == asked(stage, room)
    with stage.inside(room) as (step, state, track):
        tickets.answer_held(step, state)
        track.position = 7
    assert [Ticket] == held(stage, room, why=why)
    assert isinstance(ticket := sent(stage, JUN)[-1], Ticket)
    assert 7 == ticket.seq
    assert [] == held(stage, room)


@pytest.mark.parametrize("waited", [899_999, 900_000])
def test_a_question_waits_a_quarter_of_an_hour_at_most(waited: int) -> None:
    """However often we look meanwhile."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, _):
        undecided(step, state, "pending")
    asked(stage, room)
    with stage.inside(room) as (step, state, _):
        step.now += 100_000
        tickets.answer_held(step, state)
    assert [Ticket] * (waited < 900_000) == held(stage, room, later=waited, why="pending")


def test_a_question_about_a_branch_that_we_only_then_go_by_is_answered() -> None:
    """As well as one that a device asks again meanwhile, for which its last word counts."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, _):
        undecided(step, state, "contested")
    asked(stage, room, commit=ELSE)
    asked(stage, room, commit=COMMIT)
    with stage.inside(room) as (_, state, _track):
        state.history = [Merged(0, COMMIT, [], [], [])]
    assert [Ticket] == held(stage, room, why="contested")


def test_few_questions_wait_at_once_and_few_of_one_account() -> None:
    """The newest; nobody's who is not in, and who is put out meanwhile gets no ticket."""
    stage = Stage()
    crowd = [Other(f"p{count}") for count in range(tickets.MOST_HELD)]
    many = [Other("jun", count) for count in range(tickets.MOST_HELD_OF_ONE + 1)]
    room = stage.room(*crowd, JUN)
    with stage.inside(room) as (step, state, _):
        undecided(step, state, "settling")
        for each in [*many, DORA]:
            tickets.help_back(step, each.certificate, TicketRequest(room, 0, b""))
        assert [each.certificate.encode() for each in many[1:]] == [each.certificate for each in state.asked]
        for each in crowd:
            tickets.help_back(step, each.certificate, TicketRequest(room, 0, b""))
        assert [each.certificate.encode() for each in crowd] == [each.certificate for each in state.asked]
        tickets.help_back(step, JUN.certificate, TicketRequest(room, 0, b""))
        step.store.drop_devices(room, [JUN.device])
        step.roster_changed(room)
    assert Ticket not in held(stage, room)


def test_whoever_is_out_is_told_so_unless_a_commit_of_ours_may_add_them() -> None:
    """A stranger's question is not kept."""
    stage = Stage()
    room = stage.room(DORA)
    with stage.step() as step:
        step.store.put_handle(JUN.account, JUN.handle)
    for why, told in (("pending", []), ("settling", [Gone])):
        with stage.inside(room) as (step, state, _):
            undecided(step, state, why)
        assert told == asked(stage, room)
        with stage.inside(room) as (step, state, _):
            undecided(step, state, why, on=False)
            assert [] == state.asked


def test_a_device_wakes_up_to_answer_when_order_has_settled() -> None:
    """Nothing else would wake it."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, _):
        undecided(step, state, "settling")
        before = room_wake(state)
        tickets.help_back(step, JUN.certificate, TicketRequest(room, 0, b""))
        assert (step.now + 1, True) == (room_wake(state), before is None or step.now + 1 < before)
