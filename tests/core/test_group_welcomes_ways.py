"""By which way somebody is invited, who asks for it again, and what a commit that lost still brings (room.md §3)."""

from __future__ import annotations

from typing import Any

import pytest

from nullabona.client.core.group import welcomes
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.content import Handed
from nullabona.client.core.model.inbox_items import Invitation
from nullabona.client.core.model.intents import Intent, UpdateKeys
from nullabona.client.core.model.outbox_targets import ReplyFrame, RoomFrame
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import JOINED, LEFT, Merged, PendingCommit
from nullabona.wire.address import epoch_keys
from tests.core.inviting import BO, DAY, ELSEWHERE, HOUR, JUN, TABLET, Inviting, adding
from tests.core.seen import Overheard, view
from tests.core.stage import RELAY, START, Other

SECRET = b"s" * 32


class Friends(Inviting):
    """Jun, who is invited, is a contact with whom we have a room of two; their device has shown up in it."""

    def __init__(self, *others: Other, seen: bool = True, **about: Any) -> None:  # noqa: ANN401 (of a room)
        super().__init__(*others)
        self.direct = self.stage.room(JUN, kind=DIRECT, **about)
        self.contact: Contact = self.stage.contact(JUN, room=self.direct)
        if seen:
            with self.stage.step() as step:
                view(step, step.room(self.direct).current, JUN, 1)

    def first(self) -> list[Any]:
        """Our commit has won. What is said in rooms then."""
        with self.stage.step() as step:
            heard = Overheard(step)
            welcomes.invite_added(step, step.room(self.id), [adding(JUN)])
        return heard.said


def test_a_contact_is_invited_by_the_room_of_two() -> None:
    """Nothing goes into their inbox."""
    friends = Friends()
    (handed,) = friends.first()
    assert isinstance(handed, Handed)
    assert (friends.id, []) == (handed.invitation.room, friends.invited())
    assert [friends.direct] == [item.target.room for item in friends.take(RoomFrame)]


def test_by_the_room_of_two_it_is_said_once_and_later_the_inbox_is_used() -> None:
    """At a time that is drawn from eight hours, after fifteen, if nobody has come. Then the pauses are drawn, too."""
    friends, heard = Friends(), list[Any]()
    friends.first()
    at, ways = HOUR + 1_000, []
    for _ in range(5):
        at, before = friends.look(START + at, heard=heard), at
        ways.append((before, len(friends.invited())))
    expected = [(HOUR + 1_000, 0), (3 * HOUR + 2_000, 0), (7 * HOUR + 3_000, 0), (23 * HOUR + 3_000, 1)]
    assert ([*expected, (55 * HOUR + 3_000, 1)], []) == (ways, heard)


@pytest.mark.parametrize("changed", [False, True])
def test_what_was_said_there_is_waited_for_although_the_room_has_ended(changed: bool) -> None:  # noqa: FBT001
    """The inbox is used no earlier, and then for what holds by now."""
    friends = Friends()
    friends.first()
    with friends.stage.step() as step:
        step.room(friends.direct).phase = LEFT
        if changed:
            inbox_addresses.remember(step, JUN.card(relay=ELSEWHERE))
    at = HOUR + 1_000
    for _ in range(3):
        at = friends.look(START + at)
        assert [] == friends.invited()
    assert (23 * HOUR + 3_000, 55 * HOUR + 3_000) == (at, friends.look(START + at))
    assert [ELSEWHERE if changed else RELAY] == [item.relay for _, item, _ in friends.invited()]


def test_a_change_is_said_there_once_the_room_is_open_again() -> None:
    """A repetition before left it for later."""
    friends, heard = Friends(), list[Any]()
    friends.first()
    with friends.stage.step() as step:
        step.room(friends.direct).phase = LEFT
        inbox_addresses.remember(step, JUN.card(relay=ELSEWHERE))
    at = friends.look(START + HOUR + 1_000, heard=heard)
    with friends.stage.step() as step:
        step.room(friends.direct).phase = JOINED
    friends.look(START + at, heard=heard)
    assert ([ELSEWHERE], []) == ([each.invitation.relay for each in heard], friends.invited())


def test_a_relay_that_loses_boxes_does_not_make_it_come_into_an_inbox() -> None:
    """What was said is put back as a message, not by this."""
    friends, heard = Friends(), list[Any]()
    friends.first()
    for lost in range(9):
        with friends.stage.step() as step:
            step.room(friends.id).invites_at = START + lost
        assert HOUR + 1_000 == friends.look(START + lost, heard=heard)
    assert ([], []) == (heard, friends.invited())


def test_an_invitation_that_has_changed_is_said_again() -> None:
    """Another relay, say."""
    friends, heard = Friends(), list[Any]()
    (first,) = friends.first()
    with friends.stage.step() as step:
        inbox_addresses.remember(step, JUN.card(relay="wss://other.example:443/v1"))
    friends.look(START + DAY, heard=heard)
    assert [(first.invitation.id, "wss://other.example:443/v1")] == [
        (each.invitation.id, each.invitation.relay) for each in heard
    ]


@pytest.mark.parametrize("why", ["unseen", "over", "held", "tablet", "no contact", "the same room", "other devices"])
def test_where_the_room_of_two_does_not_reach_them_the_inbox_is_used(why: str) -> None:
    """All devices that are invited must have come into it, and it must be open."""
    friends = Friends(*((JUN, TABLET) if why == "tablet" else ()), seen=why not in {"unseen", "other devices"})
    with friends.stage.step() as step:
        room = step.room(friends.direct)
        if why == "over":
            room.phase = LEFT
        elif why == "held":
            room.redo = [JUN.account]
        elif why == "other devices":
            view(step, room.current, TABLET, 1)
    if why == "the same room":
        friends.stage.contact(JUN, room=friends.id)
        friends.shows_up(JUN)
    elif why == "no contact":
        friends.stage.contact(JUN, ContactState.ACCEPTED)
    assert ([], [JUN]) == (friends.first(), [who for who, _, _ in friends.invited()])


def test_a_device_that_was_seen_before_it_came_into_the_room_of_two_has_not_come() -> None:
    """It may have been another leaf of it."""
    friends = Friends()
    with friends.stage.step() as step:
        room = step.room(friends.direct)
        step.store.put_devices([JUN.row(friends.direct, 1, since=1)])
        room.current.epoch = 0
    assert [] == friends.first()


# -- asked for again ----------------------------------------------------------------------------------------------


def asks(inviting: Inviting, other: Other, now: int, reply: bytes = SECRET) -> tuple[list[Any], list[Any]]:
    """Somebody who never came asks to talk. What goes to their reply box and to inboxes."""
    with inviting.stage.step(now) as step:
        welcomes.invite_again(step, step.room(inviting.id), other.account, reply)
    return inviting.take(ReplyFrame), inviting.invited()


def test_who_never_came_and_asks_is_invited_anew() -> None:
    """By their reply box, under a new id, as they may have refused the one before; others are not."""
    inviting = Inviting()
    inviting.won(adding(JUN), adding(BO))
    ids = {item.id for _, item, _ in inviting.invited()}
    replies, inboxes = asks(inviting, JUN, START + 2 * HOUR)
    assert (1, []) == (len(replies), inboxes)
    inviting.look(START + 4 * HOUR)
    (frame,) = inviting.take(ReplyFrame)
    again = JUN.opened(frame.data, epoch_keys(SECRET).box.address)
    assert isinstance(again, Invitation)
    assert ({BO}, False) == ({who for who, item, _ in inviting.invited() if item.id in ids}, again.id in ids)


@pytest.mark.parametrize(("after", "times"), [(1, 0), (HOUR + 999, 0), (HOUR + 1_000, 1)])
def test_who_was_just_invited_is_not_invited_again_at_once(after: int, times: int) -> None:
    """Not before it is due, the first time, wherever they wait: who asks often costs us no more."""
    inviting = Inviting()
    inviting.won(adding(JUN, reply=SECRET))
    inviting.take(ReplyFrame)
    assert times == len(asks(inviting, JUN, START + after, b"t" * 32)[0])
    assert 0 == len(asks(inviting, JUN, START + after)[0])


def test_who_was_invited_more_than_once_may_ask_at_any_time() -> None:
    """It is sent to the inbox if they wait nowhere else; and the pauses begin anew."""
    inviting = Inviting()
    inviting.won(adding(JUN))
    inviting.look(START + 2 * HOUR)
    inviting.take()
    assert (0, 1) == tuple(len(each) for each in asks(inviting, JUN, START + 2 * HOUR + 1, b""))
    with inviting.stage.step() as step:
        assert START + 4 * HOUR + 1 == step.room(inviting.id).invites_at


def test_who_was_given_up_is_invited_when_they_ask() -> None:
    """They had been kept for that."""
    inviting = Inviting()
    at = inviting.won(adding(JUN))
    while at:
        at = inviting.look(START + at)
    inviting.take()
    assert 1 == len(asks(inviting, JUN, START + 365 * DAY)[0])


def test_by_the_room_of_two_it_is_said_again_to_who_asks() -> None:
    """Where they wait in no reply box."""
    friends = Friends()
    friends.first()
    with friends.stage.step(START + 2 * HOUR) as step:
        heard = Overheard(step)
        welcomes.invite_again(step, step.room(friends.id), JUN.account, b"")
    assert [Handed] == [type(each) for each in heard.said]


# -- a commit that did not come first -----------------------------------------------------------------------------


def lose(inviting: Inviting, commit: bytes, *others: Other, invited: bool = True, welcome: bool = True) -> None:
    """A commit of ours that adds others is given up."""
    with inviting.stage.step() as step:
        room = step.room(inviting.id)
        intents: list[Intent] = [UpdateKeys(), *(adding(each) for each in others)]
        room.pending = PendingCommit(commit * 32, b"f", intents, [], [], invites=invited)
        if welcome:
            welcomes.hold_welcome(step, room, commit, b"tree")
        welcomes.keep_welcome(step, room)
        room.pending = None


def after_all(inviting: Inviting, *commits: bytes) -> list[Other]:
    """We came to a branch that went through these commits. Who is invited."""
    with inviting.stage.step() as step:
        room = step.room(inviting.id)
        room.history = [Merged(0, commit * 32, [], [], []) for commit in commits]
        welcomes.invite_after_all(step, room)
    return [who for who, _, _ in inviting.invited()]


def test_whom_a_lost_commit_added_is_invited_if_it_won_elsewhere() -> None:
    """Only we have its Welcome. Of other commits nothing is sent, and later nothing at all."""
    inviting = Inviting()
    lose(inviting, b"1", JUN)
    lose(inviting, b"2", BO)
    assert [[BO], []] == [after_all(inviting, b"2", b"9"), after_all(inviting, b"1", b"2")]


@pytest.mark.parametrize("about", [{"invited": False}, {"welcome": False}])
def test_a_lost_commit_without_a_welcome_invites_nobody(about: dict[str, bool]) -> None:
    """Nor one that is not there."""
    inviting = Inviting()
    with inviting.stage.step() as step:
        step.store.delete_value(f"welcome:{inviting.id.hex()}")
        welcomes.keep_welcome(step, step.room(inviting.id))
    lose(inviting, b"1", JUN, **about)
    assert [] == after_all(inviting, b"1")


def test_of_lost_commits_the_newest_are_kept() -> None:
    """Four of them."""
    inviting = Inviting()
    for commit in (b"1", b"2", b"3", b"4", b"5"):
        lose(inviting, commit, JUN)
    assert [JUN] * 4 == after_all(inviting, b"1", b"2", b"3", b"4", b"5")
