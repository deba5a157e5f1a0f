"""Links that we follow into groups: how a request stands, who may answer it, and when it is over (room.md, "Links")."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core.contacts import join_requests
from nullabona.client.core.contacts.join_requests import JoinRequest, JoinRequestState
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.facts.signals import JoinRequested
from nullabona.client.core.model.inbox_items import LinkRefusal
from nullabona.client.core.model.invite_link import Link, LinkMismatch, key_check
from nullabona.client.core.step import DAY_MS, Step
from tests.core.stage import START, Other, Stage, signals, told

JUN, DORA = Other("jun"), Other("dora")
ROOM, TOKEN, CARD = b"r" * 32, b"t" * 16, b"our card"
LINK = Link("room", JUN.handle, key_check(JUN.account), TOKEN, ROOM)
DAYS_30 = 30 * DAY_MS


def requested(step: Step, state: JoinRequestState = "waiting", room: bytes = ROOM) -> JoinRequest:
    """We have asked jun, and the request stands so."""
    join_requests.ask(step, replace(LINK, room=room), JUN.card(), CARD)
    request = join_requests.kept(step)[-1]
    if state != "waiting":
        join_requests._become(step, request, state)
        request = join_requests.kept(step)[-1]
    step.told.clear()
    return request


def states(step: Step) -> list[tuple[bytes, str]]:
    return [(request.room, request.state) for request in join_requests.kept(step)]


def event(state: str) -> tuple[str, dict[str, object]]:
    return "join-request", {"account": JUN.account, "handle": JUN.handle, "state": state}


# -- asking ---------------------------------------------------------------------------------------------------------


def test_the_giver_of_a_link_is_asked() -> None:
    """By their inbox, with our card; what is requested is told and remembered."""
    stage = Stage()
    with stage.step() as step:
        join_requests.ask(step, LINK, JUN.card(), CARD)
        assert [JoinRequest(ROOM, JUN.account, JUN.handle, TOKEN, step.now)] == join_requests.kept(step)
        assert ([event("waiting")], [ROOM]) == (told(step), [fact.room for fact in signals(step, JoinRequested)])
        assert [JUN.account] == [item.account for item in inbox_sending.unsent(step)]
        assert "nullabona" not in repr(join_requests.kept(step))


def test_another_account_under_the_links_handle_is_not_asked() -> None:
    """Nothing is requested."""
    stage = Stage()
    with stage.step() as step:
        with pytest.raises(LinkMismatch):
            join_requests.ask(step, LINK, JUN.impostor().card(), CARD)
        assert ([], []) == (join_requests.kept(step), inbox_sending.unsent(step))


def test_a_join_request_for_a_room_replaces_the_one_before() -> None:
    """Those for other rooms stay, and the one asked last is last."""
    stage = Stage()
    with stage.step() as step:
        requested(step)
        requested(step, room=b"o" * 32)
        step.now += 5
        requested(step)
        assert [(b"o" * 32, START), (ROOM, START + 5)] == [
            (request.room, request.asked_at) for request in join_requests.kept(step)
        ]


def test_of_many_requests_the_newest_are_kept() -> None:
    """Sixty-four."""
    stage = Stage()
    with stage.step() as step:
        for number in range(65):
            requested(step, room=bytes([number]) * 32)
        assert [bytes([number]) * 32 for number in range(1, 65)] == [
            request.room for request in join_requests.kept(step)
        ]


@pytest.mark.parametrize("state", ["waiting", "silent"])
def test_an_open_request_is_put_again(state: JoinRequestState) -> None:
    """Its time begins anew."""
    stage = Stage()
    with stage.step() as step:
        requested(step, state)
        step.now += 7
        join_requests.ask_again(step, ROOM, CARD)
        assert [(ROOM, "waiting")] == states(step)
        assert (step.now, [event("waiting")]) == (join_requests.kept(step)[0].asked_at, told(step))
        assert 2 == len(inbox_sending.unsent(step))


@pytest.mark.parametrize("state", ["used", "expired", "closed", "withdrawn"])
def test_a_join_request_that_is_not_open_is_not_put_again(state: JoinRequestState) -> None:
    """Nor one that never was."""
    stage = Stage()
    with stage.step() as step:
        requested(step, state)
        for room in (ROOM, bytes(32)):
            with pytest.raises(BadRequest):
                join_requests.ask_again(step, room, CARD)
        assert ([(ROOM, state)], 1) == (states(step), len(inbox_sending.unsent(step)))


@pytest.mark.parametrize(
    ("state", "left", "said"),
    [
        ("waiting", [(ROOM, "withdrawn")], "withdrawn"),
        ("silent", [(ROOM, "withdrawn")], "withdrawn"),
        ("used", [], "over"),
        ("expired", [], "over"),
    ],
)
def test_a_join_request_is_withdrawn(state: JoinRequestState, left: list[tuple[bytes, str]], said: str) -> None:
    """One that is open is remembered as such; one that was refused is forgotten."""
    stage = Stage()
    with stage.step() as step:
        requested(step, state)
        join_requests.withdraw(step, ROOM)
        assert (left, [event(said)]) == (states(step), told(step))
        with pytest.raises(BadRequest):
            join_requests.withdraw(step, ROOM)
        assert left == states(step)


def test_nothing_is_kept_where_nothing_is_wished() -> None:
    """A request that is over leaves no trace."""
    stage = Stage()
    with stage.step() as step:
        requested(step, "used")
        join_requests.withdraw(step, ROOM)
        assert step.store.get_value("wishes") is None


# -- what comes of it -----------------------------------------------------------------------------------------------


def test_whom_we_asked_is_known_by_the_handle_of_the_card() -> None:
    """About that room alone, and nobody else."""
    stage = Stage()
    with stage.step() as step:
        requested(step)
        asked = [(ROOM, JUN.account), (ROOM, DORA.account), (bytes(32), JUN.account)]
        assert [JUN.handle, "", ""] == [join_requests.handle_of(step, *each) for each in asked]


@pytest.mark.parametrize(
    ("state", "account", "token", "room", "taken"),
    [
        ("waiting", JUN, TOKEN, ROOM, True),
        ("silent", JUN, TOKEN, ROOM, True),
        ("withdrawn", JUN, TOKEN, ROOM, False),
        ("used", JUN, TOKEN, ROOM, False),
        ("waiting", DORA, TOKEN, ROOM, False),
        ("waiting", JUN, b"o" * 16, ROOM, False),
        ("waiting", JUN, TOKEN, bytes(32), False),
    ],
)
def test_a_refusal_counts_of_whom_was_asked_about_that_link(
    state: JoinRequestState, account: Other, token: bytes, room: bytes, *, taken: bool
) -> None:
    """While it is open."""
    stage = Stage()
    with stage.step() as step:
        requested(step, state)
        join_requests.refused(step, account.account, LinkRefusal(room, token, "expired"))
        assert [(ROOM, "expired" if taken else state)] == states(step)
        assert ([event("expired")] if taken else []) == told(step)


@pytest.mark.parametrize(
    ("state", "found"),
    [("waiting", True), ("silent", True), ("withdrawn", False), ("used", None), ("expired", None), ("closed", None)],
)
def test_an_invitation_was_wished_for_or_is_not_wanted_any_more(state: JoinRequestState, *, found: bool | None) -> None:
    """By whom we asked, for thirty days; else it is neither."""
    stage = Stage()
    with stage.step() as step:
        requested(step, state)
        assert found is join_requests.judged(step, ROOM, JUN.account)
        assert (None, None) == (
            join_requests.judged(step, ROOM, DORA.account),
            join_requests.judged(step, bytes(32), JUN.account),
        )
        step.now += DAYS_30 - 1
        assert found is join_requests.judged(step, ROOM, JUN.account)
        step.now += 1
        assert join_requests.judged(step, ROOM, JUN.account) is None


def test_nothing_is_left_to_wish_for_once_we_are_in() -> None:
    """Of that room; and who requested for nothing is told nothing."""
    stage = Stage()
    with stage.step() as step:
        requested(step)
        requested(step, room=b"o" * 32)
        join_requests.fulfilled(step, ROOM)
        join_requests.fulfilled(step, ROOM)
        assert ([(b"o" * 32, "waiting")], [event("over")]) == (states(step), told(step))


@pytest.mark.parametrize(
    ("state", "waits"),
    [("waiting", True), ("silent", True), ("withdrawn", False), ("used", False)],
)
def test_we_wait_for_another_account_while_a_join_request_is_open(state: JoinRequestState, *, waits: bool) -> None:
    """Than the one that was asked, about that room, for thirty days."""
    stage = Stage()
    with stage.step() as step:
        requested(step, state)
        about = [(ROOM, DORA), (ROOM, JUN), (bytes(32), DORA)]
        assert [waits, False, False] == [join_requests.awaits_another(step, room, who.account) for room, who in about]
        step.now += DAYS_30 - 1
        assert waits is join_requests.awaits_another(step, ROOM, DORA.account)
        step.now += 1
        assert not join_requests.awaits_another(step, ROOM, DORA.account)


# -- time -----------------------------------------------------------------------------------------------------------


def test_a_join_request_without_answer_is_told_so_and_goes_in_the_end() -> None:
    """After ten minutes, and after thirty days."""
    stage = Stage()
    with stage.step() as step:
        assert join_requests.next_due(step) is None
        requested(step)
        for due, state, left in ((600_000, "silent", [(ROOM, "silent")]), (DAYS_30, "over", [])):
            assert START + due == join_requests.next_due(step)
            step.now = START + due - 1
            join_requests.sweep(step)
            assert [] == told(step)
            step.now += 1
            join_requests.sweep(step)
            assert (left, [event(state)]) == (states(step), told(step))
            step.told.clear()
        assert join_requests.next_due(step) is None


def test_of_several_wishes_the_first_is_due_next() -> None:
    """A refused one goes after thirty days, too."""
    stage = Stage()
    with stage.step() as step:
        requested(step, "used")
        assert START + DAYS_30 == join_requests.next_due(step)
        requested(step, room=b"o" * 32)
        assert START + 600_000 == join_requests.next_due(step)
        step.now += DAYS_30
        join_requests.sweep(step)
        assert [(b"o" * 32, "silent")] == states(step)
