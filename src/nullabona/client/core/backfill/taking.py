"""Takes in what a member hands over (spec/devices.md §9.2): each line once, in its place, and marked."""

from __future__ import annotations

from dataclasses import replace

from nullabona.client.core import files
from nullabona.client.core.backfill import giving
from nullabona.client.core.delivery.box_log import epoch_of
from nullabona.client.core.model.backfill import BackfillLine, BackfillPart, decode_part, seal_info
from nullabona.client.core.model.content import Backfill, BackfillRequest, File, Profile, Shown
from nullabona.client.core.model.facts.messages import MessageChanged
from nullabona.client.core.model.gaps import MOST_PARTS, Asked, Gap, stream_of
from nullabona.client.core.model.message_ids import is_made_by
from nullabona.client.core.model.records import Device, Message, MessageState
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import annotating, expiry, gaps, kinds, read_markers, search, sending
from nullabona.errors import PeerError
from nullabona.wire.seal import open_sealed


def heard(step: Step, room: RoomState, device: Device, said: BackfillRequest | Backfill) -> None:
    """Another device of the room asks for lines, or hands them over to this device or another."""
    if isinstance(said, BackfillRequest):
        giving.asked(step, room, device, said)
    elif said.to != step.local.device:
        giving.seen(step, room, device, said)
    else:
        came(step, room, device, said)


def came(step: Step, room: RoomState, device: Device, said: Backfill) -> None:
    """A part for this device came. What was not asked for, or does not open, is ignored."""
    gap = room.gap
    if gap is None or gap.asked is None or said.request != gap.asked.request:
        return
    asked, stream = gap.asked, stream_of(device.device, tells=said.tells)
    if not _may_tell(step, asked, device, said) or said.part in asked.parts.get(stream, ()):
        return
    part = _opened(room, asked, device, said)
    if part is None:
        return
    asked.parts.setdefault(stream, []).append(said.part)
    if said.last:
        asked.ends.setdefault(stream, said.part)
        asked.lacking |= part.lacking
    for line in part.lines:
        _take(step, room, gap, device, line, part, tells=said.tells)
    _settle(step, room, asked, device, said)


def _may_tell(step: Step, asked: Asked, device: Device, said: Backfill) -> bool:
    """Everybody their own lines; ours only who was asked for them."""
    return device.account in asked.tellers and device.account != step.local.account if said.tells else True


def _opened(room: RoomState, asked: Asked, device: Device, said: Backfill) -> BackfillPart | None:
    info = seal_info(room.id, said.request, device.device, said.part, tells=said.tells)
    try:
        return decode_part(open_sealed(asked.seed, info, said.sealed))
    except PeerError:
        return None


def _settle(step: Step, room: RoomState, asked: Asked, device: Device, said: Backfill) -> None:
    """See whose lines are whole now, and whether anything is missing still."""
    stream = stream_of(device.device, tells=said.tells)
    whole = len(asked.parts[stream]) > asked.ends.get(stream, MOST_PARTS)
    if whole and said.tells:
        asked.told = True
    elif whole and device.account in asked.waiting:
        asked.waiting.remove(device.account)
    look_again(step, room)


def look_again(step: Step, room: RoomState) -> None:
    """Nobody waits for accounts that are out of the room; what they said is missing for good."""
    gap = room.gap
    if gap is None or gap.asked is None:
        return
    asked, here = gap.asked, {device.account for device in step.roster(room.id).values()}
    left = [account for account in asked.waiting if account not in here]
    asked.lacking |= bool(left)
    asked.waiting = [account for account in asked.waiting if account in here]
    if asked.waiting or not asked.told:
        gaps.tell(step, room)
        return
    asked.next_at = None
    if asked.lacking:
        gaps.tell(step, room)
    else:
        gaps.close(step, room)


def _take(
    step: Step, room: RoomState, gap: Gap, device: Device, line: BackfillLine, part: BackfillPart, *, tells: bool
) -> None:
    """Keep a line that is not here yet, if this device may have it from there."""
    account = step.local.account if tells else device.account
    if isinstance(line.body, Profile) or not is_made_by(account, line.id):
        return
    if tells and not isinstance(line.body, Shown):
        return  # what takes something back, or changes it, must come from its own account
    position = line.position if gap.start is None else max(line.position, gap.start + 1)
    position = position if gap.back is None else min(position, gap.back.position - 1)
    known = step.store.message(room.id, line.id)
    if known is not None and (known.account != account or known.told_by in {b"", device.account} or tells):
        if known.account == account and not tells and known.told_by == b"":
            sending.sorted_first(step, room, known, position)
        return
    if known is not None and known.kind in {kinds.DELETED, kinds.GONE}:
        return
    row = _row(step, room, device, line, account, position)
    read = account == step.local.account or part.has_read(position)
    row = replace(row, unread=0 if read else row.unread, edited_at=line.edited_at or None)
    _keep(step, room, row, line, read=read)


def _row(step: Step, room: RoomState, device: Device, line: BackfillLine, account: bytes, position: int) -> Message:
    state = MessageState.DELIVERED if account == step.local.account else MessageState.RECEIVED
    row = Message(
        *(room.id, line.id, account, device.account, line.sent_at, position, epoch_of(position), state),
        *(b"", b"", 0, b""),
    )
    return kinds.filled(step, row, line.body, entitled=kinds.entitled(room.info, account, line.body))


def _keep(step: Step, room: RoomState, row: Message, line: BackfillLine, *, read: bool) -> None:
    step.store.put_message(row)
    if row.kind in annotating.ANNOTATIONS:
        annotating.came(step, room, row)
    else:
        search.index(step.store, row, kinds.stored(row))
        if isinstance(line.body, File):
            files.received(step, room, row.id, line.body)
        # As a change: what was said long ago notifies nobody.
        step.tell(MessageChanged(room.id, row.id))
        annotating.settle(step, room, row.id)
        if read:
            expiry.start(step, row, since=row.sent_at)
    read_markers.match_markers(step, room, row.id, row.position)
