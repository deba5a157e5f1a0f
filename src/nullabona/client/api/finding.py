"""Which room, contact or message a person means: an id or the beginning of one, a name, a handle or its first part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from nullabona.client.api.errors import Ambiguous, NoSuchMessage
from nullabona.client.core.model.errors import NoSuchContact, NoSuchRoom
from nullabona.client.core.model.facts.people import RoomRequested
from nullabona.client.core.model.facts.union import logged_fact
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import Contact, ContactState, Device, Message
from nullabona.client.core.model.room_info import DEVICES
from nullabona.client.core.model.state import JOINED, RoomState, decode_state
from nullabona.client.core.step import Step
from nullabona.client.core.timeline.names import all_names
from nullabona.client.importing.storing import author_id
from nullabona.wire.handle import HandleError, parse_handle

_SHORTEST_PREFIX: Final = 4
_MOST_LISTED: Final = 8
_END: Final = (1 << 63) - 1

T = TypeVar("T")


def room_states(store: Store) -> list[RoomState]:
    """Every room that a person is in; the one that the account's devices share is not for people."""
    loaded = [store.load_room(room) for room in store.rooms()]
    states = [decode_state(data) for data in loaded if data is not None]
    return [state for state in states if state.info.kind != DEVICES]


def find_room(store: Store, wanted: bytes | str) -> bytes:
    """The id of the room. Of rooms with one name those we are in come first. Raises `NoSuchRoom` or `Ambiguous`."""
    if isinstance(wanted, bytes):
        if store.load_room(wanted) is None:
            raise NoSuchRoom("this profile has no such room")
        return wanted
    states = room_states(store)
    fitting = [room for room in states if _fits(store, room, wanted)]
    present = [room for room in fitting if room.phase == JOINED] or fitting
    if len({contact.account for room in fitting if (contact := direct_partner(store, room)) is not None}) > 1:
        # Two accounts with one handle: which of them is meant is not for us to say.
        present = fitting
    if not present:
        raise NoSuchRoom(f"this profile has no room {wanted!r}")
    return _only([(room.id, describe_room(store, room)) for room in present], wanted)


def _fits(store: Store, room: RoomState, wanted: str) -> bool:
    if room.info.name == wanted or is_prefix(room.id, wanted):
        return True
    partner = direct_partner(store, room)
    return partner is not None and (_fits_handle(partner.handle, wanted) or is_prefix(partner.account, wanted))


def is_prefix(id: bytes, wanted: str) -> bool:
    """Whether ``wanted`` is the beginning of the id in hex, long enough to be meant as one."""
    return len(wanted) >= _SHORTEST_PREFIX and id.hex().startswith(wanted.lower())


def _fits_handle(handle: str, wanted: str) -> bool:
    try:
        wanted = str(parse_handle(wanted)) if "@" in wanted else parse_handle(f"{wanted}@xx").name
    except HandleError:
        return False
    return handle == wanted or handle.partition("@")[0] == wanted


def direct_partner(store: Store, room: RoomState) -> Contact | None:
    """Whom a direct room is with."""
    return next((contact for contact in store.contacts() if contact.room == room.id), None)


def room_requests(store: Store) -> dict[bytes, RoomRequested]:
    """Strangers' invitations that wait for the person, by room, with the fact that reported each."""
    found: dict[bytes, RoomRequested] = {}
    after = 0
    while page := store.events(after):
        facts = (logged_fact(row) for row in page if row.kind == "room-request")
        found |= {fact.room: fact for fact in facts if isinstance(fact, RoomRequested)}
        after = page[-1].id
    return {room: fact for room, fact in found.items() if store.get_value(f"room-request:{room.hex()}") is not None}


def describe_room(store: Store, room: RoomState) -> str:
    """A line that tells this room from others."""
    partner = direct_partner(store, room)
    title = room.info.name or (partner.handle if partner is not None else "?")
    return f"{title} ({room.id.hex()[:12]}, {room.phase})"


def find_contact(store: Store, wanted: bytes | str, *, asking: bool = False) -> Contact:
    """The contact of an account or the beginning of its id, of a handle, or of its part before the @.

    Of several with one handle none is meant more than another, unless only one is ``asking`` and that is what matters.
    Raises `NoSuchContact` or `Ambiguous`.
    """
    known = store.contacts()
    if isinstance(wanted, bytes):
        fitting = [each for each in known if each.account == wanted]
    else:
        fitting = [each for each in known if _fits_handle(each.handle, wanted)]
        fitting = fitting or [each for each in known if is_prefix(each.account, wanted)]
    if asking:
        fitting = [each for each in fitting if each.state is ContactState.ASKING] or fitting
    if not fitting:
        raise NoSuchContact(f"{_shown(wanted)} is not among your contacts")
    return _only([(contact, describe_contact(contact)) for contact in fitting], _shown(wanted))


def describe_contact(contact: Contact) -> str:
    """A few words that tell this contact from others, one with the same handle too."""
    return f"{contact.handle} ({contact.account.hex()[:12]}, {contact.state})"


def find_person(step: Step, wanted: bytes | str) -> list[bytes]:
    """Whose messages a search for ``wanted`` includes: an account, accounts and authors with that name."""
    if isinstance(wanted, bytes):
        return [wanted]
    names = all_names(step.store)
    known = {step.local.account, *names.handles}
    called = [who for who in known if wanted == names.name(who) or _fits_handle(names.handle(who), wanted)]
    return [*called, author_id(wanted)]


def find_member(store: Store, room: bytes, wanted: bytes | str) -> bytes:
    """The account of a member of the room. Raises `NoSuchContact` or `Ambiguous`."""
    fitting = {each.account: each.handle for each in store.devices(room) if _fits_member(each, wanted)}
    if not fitting:
        raise NoSuchContact(f"{_shown(wanted)} is not in this room", hint="list its members")
    named = [(account, f"{handle} ({account.hex()[:12]})") for account, handle in fitting.items()]
    return _only(named, _shown(wanted))


def _shown(wanted: bytes | str) -> str:
    return wanted if isinstance(wanted, str) else wanted.hex()[:12]


def _fits_member(device: Device, wanted: bytes | str) -> bool:
    if isinstance(wanted, bytes):
        return device.account == wanted
    return _fits_handle(device.handle, wanted) or is_prefix(device.account, wanted)


def find_message(store: Store, room: bytes, wanted: bytes | str) -> Message:
    """A message of the room by its id or the beginning of it. Raises `NoSuchMessage` or `Ambiguous`."""
    if isinstance(wanted, bytes):
        found = store.message(room, wanted)
        fitting = [found] if found is not None and found.shown else []
    else:
        recent = store.messages(room, before=_END, limit=10_000)
        fitting = [message for message in recent if is_prefix(message.id, wanted)]
    if not fitting:
        raise NoSuchMessage("the room has no such message")
    return _only([(message, message.id.hex()) for message in fitting], "that id")


def _only(fitting: Sequence[tuple[T, str]], wanted: str) -> T:
    if len(fitting) > 1:
        names = ", ".join(name for _, name in fitting[:_MOST_LISTED])
        raise Ambiguous(f"{wanted!r} fits {len(fitting)} of them", hint=f"say which: {names}")
    return fitting[0][0]
