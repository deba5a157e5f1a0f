"""The devices share one inbox: nothing is erased before all of them have processed it, and a contact request that one
declined is ignored by the others.
"""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.account import own_devices
from nullabona.client.core.model.facts.signals import InboxReadElsewhere
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.sync_items import MOST_FRAMES, InboxItem
from nullabona.client.core.step import Step

SEEN: Final = "inbox"
"""The store key of the inbox frames that were processed."""
_OTHERS: Final = "inbox-of-others"
_ASKED: Final = "asked-in:"
_others = msgspec.msgpack.Decoder(dict[str, InboxItem])
_frames = msgspec.msgpack.Decoder(tuple[bytes, ...])


def note_other(step: Step, device: bytes, item: InboxItem) -> None:
    """Note how far another device has read."""
    known = _load(step)
    known[device.hex()] = item
    listed = {device.id.hex() for device in own_devices.others(step)}
    step.tell(InboxReadElsewhere())
    kept = {id: item for id, item in known.items() if id in listed}
    step.store.set_value(_OTHERS, msgspec.msgpack.encode(kept))


def erasable(step: Step, incarnation: bytes, position: int) -> int:
    """The seq up to which the inbox may be erased: every device has processed it."""
    known = _load(step)
    found = [known.get(device.id.hex()) for device in own_devices.others(step)]
    reached = [item.position if item is not None and item.incarnation == incarnation else 0 for item in found]
    return min([position, *reached])


# -- contact requests ---------------------------------------------------------------------------------------------


def note_request(step: Step, account: bytes, frame: bytes) -> None:
    """A request of ``account``, which waits for the person, came in the frame with this hash."""
    contact = step.store.contact(account)
    if own_devices.others(step) and contact is not None and contact.state is ContactState.ASKING:
        kept = [*(known for known in _frames_of(step, account) if known != frame), frame][-MOST_FRAMES:]
        step.store.set_value(_ASKED + account.hex(), msgspec.msgpack.encode(kept))


def take_requests(step: Step, account: bytes) -> tuple[bytes, ...]:
    """The frames in which the requests of ``account`` came, once."""
    frames = _frames_of(step, account)
    step.store.delete_value(_ASKED + account.hex())
    return frames


def pass_over(step: Step, frames: tuple[bytes, ...]) -> None:
    """Ignore these frames: another device has answered them."""
    for frame in frames:
        step.store.saw(SEEN, frame, step.day)


def _frames_of(step: Step, account: bytes) -> tuple[bytes, ...]:
    data = step.store.get_value(_ASKED + account.hex())
    return _frames.decode(data) if data else ()


def _load(step: Step) -> dict[str, InboxItem]:
    data = step.store.get_value(_OTHERS)
    return _others.decode(data) if data else {}
