"""Processes the frames of a read in box order, each once; order decides between commits (spec/room.md §§3-5)."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Final, assert_never

from nullabona.client.core import rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.backfill import taking
from nullabona.client.core.contacts import handed_cards
from nullabona.client.core.delivery import blobs, box_log, losses, receipts
from nullabona.client.core.delivery.blobs import Missing, body_of
from nullabona.client.core.devices import history
from nullabona.client.core.group import branches, commit_choice, intents, leaving
from nullabona.client.core.identity import contact_keys
from nullabona.client.core.incoming import device_sync, inbox_items, room_items
from nullabona.client.core.model.commit_policy import order_holds
from nullabona.client.core.model.content import (
    Annotation,
    Backfill,
    BackfillRequest,
    Body,
    Envelope,
    Handed,
    Leave,
    Moved,
    NewCard,
    Receipt,
    Shown,
    Sync,
    Typing,
    decode_envelope,
)
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.facts.signals import ProfileCopied
from nullabona.client.core.model.message_ids import is_made_by
from nullabona.client.core.model.mls_port import Processed
from nullabona.client.core.model.records import Device, Frame
from nullabona.client.core.model.room_info import DEVICES
from nullabona.client.core.model.state import BoxTrack, CommitCandidate, RoomState
from nullabona.client.core.relocation import moving
from nullabona.client.core.step import Step
from nullabona.client.core.sync import histories
from nullabona.client.core.timeline import read_markers, receiving, sending, typing
from nullabona.errors import PeerError
from nullabona.wire.certificate import verify_certificate
from nullabona.wire.frame import Kind, OpenedFrame
from nullabona.wire.messages import Frames

MAX_LOOKAHEAD = 4_096
"""Most frames that we read past the first commit of a box before deciding, so that nobody can delay it forever."""
MOST_DEFERRED: Final = 16
"""Most messages of a room that wait for their blobs: each is looked at whenever something happens in the room."""


def take_frames(step: Step, room: RoomState, track: BoxTrack, after: int, answer: Frames) -> None:
    """Process the answer to a read of the track's box that asked for everything after ``after``."""
    if after == track.position:
        receipts.looked(step, room, track)
        track.look_until = None
    if not _same_box(step, room, track, answer):
        return
    if after != track.position:
        track.head = max(track.head, answer.head)
        return
    track.head = answer.head  # even if a higher head was reported before: that was a lie, do not wait for it
    if answer.head < after:
        # The relay has fewer frames than it showed before. It may reuse those numbers, and we would skip new frames.
        losses.lose_box(step, room, track, answer.incarnation)
        return
    before = track.position
    for seq, data in answer.frames:
        if seq <= track.position:
            continue
        if seq > track.position + 1:
            _gap(step, room, track, seq - 1)
        _take(step, room, track, seq, data)
        if not track.incarnation:
            return  # the frame was a move order: another relay keeps the box now
    if not answer.frames and answer.head > track.position:
        _gap(step, room, track, answer.head)
    losses.reread(step, track)
    losses.missed(step, room, track)
    histories.compare_due(step, room, track, before)
    track.check_acks = track.check_acks or track.position > before
    commit_choice.decide(step, room, track)
    _note_end(step, room, track)


def _note_end(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Tell MLS if we have seen everything in the current box."""
    if not track.closed and not track.undecided:
        step.mls.caught_up(room.id)


def _same_box(step: Step, room: RoomState, track: BoxTrack, answer: Frames) -> bool:
    """Notice a box that was lost or re-created; False if this answer has nothing to read."""
    if track.incarnation not in {b"", answer.incarnation}:
        losses.lose_box(step, room, track, answer.incarnation)
        if answer.incarnation:
            return False
    track.incarnation = answer.incarnation
    if not answer.incarnation:
        losses.reread(step, track)  # no box is there, and that is all of it
    return bool(answer.incarnation)


def _gap(step: Step, room: RoomState, track: BoxTrack, upto: int) -> None:
    # A lost box may still have its frames, without those that were trimmed: we have read these. To ask for a ticket is
    # needless then, and every device of every room would after a failover of the relay's store. Should another commit
    # be among them after all, `repair.break_silence` asks.
    trimmed = not track.position and upto <= track.read_before
    losses.gap(step, room, track, upto, trimmed=trimmed)
    if not track.closed and not trimmed:
        branches.lost_thread(step, room, branches.FRAMES_MISSING)


def _take(step: Step, room: RoomState, track: BoxTrack, seq: int, data: bytes) -> None:
    box = track.keys.box.address
    digest = sha256(data).digest()
    track.position = seq
    track.chain = box_log.next_chain(track.chain, seq, digest)
    known = step.store.frame(box, digest)
    if known is not None and known.seq:
        losses.repeated(step, room, track, seq, digest, known)
        return
    opened = box_log.open_quietly(track, data)
    if opened is None:
        box_log.record_repeat(step, track, seq, digest)
        losses.unreadable(step, room, track, seq)
        return
    if known is not None:
        _found_again(step, room, track, known, seq)
    else:
        kept = data if opened.kind not in {Kind.SETTLED, Kind.ITEM} else b""
        step.store.put_frame(received(step, track, seq, digest, opened.kind, kept))
        if opened.kind is Kind.MESSAGE:
            _message(step, room, track, seq, digest, opened)
        elif opened.kind is Kind.ITEM:
            room_items.came(step, room, track, opened)
    if opened.kind is Kind.COMMIT and not track.closed:
        _candidate(track, seq, digest, settled=False)
    elif opened.kind is Kind.SETTLED:
        _settled(step, room, track, seq, digest, opened)
    elif opened.kind is Kind.MOVE:
        moving.heard(step, room, track, digest, opened.body)


def received(step: Step, track: BoxTrack, seq: int, digest: bytes, kind: int, data: bytes) -> Frame:
    """The row of a frame from another device that we just read."""
    return Frame(
        box=track.keys.box.address,
        hash=digest,
        seq=seq,
        chain=track.chain,
        kind=kind,
        mine=False,
        message=b"",
        day=step.day,
        data=data,
    )


def _found_again(step: Step, room: RoomState, track: BoxTrack, known: Frame, seq: int) -> None:
    """A known frame (our own, or a re-appended one) now has a seq."""
    step.store.drop_outbox_ref(known.box, known.hash)
    at = replace(known, seq=seq, chain=track.chain)
    step.store.put_frame(at)
    if known.mine and known.message:
        sending.placed(step, room, track, at, seq)


# -- messages -----------------------------------------------------------------------------------------------------


def _message(step: Step, room: RoomState, track: BoxTrack, seq: int, digest: bytes, opened: OpenedFrame) -> None:
    body = body_of(step, room, track, opened)
    if isinstance(body, Missing):
        track.deferred[seq] = digest
        _bound_deferred(step, room)
        return
    if body is None or not _deliver(step, room, track, seq, body):
        losses.unreadable(step, room, track, seq)


def _deliver(step: Step, room: RoomState, track: BoxTrack, seq: int, body: bytes) -> bool:
    """Open and act on one MLS application message; False if this device could not read it."""
    try:
        processed = step.group(room).process(body)
    except MlsRefused as refusal:
        return refusal.reason == "duplicate"
    if processed.kind == "own_other" and not track.closed and step.group(room).is_later(processed):
        step.tell(ProfileCopied(room.id))
    if processed.kind != "app" or processed.plaintext is None:
        return True
    device = _sender(step, room, processed)
    if device is None:
        return True
    try:
        said = decode_envelope(processed.plaintext)
    except PeerError:
        return True
    if is_made_by(device.account, said.id):
        _act(step, room, track, seq, device, said)
    return True


def _sender(step: Step, room: RoomState, processed: Processed) -> Device | None:
    """The member device that sent a message; None if it is no longer in the room, or is this device."""
    try:
        certificate = verify_certificate(processed.sender_identity, processed.sender_signature_key)
    except PeerError:
        return None
    device = step.store.device(room.id, certificate.device_id)
    if device is None or device.signature_key != processed.sender_signature_key:
        return None
    return device if device.device != step.local.device else None


def _act(step: Step, room: RoomState, track: BoxTrack, seq: int, device: Device, said: Envelope) -> None:
    """First what people see, then what the sender has read, then what changes this device's own course.

    A revoked device of our own tells the others nothing any more, even before it is removed from their room.
    """
    if room.info.kind == DEVICES and device.device in own_devices.gone(step.store):
        return
    quiet = contact_keys.unhears(step, room, device.account)
    if not quiet:
        _show(step, room, track, seq, device, said)
    read_markers.note_marker(step, room, device.account, said.marker)
    histories.note_views(step, room, device.device, said.views, quiet=quiet)
    if isinstance(said.body, Shown | Annotation):
        track.doubts = 0
        receipts.tell_later(step, room)
    elif isinstance(said.body, Leave | Handed | BackfillRequest | Backfill):
        track.doubts = 0
        receipts.tell_soon(step, room)
    if not quiet or not isinstance(said.body, Leave):  # to carry it out would show that this device is on
        _follow(step, room, device, said.body)


def _show(step: Step, room: RoomState, track: BoxTrack, seq: int, device: Device, said: Envelope) -> None:
    body = said.body
    match body:
        case Typing():
            typing.heard(step, room, device.account, said.sent_at, body)
        case BackfillRequest() | Backfill():
            taking.heard(step, room, device, body)
        case Receipt() | Leave() | Moved() | Sync() | Handed() | NewCard():
            pass
        case _:
            receive(step, room, track, seq, device, said, body)


def _follow(step: Step, room: RoomState, device: Device, body: Body) -> None:
    if isinstance(body, Shown | Annotation | Receipt | Typing | BackfillRequest | Backfill):
        return  # `_show` took it in
    match body:
        case Leave():
            _leaves(step, room, device, body)
        case Moved():
            branches.follow(step, room, device, body)
        case Sync():
            device_sync.heard(step, room, device, body)
        case Handed():
            inbox_items.handed(step, room, device, body.invitation)
        case NewCard():
            handed_cards.came(step, room, device, body)
        case _:
            assert_never(body)


def receive(
    step: Step, room: RoomState, track: BoxTrack, seq: int, device: Device, said: Envelope, body: Shown | Annotation
) -> None:
    """Take a message or an annotation, once; in the devices' room only parts of an archive count."""
    message = receiving.new(step, room, track, seq, device, said, body)
    if message is not None and room.info.kind == DEVICES:
        history.came(step, room, device, message, body)
    elif message is not None:
        receiving.keep(step, room, device, message, body)


def _leaves(step: Step, room: RoomState, device: Device, leave: Leave) -> None:
    """Any member may carry out a leave order; a random delay lets one member do it for all."""
    order = leave.order
    if order.account != device.account or not order_holds(order, room.id, room.info, step.roster(room.id)):
        return
    if order.account == step.local.account:
        if not leaving.is_ours(step, room, order):
            return
        rooms.note_leaving(step, order)
    intents.want_out(room, order)
    room.commit_at = max(room.commit_at, step.within(receipts.delay(step, room)))


def look_after(step: Step, room: RoomState) -> None:
    """Choose between commits that can be decided now, and read messages whose blobs have arrived."""
    commit_choice.decide(step, room, room.current)
    for track in list(room.boxes):
        if track.deferred:
            read_deferred(step, room, track)


def _bound_deferred(step: Step, room: RoomState) -> None:
    """Of too many messages whose blobs are missing, the first of the box that has most counts as unreadable. If it is a
    real one, its sender sends it again.
    """
    while sum(len(track.deferred) for track in room.boxes) > MOST_DEFERRED:
        track = max(room.boxes, key=lambda each: len(each.deferred))
        seq = next(iter(track.deferred))
        frame = step.store.frame(track.keys.box.address, track.deferred.pop(seq))
        opened = box_log.open_quietly(track, frame.data) if frame is not None else None
        if opened is not None:
            blobs.give_up(step, opened)
        losses.unreadable(step, room, track, seq)


def read_deferred(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Read messages whose blobs have arrived."""
    for seq, digest in list(track.deferred.items()):
        frame = step.store.frame(track.keys.box.address, digest)
        opened = box_log.open_quietly(track, frame.data) if frame is not None else None
        body = body_of(step, room, track, opened) if opened is not None else None
        if isinstance(body, Missing):
            if frame is not None and step.day - frame.day <= 1:
                continue
            body = None
            if opened is not None:
                blobs.give_up(step, opened)
        del track.deferred[seq]
        if body is None or not _deliver(step, room, track, seq, body):
            losses.unreadable(step, room, track, seq)


# -- commits ------------------------------------------------------------------------------------------------------


def _candidate(track: BoxTrack, seq: int, digest: bytes, *, settled: bool) -> None:
    track.candidates.append(CommitCandidate(seq, digest, settled))
    if not track.decide_at:
        track.decide_at = min(max(track.head, seq), seq + MAX_LOOKAHEAD)


def _settled(step: Step, room: RoomState, track: BoxTrack, seq: int, digest: bytes, opened: OpenedFrame) -> None:
    """A member announces the commit that it merged: a candidate while we have merged none, a fork if another."""
    body = body_of(step, room, track, opened)
    if not isinstance(body, bytes):
        if not track.closed:
            _keep_settled(step, track, seq, digest, opened)
        return
    claim = branches.claim_in(step, room, track, body)
    if claim is None:
        if track.closed:
            branches.outsider(step, room, track, body)
        return
    if track.winner is None and not claim.data:
        return  # there is nothing to try
    if track.winner is None:
        _keep_settled(step, track, seq, digest, opened)
        if not track.settle_until:
            track.settle_until = step.now + step.timing.settle // 2
    elif claim.commit == track.winner.commit:
        if not claim.data and box_log.winning_commit(step, track) is not None:
            return  # those who are still in that epoch need the commit, which we have
        track.settled_seen = True
        track.announced |= claim.signer != step.local.signature_key
    else:
        branches.note_competing(step, room, track, claim)


def _keep_settled(step: Step, track: BoxTrack, seq: int, digest: bytes, opened: OpenedFrame) -> None:
    box = track.keys.box.address
    step.store.put_frame(received(step, track, seq, digest, Kind.SETTLED, b""))
    step.store.set_value(box_log.settled_key(box, digest), bytes((opened.indirect,)) + opened.body)
    _candidate(track, seq, digest, settled=True)
