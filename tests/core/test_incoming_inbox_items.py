"""The account's inbox: where it is read on, what waits, what is erased, and who pushes whom out (spec/room.md §9)."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.devices import inbox_state, shared_inbox
from nullabona.client.core.devices.inbox_state import FormerInbox, InboxState, WaitingItem
from nullabona.client.core.identity import device_certificates
from nullabona.client.core.incoming import inbox_items
from nullabona.client.core.model.inbox_items import ContactRequest, Invitation, ItemBody, sign_item
from nullabona.client.core.model.outbox_targets import InboxTrim, RoomFrame
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DEVICES
from nullabona.client.core.model.sync_items import InboxItem
from nullabona.client.core.read_requests import inbox_reads
from nullabona.client.core.step import Step
from nullabona.wire.address import Address, epoch_keys
from nullabona.wire.blob import BlobRef, cut_blob, encode_ref
from nullabona.wire.messages import Frames
from nullabona.wire.seal import ITEM_DIRECT, ITEM_INDIRECT, seal_to_inbox, seal_to_place
from tests.core.stage import EVER, RELAY, Other, Randomness, Stage, out, set_time

JUN, DORA, EVE = Other("jun"), Other("dora"), Other("eve")
ELSEWHERE = "wss://two.example:443/v1"


@dataclass
class Box:
    """Our inbox, and what others put into it."""

    stage: Stage = field(default_factory=Stage)

    def item(self, other: Other, body: ItemBody) -> bytes:
        """A signed item of somebody for our inbox."""
        return sign_item(other.mls, Address(self.stage.person.card.inbox.address), body)

    def frame(self, other: Other, body: ItemBody, first: bytes = ITEM_DIRECT) -> bytes:
        return self.sealed(first + self.item(other, body))

    def sealed(self, plain: bytes) -> bytes:
        return seal_to_inbox(self.stage.person.card.inbox, plain)


def state_of(step: Step, **about: object) -> InboxState:
    state = inbox_state.load(step)
    assert state is not None
    for name, value in about.items():
        setattr(state, name, value)
    return state


def read(
    step: Step,
    state: InboxState,
    *frames: bytes,
    after: int = 0,
    head: int = -1,
    relay: str = RELAY,
    at: bytes = b"inc",
) -> None:
    """A read of the inbox brings these, numbered from behind ``after``."""
    answer = Frames(at, after + len(frames) if head < 0 else head, tuple(enumerate(frames, after + 1)))
    assert [] == inbox_items.take_frames(step, state, after, answer, relay)


def test_an_inbox_is_read_to_its_end_or_it_is_not() -> None:
    """A device that stops between two pages knows that there was more; one that was there knows when."""
    box = Box()
    with box.stage.step() as step:
        state = state_of(step, incarnation=b"inc", position=3)
        (before,) = inbox_reads(state)
        read(step, state, b"page", after=3, head=5)
        (between,) = inbox_reads(state)
        read(step, state, b"page", after=4, head=5)
        (after,) = inbox_reads(state)
        read(step, state, after=5, head=5)
    assert [0, 0, step.now] == [want.read_at for want in (before, between, after)]
    assert 3 == len({want.wake_secret for want in (before, between, after)})


def asking(step: Step) -> list[bytes]:
    """Who asks to talk."""
    return [each.account for each in step.store.contacts() if each.state is ContactState.ASKING]


def request(other: Other) -> ContactRequest:
    return ContactRequest(other.card().encoded, "hello")


# -- reading on -----------------------------------------------------------------------------------------------------


def test_what_lies_in_the_inbox_is_acted_on_in_order_and_once() -> None:
    """The place is remembered, and there is something to erase soon."""
    box = Box()
    frames = [box.frame(JUN, request(JUN)), box.frame(DORA, request(DORA))]
    with box.stage.step() as step:
        state = state_of(step)
        read(step, state, *frames)
        assert ({JUN.account, DORA.account}, 2, b"inc") == (set(asking(step)), state.position, state.incarnation)
        assert 120_001 == set_time(state.trim_at) - step.now
        step.store.drop_contact(JUN.account)
        read(step, state, frames[0], after=2)
        assert ([DORA.account], 3) == (asking(step), state.position)


def test_an_answer_to_an_older_question_brings_nothing() -> None:
    """It was asked from where we are not any more."""
    box = Box()
    with box.stage.step() as step:
        state = state_of(step, incarnation=b"inc", position=5)
        read(step, state, box.frame(JUN, request(JUN)), after=4)
        assert ([], 5) == (asking(step), state.position)


def test_numbers_that_go_back_do_not_lead_back() -> None:
    """The highest one counts, whatever the relay gives last."""
    box = Box()
    with box.stage.step() as step:
        state = state_of(step, incarnation=b"inc", position=5)
        answer = Frames(b"inc", 9, ((9, b"x"), (7, b"y")))
        inbox_items.take_frames(step, state, 5, answer, RELAY)
        assert 9 == state.position


@pytest.mark.parametrize(("head", "position"), [(5, 5), (9, 9)])
def test_an_empty_answer_leads_to_the_boxs_end(head: int, position: int) -> None:
    """What lay between is gone; nothing is erased for it."""
    with Stage().step() as step:
        state = state_of(step, incarnation=b"inc", position=5)
        read(step, state, after=5, head=head)
        assert (position, None) == (state.position, state.trim_at)


def test_another_incarnation_is_read_from_its_beginning() -> None:
    """Of the answer that shows it nothing is taken; nothing of it was erased yet."""
    box = Box()
    with box.stage.step() as step:
        state = state_of(step, incarnation=b"old", position=5, trimmed=4)
        read(step, state, box.frame(JUN, request(JUN)), after=5)
        assert ([], 0, 0, b"inc") == (asking(step), state.position, state.trimmed, state.incarnation)


@pytest.mark.parametrize(("after", "head", "position", "trimmed"), [(5, 4, 0, 0), (5, 5, 5, 4), (4, 3, 5, 4)])
def test_a_box_that_is_shorter_than_it_was_is_read_anew(after: int, head: int, position: int, trimmed: int) -> None:
    """As its relay tells of the place where we are."""
    with Stage().step() as step:
        state = state_of(step, incarnation=b"inc", position=5, trimmed=4)
        read(step, state, after=after, head=head)
        assert (position, trimmed) == (state.position, state.trimmed)


def test_a_first_look_is_taken_as_it_is() -> None:
    """The box was not known: what lies there is read, and nothing counts as erased."""
    box = Box()
    with box.stage.step() as step:
        state = state_of(step, trimmed=4)
        read(step, state, box.frame(JUN, request(JUN)))
        assert ([JUN.account], 1, 0) == (asking(step), state.position, state.trimmed)


def test_the_inbox_at_a_relay_that_was_left_is_read_on_its_own() -> None:
    """Its place moves, not that of the new one; it is not erased, and it is over in time."""
    box = Box()
    with box.stage.step() as step:
        former = [FormerInbox(ELSEWHERE, b"old", 3, step.now + 1), FormerInbox("wss://three/v1", b"", 0, step.now)]
        state = state_of(step, incarnation=b"inc", position=5, trimmed=4, former=former)
        read(step, state, box.frame(JUN, request(JUN)), after=3, relay=ELSEWHERE, at=b"old")
        assert ([JUN.account], 5, None) == (asking(step), state.position, state.trim_at)
        assert [(ELSEWHERE, 4)] == [(place.relay, place.position) for place in state.former]
        read(step, state, box.frame(DORA, request(DORA)), after=4, relay=ELSEWHERE, at=b"new")
        assert ([0], 4, [JUN.account]) == ([place.position for place in state.former], state.trimmed, asking(step))


def test_a_relay_that_never_kept_the_inbox_is_not_heard() -> None:
    """Whatever it answers."""
    box = Box()
    with box.stage.step() as step:
        state = state_of(step)
        read(step, state, box.frame(JUN, request(JUN)), relay=ELSEWHERE)
        assert ([], 0) == (asking(step), state.position)


@pytest.mark.parametrize("follows", [True, False])
def test_the_box_for_an_answer_is_read_like_the_inbox(*, follows: bool) -> None:
    """What is signed for it counts, as long as the answer is waited for; the inbox stands where it stood."""
    box = Box()
    box.stage.contact(JUN, ContactState.REQUESTED if follows else ContactState.ACCEPTED)
    with box.stage.step() as step:
        state = state_of(step)
        address = epoch_keys(reply_boxes.expect(step, JUN.account)).box.address
        signed = ITEM_DIRECT + sign_item(DORA.mls, address, request(DORA))
        frame = seal_to_place(box.stage.person.card.inbox.hpke_key, address, signed)
        inbox_items.take_frames(step, state, 0, Frames(b"inc", 1, ((1, frame),)), RELAY, address)
        assert ([DORA.account] if follows else [], 0, None) == (asking(step), state.position, state.trim_at)


# -- erasing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "trimmed", "before", "after"), [(5, 4, None, 1), (5, 5, None, None), (5, 4, 9, 9), (4, 5, None, None)]
)
def test_what_was_read_is_erased_soon(position: int, trimmed: int, before: int | None, after: int | None) -> None:
    """If there is anything, and unless that is on its way: at the earliest in the next moment."""
    with Stage(rng=Randomness(low=True)).step() as step:
        state = state_of(step, position=position, trimmed=trimmed, trim_at=before and step.now + before)
        inbox_items.trim_soon(step, state)
        assert after == (state.trim_at and state.trim_at - step.now)


def trims(step: Step) -> list[tuple[str, int]]:
    targets = [item.target for item in step.store.outbox(EVER)]
    return [(target.relay, target.upto) for target in targets if isinstance(target, InboxTrim)]


@pytest.mark.parametrize(("due", "erased"), [(None, False), (1, False), (-1, True), (0, True)])
def test_the_relay_is_asked_to_erase_what_was_read(due: int | None, *, erased: bool) -> None:
    """In its time; then nothing is left to be erased, and no second time is asked for it."""
    with Stage().step() as step:
        at = None if due is None else step.now + due
        state = state_of(step, incarnation=b"inc", position=5, trimmed=4, trim_at=at)
        assert [] == inbox_items.upkeep(step, state)
        expected = ([(RELAY, 5)], 5, None, 5) if erased else ([], 4, at, 0)
        assert expected == (trims(step), state.trimmed, state.trim_at, state.told)
        state.trim_at = step.now
        state.trimmed = 5
        inbox_items.upkeep(step, state)
        assert int(erased) == len(trims(step))


def test_nothing_is_erased_that_another_device_has_not_read() -> None:
    """It is told how far we are, once; when it has come as far the rest goes."""
    stage = Stage()
    other = stage.also()
    stage.name_devices(other)
    room = stage.room(other, kind=DEVICES)
    with stage.step() as step:
        own_devices.set_room(step.store, room)
        state = state_of(step, incarnation=b"inc", position=5, trim_at=step.now)
        inbox_items.upkeep(step, state)
        assert ([], 0, 5, 1) == (trims(step), state.trimmed, state.told, len(out(step, RoomFrame)))
        shared_inbox.note_other(step, other.device, InboxItem(b"inc", 3))
        state.trim_at = step.now
        inbox_items.upkeep(step, state)
        assert ([(RELAY, 3)], 3, 1) == (trims(step), state.trimmed, len(out(step, RoomFrame)))


def test_a_request_that_another_device_may_decline_is_remembered_with_its_frame() -> None:
    """So that it need not be heard there again."""
    box = Box()
    box.stage.name_devices(box.stage.also())
    frame = box.frame(JUN, request(JUN))
    with box.stage.step() as step:
        read(step, state_of(step), frame)
        [kept] = shared_inbox.take_requests(step, JUN.account)
        assert not step.store.saw(shared_inbox.SEEN, kept, step.day)


# -- what is no item ------------------------------------------------------------------------------------------------


def test_noise_is_passed_over() -> None:
    """What does not open, is of no form, is signed for another box or says nothing known; what follows is heard."""
    box = Box()
    elsewhere = ITEM_DIRECT + sign_item(JUN.mls, Address(JUN.inbox.address), request(JUN))
    frames = [
        b"noise",
        box.sealed(b""),
        box.sealed(b"\x07" + box.item(JUN, request(JUN))),
        box.sealed(ITEM_DIRECT + b"\xc1"),
        box.sealed(ITEM_INDIRECT + b"\xc1"),
        box.sealed(elsewhere),
        box.frame(DORA, request(DORA)),
    ]
    with box.stage.step() as step:
        state = state_of(step)
        read(step, state, *frames)
        assert ([DORA.account], 7, []) == (asking(step), state.position, state.waiting)


# -- items that wait ------------------------------------------------------------------------------------------------


def blob(box: Box, other: Other, chunks: int = 1) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """A frame whose item lies in a blob of so many chunks; and those of a real one."""
    ref, made = cut_blob(bytes(32), box.item(other, request(other)))
    if chunks > 1:
        ref = BlobRef(9, ref.key, tuple(bytes([n]) * 32 for n in range(chunks)))
    return box.sealed(ITEM_INDIRECT + encode_ref(ref)), list(made)


def test_an_item_waits_for_its_blob_and_is_acted_on_when_that_has_come() -> None:
    """Its chunks are asked for where it lay."""
    box = Box()
    frame, chunks = blob(box, JUN)
    with box.stage.step() as step:
        state = state_of(step)
        read(step, state, frame)
        assert ([], [(RELAY, b"", step.now)]) == (
            asking(step),
            [(item.relay, item.account, item.since) for item in state.waiting],
        )
        inbox_items.upkeep(step, state)
        assert 1 == len(state.waiting)
        for digest, data in chunks:
            step.store.put_chunk(digest, data, step.day)
        inbox_items.upkeep(step, state)
        assert ([JUN.account], []) == (asking(step), state.waiting)


@pytest.mark.parametrize(("later", "waits"), [(899_999, 1), (900_000, 0)])
def test_what_does_not_come_soon_is_not_waited_for(later: int, waits: int) -> None:
    """A quarter of an hour."""
    box = Box()
    with box.stage.step() as step:
        state = state_of(step)
        read(step, state, blob(box, JUN)[0])
        step.now += later
        inbox_items.upkeep(step, state)
        assert waits == len(state.waiting)


@pytest.mark.parametrize(("chunks", "waits"), [(34, 1), (35, 0)])
def test_an_item_of_more_chunks_than_any_takes_is_not_fetched(chunks: int, waits: int) -> None:
    """Nobody makes us fetch without end."""
    box = Box()
    with box.stage.step() as step:
        state = state_of(step)
        read(step, state, blob(box, JUN, chunks)[0])
        assert waits == len(state.waiting)


def waiting(number: int, account: bytes = b"") -> WaitingItem:
    return WaitingItem(b"%d" % number, 0, account=account)


def test_strangers_items_push_out_strangers_alone() -> None:
    """256 of them wait, the oldest go first; those of people we know wait apart."""
    box = Box()
    frame, _ = blob(box, EVE)
    known = [waiting(n, JUN.account) for n in range(3)]
    with box.stage.step() as step:
        strangers = [waiting(n) for n in range(255)]
        state = state_of(step, waiting=[known[0], *strangers, *known[1:]])
        read(step, state, frame)
        assert ([known[0], *strangers, *known[1:]], 259) == (state.waiting[:-1], len(state.waiting))
        read(step, state, blob(box, DORA)[0], after=1)
        assert ([known[0], *strangers[1:], *known[1:]], 259) == (state.waiting[:-2], len(state.waiting))


def test_of_each_account_we_know_few_items_wait() -> None:
    """64: the oldest of that account goes, and nobody else's; of all whom we know 256."""
    box = Box()
    box.stage.contact(JUN)
    ref, _ = cut_blob(bytes(32), b"pack")
    frame = box.frame(JUN, Invitation(bytes(16), bytes(32), RELAY, ref))
    dora, jun = [waiting(n, DORA.account) for n in range(3)], [waiting(n, JUN.account) for n in range(64)]
    with box.stage.step() as step:
        device_certificates.note(step, JUN.card())
        state = state_of(step, waiting=[*dora, *jun[:63]])
        read(step, state, frame)
        assert ([*dora, *jun[:63]], JUN.account) == (state.waiting[:-1], state.waiting[-1].account)
        state.waiting = [*dora, *jun]
        read(step, state, box.frame(JUN, Invitation(b"2" * 16, bytes(32), RELAY, ref)), after=1)
        assert [*dora, *jun[1:]] == state.waiting[:-1]
        others = [waiting(n, b"%03d" % n) for n in range(255)]
        state.waiting = [waiting(999), *others, *jun[:1]]
        read(step, state, box.frame(JUN, Invitation(b"3" * 16, bytes(32), RELAY, ref)), after=2)
        assert [waiting(999), *others[1:], *jun[:1]] == state.waiting[:-1]
