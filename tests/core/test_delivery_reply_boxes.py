"""Where the answer to a contact request is waited for, and what is read there (room.md §9)."""

from __future__ import annotations

from hashlib import sha256

import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.delivery.reply_boxes import MOST_NAMELESS, SECRET_SIZE
from nullabona.client.core.model.facts.signals import ReplyBoxesChanged
from nullabona.client.core.model.inbox_items import Gone
from nullabona.client.core.model.outbox_targets import ReplyFrame
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import JOINED, LEFT, REJOINING, REMOVED
from nullabona.wire.address import epoch_keys
from nullabona.wire.messages import Frames
from nullabona.wire.seal import Inbox
from tests.core.stage import RELAY, START, Other, Stage

JUN, SORA = Other("jun"), Other("sora")
MONTH = 30 * 86_400_000
KEPT = "replies"


def asked(*others: Other) -> Stage:
    """A device that asked these to talk."""
    stage = Stage()
    for other in others:
        stage.contact(other, ContactState.REQUESTED)
    return stage


def expect(stage: Stage, other: Other) -> bytes:
    """Wait for an answer."""
    with stage.step() as step:
        return reply_boxes.expect(step, other.account)


def read(stage: Stage, secret: bytes, after: int, *frames: bytes, **about: object) -> list[bytes]:
    """A read of the box brought these frames, the first of which is number ``after`` + 1."""
    numbered = tuple((after + n, frame) for n, frame in enumerate(frames, 1))
    answer = Frames(about.get("incarnation", b"i" * 8), about.get("head", after + len(frames)), numbered)  # type: ignore[arg-type]
    with stage.step() as step:
        return reply_boxes.take_frames(step, epoch_keys(secret).box.address, after, answer)


def position(stage: Stage, other: Other) -> tuple[bytes, int]:
    """Where we stand in the box for somebody's answer."""
    with stage.step() as step:
        return next(
            (box.incarnation, box.position) for box in reply_boxes.followed(step) if box.account == other.account
        )


def test_an_answer_is_waited_for_in_a_box_of_its_own() -> None:
    """At our relay, for a month; asking again keeps the box; another account has another."""
    stage = asked(JUN, SORA)
    first, second = expect(stage, JUN), expect(stage, SORA)
    assert (SECRET_SIZE, True, first) == (len(first), first != second, expect(stage, JUN))
    with stage.step() as step:
        found = [(box.account, box.secret, box.relay, box.until) for box in reply_boxes.followed(step)]
        assert [first, second, b""] == [
            reply_boxes.secret_for(step, each.account) for each in (JUN, SORA, Other("yuna"))
        ]
    until = START + MONTH
    assert [(JUN.account, first, RELAY, until), (SORA.account, second, RELAY, until)] == found


def test_another_box_for_the_same_answer_takes_the_place_of_the_first() -> None:
    """As another device of the account chose it."""
    stage = asked(JUN, SORA)
    expect(stage, JUN)
    expect(stage, SORA)
    with stage.step() as step:
        assert b"s" * 32 == reply_boxes.follow(step, JUN.account, b"s" * 32)
        assert [(SORA.account, False), (JUN.account, True)] == [
            (box.account, box.secret == b"s" * 32) for box in reply_boxes.followed(step)
        ]
        assert ReplyBoxesChanged() in step.told


@pytest.mark.parametrize(("now", "follows"), [(START + MONTH - 1, True), (START + MONTH, False)])
def test_a_box_is_followed_for_a_month(now: int, *, follows: bool) -> None:
    """Not a moment longer."""
    stage = asked(JUN)
    expect(stage, JUN)
    with stage.step(now) as step:
        assert follows is bool(reply_boxes.followed(step))


@pytest.mark.parametrize("state", [ContactState.ACCEPTED, ContactState.BLOCKED])
def test_nothing_is_waited_for_of_whom_we_do_not_ask(state: ContactState) -> None:
    """They answered, or the person wants nothing of them any more; nor of who is no contact."""
    stage = asked(JUN)
    expect(stage, JUN)
    expect(stage, SORA)
    stage.contact(JUN, state)
    with stage.step() as step:
        assert [] == reply_boxes.followed(step)


def test_a_device_that_was_put_out_follows_nothing() -> None:
    """It leaves the answers to the account's others."""
    stage = asked(JUN)
    expect(stage, JUN)
    with stage.step() as step:
        own_devices.note_signed_out(step.store)
        assert [] == reply_boxes.followed(step)


def test_what_has_come_is_forgotten_and_nothing_else_is() -> None:
    """With the last box the whole list goes; forgetting nothing changes nothing."""
    stage = asked(JUN, SORA)
    expect(stage, JUN)
    expect(stage, SORA)
    stage.contact(JUN, room=stage.room(JUN, kind=DIRECT))
    with stage.step() as step:
        reply_boxes.drop(step, JUN.account)
        assert ([SORA.account], True) == (
            [box.account for box in reply_boxes.followed(step)],
            ReplyBoxesChanged() in step.told,
        )
    with stage.step() as step:
        reply_boxes.drop(step, JUN.account)
        assert ReplyBoxesChanged() not in step.told
    stage.contact(SORA, room=stage.room(SORA, kind=DIRECT))
    with stage.step() as step:
        reply_boxes.drop(step, SORA.account)
        assert step.store.get_value(KEPT) is None


def test_what_is_read_is_opened_once() -> None:
    """Frames come in order; a read from elsewhere than where we stand, or of an unknown box, brings nothing."""
    stage = asked(JUN, SORA)
    secret = expect(stage, JUN)
    expect(stage, SORA)
    assert [b"one", b"two"] == read(stage, secret, 0, b"one", b"two")
    assert (b"i" * 8, 2) == position(stage, JUN)
    assert [] == read(stage, secret, 0, b"one", b"two")
    assert [] == read(stage, b"x" * 32, 2, b"three")
    assert [b"three"] == read(stage, secret, 2, b"three", head=9)
    assert ((b"i" * 8, 3), (b"", 0)) == (position(stage, JUN), position(stage, SORA))


def test_where_nothing_lies_the_head_counts() -> None:
    """What lay below it has expired; a head below where we stand brings us back nowhere."""
    stage = asked(JUN)
    secret = expect(stage, JUN)
    assert [] == read(stage, secret, 0, head=5)
    assert (b"i" * 8, 5) == position(stage, JUN)
    assert [] == read(stage, secret, 5, head=3)
    assert (b"i" * 8, 5) == position(stage, JUN)


def test_a_box_that_was_made_anew_is_read_from_its_beginning() -> None:
    """What came with that answer lies behind what was not read yet."""
    stage = asked(JUN)
    secret = expect(stage, JUN)
    read(stage, secret, 0, b"one", b"two")
    assert [] == read(stage, secret, 2, b"three", incarnation=b"j" * 8)
    assert (b"j" * 8, 0) == position(stage, JUN)
    assert [b"uno"] == read(stage, secret, 0, b"uno", incarnation=b"j" * 8)


def test_only_what_changes_is_written() -> None:
    """A read that brought nothing changes no list of reads; boxes that are over are dropped at the next read."""
    stage = asked(JUN, SORA)
    secret = expect(stage, JUN)
    expect(stage, SORA)
    read(stage, secret, 0, head=0)
    address = epoch_keys(secret).box.address
    with stage.step() as step:
        reply_boxes.take_frames(step, address, 0, Frames(b"i" * 8, 0, ()))
        assert ReplyBoxesChanged() not in step.told
    stage.contact(SORA)
    with stage.step() as step:
        reply_boxes.take_frames(step, address, 0, Frames(b"i" * 8, 0, ()))
        assert ReplyBoxesChanged() in step.told
    stage.contact(SORA, ContactState.REQUESTED)
    with stage.step() as step:
        assert [JUN.account] == [box.account for box in reply_boxes.followed(step)]


def test_where_somebody_waits_for_our_answer_is_used_once() -> None:
    """A secret of the right size; anything else takes it back."""
    stage = Stage()
    with stage.step() as step:
        for secret in (b"s" * 31, b"s" * 33, b""):
            reply_boxes.note(step, JUN.account, b"t" * 32)
            reply_boxes.note(step, JUN.account, secret)
            assert b"" == reply_boxes.noted(step, JUN.account)
        reply_boxes.note(step, JUN.account, b"t" * 32)
        assert [b"t" * 32, b"t" * 32, b"", b""] == [
            reply_boxes.noted(step, JUN.account),
            reply_boxes.take_note(step, JUN.account),
            reply_boxes.noted(step, JUN.account),
            reply_boxes.take_note(step, JUN.account),
        ]


def test_nothing_is_waited_for_of_who_is_blocked_nor_by_them() -> None:
    """Neither their answer nor ours. Nothing is told of it later."""
    stage = asked(JUN)
    expect(stage, JUN)
    stage.contact(JUN, ContactState.BLOCKED)
    with stage.step() as step:
        reply_boxes.note(step, JUN.account, b"t" * 32)
        reply_boxes.drop(step, JUN.account)
        assert (None, b"") == (step.store.get_value(KEPT), reply_boxes.noted(step, JUN.account))
        assert b"" == reply_boxes.take_answered(step, JUN.account)


@pytest.mark.parametrize("deleted", [True, False], ids=["deleted", "asks us meanwhile"])
def test_an_answer_that_may_be_on_its_way_is_read(deleted: bool) -> None:  # noqa: FBT001 - see ids
    """Of a contact that was deleted, without their name: nothing tells whom we had asked."""
    stage = asked(JUN)
    secret = expect(stage, JUN)
    if not deleted:
        stage.contact(JUN, ContactState.ASKING)
    with stage.step() as step:
        if deleted:
            step.store.drop_contact(JUN.account)
        reply_boxes.drop(step, JUN.account)
        assert [secret] == [box.secret for box in reply_boxes.followed(step)]
        assert deleted is (JUN.account not in (step.store.get_value(KEPT) or b""))
    assert [b"answer"] == read(stage, secret, 0, b"answer")
    with stage.step(START + MONTH) as step:
        assert [] == reply_boxes.followed(step)


def test_who_is_accepted_may_have_accepted_us() -> None:
    """Their answer is read, though nobody waits for it. A later question has another box."""
    stage = asked(JUN)
    secret = expect(stage, JUN)
    with stage.step() as step:
        reply_boxes.wait_no_more(step, JUN.account)
        reply_boxes.wait_no_more(step, JUN.account)
    stage.contact(JUN, room=stage.room(JUN, kind=DIRECT))
    with stage.step() as step:
        reply_boxes.drop(step, JUN.account)
        assert ([secret], b"") == ([box.secret for box in reply_boxes.followed(step)],
                                   reply_boxes.secret_for(step, JUN.account))  # fmt: skip
    stage.contact(JUN, ContactState.REQUESTED)
    assert secret != expect(stage, JUN)
    with stage.step() as step:
        assert 2 == len(reply_boxes.followed(step))


@pytest.mark.parametrize("more", [0, 1])
def test_of_answers_that_nobody_waits_for_the_newest_boxes_are_followed(more: int) -> None:
    """And every box of an answer that somebody waits for."""
    others = [Other(f"other{number}") for number in range(MOST_NAMELESS + more)]
    stage = asked(JUN, *others)
    kept = expect(stage, JUN)
    secrets = [expect(stage, other) for other in others]
    with stage.step() as step:
        for other in others:
            step.store.drop_contact(other.account)
            reply_boxes.drop(step, other.account)
        assert {kept, *secrets[more:]} == {box.secret for box in reply_boxes.followed(step)}


@pytest.mark.parametrize(
    ("phase", "follows"), [("", True), (LEFT, True), (REMOVED, True), (JOINED, False), (REJOINING, False)]
)
def test_an_answer_to_another_device_is_waited_for_here(phase: str, *, follows: bool) -> None:
    """The contact has accepted, as the other device told; this one is not in the room yet, or no more."""
    stage = asked(JUN)
    secret = expect(stage, JUN)
    stage.contact(JUN, room=stage.room(JUN, kind=DIRECT, phase=phase) if phase else b"r" * 32)
    with stage.step() as step:
        reply_boxes.drop(step, JUN.account)
        assert [secret] * follows == [box.secret for box in reply_boxes.followed(step)]
        assert follows is (step.store.get_value(KEPT) is not None)


@pytest.mark.parametrize("others", [0, 1])
def test_the_other_devices_are_told_once_where_the_answer_came(others: int) -> None:
    """If there are any."""
    stage = asked(JUN)
    stage.name_devices(*(stage.also(number) for number in range(1, others + 1)))
    secret = expect(stage, JUN)
    stage.contact(JUN, room=stage.room(JUN, kind=DIRECT))
    with stage.step() as step:
        reply_boxes.drop(step, JUN.account)
        assert secret[: 32 * others] == reply_boxes.take_answered(step, JUN.account)
        assert b"" == reply_boxes.take_answered(step, JUN.account)


def test_where_the_answer_of_a_contact_came_goes_with_the_contact() -> None:
    """No device was told before they were deleted."""
    stage = asked(JUN)
    stage.name_devices(stage.also(1))
    expect(stage, JUN)
    stage.contact(JUN, room=stage.room(JUN, kind=DIRECT))
    with stage.step() as step:
        reply_boxes.drop(step, JUN.account)
        step.store.drop_contact(JUN.account)
        reply_boxes.drop(step, JUN.account)
        assert b"" == reply_boxes.take_answered(step, JUN.account)


def test_a_reply_replaces_what_has_not_left_for_that_box() -> None:
    """Its relay may have been away while it was repeated. What is for another box still waits."""
    stage = Stage()
    with stage.step() as step:
        for secret, room in ((b"t", b"1"), (b"u", b"2"), (b"t", b"3")):
            reply_boxes.queue_reply(step, secret * 32, JUN.inbox, RELAY, Gone(room * 32))
    places = {epoch_keys(secret * 32).box.address: secret for secret in (b"t", b"u")}
    found = [(places[item.target.box], item) for item in stage.outbox(ReplyFrame)]  # type: ignore[union-attr]
    sent = {secret: JUN.opened(item.data, epoch_keys(secret * 32).box.address) for secret, item in found}
    assert (2, {b"t": Gone(b"3" * 32), b"u": Gone(b"2" * 32)}) == (len(found), sent)


@pytest.mark.parametrize(("named", "expected"), [("wss://two.example", "wss://two.example"), ("", RELAY)])
def test_a_reply_is_sealed_to_the_asker_and_lies_in_their_box(named: str, expected: str) -> None:
    """At the relay of their inbox, or the given one if it names none; it wakes as a room of two does."""
    stage, secret = Stage(), b"t" * 32
    inbox = Inbox(JUN.inbox.read_hash, JUN.inbox.write_secret, JUN.inbox.hpke_key, named)
    with stage.step() as step:
        reply_boxes.queue_reply(step, secret, inbox, RELAY, Gone(b"r" * 32))
    (item,) = stage.outbox(ReplyFrame)
    address = epoch_keys(secret).box.address
    target = item.target
    assert isinstance(target, ReplyFrame)
    assert (ReplyFrame(expected, address, secret), 2) == (target, target.leaves)
    assert (Gone(b"r" * 32), sha256(item.data).digest()) == (JUN.opened(item.data, address), item.ref)


def test_a_reply_box_shows_no_secret() -> None:
    """Only how far it was read."""
    stage = asked(JUN)
    expect(stage, JUN)
    with stage.step() as step:
        assert ["<ReplyBox position=0>"] == [repr(box) for box in reply_boxes.followed(step)]
