"""The inbox is shared: nothing in it is erased before every device of the account has processed it, and a contact
request that one of them declined is not heard by another that has not come so far.
"""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.account import own_devices
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.sync_items import MOST_FRAMES, InboxItem
from nullabona.client.core.step import Step

SEEN: Final = "inbox"
"""Under which the frames of the inbox that were taken are remembered."""
_OTHERS: Final = "inbox-of-others"
_ASKED: Final = "asked-in:"
_others = msgspec.msgpack.Decoder(dict[str, InboxItem])
_frames = msgspec.msgpack.Decoder(tuple[bytes, ...])


def note_other(step: Step, device: bytes, item: InboxItem) -> None:
    """Another device has come so far."""
    known = _load(step)
    known[device.hex()] = item
    listed = {device.id.hex() for device in own_devices.others(step)}
    step.others_inbox = True
    kept = {id: item for id, item in known.items() if id in listed}
    step.store.set_value(_OTHERS, msgspec.msgpack.encode(kept))


def erasable(step: Step, incarnation: bytes, position: int) -> int:
    """Up to where the inbox may be erased: what this device has processed and every other one too."""
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
    """What is in these frames was answered on another device."""
    for frame in frames:
        step.store.saw(SEEN, frame, step.day)


def _frames_of(step: Step, account: bytes) -> tuple[bytes, ...]:
    data = step.store.get_value(_ASKED + account.hex())
    return _frames.decode(data) if data else ()


def _load(step: Step) -> dict[str, InboxItem]:
    data = step.store.get_value(_OTHERS)
    return _others.decode(data) if data else {}
