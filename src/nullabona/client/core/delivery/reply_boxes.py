"""The box for the answer to our contact request, known only to us and the account we asked (spec/room.md §9).

The public card names the owner of an inbox. An answer there, soon after the request, would show the relay whom we
asked. So the request carries a secret from which this box is derived like an epoch's box, and the answer goes there.
We follow the box until this device has the answer, or it is too late. We also follow it after the person has deleted
the contact or has accepted a request of theirs meanwhile: an answer may be on its way, and the other account is in the
room that it leads to.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from nullabona.client.core.account import own_devices
from nullabona.client.core.model.facts.signals import ReplyBoxesChanged
from nullabona.client.core.model.inbox_items import ItemBody, sign_item
from nullabona.client.core.model.outbox_targets import ReplyFrame
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.state import JOINED, REJOINING
from nullabona.client.core.step import DAY_MS, Step
from nullabona.wire.address import Address, EpochKeys, epoch_keys
from nullabona.wire.messages import Frames
from nullabona.wire.seal import ITEM_DIRECT, Inbox, seal_to_place

FOLLOWED_DAYS: Final = 30
SECRET_SIZE: Final = 32
MOST_NAMELESS: Final = 16
"""Of the boxes for answers that the person no longer waits for, we follow the newest."""
_KEPT: Final = "replies"
_TO: Final = "reply-to:"
_CAME: Final = "reply-came:"


class ReplyBox(msgspec.Struct, array_like=True):
    """A reply box that we follow, and how far we have read it."""

    account: bytes
    """The account that we asked; empty if the person no longer waits for it. Nothing tells then whom we had asked."""
    secret: bytes
    relay: str
    until: int
    incarnation: bytes = b""
    position: int = 0

    @property
    def keys(self) -> EpochKeys:
        return epoch_keys(self.secret)

    def __repr__(self) -> str:
        return f"<ReplyBox position={self.position}>"


_boxes = msgspec.msgpack.Decoder(list[ReplyBox])


# -- who asks -----------------------------------------------------------------------------------------------------


def expect(step: Step, account: bytes) -> bytes:
    """Follow a box for the answer of ``account`` and return its secret; reuses a box that we follow already."""
    held = followed(step)
    secret = next((box.secret for box in held if box.account == account), b"")
    return secret or follow(step, account, step.rng.bytes(SECRET_SIZE))


def follow(step: Step, account: bytes, secret: bytes) -> bytes:
    """Follow this box for the answer of ``account``, and no other."""
    held = [box for box in followed(step) if box.account != account]
    _save(step, [*held, ReplyBox(account, secret, step.local.relay, step.now + FOLLOWED_DAYS * DAY_MS)])
    return secret


def secret_for(step: Step, account: bytes) -> bytes:
    """The secret of the box where we wait for the answer of ``account``; empty if there is none."""
    return next((box.secret for box in followed(step) if box.account == account), b"")


def drop(step: Step, account: bytes) -> None:
    """Forget that they wait for our answer; and that we wait for theirs, unless this device still does.

    To be called when the contact's new state is stored.
    """
    note(step, account, b"")
    contact = step.store.contact(account)
    if contact is None:
        take_answered(step, account)  # nobody is told of it any more
        wait_no_more(step, account)
        return
    box = next((box for box in _load(step) if box.account == account), None)
    if box is None or _awaited(step, box):
        return
    _save(step, [box for box in _load(step) if box.account != account])
    if contact.state is ContactState.ACCEPTED and own_devices.others(step):
        step.store.set_value(_CAME + account.hex(), box.secret)


def wait_no_more(step: Step, account: bytes) -> None:
    """The person does not wait for the answer of ``account``, but it may come: follow the box without the name."""
    held = [box for box in _load(step) if box.until > step.now]
    ours = [msgspec.structs.replace(box, account=b"") for box in held if box.account == account]
    if ours:
        nameless = [*(box for box in held if not box.account), *ours]
        _save(step, [*(box for box in held if box.account not in {b"", account}), *nameless[-MOST_NAMELESS:]])


def take_answered(step: Step, account: bytes) -> bytes:
    """The secret of the box where this device had the answer, once: the account's other devices look there too."""
    secret = step.store.get_value(_CAME + account.hex()) or b""
    step.store.delete_value(_CAME + account.hex())
    return secret


def followed(step: Step) -> list[ReplyBox]:
    """The boxes that may still bring an answer to this account's device."""
    return [] if own_devices.is_signed_out(step.store) else [box for box in _load(step) if _awaited(step, box)]


def take_frames(step: Step, address: Address, after: int, answer: Frames) -> list[bytes]:
    """The frames to open from ``answer``, which a read of the box at ``address`` got."""
    held = followed(step)
    if len(held) < len(_load(step)):
        _save(step, held)
    box = next((box for box in held if box.keys.box.address == address), None)
    if box is None or after != box.position:
        return []
    before = box.incarnation, box.position
    if box.incarnation and answer.incarnation != box.incarnation:
        box.position, frames = 0, []  # the relay lost the box and re-created it: read it from its start
    else:
        box.position = max(after, *(seq for seq, _ in answer.frames)) if answer.frames else max(after, answer.head)
        frames = [data for _, data in answer.frames]
    box.incarnation = answer.incarnation
    if before != (box.incarnation, box.position):
        _save(step, held)
    return frames


def _awaited(step: Step, box: ReplyBox) -> bool:
    if box.until <= step.now or not box.account:
        return box.until > step.now
    contact = step.store.contact(box.account)
    if contact is None:
        return False
    if contact.state is not ContactState.ACCEPTED:
        return contact.state in {ContactState.REQUESTED, ContactState.ASKING}
    # Another device of the account had the answer first. It waits here for this device too.
    room = step.find_room(contact.room) if contact.room else None
    return bool(contact.room) and (room is None or room.phase not in {JOINED, REJOINING})


def _load(step: Step) -> list[ReplyBox]:
    data = step.store.get_value(_KEPT)
    return _boxes.decode(data) if data else []


def _save(step: Step, held: list[ReplyBox]) -> None:
    if held:
        step.store.set_value(_KEPT, msgspec.msgpack.encode(held))
    else:
        step.store.delete_value(_KEPT)
    step.tell(ReplyBoxesChanged())


# -- who is asked -------------------------------------------------------------------------------------------------


def note(step: Step, account: bytes, secret: bytes) -> None:
    """Record the reply box where ``account`` waits for our answer; a secret of the wrong size means its inbox."""
    if len(secret) == SECRET_SIZE:
        step.store.set_value(_TO + account.hex(), secret)
    else:
        step.store.delete_value(_TO + account.hex())


def noted(step: Step, account: bytes) -> bytes:
    """The recorded secret of ``account``'s reply box; empty if there is none."""
    return step.store.get_value(_TO + account.hex()) or b""


def take_note(step: Step, account: bytes) -> bytes:
    """The same, and delete it: it is used once."""
    secret = noted(step, account)
    note(step, account, b"")
    return secret


def queue_reply(step: Step, secret: bytes, inbox: Inbox, relay: str, body: ItemBody) -> None:
    """Sign ``body``, seal it to the key of ``inbox`` and send it to the reply box, at the inbox's relay.

    It replaces what has not left for that box yet.
    """
    address = epoch_keys(secret).box.address
    frame = seal_to_place(inbox.hpke_key, address, ITEM_DIRECT + sign_item(step.mls, address, body))
    target = ReplyFrame(inbox.relay or relay, address, secret)
    step.store.drop_outbox_kind(target.kind, address)
    step.store.add_outbox(target, ref=sha256(frame).digest(), data=frame)
