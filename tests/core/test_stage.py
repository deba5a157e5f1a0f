"""The stage on which the core's files are tried one by one: what it builds is what the core itself would."""

from __future__ import annotations

from nullabona.client.core.delivery.outbox import queue_item
from nullabona.client.core.model import proofs
from nullabona.client.core.model.inbox_items import Gone
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import DIRECT, decode_info
from tests.core.stage import DAY, Other, Stage


def test_a_room_has_our_leaf_in_mls_and_everybody_in_its_rows() -> None:
    """What MLS and the store say of it agrees with what was asked for."""
    stage, jun = Stage(), Other("jun")
    room = stage.room(jun, kind=DIRECT, receipt_at=7)
    with stage.step() as step:
        state = step.room(room)
        group = step.group(state)
        assert decode_info(group.room_info()) == state.info
        assert {stage.me.account, jun.account} == set(state.info.pair)
        assert [(0, stage.me.device, 7)] == [(group.own_leaf, stage.me.device, state.receipt_at)]
        assert [0, 1] == sorted(step.roster(room))
        assert jun.row(room, 1) == step.roster(room)[1]
        assert isinstance(step.roster(room)[0], Device)


def test_somebody_else_signs_has_a_card_and_opens_what_is_sent_to_their_inbox() -> None:
    """Their order verifies, their card names both of their devices, and an item for them is read back."""
    stage, jun = Stage(), Other("jun")
    card = jun.card(Other("jun", 1))
    assert [jun.device, Other("jun", 1).device] == [each.certificate.device_id for each in card.devices]
    assert (jun.account, DAY) == (card.account_id, card.issued_day)
    proofs.make_order(jun.mls, jun.signature_key, bytes(32), jun.account, [jun.encryption_key]).verify()
    with stage.step() as step:
        queue_item(step, card.inbox, "", Gone(bytes(32)))
    assert [Gone(bytes(32))] == [jun.opened(item.data) for item in stage.outbox(InboxFrame)]
