"""Our wish to leave a room: said, said again for new keys, carried out, or ours no more (spec/room.md §3)."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from nullabona.client.core import rooms
from nullabona.client.core.group import leaving
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.proofs import RemovalOrder, make_order
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from tests.core.stage import Other, Stage, out

JUN = Other("jun")


def ours(stage: Stage, room: bytes, *keys: bytes, account: bytes = b"", signer: Other | None = None) -> RemovalOrder:
    mls, key = (signer.mls, signer.signature_key) if signer is not None else (stage.mls, stage.me.signature_key)
    return make_order(mls, key, room, account or stage.me.account, list(keys))


def rows(step: Step, room: bytes, *others: Other) -> None:
    """Only our devices and these are in."""
    step.store.drop_devices(room, [row.device for row in step.store.devices(room) if row.leaf])
    step.store.put_devices([other.row(room, place) for place, other in enumerate(others, 1)])
    step.roster_changed(room)


def renewed(step: Step, stage: Stage, room: bytes) -> None:
    """Our device has a new key in the room."""
    step.store.put_devices([replace(stage.row, room=room, encryption_key=b"new")])
    step.roster_changed(room)


def test_a_wish_to_leave_is_said_and_remembered_until_it_is_over() -> None:
    """Of that room alone."""
    stage = Stage()
    room, other = stage.room(JUN), stage.room(JUN)
    with stage.inside(room) as (step, state, _):
        assert not rooms.leaving(step, room)
        leaving.say(step, state)
        assert (1, True, False) == (len(out(step, RoomFrame)), rooms.leaving(step, room), rooms.leaving(step, other))
        rooms.forget_leaving(step, other)
        assert rooms.leaving(step, room)
        rooms.forget_leaving(step, room)
        assert not rooms.leaving(step, room)


def test_it_is_said_again_for_keys_that_it_did_not_name() -> None:
    """And not for those that it did, nor by who does not want to leave."""
    stage = Stage()
    phone = stage.also()
    room = stage.room(JUN, phone)

    def said(step: Step, state: RoomState) -> int:
        leaving.say_again(step, state)
        return len(out(step, RoomFrame))

    with stage.inside(room) as (step, state, _):
        assert 0 == said(step, state)
        leaving.say(step, state)
        assert [1, 1] == [said(step, state), said(step, state)]
        rows(step, room, JUN)
        assert 1 == said(step, state)
        renewed(step, stage, room)
        assert [2, 2] == [said(step, state), said(step, state)]
        assert sha256(b"new").digest() == step.store.get_value(f"leaving:{room.hex()}")


@pytest.mark.parametrize("by", ["this", "phone", "member", "stranger", "for-another"])
def test_an_order_of_one_of_our_devices_in_a_commit_is_our_wish(by: str) -> None:
    """Not what somebody else orders for us, nor what we order for them."""
    stage = Stage()
    phone = stage.also()
    room = stage.room(JUN, phone)
    signer = {"phone": phone, "member": JUN, "stranger": stage.also(2)}.get(by)
    account = JUN.account if by == "for-another" else b""
    with stage.inside(room) as (step, state, _):
        none = ours(stage, room, b"key", account=JUN.account)
        leaving.heed(step, state, [none, ours(stage, room, b"key", account=account, signer=signer)])
        assert (by in {"this", "phone"}) is rooms.leaving(step, room)


@pytest.mark.parametrize(
    ("wants", "others", "carries"),
    [
        (True, ["phone"], True),
        (True, [], False),
        (True, ["phone", "jun"], False),
        (True, ["jun"], False),
        (False, ["phone"], False),
    ],
)
def test_who_is_left_with_own_devices_alone_carries_it_out(others: list[str], *, wants: bool, carries: bool) -> None:
    """The order names them all."""
    stage = Stage()
    phone = stage.also()
    room = stage.room()
    with stage.inside(room) as (step, state, _):
        rows(step, room, *({"phone": phone, "jun": JUN}[name] for name in others))
        if wants:
            leaving.say(step, state)
        order = leaving.carry_out(step, state)
        expected = ours(stage, room, stage.row.encryption_key, phone.encryption_key)
        assert (expected if carries else None) == order
        assert (wants and not others) is leaving.is_last(step, state)
