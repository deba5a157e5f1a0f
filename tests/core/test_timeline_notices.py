"""Lines that a device writes into a room's history itself: what each change is told as, where it stands, and once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec
import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.model.content import Notice, NoticeKind, Text
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.facts.messages import MessageStored
from nullabona.client.core.model.facts.people import ContactAccepted, ContactChanged, IdentityChanged
from nullabona.client.core.model.facts.rooms import RelayLostBox
from nullabona.client.core.model.facts.signals import MembershipEnded
from nullabona.client.core.model.proofs import RemovalOrder
from nullabona.client.core.model.records import Contact, ContactState, Device, Message, MessageState
from nullabona.client.core.model.room_info import RoomInfo
from nullabona.client.core.timeline import kinds, notices
from tests.core.stage import RELAY, START, Other, rows
from tests.core.talk import JUN, NARI, STRANGER, Talk

COMMIT = b"c" * 32
TABLET = Other("jun", 1)


def lines(talk: Talk, room: bytes = b"") -> list[Notice]:
    """The notices in a room's history, in order."""
    found = [kinds.stored(line) for line in talk.step.store.messages(room or talk.group.id, after=-(1 << 62))]
    return [body for body in found if isinstance(body, Notice)]


def roster(talk: Talk, *others: Other) -> dict[int, Device]:
    """The group's devices as they would be with these beside mine."""
    mine = talk.step.roster(talk.group.id)[0]
    return {0: mine} | {leaf: other.row(talk.group.id, leaf) for leaf, other in enumerate(others, 1)}


def after_commit(
    talk: Talk,
    before: tuple[RoomInfo, Mapping[int, Device]],
    *orders: RemovalOrder,
    by: bytes = NARI.account,
    by_link: tuple[bytes, ...] = (),
) -> list[Notice]:
    """What is told of a commit that made of ``before`` what is now."""
    notices.of_commit(talk.step, talk.group, COMMIT, by, orders, before, by_link=by_link)
    return lines(talk)


def order(account: Other, signer: Other) -> RemovalOrder:
    """Somebody's word that an account is to go."""
    return RemovalOrder(b"r" * 32, account.account, (b"h" * 32,), signer.signature_key, b"s" * 64)


# -- where they stand ---------------------------------------------------------------------------------------------


def test_a_notice_is_a_line_behind_what_is_there_that_counts_as_read(talk: Talk) -> None:
    """It is told; its place is between two frames, so that what comes next stands behind it."""
    line = talk.said(Text("hi"), JUN, position=32)
    notices.add(talk.step, talk.group.id, Notice(NoticeKind.WARNING, JUN.account, text="odd"))
    (notice,) = [row for row in talk.step.store.messages(talk.group.id) if row.id != line.id]
    body = msgspec.msgpack.encode(Notice(NoticeKind.WARNING, JUN.account, text="odd"))
    row = Message(talk.group.id, notice.id, JUN.account, b"", START, 33, 0, MessageState.RECEIVED, b"", b"", 0, body)
    assert (replace(row, kind="notice"), 16) == (notice, len(notice.id))
    assert [("notice", talk.group.id, {"message": notice.id})] == rows(talk.step)


def test_no_notice_takes_the_place_of_the_next_frame(talk: Talk) -> None:
    """The last place before it is shared."""
    talk.said(Text("hi"), JUN, position=30)
    for _ in range(3):
        notices.add(talk.step, talk.group.id, Notice(NoticeKind.RELAY_LOST_BOX))
    assert [30, 31, 31, 31] == [row.position for row in talk.step.store.messages(talk.group.id)]


def test_the_first_line_of_a_room_may_be_a_notice(talk: Talk) -> None:
    """At the room's first place: a place before it would make it a line of another messenger."""
    notices.add(talk.step, talk.group.id, Notice(NoticeKind.RELAY_LOST_BOX))
    assert [(0, False)] == [(row.position, row.imported) for row in talk.step.store.messages(talk.group.id)]


def test_a_notice_with_an_id_stands_there_once(talk: Talk) -> None:
    """At the place that it was given, the first one too."""
    for what in (NoticeKind.CREATED, NoticeKind.JOINED):
        notices.add(talk.step, talk.group.id, Notice(what), position=0, id=b"i" * 16, epoch=3)
    (row,) = talk.step.store.messages(talk.group.id)
    assert (b"i" * 16, 0, 3, Notice(NoticeKind.CREATED)) == (row.id, row.position, row.epoch, kinds.stored(row))


def test_what_a_commit_did_stands_at_the_beginning_of_its_epoch(talk: Talk) -> None:
    """One place after the other, the same for everybody who tells of the same commit, and once."""
    talk.group.current.epoch = 2
    before = (msgspec.structs.replace(talk.group.info, name="old", timer_s=9), roster(talk))
    for _ in range(2):
        after_commit(talk, before)
    rows = talk.step.store.messages(talk.group.id)
    start = (2 << 40) - 64
    assert [(start, 2), (start + 1, 2), (start + 2, 2)] == [(row.position, row.epoch) for row in rows]
    first = {row.id for row in rows}
    notices.of_commit(talk.step, talk.group, b"d" * 32, NARI.account, (), before)
    assert (6, [16] * 3) == (len(talk.step.store.messages(talk.group.id)), [len(id) for id in first])


def test_many_notices_of_one_commit_share_the_last_place(talk: Talk) -> None:
    """Sixty stand one behind the other; all of them are there."""
    crowd = [Other(f"guest{number}") for number in range(70)]
    after_commit(talk, (talk.group.info, roster(talk, JUN, NARI, *crowd)))
    assert [*range(60), *[60] * 10] == [row.position for row in talk.step.store.messages(talk.group.id)]


# -- who came and went --------------------------------------------------------------------------------------------


def test_who_came_is_told_in_one_line(talk: Talk) -> None:
    """With who had them come."""
    added = tuple(sorted((JUN.account, NARI.account)))
    assert [Notice(NoticeKind.MEMBER_ADDED, talk.me, added)] == after_commit(
        talk, (talk.group.info, roster(talk)), by=talk.me
    )


def test_who_followed_a_link_was_added_by_nobody(talk: Talk) -> None:
    """Each of them came; who did not come is not mentioned, whatever the committer says."""
    before = (talk.group.info, roster(talk))
    assert [
        Notice(NoticeKind.MEMBER_ADDED, talk.me, (JUN.account,)),
        Notice(NoticeKind.MEMBER_CAME, talk.me, (NARI.account,)),
    ] == after_commit(talk, before, by=talk.me, by_link=(STRANGER.account, NARI.account))


def test_who_went_is_told_with_who_wanted_it(talk: Talk) -> None:
    """Whoever signed the order; if that is nobody who was in, whoever carried it out. Who wanted it themselves left."""
    gone = [Other(name) for name in ("a", "b", "c", "d")]
    left, by_jun, by_nobody, unordered = gone
    told = after_commit(
        talk,
        (talk.group.info, roster(talk, JUN, NARI, *gone)),
        order(left, left),
        order(by_jun, JUN),
        order(by_nobody, STRANGER),
    )
    expected = {
        left.account: Notice(NoticeKind.LEFT, left.account),
        by_jun.account: Notice(NoticeKind.MEMBER_REMOVED, JUN.account, (by_jun.account,)),
        by_nobody.account: Notice(NoticeKind.MEMBER_REMOVED, NARI.account, (by_nobody.account,)),
        unordered.account: Notice(NoticeKind.MEMBER_REMOVED, NARI.account, (unordered.account,)),
    }
    assert [expected[account] for account in sorted(expected)] == told


def test_devices_of_people_who_stay_are_told(talk: Talk) -> None:
    """What came, what went, and what has another key; not of those who come or go themselves."""
    renewed = replace(NARI.row(talk.group.id, 2), signature_key=b"other" * 6 + b"!!")
    before = {**roster(talk, TABLET, NARI), 2: renewed, 3: STRANGER.row(talk.group.id, 3)}
    talk.step.store.put_devices([Other("guest").row(talk.group.id, 4)])
    talk.step.roster_changed(talk.group.id)
    told = after_commit(talk, (talk.group.info, before), order(STRANGER, STRANGER))
    assert [
        Notice(NoticeKind.MEMBER_ADDED, NARI.account, (Other("guest").account,)),
        Notice(NoticeKind.LEFT, STRANGER.account),
        Notice(NoticeKind.DEVICE_ADDED, JUN.account),
        Notice(NoticeKind.DEVICE_REMOVED, JUN.account),
        Notice(NoticeKind.DEVICE_RENEWED, NARI.account),
    ] == told


def test_a_commit_that_changes_nothing_people_see_is_not_told(talk: Talk) -> None:
    """As when keys are renewed."""
    assert [] == after_commit(talk, (talk.group.info, roster(talk, JUN, NARI)))


# -- name, timer, admins ------------------------------------------------------------------------------------------


def test_another_name_and_timer_are_told(talk: Talk) -> None:
    """As they are now, each alone too."""
    before = talk.group.info
    talk.group.info = msgspec.structs.replace(before, name="new")
    assert [Notice(NoticeKind.RENAMED, NARI.account, text="new")] == after_commit(
        talk, (before, roster(talk, JUN, NARI))
    )
    talk.group.info = msgspec.structs.replace(before, timer_s=60)
    notices.of_commit(talk.step, talk.group, b"d" * 32, JUN.account, (), (before, roster(talk, JUN, NARI)))
    assert Notice(NoticeKind.TIMER_CHANGED, JUN.account, text="60") in lines(talk)


def admins(talk: Talk, before: tuple[bytes, ...], now: tuple[bytes, ...], *was_in: Other) -> list[Notice]:
    """What is told when a commit by Nari makes others admins."""
    info = RoomInfo(1, "group", "family", RELAY, before)
    talk.group.info = RoomInfo(1, "group", "family", RELAY, now)
    return [
        notice
        for notice in after_commit(talk, (info, roster(talk, *was_in)))
        if notice.what not in {NoticeKind.LEFT, NoticeKind.MEMBER_REMOVED}
    ]


def test_who_is_made_an_admin_and_who_is_no_more_is_told(talk: Talk) -> None:
    """By whom, each group in one line."""
    assert [
        Notice(NoticeKind.ADMIN_ADDED, NARI.account, (NARI.account, JUN.account)),
        Notice(NoticeKind.ADMIN_REMOVED, NARI.account, (talk.me,)),
    ] == admins(talk, (talk.me,), (NARI.account, JUN.account), JUN, NARI)


def test_an_admin_who_went_is_not_told_as_dismissed(talk: Talk) -> None:
    """That they went is."""
    assert [] == admins(talk, (STRANGER.account, JUN.account), (JUN.account,), JUN, NARI, STRANGER)


def test_who_follows_the_last_admin_was_made_one_by_nobody(talk: Talk) -> None:
    """As no other was left; also if the one before is in with another device now."""
    assert [Notice(NoticeKind.ADMIN_FOLLOWED, talk.me)] == admins(
        talk, (STRANGER.account,), (talk.me,), JUN, NARI, STRANGER
    )


def test_a_device_at_the_place_of_another_does_not_stay(talk: Talk) -> None:
    """Its account came anew: it follows nobody, and was not there to be followed."""
    assert [
        Notice(NoticeKind.ADMIN_FOLLOWED, talk.me),
        Notice(NoticeKind.ADMIN_REMOVED, NARI.account, (JUN.account,)),
    ] == [
        notice
        for notice in admins(talk, (JUN.account,), (talk.me,), TABLET, NARI)
        if notice.what not in {NoticeKind.DEVICE_ADDED, NoticeKind.DEVICE_REMOVED}
    ]


def test_another_branch_has_another_name(talk: Talk) -> None:
    """Told as the word of who led there, at the beginning of the epoch, once; of people nothing."""
    before = msgspec.structs.replace(talk.group.info, name="theirs", timer_s=5, admins=(talk.me, JUN.account))
    talk.group.current.epoch = 3
    for _ in range(2):
        notices.of_branch(talk.step, talk.group, COMMIT, JUN.account, before)
    assert [
        Notice(NoticeKind.RENAMED, JUN.account, text="family"),
        Notice(NoticeKind.ADMIN_REMOVED, JUN.account, (JUN.account,)),
        Notice(NoticeKind.TIMER_CHANGED, JUN.account, text="0"),
    ] == lines(talk)
    start = (3 << 40) - 64
    assert [(start + n, 3, 16) for n in range(3)] == [
        (row.position, row.epoch, len(row.id)) for row in talk.step.store.messages(talk.group.id)
    ]


def test_that_we_came_in_stands_before_what_was_said_since(talk: Talk) -> None:
    """Once for a way in."""
    talk.group.current.epoch = 2
    for _ in range(2):
        notices.entered(talk.step, talk.group, JUN.account, NoticeKind.JOINED)
    (row,) = talk.step.store.messages(talk.group.id)
    assert ((2 << 40) - 49, 2, Notice(NoticeKind.JOINED, JUN.account)) == (row.position, row.epoch, kinds.stored(row))


# -- what only this device knows ----------------------------------------------------------------------------------


ROOM = b"f" * 32
"""A room that is not known."""


def befriended(talk: Talk, other: Other = JUN, *, room: bytes = b"") -> Contact:
    """A contact, by default one whose room of two is not known."""
    contact = Contact(other.account, other.handle, "", ContactState.ACCEPTED, room, "", b"")
    talk.step.store.put_contact(contact)
    return contact


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (RelayLostBox(ROOM, 1), Notice(NoticeKind.RELAY_LOST_BOX)),
        (Warned(room=ROOM, code="fork"), Notice(NoticeKind.WARNING, text="fork")),
        (
            Warned(room=ROOM, code="card-changed", detail={"handle": JUN.handle}),
            Notice(NoticeKind.WARNING, text="card-changed"),
        ),
        (MembershipEnded(ROOM, JUN.account, left=False, others=()), Notice(NoticeKind.REMOVED, JUN.account)),
        (MembershipEnded(ROOM, b"", left=False, others=()), Notice(NoticeKind.REMOVED)),
        (MessageStored(ROOM, b"i" * 16, JUN.account, JUN.handle), None),
    ],
)
def test_what_happened_in_a_room_is_told_there(
    talk: Talk, fact: RelayLostBox | Warned | MembershipEnded | MessageStored, told: Notice | None
) -> None:
    """What belongs into its history, and nothing of a room that is not known."""
    befriended(talk)
    talk.step.tell(msgspec.structs.replace(fact, room=talk.group.id))
    talk.step.tell(fact)
    notices.of_facts(talk.step)
    assert ([told] if told else [], [], []) == (lines(talk), lines(talk, talk.direct.id), lines(talk, ROOM))


def test_whom_an_own_device_put_out_is_told_of_no_removal(talk: Talk) -> None:
    """Nobody of the room did it; neither when the other device's commit comes first, nor after this one signed out."""
    talk.step.tell(MembershipEnded(talk.group.id, talk.me, left=False, others=()))
    notices.of_facts(talk.step)
    own_devices.note_signed_out(talk.step.store)
    talk.step.tell(MembershipEnded(talk.group.id, b"", left=False, others=()))
    notices.of_facts(talk.step)
    assert [] == lines(talk)


def test_that_we_left_is_our_own_word(talk: Talk) -> None:
    """Said with our account."""
    talk.step.tell(MembershipEnded(talk.group.id, b"", left=True, others=()))
    talk.step.tell(MembershipEnded(b"", b"", left=True, others=()))
    notices.of_facts(talk.step)
    assert [Notice(NoticeKind.LEFT, talk.me)] == lines(talk)


def test_a_loss_of_several_boxes_is_told_once(talk: Talk) -> None:
    """Until something else stands behind it."""
    loss, end = RelayLostBox(talk.group.id, 1), MembershipEnded(talk.group.id, b"", left=True, others=())
    for fact in (loss, loss, end, loss):
        talk.step.tell(fact)
    notices.of_facts(talk.step)
    lost = Notice(NoticeKind.RELAY_LOST_BOX)
    assert sorted([lost.what, NoticeKind.LEFT, lost.what]) == sorted(notice.what for notice in lines(talk))


def test_that_a_request_was_accepted_stands_in_the_room_of_two_once(talk: Talk) -> None:
    """Whoever accepted; no other news of a contact, and nothing where there is no room or contact."""
    befriended(talk, room=talk.direct.id)
    befriended(talk, NARI)
    talk.step.tell(ContactChanged(JUN.account, JUN.handle, "requested"))
    notices.of_facts(talk.step)
    assert [] == lines(talk, talk.direct.id)
    for other in (JUN, JUN, NARI, STRANGER):
        talk.step.tell(ContactAccepted(other.account, other.handle))
    notices.of_facts(talk.step)
    notices.add(talk.step, talk.direct.id, Notice(NoticeKind.RELAY_LOST_BOX))
    notices.of_facts(talk.step)
    assert {NoticeKind.ACCEPTED: 1, NoticeKind.RELAY_LOST_BOX: 1} == {
        notice.what: lines(talk, talk.direct.id).count(notice) for notice in lines(talk, talk.direct.id)
    }
    assert Notice(NoticeKind.ACCEPTED, JUN.account) in lines(talk, talk.direct.id)
    assert {16} == {len(row.id) for row in talk.step.store.messages(talk.direct.id)}
    assert [] == lines(talk)


@pytest.mark.parametrize(
    ("fact", "what"),
    [
        (IdentityChanged(b"", JUN.account, JUN.handle, was_verified=False), NoticeKind.IDENTITY_CHANGED),
        (Warned(code="card-changed", detail={"handle": JUN.handle}), NoticeKind.CARD_CHANGED),
    ],
)
def test_what_a_handle_was_shown_to_be_is_told_in_every_room_with_the_contact(
    talk: Talk, fact: IdentityChanged | Warned, what: NoticeKind
) -> None:
    """Once, until something else was said; of somebody who is no contact nowhere."""
    talk.step.tell(fact)
    notices.of_facts(talk.step)
    assert ([], []) == (lines(talk), lines(talk, talk.direct.id))
    befriended(talk)
    for _ in range(2):
        notices.of_facts(talk.step)
    assert ([Notice(what, JUN.account)],) * 2 == (lines(talk), lines(talk, talk.direct.id))


def test_one_thing_that_is_not_told_hides_none_that_is(talk: Talk) -> None:
    """Everything that happened in a step is looked at."""
    befriended(talk)
    talk.step.tell(IdentityChanged(b"", JUN.account, JUN.handle, was_verified=False))
    talk.step.tell(MessageStored(talk.group.id, b"i" * 16, JUN.account, JUN.handle))
    talk.step.tell(RelayLostBox(talk.group.id, 1))
    notices.of_facts(talk.step)
    assert {NoticeKind.IDENTITY_CHANGED, NoticeKind.RELAY_LOST_BOX} == {notice.what for notice in lines(talk)}


def test_a_warning_of_no_room_is_told_in_none(talk: Talk) -> None:
    """But for a contact's card it concerns nobody there."""
    befriended(talk)
    talk.step.tell(Warned(code="log-replaced", detail={"handle": JUN.handle}))
    notices.of_facts(talk.step)
    assert ([], []) == (lines(talk), lines(talk, talk.direct.id))
