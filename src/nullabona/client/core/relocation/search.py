"""Searches for a room at other relays (spec/relocation.md §6): while its own relay is unreachable, and after a move
until all devices have followed.

Cards name the relays to search: those of the accounts that may move the room, and our own. A card never moves a room;
we look for a move order in the room's box there. If we find an older order, or none at an earlier relay of the box, we
append the newest one. Rounds become less and less frequent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from nullabona.client.core import acquaintance
from nullabona.client.core.delivery import box_log, views
from nullabona.client.core.delivery.outbox import drop_trims
from nullabona.client.core.group import branches
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model import move_orders
from nullabona.client.core.model.proofs import encode_move
from nullabona.client.core.model.requests import AfterScout, AppendOrder, Scout
from nullabona.client.core.model.room_info import DEVICES
from nullabona.client.core.model.state import JOINED, BoxTrack, RoomState
from nullabona.client.core.relocation import moving, schedule
from nullabona.client.core.step import DAY_MS, Step
from nullabona.wire.endpoint import EndpointRefused, is_directory_of, same_or_safer
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import Frames

FOLLOW_DAYS: Final = 30
"""How long we search for devices that have not followed a move; we follow no box longer."""
MOST_READ: Final = 2_048
"""Frames that one round reads at the beginning of a box, and about as many at its end."""
MOST_PAGES: Final = 64
"""Most answers per search of a box."""
SLOWEST_MS: Final = 6 * 3_600_000
ELSEWHERE: Final = "elsewhere"
HEED_ROUNDS: Final = 12
"""How many rounds we give a member who continues at an old relay to find our order there."""


# -- when ---------------------------------------------------------------------------------------------------------


def look_after(step: Step, room: RoomState) -> None:
    """Run one round, if one is due and there is still a reason for it."""
    if acquaintance.is_shut(step.store, room.info):
        room.scout_at = None
        return
    out_of_reach = room.relay in step.down
    if out_of_reach and not room.scout_at:
        schedule.begin(step, room)
    if not step.due(room.scout_at):
        return
    if not out_of_reach and not _left_behind(step, room):
        # We know nothing of a relay that was not tried in this run: search on unless it is connected.
        room.scout_at = None if room.relay in step.up else step.now + step.timing.scout
        if room.rejoin is not None and room.rejoin.reason == branches.RELAY_UNREACHABLE:
            room.rejoin = None
        return
    _round(step, room, out_of_reach=out_of_reach)


def _left_behind(step: Step, room: RoomState) -> bool:
    """Whether the room has moved, and some device has not shown up at its new relay."""
    moved = room.order is not None and any(move_orders.applies(room.order, track.moves) for track in room.boxes)
    recent = step.now - room.scout_since < FOLLOW_DAYS * DAY_MS
    return moved and recent and not views.all_here(step, room)


def _round(step: Step, room: RoomState, *, out_of_reach: bool) -> None:
    waited = step.now - room.scout_since
    for track in _tracks(room, out_of_reach=out_of_reach):
        step.scouts += [Scout(room.id, relay, track.keys.box) for relay in _relays(step, room, track)]
    if waited >= step.timing.scout_cards:
        _look_up(step, room)
    if out_of_reach and step.due(room.unreachable_at):
        room.unreachable_at = step.now + DAY_MS
        branches.lost_thread(step, room, branches.RELAY_UNREACHABLE)
    room.scout_turn += 1
    pause = min(max(waited // 4, step.timing.scout), SLOWEST_MS)
    if waited < step.timing.scout_cards:
        pause = min(pause, step.timing.scout_cards - waited)
    room.scout_at = step.now + pause + step.rng.between(0, step.timing.scout)


def _tracks(room: RoomState, *, out_of_reach: bool) -> Iterator[BoxTrack]:
    """The current box if its relay is unreachable, and the newest box that an order moved, where absent devices look.

    Each round also takes one older box in turn: it may be the newest one that we share with a member who continued at
    an old relay.
    """
    moved = [track for track in room.boxes if move_orders.applies(room.order, track.moves)]
    newest = moved[-1:]
    if out_of_reach and room.current not in moved:
        newest = [room.current, *newest]
    yield from newest
    older = [track for track in room.boxes if track not in newest and (out_of_reach or (track in moved and track.left))]
    if older:
        yield older[-1 - room.scout_turn % len(older)]


# -- where --------------------------------------------------------------------------------------------------------


def _relays(step: Step, room: RoomState, track: BoxTrack) -> list[str]:
    """The relays to search: ours, the known ones of accounts that may move the room, and earlier ones of the box."""
    theirs = [inbox_addresses.relay_of(step, account, handle) for account, handle in _deciders(step, room)]
    named = [step.local.relay, *theirs, *track.left]
    found: dict[str, None] = {}
    for relay in named:
        try:
            found[same_or_safer(relay, room.info.relay)] = None
        except EndpointRefused:
            continue
    return [relay for relay in found if relay != track.relay]


def _deciders(step: Step, room: RoomState) -> list[tuple[bytes, str]]:
    """Account and handle of every other account that may move the room, those that may longest first."""
    handles = {device.account: device.handle for device in step.roster(room.id).values()}
    deciders = () if room.info.kind == DEVICES else room.info.deciders
    return [(account, handles[account]) for account in deciders if account in handles and account != step.local.account]


def _look_up(step: Step, room: RoomState) -> None:
    """Look up the card of one of these accounts; a different one each round, and never a blocked one.

    None whose directory is at the address of the room's relay: if that is gone, nobody answers there. If somebody does,
    the relay refuses this device alone, perhaps, to see whom it asks for.
    """
    deciders = [
        (account, handle)
        for account, handle in _deciders(step, room)
        if not acquaintance.is_blocked(step.store, account)
        and not is_directory_of(room.relay, parse_handle(handle).authority)
    ]
    if deciders:
        inbox_addresses.look_again(step, deciders[room.scout_turn % len(deciders)][1])


def reached(step: Step, relay: str) -> None:
    """A relay was connected or became unreachable: search for its rooms, or drop trims for a relay without any."""
    rooms = [room for id in step.store.rooms() if (room := step.find_room(id)) is not None and room.phase == JOINED]
    kept = [room for room in rooms if room.relay == relay]
    for room in kept if relay not in step.down else []:
        if room.scout_at is not None:
            room.scout_at = min(room.scout_at, step.now)
    if not kept:
        drop_trims(step, [relay])


# -- what was found -----------------------------------------------------------------------------------------------


def take(step: Step, scout: Scout, answer: Frames) -> AfterScout:
    """Process the answer of a search."""
    room = step.find_room(scout.room)
    track = room.track_at(scout.address) if room is not None else None
    if room is None or track is None or room.phase != JOINED or track.relay == scout.relay:
        return None
    for _, data in answer.frames:
        opened = box_log.open_quietly(track, data)
        if opened is not None and opened.kind is Kind.MOVE:
            scout = _found(step, room, scout, opened.body)
            if track.relay == scout.relay:
                return None
        elif opened is not None and opened.kind is Kind.SETTLED and not opened.indirect:
            _settled_there(step, room, track, opened.body)
    further = _further(scout, answer)
    if further is not None:
        return further
    return _order_for(step, room, track, scout, exists=bool(answer.incarnation))


def _further(scout: Scout, answer: Frames) -> Scout | None:
    """The next read of a box: first its beginning, because a move re-creates it, then its end, where new frames are."""
    if not answer.frames or scout.pages + 1 >= MOST_PAGES:
        return None
    last = answer.frames[-1][0]
    after = last if last < MOST_READ else max(last, answer.head - MOST_READ)
    return replace(scout, after=after, pages=scout.pages + 1) if scout.after < after < answer.head else None


def _found(step: Step, room: RoomState, scout: Scout, body: bytes) -> Scout:
    """We found an order: follow it if it is better than ours. An even better one may come after it."""
    order = moving.decoded(step, room, body)
    if order is None:
        return scout
    if move_orders.better(room, order):
        moving.adopt(step, room, order)
    return replace(scout, there=min(scout.there or order.rank, order.rank))


def _settled_there(step: Step, room: RoomState, track: BoxTrack, body: bytes) -> None:
    """A member continued there and ignores our order, and nobody reports it at our relay: ask for a ticket."""
    order = room.order
    claim = branches.claim_in(step, room, track, body)
    heeds_not = order is not None and claim is not None and claim.signer != order.signer
    waited = step.now - room.scout_since >= HEED_ROUNDS * step.timing.scout
    if heeds_not and waited and not track.closed and not track.candidates:
        branches.lost_thread(step, room, ELSEWHERE)


def _order_for(step: Step, room: RoomState, track: BoxTrack, scout: Scout, *, exists: bool) -> AppendOrder | None:
    """A frame with our order, for a box that others may still read, unless the order is there already."""
    order = room.order
    if not move_orders.applies(order, track.moves) or not (exists or scout.relay in track.left):
        return None
    if scout.there is not None and scout.there <= order.rank:
        return None
    keys, nonce = track.keys, step.rng.bytes(NONCE_SIZE)
    frame = seal_frame(keys.frame_key, keys.box.address, nonce, Kind.MOVE, encode_move(order))
    return AppendOrder(frame, track.wake)
