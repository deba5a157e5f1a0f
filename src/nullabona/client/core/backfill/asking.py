"""Asks members for what was said while this device was away, and takes in what they hand over (spec/devices.md §9.2).

Everybody hands over their own lines, so nobody is believed about anybody else. Only our own lines can come from others;
they are marked with who told us.
"""

from __future__ import annotations

from typing import Final

from nullabona.client.core import acquaintance
from nullabona.client.core.account import own_devices
from nullabona.client.core.backfill import lines
from nullabona.client.core.model.content import BackfillRequest
from nullabona.client.core.model.gaps import Asked, Gap
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.timeline import gaps, sending
from nullabona.wire.seal import inbox_keypair

MOST_ASKS: Final = 8
"""How often we ask; everybody who was away reads what was asked when they are back."""
_AGAIN_MS: Final = 3_600_000


def next_due(room: RoomState) -> int | None:
    """When `look_after` has something to do, in ms; None: never."""
    return room.gap.asked.next_at if room.gap is not None and room.gap.asked is not None else None


def look_after(step: Step, room: RoomState) -> None:
    """Ask when it is time."""
    gap = room.gap
    if gap is None or gap.back is None or acquaintance.is_shut(step.store, room.info):
        return  # to a blocked contact we send nothing by ourselves
    if gap.asked is None:
        gap.asked = _begun(step, room, gap)
        gaps.tell(step, room)
    if step.due(gap.asked.next_at) and not sending.held(step, room):
        _ask(step, room, gap, gap.asked)


def _begun(step: Step, room: RoomState, gap: Gap) -> Asked:
    """Whom we ask. Nobody answers a device that remembers nothing of the room, so it does not ask."""
    asked = Asked(step.rng.bytes(16), step.rng.bytes(32), [])
    if not lines.known(step, room.id, gap.start):
        return asked
    siblings = _siblings(step, room)
    asked.waiting = sorted({device.account for device in step.others(room, room.epoch)} - {step.local.account})
    if siblings:
        asked.waiting.append(step.local.account)
    asked.told = siblings
    asked.next_at = step.within(step.timing.receipt) if asked.waiting else None
    return asked


def _siblings(step: Step, room: RoomState) -> bool:
    """Whether another device of our account is in the room, and not one that was lost: it has our own lines."""
    gone = own_devices.gone(step.store)
    ours = [device.device for device in step.others(room, room.epoch) if device.account == step.local.account]
    return any(device not in gone for device in ours)


def _ask(step: Step, room: RoomState, gap: Gap, asked: Asked) -> None:
    teller = b"" if asked.told else _teller(step, room, asked)
    if teller and teller not in asked.tellers:
        asked.tellers.append(teller)
    known = lines.known(step, room.id, gap.start)
    sending.send(step, room, BackfillRequest(asked.request, inbox_keypair(asked.seed).public, known, teller))
    asked.attempts += 1
    pause = min(_AGAIN_MS << (asked.attempts - 1), DAY_MS)
    asked.next_at = step.now + pause + step.rng.between(0, pause) if asked.attempts < MOST_ASKS else None


def _teller(step: Step, room: RoomState, asked: Asked) -> bytes:
    """Whom to ask for our own lines: a contact first, and another account each time."""
    accounts = {device.account for device in step.others(room, room.epoch)} - {step.local.account}
    fit = sorted(
        (account for account in accounts if not acquaintance.is_blocked(step.store, account)),
        key=lambda account: (account in asked.tellers, not _is_accepted(step, account), account),
    )
    return fit[0] if fit else b""


def _is_accepted(step: Step, account: bytes) -> bool:
    contact = step.store.contact(account)
    return contact is not None and contact.state is ContactState.ACCEPTED
