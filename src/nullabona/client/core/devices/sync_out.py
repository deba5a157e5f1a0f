"""Changes that concern the account's other devices: noted when they happen, sent soon after in their newest state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

import msgspec

from nullabona.client.core import preferences
from nullabona.client.core.account import device_names, own_devices, sync_clock, waiting
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.devices import shared_inbox, shared_room
from nullabona.client.core.model.branches import Helper, helpers_of
from nullabona.client.core.model.content import Sync
from nullabona.client.core.model.facts import account as of_account
from nullabona.client.core.model.facts import messages as of_messages
from nullabona.client.core.model.facts import people as of_people
from nullabona.client.core.model.facts import rooms as of_rooms
from nullabona.client.core.model.facts import signals as of_signals
from nullabona.client.core.model.facts.account import PreferencesChanged
from nullabona.client.core.model.facts.people import ContactAccepted, ContactChanged, ContactRequested, ProfileChanged
from nullabona.client.core.model.facts.rooms import Joined
from nullabona.client.core.model.facts.signals import ChoicesTakenOver, OwnMarkerMoved
from nullabona.client.core.model.facts.union import Fact
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import UNPLACED, Contact, ContactState
from nullabona.client.core.model.room_info import DEVICES, encode_info
from nullabona.client.core.model.state import JOINED, REJOINING, RoomState
from nullabona.client.core.model.sync_items import (
    MOST_ASKED,
    MOST_GONE,
    MOST_ITEMS,
    CardItem,
    ContactItem,
    InboxItem,
    NameItem,
    NicknameItem,
    PreferenceItem,
    ProfileItem,
    ReadItem,
    RoomItem,
    SyncItem,
)
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import profiles, sending

SOON_MS: Final = 2_000
"""We send a change to the other devices within this time, together with later changes."""
EVERYTHING: Final = "everything"
CARD: Final = "card"
NAME: Final = "name"
CALLED: Final = "called"
SAID: Final = "said"
REMEMBERED: Final = "remembered"
_KNOWN: Final = "known:"
_DIRTY: Final = "devices-dirty"
_OWED: Final = "devices-owed"
_HEARD: Final = "told-by-devices"
_TOLD: Final = "devices-told"
PER_DEVICE: Final = frozenset({"theme", "notify", "quiet_hours", "lock_minutes", "language", "enter_sends"})
"""Preferences of the profile that each device has for itself."""
_dirty = msgspec.msgpack.Decoder(dict[str, int])
_ids = msgspec.msgpack.Decoder(list[bytes])


def note(step: Step, what: str) -> None:
    """Note a change for the other devices: ``known:…`` (a contact), ``called:…`` (its nickname), a scope of
    preferences, ``read:…`` (a room), `CARD`, `SAID` (the profile) or `EVERYTHING`.
    """
    if own_devices.others(step):
        _note(step, what, sync_clock.chosen_here(step, what))


def _note(step: Step, what: str, at: int) -> None:
    dirty = _load(step)
    dirty[what] = at
    step.store.set_value(_DIRTY, msgspec.msgpack.encode(dirty))
    room = own_devices.shared(step)
    if room is not None:
        room.sync_at = room.sync_at or step.within(SOON_MS) + 1


def note_contact(step: Step, account: bytes) -> None:
    """Note a change of a contact that no event reports."""
    note(step, _known(account))


def remember_room(step: Step, room: bytes) -> None:
    """Tell the other devices of a room that we are in: one that is not will ask members for a way in."""
    note(step, f"{REMEMBERED}:{room.hex()}")


def of_facts(step: Step) -> None:
    """Note this step's facts that concern the other devices, unless the step took over their choices.

    A change of a contact that the person did not make keeps the time of the last choice, so that a choice made on
    another device meanwhile wins.
    """
    if ChoicesTakenOver() in step.unlogged:
        return
    for fact in step.told:
        for what in _concerned(step, fact):
            if not own_devices.others(step):
                return
            came = what.startswith(_KNOWN) and not step.chosen
            _note(step, what, (sync_clock.chosen_at if came else sync_clock.chosen_here)(step, what))


def _concerned(step: Step, fact: Fact) -> Iterator[str]:  # noqa: C901, PLR0912 - one case for each kind of fact
    match fact:
        case of_messages.MessageStored() | of_messages.MessageChanged() | of_messages.MessageGone():
            pass
        case of_messages.NoticeAdded() | of_messages.MessageStateChanged() | of_messages.ReadMarker():
            pass
        case of_messages.HistoryImported() | of_messages.Typing() | of_messages.Transfer():
            pass
        case ContactRequested() | ContactAccepted() | ContactChanged():
            yield _known(fact.account)
            if step.store.contact(fact.account) is None:
                yield _nickname(fact.account)
        case PreferencesChanged():
            yield fact.scope
        case ProfileChanged() if fact.account == step.local.account:
            yield SAID
        case ProfileChanged() if step.chosen and step.store.contact(fact.account) is not None:
            yield _nickname(fact.account)
        case Joined():
            yield f"{REMEMBERED}:{fact.room.hex()}"
        case OwnMarkerMoved():
            yield f"read:{fact.room.hex()}"
        case of_account.Warned() | of_account.RelayMoved() | of_account.Published() | of_account.DevicesChanged():
            pass
        case of_account.HistoryCame() | of_account.SignedOut() | of_account.OperatorNoticeChanged():
            pass
        case of_people.CardChecked() | of_people.IdentityChanged() | of_people.ProfileChanged():
            pass
        case of_people.RoomRequested() | of_people.RoomRequestGone() | of_people.LinkUsed():
            pass
        case of_people.JoinRequestChanged():
            pass
        case of_rooms.MemberAdded() | of_rooms.MemberRemoved() | of_rooms.RoomChanged() | of_rooms.EpochChanged():
            pass
        case of_rooms.Removed() | of_rooms.Leaving() | of_rooms.Left() | of_rooms.Rejoined():
            pass
        case of_rooms.RequestRefused() | of_rooms.ChangeFailed() | of_rooms.RelayLostBox() | of_rooms.RoomMoved():
            pass
        case of_signals.BothAsked() | of_signals.LinkPresented() | of_signals.AskedAgain():
            pass
        case of_signals.AccountTrusted() | of_signals.ContactLearned() | of_signals.JoinRequested():
            pass
        case of_signals.MembershipEnded() | of_signals.ProfileCopied() | of_signals.AccountDeleted():
            pass
        case of_signals.InboxReadElsewhere() | of_signals.ChoicesTakenOver() | of_signals.ReplyBoxesChanged():
            pass
        case of_signals.ProofCarried():
            pass
        case _:
            assert_never(fact)


def _nickname(account: bytes) -> str:
    return f"{CALLED}:{account.hex()}"


def _known(account: bytes) -> str:
    return _KNOWN + account.hex()


def look_after(step: Step, room: RoomState) -> None:
    """Send what is due, if this is the room that the devices share."""
    if room.info.kind != DEVICES:
        return
    if not step.others(room, room.epoch):
        room.sync_at = None
        return
    if room.id != own_devices.room_id(step.store):
        room.sync_at = None
        shared_room.look_after(step, room)
        return
    _pay(step, room)
    dirty = _load(step)
    if dirty and not room.sync_at:
        room.sync_at = step.within(SOON_MS) + 1
    if not step.due(room.sync_at):
        return
    room.sync_at = None
    step.store.delete_value(_DIRTY)
    items = list(_items(step, dirty))
    for start in range(0, len(items), MOST_ITEMS):
        sending.send_note(step, room, Sync(tuple(items[start : start + MOST_ITEMS])))


def owe_everything(step: Step, device: bytes) -> None:
    """A device will join: once it is in the devices' room, send it everything."""
    waiting.wait(step.store, _OWED, device)


def owes(store: Store, device: bytes) -> bool:
    """Whether we still have something to send to this new device, or to the others."""
    return device in waiting.waiting(store, _OWED) or store.get_value(_DIRTY) is not None


def _pay(step: Step, room: RoomState) -> None:
    """Send everything to new devices in the shared room, and the newest card to others that came: else two lists of
    devices compete.
    """
    here = [room.id, *sorted(device.device for device in step.others(room, room.epoch))]
    come = set(here) & set(waiting.waiting(step.store, _OWED))
    if come:
        waiting.served(step.store, _OWED, come)
        note(step, EVERYTHING)
    told = step.store.get_value(_TOLD)
    before = _ids.decode(told) if told else []
    if here == before:
        return
    step.store.set_value(_TOLD, msgspec.msgpack.encode(here))
    if set(here) - set(before if before[:1] == here[:1] else []):
        note(step, CARD)


def _items(step: Step, dirty: dict[str, int]) -> Iterator[SyncItem]:
    if EVERYTHING in dirty:
        dirty = {what: sync_clock.chosen_at(step, what) for what in _all(step)} | dirty
    for what, at in dirty.items():
        yield from _item(step, what, at)


def _all(step: Step) -> Iterator[str]:
    yield from (CARD, SAID, preferences.PROFILE)
    for contact in step.store.contacts():
        account = contact.account
        yield from (_known(account), _nickname(account), preferences.contact_scope(account))
    for room in step.store.rooms():
        yield from (preferences.room_scope(room), f"read:{room.hex()}", f"{REMEMBERED}:{room.hex()}")
    # last, since a device takes the receipt of its own name for the end of the list (`was_told`)
    yield from (f"{NAME}:{device.id.hex()}" for device in own_devices.listed(step.store))


def _item(step: Step, what: str, at: int) -> Iterator[SyncItem]:
    kind, _, id = what.partition(":")
    if kind == "known":
        yield from _contact(step, bytes.fromhex(id), at)
    elif kind == CALLED:
        yield _called(step, bytes.fromhex(id), at)
    elif kind in {"contact", "room", preferences.PROFILE}:
        values = {key: value for key, value in step.store.preferences(what).items() if key not in PER_DEVICE}
        if values:
            yield PreferenceItem(what, at, values)
    elif kind == NAME:
        yield from _named(step, bytes.fromhex(id), at)
    elif kind == "read":
        yield from _read(step, bytes.fromhex(id))
    elif kind == REMEMBERED:
        yield from _remembered(step, bytes.fromhex(id))
    elif what == CARD and (card := own_devices.card(step.store)) is not None:
        yield CardItem(card.encoded, gone=tuple(own_devices.gone(step.store)[:MOST_GONE]))
    elif what == SAID and (said := profiles.own_encoded(step.store)):
        person = step.store.person(step.local.account)
        yield ProfileItem(person.told_at if person is not None and person.told_at is not None else at, said)


def contact_item(step: Step, account: bytes, at: int) -> ContactItem:
    """The current state of a contact."""
    contact = step.store.contact(account)
    frames: tuple[bytes, ...] = ()
    if contact is None or contact.state is not ContactState.ASKING:
        frames = shared_inbox.take_requests(step, account)
    if contact is None:
        return ContactItem(account, at, "", "", "", b"", "", b"", frames=frames)
    return ContactItem(
        account,
        at,
        contact.handle,
        contact.name,
        contact.state.value,
        contact.room,
        contact.greeting,
        contact.card,
        _reply(step, contact),
    )


def _reply(step: Step, contact: Contact) -> bytes:
    """The reply box: ours if we asked, otherwise theirs."""
    ours = b"" if contact.state is ContactState.ASKING else reply_boxes.secret_for(step, contact.account)
    return ours or reply_boxes.noted(step, contact.account)


def _contact(step: Step, account: bytes, at: int) -> Iterator[ContactItem]:
    """A contact who has answered is told as asked before: others may not have heard yet where the answer lies."""
    item, reply = contact_item(step, account, at), reply_boxes.take_answered(step, account)
    if reply and item.state == ContactState.ACCEPTED.value:
        yield msgspec.structs.replace(item, state=ContactState.REQUESTED.value, reply=reply)
    yield item


def _called(step: Step, account: bytes, at: int) -> NicknameItem:
    contact = step.store.contact(account)
    return NicknameItem(account, at, contact.name if contact is not None else "")


def _read(step: Step, room: bytes) -> Iterator[ReadItem]:
    marker = step.store.marker(room, step.local.account)
    last = step.store.last_spoken(room, marker) if marker is not None and marker < UNPLACED else None
    if last is not None:
        yield ReadItem(room, last.id)


def _remembered(step: Step, id: bytes) -> Iterator[RoomItem]:
    room = step.find_room(id)
    if room is None or room.info.kind == DEVICES:
        return
    helpers: list[Helper] = []
    if room.phase == REJOINING and room.rejoin is not None:
        helpers = room.rejoin.helpers
    elif room.phase == JOINED:
        others = (device for device in step.roster(id).values() if device.account != step.local.account)
        helpers = helpers_of(list(others))
    if helpers:
        members = tuple((helper.account, helper.handle) for helper in helpers[:MOST_ASKED])
        yield RoomItem(id, encode_info(room.info), members, joined=room.phase == JOINED)


def _named(step: Step, device: bytes, at: int) -> Iterator[NameItem]:
    name = device_names.all_names(step.store).get(device)
    if name is not None:
        yield NameItem(device, at, name)


def heard_all(step: Step) -> None:
    """Another device has sent this one's name, and before that everything else."""
    step.store.set_value(_HEARD, b"1")


def was_told(step: Step) -> bool:
    """Whether the others have sent this device everything; the first device of the card needs nothing."""
    return bool((own_devices.leads(step) or step.store.get_value(_HEARD)) and own_devices.room_id(step.store))


def name_device(step: Step, device: bytes, name: str) -> None:
    """Set a device's name, on all devices."""
    device_names.keep(step, device, name)
    note(step, f"{NAME}:{device.hex()}")


def tell_now(step: Step, item: SyncItem) -> None:
    """Send one item at once: it must go out before its consequences."""
    room = own_devices.shared(step)
    if room is not None and step.others(room, room.epoch):
        sending.send_note(step, room, Sync((item,)))


def tell_inbox(step: Step, incarnation: bytes, position: int) -> None:
    """Send how far this device has read the account's inbox."""
    tell_now(step, InboxItem(incarnation, position))


def _load(step: Step) -> dict[str, int]:
    data = step.store.get_value(_DIRTY)
    return _dirty.decode(data) if data else {}
