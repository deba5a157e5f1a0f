"""Where a device asks its questions for a ticket: in which boxes of the room, or in inboxes (spec/room.md §7.1)."""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.delivery import inbox_sending, room_items
from nullabona.client.core.group.branches import LONELY, RELAY_UNREACHABLE, UNPROVEN
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.inbox_items import ID_SIZE, TicketRequest
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.relocation.search import ELSEWHERE
from nullabona.client.core.step import DAY_MS, Step

_AWAY: Final = frozenset({LONELY, ELSEWHERE, RELAY_UNREACHABLE})
"""Reasons to ask where nobody may read our boxes any more."""
ASLEEP_MS: Final = 600_000
"""A question that is so late was due while this device was off."""
LOOK_AGAIN = 2
"""After so many unanswered requests, we look up a helper's card in case their inbox has moved."""


def forget_times(room: RoomState) -> None:
    """Forget the hours before inboxes are used if the room is looked for no more: others are drawn the next time."""
    if room.rejoin is None or room.rejoin.reason == UNPROVEN:
        room.inbox_at, room.put_off = None, False
    if room.led_at is None:
        room.led_inbox_at = None


def put(step: Step, room: RoomState, rejoin: Rejoin, helper: Helper, question: TicketRequest, *, asleep: bool) -> None:
    """Put a question to the helper into boxes of the room, or into their inbox if the boxes are of no use.

    ``asleep``: it was due while this device was off.
    """
    key = room_items.answer_key(step)
    tracks = [] if _by_inbox(step, room, rejoin, asleep=asleep) or not key else _boxes_for(step, room, rejoin, helper)
    asked = msgspec.structs.replace(question, helper=helper.account, key=key, id=step.rng.bytes(ID_SIZE))
    for track in tracks:
        room_items.ask(step, room, track, msgspec.structs.replace(asked, box=track.keys.box.address))
    if tracks:
        return
    inbox_sending.post(step, helper.account, helper.handle, question)
    if rejoin.attempts > LOOK_AGAIN:
        inbox_addresses.look_again(step, helper.handle)


def _by_inbox(step: Step, room: RoomState, rejoin: Rejoin, *, asleep: bool) -> bool:
    """Whether to ask in the helper's inbox, which its card names.

    Boxes are of no use if their relay is gone, if the others may have left them, or if we were away for so long that
    nobody follows ours any more. Otherwise a relay that hides what it likes would see at once who is in the room: then
    we ask in inboxes only after hours in which nobody answered, more than people sleep, at a time that it does not
    know. If we were ``asleep`` when that time came, an answer may wait in a box: we put it off once.
    """
    if rejoin.reason in _AWAY or (room.back_at is not None and not step.over(room.back_at, DAY_MS)):
        return True
    led = rejoin.reason == UNPROVEN  # asked now and then, for as long as nobody else has shown up
    at = room.led_inbox_at if led else room.inbox_at
    if at is None:
        at = step.now + 2 * step.timing.silence + step.rng.between(0, step.timing.silence)
    elif step.due(at) and asleep and not room.put_off:
        at, room.put_off = step.now + step.timing.pause + step.rng.between(0, 5 * step.timing.pause), True
    if led:
        room.led_inbox_at = at
    else:
        room.inbox_at = at
    # A member who says that we missed nothing hears us. So will the others when they are on: nobody has to be named.
    return step.due(at) and not rejoin.nowhere


def _boxes_for(step: Step, room: RoomState, rejoin: Rejoin, helper: Helper) -> list[BoxTrack]:
    """The boxes in which to ask: that of the epoch in question, where the helper should be. If it was not seen there,
    or does not answer, it may be elsewhere: then also ours, of which it may have been the last that it left
    (`RoomState.former_boxes`), and the newest other one in which it was seen, or where we came from another branch.
    """
    if not room.boxes:
        return []
    named = next((track for track in room.boxes if rejoin.commit and track.epoch == rejoin.epoch), room.current)
    theirs = [device.device for device in step.roster(room.id).values() if device.account == helper.account]
    newest_first = list(reversed(room.boxes))
    seen = [track for track in newest_first if _was_seen(step, track, theirs)]
    if named in seen and rejoin.attempts == 1:
        return [named]
    elsewhere = [
        track for track in (*seen, *(each for each in newest_first if each.unproven_end)) if track is not named
    ]
    here = [] if named is room.current or room.current in elsewhere[:1] else [room.current]
    return [named, *here, *elsewhere[:1]]


def _was_seen(step: Step, track: BoxTrack, devices: list[bytes]) -> bool:
    return any(step.store.view(track.keys.box.address, device) is not None for device in devices)
