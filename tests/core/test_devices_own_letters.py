"""Letters to one's own inbox: as large as any letter, of no effect, and never kept for later (room.md §9.2)."""

from __future__ import annotations

import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import inbox_state, own_letters
from nullabona.client.core.incoming import inbox_items
from nullabona.client.core.model.inbox_items import ContactRequest, ItemBody, OwnLetter, sign_item
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.wire.address import Address
from nullabona.wire.carried import MAX_CARRIED
from nullabona.wire.messages import Frames
from nullabona.wire.seal import ITEM_DIRECT, seal_to_inbox
from tests.core.stage import RELAY, Other, Stage

JUN = Other("jun")
HERE = frozenset({RELAY})


@pytest.fixture
def stage() -> Stage:
    made = Stage()
    made.name_devices()
    return made


def sealed(stage: Stage, body: ItemBody, by: Other = JUN) -> bytes:
    """A letter of somebody to the account's inbox."""
    inbox = stage.person.card.inbox
    return seal_to_inbox(inbox, ITEM_DIRECT + sign_item(by.mls, Address(inbox.address), body))


def test_it_goes_to_the_own_inbox_and_has_the_size_of_a_request(stage: Stage) -> None:
    """With a card of two devices and a whole proof, or of no proof at all."""
    with stage.step(up=HERE) as step:
        assert own_letters.write(step)
    (item,) = stage.outbox(InboxFrame)
    assert isinstance(item.target, InboxFrame)
    assert (RELAY, stage.person.card.inbox.address) == (item.target.relay, item.target.box)
    small, large = JUN.card().encoded, JUN.card(Other("jun", 1)).encoded
    assert {len(item.data)} == {
        len(sealed(stage, ContactRequest(small, "hi"))),
        len(sealed(stage, ContactRequest(large, "h" * 500, proof=bytes(MAX_CARRIED // 2)))),
    }


def test_none_is_written_where_it_could_not_leave_now(stage: Stage) -> None:
    """Without a known connection, with one that failed, without a card, and once the device is signed out."""
    with stage.step() as step:
        assert not own_letters.write(step)
    with stage.step(down=HERE) as step:
        assert not own_letters.write(step)
    with Stage("sora").step(up=HERE) as step:
        own_devices.forget_card(step.store)
        assert not own_letters.write(step)
    assert [] == stage.outbox(InboxFrame)


@pytest.mark.parametrize("filler", [0, 6_000])
@pytest.mark.parametrize("other", [JUN, None])
def test_nothing_comes_of_it_no_matter_who_wrote_it(stage: Stage, other: Other | None, filler: int) -> None:
    """It is read and erased like every letter; no fact, no request, no answer. Earlier versions fill it."""
    frame = sealed(stage, OwnLetter(bytes(filler)), other or stage.also(0))
    with stage.step() as step:
        state = inbox_state.load(step)
        assert state is not None
        joins = inbox_items.take_frames(step, state, 0, Frames(b"inc", 1, ((1, frame),)), RELAY)
        assert ([], 1, []) == (joins, state.position, state.waiting)
        assert [] == step.told
        assert state.trim_at is not None
    assert [] == stage.outbox()
