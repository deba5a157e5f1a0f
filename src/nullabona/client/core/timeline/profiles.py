"""People's names and pictures: sent only inside rooms, stored by account, the newest profile wins."""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core import acquaintance
from nullabona.client.core.delivery import receipts
from nullabona.client.core.model.content import MAX_PICTURE, Profile
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.facts.people import ProfileChanged
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import Person
from nullabona.client.core.model.sniff import is_small_image
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline.names import MAX_NAME, clean_name
from nullabona.errors import Malformed

_OWN: Final = "own-profile"
_SMALL: Final = 16
"""In rooms of up to this many accounts we send newcomers our profile at once; in larger ones with our next message."""
_profiles = msgspec.msgpack.Decoder(Profile)


def own(step: Step) -> Profile:
    """What this account says of itself; empty unless the person said something."""
    data = step.store.get_value(_OWN)
    return _profiles.decode(data) if data else Profile("")


def own_encoded(store: Store) -> bytes:
    """As `own`, as bytes for the account's other devices; empty unless the person said something."""
    return store.get_value(_OWN) or b""


def take_own(step: Step, data: bytes, at: int) -> None:
    """Take over our profile from another device of the account. Raises `Malformed`."""
    try:
        said = _profiles.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("a profile of another device does not decode") from None
    known = step.store.person(step.local.account)
    if known is None or known.told_before(at):
        step.store.set_value(_OWN, data)
        learn(step, step.local.account, step.local.handle, at, said)


def set_own(step: Step, name: str, picture: bytes | None) -> None:
    """Keep the profile and tell every room, one message each. ``picture`` None: as before; empty: none.

    Raises `BadRequest` if the name is too long or the picture too large, or no JPEG, PNG or WebP.
    """
    cleaned = clean_name(name)
    if len(name.strip()) > MAX_NAME:
        raise BadRequest(f"a name has at most {MAX_NAME} characters")
    picture = own(step).picture if picture is None else picture
    if len(picture) > MAX_PICTURE or (picture and not is_small_image(picture)):
        raise BadRequest("a profile picture is a small square photo", hint="choose another picture")
    profile = Profile(cleaned, picture)
    if profile == own(step):
        return
    step.store.set_value(_OWN, msgspec.msgpack.encode(profile))
    _keep(step, step.local.account, step.local.handle, step.now, profile)
    for room_id in step.store.rooms():
        room = step.find_room(room_id)
        if room is not None and room.phase == JOINED:
            tell_soon(step, room)


def tell_soon(step: Step, room: RoomState) -> None:
    """Send our profile to the room, within the delay of a receipt, if we have one."""
    if step.store.get_value(_OWN) is not None and not acquaintance.is_shut(step.store, room.info):
        room.profile_at = step.within(receipts.delay(step, room)) + 1


def newcomers(step: Step, room: RoomState) -> None:
    """Accounts came into the room that do not have our profile."""
    room.profile_late = True
    if step.store.member_count(room.id) <= _SMALL:
        tell_soon(step, room)


def due_before_speaking(step: Step, room: RoomState) -> bool:
    """Whether to send the profile before the next message, so that its readers know who wrote it."""
    if not room.profile_late or step.store.get_value(_OWN) is None:
        return False
    room.profile_at = step.now
    return True


def learn(step: Step, account: bytes, handle: str, sent_at: int, said: Profile) -> None:
    """Store an account's profile, unless we have a newer one."""
    known = step.store.person(account)
    picture = said.picture if is_small_image(said.picture) else b""
    if known is None or known.told_before(sent_at):
        _keep(step, account, handle, sent_at, Profile(clean_name(said.name), picture))


def _keep(step: Step, account: bytes, handle: str, told_at: int, said: Profile) -> None:
    known = step.store.person(account)
    step.store.put_person(Person(account, handle, said.name, said.picture, told_at))
    if known is None or (known.name, known.picture) != (said.name, said.picture):
        step.tell(ProfileChanged(account))
