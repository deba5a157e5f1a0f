"""A room moves to another relay: who may order it, which order is valid, what follows (spec/relocation.md §§3-5).

A move order is for one room, signed by an account that may move it, and appended to the room's own boxes. Nothing else
moves a room: no card, no relay and no directory. An order never changes the members. We re-append unacknowledged frames
at the new relay as if the box had been re-created.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import Final, assert_never

from nullabona.client.core import acquaintance, files
from nullabona.client.core.delivery import blobs, box_log, losses, receipts
from nullabona.client.core.delivery.outbox import drop_trim, drop_trims, queue_frame
from nullabona.client.core.group import intents
from nullabona.client.core.model import move_orders
from nullabona.client.core.model.commit_policy import certificate_of
from nullabona.client.core.model.content import Notice, NoticeKind
from nullabona.client.core.model.errors import NotAllowed
from nullabona.client.core.model.facts.rooms import RoomMoved
from nullabona.client.core.model.intents import NoteMove
from nullabona.client.core.model.mls_port import Leaf
from nullabona.client.core.model.outbox_targets import FilePiece, OfRoom, RoomBlob, RoomFrame, WelcomeBlob
from nullabona.client.core.model.proofs import BadProof, MoveOrder, decode_move, encode_move, make_move
from nullabona.client.core.model.room_info import DEVICES, RoomInfo
from nullabona.client.core.model.state import JOINED, BoxTrack, RoomState
from nullabona.client.core.relocation import schedule
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import notices
from nullabona.errors import PeerError
from nullabona.wire.endpoint import EndpointRefused, parse_endpoint
from nullabona.wire.frame import Kind

MOST_LEFT: Final = 4
"""How many earlier relays of a box we remember."""
MOST_BEHIND: Final = 8
"""How many orders of accounts that may not move the room now wait for a commit, which may let them."""
OTHERS_NOTE_MS: Final = 600_000
"""How long other members wait for the signer of the order to write it into the room info."""


# -- which order holds --------------------------------------------------------------------------------------------


def _members(step: Step, room: RoomState) -> list[tuple[bytes, bytes]]:
    return [(device.signature_key, device.account) for device in step.roster(room.id).values()]


def _devices(leaves: Iterable[Leaf]) -> list[tuple[bytes, bytes]]:
    return [(leaf.signature_key, certificate_of(leaf).account_id) for leaf in leaves]


def decoded(step: Step, room: RoomState, body: bytes) -> MoveOrder | None:
    """The order in a frame, if it is valid for this room as we know it. We follow no order of a blocked contact."""
    order = move_orders.valid(body, room.id, room.info, _members(step, room))
    own = order is not None and order.signer in {
        key for key, account in _members(step, room) if account == step.local.account
    }
    return None if acquaintance.is_shut(step.store, room.info) and not own else order


# -- giving and hearing one ---------------------------------------------------------------------------------------


def issue(step: Step, room: RoomState, relay: str) -> None:
    """Order the room to another relay, and move. Raises `NotAllowed`, or `BadProof` if that relay is not allowed."""
    if room.phase != JOINED or not move_orders.may_move(room.info, step.local.account):
        raise NotAllowed("only an admin of the room may do that")
    number = max(room.info.moves, room.order.number if room.order is not None else 0) + 1
    order = make_move(step.mls, step.local.signature_key, room.id, number, relay)
    move_orders.judge(order, room.id, room.info, _members(step, room))
    adopt(step, room, order)


def take_along(step: Step, left: str, relay: str) -> list[bytes]:
    """Order every room at relay ``left`` that we may move to ``relay``. Returns the moved rooms."""
    taken = []
    for id in step.store.rooms():
        room = step.find_room(id)
        if room is None or room.phase != JOINED or not _is_at(room.relay, left):
            continue
        with suppress(BadProof, NotAllowed):
            issue(step, room, relay)
            taken.append(id)
    return taken


def _is_at(relay: str, left: str) -> bool:
    """Whether two addresses name the same relay."""
    try:
        return relay == left or str(parse_endpoint(relay)) == str(parse_endpoint(left))
    except EndpointRefused:
        return False


def heard(step: Step, room: RoomState, track: BoxTrack, digest: bytes, body: bytes) -> None:
    """We read an order in a box. After an undecided commit it waits, because the commit may change who may move."""
    if track.candidates and not track.closed:
        _wait_behind(step, room, track, digest, body)
        return
    order = decoded(step, room, body)
    if order is None:
        return
    if room.order is not None and order.rank == room.order.rank:
        track.order_seen = True
    elif move_orders.better(room, order):
        adopt(step, room, order)


def _wait_behind(step: Step, room: RoomState, track: BoxTrack, digest: bytes, body: bytes) -> None:
    """An order follows an undecided commit. Of each signer's orders the best waits, and nobody pushes out an order of
    those who may move the room now; of all others the newest few wait, and members' orders longest.
    """
    if not _is_signed(room, body):
        return
    best: dict[bytes, tuple[MoveOrder, bytes]] = {}
    for order, each in _waiting(step, track, [*track.behind, digest]):
        if order.signer not in best or order.rank < best[order.signer][0].rank:
            best[order.signer] = (order, each)
    members = dict(_members(step, room))
    places: tuple[list[bytes], list[bytes], list[bytes]] = ([], [], [])
    for signer, (_, each) in best.items():
        account = members.get(signer)
        places[0 if account is None else 2 if move_orders.may_move(room.info, account) else 1].append(each)
    strangers, others, movers = places
    track.behind = [*[*strangers, *others][-MOST_BEHIND:], *movers]


def _is_signed(room: RoomState, body: bytes) -> bool:
    """Whether a frame contains an order for this room that its signer gave."""
    try:
        order = decode_move(body)
        order.verify()
    except PeerError:
        return False
    return order.room == room.id


def _waiting(step: Step, track: BoxTrack, frames: list[bytes]) -> Iterator[tuple[MoveOrder, bytes]]:
    """The orders in these frames, which we have read and kept."""
    for digest in frames:
        frame = step.store.frame(track.keys.box.address, digest)
        opened = box_log.open_quietly(track, frame.data) if frame is not None else None
        if opened is not None:
            yield decode_move(opened.body), digest


def heard_behind(step: Step, room: RoomState, track: BoxTrack) -> None:
    """The commits in the box are decided: process the orders that waited for them."""
    if track.candidates and not track.closed:
        return
    waiting, track.behind = track.behind, []
    for order, digest in list(_waiting(step, track, waiting)):
        heard(step, room, track, digest, encode_move(order))


def adopt(step: Step, room: RoomState, order: MoveOrder) -> None:
    """Follow this order from now on: move every box of an epoch with a lower move number to its relay."""
    before = room.relay
    room.order = order
    mine = order.signer == step.local.signature_key
    _bring_all(step, room)
    room.note_at = step.within(step.timing.put_back_any) + step.timing.settle + (0 if mine else OTHERS_NOTE_MS)
    schedule.begin(step, room, soon=mine)
    tell(step, room, before)


def _bring_all(step: Step, room: RoomState) -> None:
    for track in room.boxes:
        relay = move_orders.relay_for(room, track.moves)
        if not relay:
            continue
        if track.relay != relay:
            _bring(step, room, track, relay)
        track.order_seen = False
        track.put_back_own_at = step.now
        track.put_back_any_at = track.put_back_any_at or step.within(step.timing.put_back_any)


def _bring(step: Step, room: RoomState, track: BoxTrack, relay: str) -> None:
    drop_trim(step, track.keys.box)
    losses.begin_anew(step, room, track, b"")
    receipts.tell_soon(step, room)  # members search other relays until every device has shown up at the new one
    track.left = [*(old for old in track.left if old not in {track.relay, relay}), track.relay][-MOST_LEFT:]
    track.relay = relay


def destination(room: RoomState, target: OfRoom) -> str:
    """The relay to which one of the room's items must go, by what we know now."""
    match target:
        case RoomFrame() | RoomBlob():
            track = room.track_at(target.box)
            return track.relay if track is not None else target.relay
        case FilePiece():
            return room.relay
        case WelcomeBlob():
            return target.relay  # it is for the invited account, whose inbox has not moved
        case _:
            assert_never(target)


def _retarget(step: Step, room: RoomState, before: str) -> None:
    """Redirect the room's outbox items to the relay that keeps their box now, in the same order.

    Items get new ids, so that a late answer of the old relay matches none of them.
    """
    ours = [(item, item.target) for item in step.store.outbox_of(room.id) if isinstance(item.target, OfRoom)]
    moving = [(item, target, relay) for item, target in ours if (relay := destination(room, target)) != target.relay]
    for item, _, _ in moving:
        step.store.drop_outbox(item.id)
    for item, target, relay in moving:
        step.store.add_outbox(replace(target, relay=relay), ref=item.ref, data=item.data)
    blobs.retarget(step, room.id, room.relay)
    drop_trims(step, [before, *(relay for track in room.boxes for relay in track.left)])


def tell(step: Step, room: RoomState, before: str) -> None:
    """Redirect what waits for the room; if its relay has changed, add a notice and log an event."""
    _retarget(step, room, before)
    if room.relay == before:
        return
    files.begin_again(step, room)
    order = room.order if move_orders.applies(room.order, room.info.moves) else None
    account = next((a for key, a in _members(step, room) if order is not None and key == order.signer), b"")
    if room.info.kind != DEVICES:
        said = order.payload() if order is not None else room.relay.encode() + step.rng.bytes(16)
        id = sha256(b"nullabona move notice v1" + said).digest()[:16]
        notices.add(step, room.id, Notice(NoticeKind.RELAY_CHANGED, account, text=room.relay), id=id)
    step.tell(RoomMoved(room.id, room.relay, account))


# -- what follows -------------------------------------------------------------------------------------------------


def put_back(step: Step, room: RoomState, track: BoxTrack, *, anybody: bool) -> None:
    """Append the order to every box that it moved, for members who come later. Its signer does so at once."""
    order = room.order
    if not move_orders.applies(order, track.moves) or track.order_seen or track.relay != order.relay:
        return
    if anybody or order.signer == step.local.signature_key:
        queue_frame(step, room, track, Kind.MOVE, encode_move(order), keep=False)
        track.order_seen = True


def look_after(step: Step, room: RoomState) -> None:
    """Process orders that waited for a commit; write the order into the room info, if nobody has and we may."""
    for track in [track for track in room.boxes if track.behind]:
        heard_behind(step, room, track)
    if not step.due(room.note_at):
        return
    room.note_at = None
    if move_orders.applies(room.order, room.info.moves) and move_orders.may_move(room.info, step.local.account):
        intents.want(room, NoteMove())


def given(room: bytes, info: RoomInfo, leaves: Iterable[Leaf], data: bytes) -> MoveOrder | None:
    """The order in an invitation or a ticket, if it is valid in the epoch to which that leads."""
    return move_orders.valid(data, room, info, _devices(leaves))


def given_back(step: Step, room: RoomState, info: RoomInfo, leaves: Iterable[Leaf], data: bytes) -> MoveOrder | None:
    """The order in a ticket, if it is valid in the ticket's epoch, or for the room as we know it and the relay that the
    room info names is out of reach.

    The members there follow it, although the admin who signed it may have left since and nobody has written it into the
    room info. While that relay answers we do not believe it: with a member's help, somebody who is no admin any more
    could lead those away who do not know that yet.
    """
    valid = given(room.id, info, leaves, data)
    if valid is None and info.relay in step.down:
        valid = move_orders.valid(data, room.id, room.info, _members(step, room))
    return valid


def arrive(step: Step, room: RoomState, leaves: Iterable[Leaf], order: MoveOrder | None) -> None:
    """We enter the room, or another branch of it: follow the better of ``order``, which came with the invitation or
    ticket (`given`, `given_back`), and ours, if that is valid there. Call before the room's box opens.

    The signer of the order that we knew may no longer be allowed to move the room.
    """
    had = encode_move(room.order) if room.order is not None else b""
    held = [each for each in (given(room.id, room.info, leaves, had), order) if each is not None]
    room.order = min(held, key=lambda order: order.rank, default=None)
    _bring_all(step, room)
    if move_orders.applies(room.order, room.info.moves):
        room.note_at = step.within(step.timing.put_back_any) + OTHERS_NOTE_MS
        schedule.begin(step, room)
