"""How bytes get into the outbox: frames, blobs, inbox items and trims, always in the step's own transaction."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from nullabona.client.core.model.inbox_items import ItemBody, sign_item
from nullabona.client.core.model.outbox_targets import InboxBlob, InboxFrame, InboxTrim, RoomBlob, RoomFrame, RoomTrim
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import Frame
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.wire.address import BoxSecrets
from nullabona.wire.blob import BlobRef, cut_blob, encode_ref
from nullabona.wire.frame import NONCE_SIZE, Kind, body_fits, seal_frame
from nullabona.wire.messages import POLICY_INBOX
from nullabona.wire.seal import ITEM_DIRECT, ITEM_INDIRECT, Inbox, inbox_item_fits, seal_to_inbox


def next_due(store: Store, down: frozenset[str]) -> int | None:
    """When the next item becomes due, in ms, without items for unreachable relays."""
    if not down:
        return store.outbox_next()
    times = store.outbox_times()
    # A relay that our connections do not reach may still answer a one-shot request.
    return min((at for at, to in times if to.route == "one-shot" or to.relay not in down), default=None)


def queue_frame(
    step: Step, room: RoomState, track: BoxTrack, kind: Kind, body: bytes, *, message: bytes = b"", keep: bool = True
) -> bytes:
    """Seal ``body`` for the track's box and put it into the outbox; returns the frame's hash.

    We re-append a kept frame if the relay loses it before every device has acknowledged it.
    """
    frame = _seal(step, room, track, kind, body)
    digest = sha256(frame).digest()
    data, box = frame if keep else b"", track.keys.box.address
    step.store.put_frame(Frame(box, digest, 0, b"", kind, mine=True, message=message, day=step.day, data=data))
    queue_raw(step, room, track, digest, frame)
    return digest


def queue_last(step: Step, room: RoomState, track: BoxTrack, kind: Kind, body: bytes) -> None:
    """Put a frame into the outbox without a record of it: it is sent once, and never put back."""
    frame = _seal(step, room, track, kind, body)
    queue_raw(step, room, track, sha256(frame).digest(), frame)


def _seal(step: Step, room: RoomState, track: BoxTrack, kind: Kind, body: bytes) -> bytes:
    keys = track.keys
    indirect = not body_fits(len(body))
    if indirect:
        body = encode_ref(queue_blob(step, RoomBlob(track.relay, room.id, keys.box.address), body))
    return seal_frame(keys.frame_key, keys.box.address, step.rng.bytes(NONCE_SIZE), kind, body, indirect=indirect)


def queue_raw(step: Step, room: RoomState, track: BoxTrack, digest: bytes, frame: bytes) -> None:
    """Put a sealed frame into the outbox, unless it is there already."""
    box = track.keys.box.address
    if digest not in step.store.outbox_refs(box):
        target = RoomFrame(track.relay, room.id, box, track.secret, track.leaves)
        step.store.add_outbox(target, ref=digest, data=frame)


def queue_blob(step: Step, target: RoomBlob | InboxBlob, content: bytes) -> BlobRef:
    """Cut ``content`` into chunks, keep them and put them into the outbox, ahead of the item that refers to them."""
    ref, chunks = cut_blob(step.rng.bytes(32), content)
    for digest, chunk in chunks:
        step.store.put_chunk(digest, chunk, step.day)
        step.store.add_outbox(target, ref=digest, data=chunk)
    return ref


def queue_item(step: Step, inbox: Inbox, relay: str, body: ItemBody) -> None:
    """Sign ``body``, seal it to ``inbox`` and put it into the outbox. ``relay`` is used where the card names none."""
    address, relay = inbox.address, inbox.relay or relay
    data = sign_item(step.mls, address, body)
    if inbox_item_fits(len(data) + 1):
        frame = seal_to_inbox(inbox, ITEM_DIRECT + data)
    else:
        ref = queue_blob(step, InboxBlob(relay, address), data)
        frame = seal_to_inbox(inbox, ITEM_INDIRECT + encode_ref(ref))
    target = InboxFrame(relay, address, inbox.read_hash, inbox.write_secret)
    step.store.add_outbox(target, ref=sha256(frame).digest(), data=frame)


def queue_trim(step: Step, relay: str, box: BoxSecrets, upto: int) -> None:
    """Ask the relay to erase frames that nobody needs any more."""
    if relay in step.down or not upto:
        return
    trim = InboxTrim if box.policy == POLICY_INBOX else RoomTrim
    step.store.add_outbox(trim(relay, box.address, box.read_secret, box.write_hash, upto), ref=b"")


def drop_trim(step: Step, box: BoxSecrets) -> None:
    """Drop a queued trim, because that relay no longer keeps the box."""
    trim = InboxTrim if box.policy == POLICY_INBOX else RoomTrim
    step.store.drop_outbox_kind(trim.kind, box.address)


def drop_trims(step: Step, left: Iterable[str]) -> None:
    """After rooms left these relays: drop trims for the unreachable ones, unless our account is there. Their frames
    expire, or are gone already.
    """
    gone = step.down.intersection(left) - {step.local.relay}
    for item in step.store.outbox_of(None) if gone else []:
        if isinstance(item.target, RoomTrim | InboxTrim) and item.target.relay in gone:
            step.store.drop_outbox(item.id)
