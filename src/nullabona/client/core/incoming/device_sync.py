"""Sync items from other devices of the account: taken over if they are newer than the choice here."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any, Final, assert_never

from nullabona.client.core import deleting, preferences
from nullabona.client.core.account import device_names, own_devices, sync_clock
from nullabona.client.core.contacts import handed_cards, requests, trust
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.devices import inbox_state, membership, shared_inbox, shared_room, sync_out
from nullabona.client.core.directory.keeping import expect, note_own_card
from nullabona.client.core.directory.promises import decode_expected
from nullabona.client.core.identity import cards, claims, contact_keys, inbox_addresses
from nullabona.client.core.incoming import invitations
from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.content import Sync
from nullabona.client.core.model.facts.account import DevicesChanged, PreferencesChanged
from nullabona.client.core.model.facts.people import ContactChanged, ContactRequested, contact_changed
from nullabona.client.core.model.facts.signals import AccountDeleted, AccountTrusted, ChoicesTakenOver, ContactLearned
from nullabona.client.core.model.records import Contact, ContactState, Device
from nullabona.client.core.model.room_info import DEVICES, decode_info
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.model.sync_items import (
    CardItem,
    ContactItem,
    DeclineItem,
    EndItem,
    InboxItem,
    NameItem,
    NicknameItem,
    PreferenceItem,
    ProfileItem,
    ReadItem,
    RoomItem,
    SyncItem,
)
from nullabona.client.core.preferences import Preferences, RoomPreferences, Trust
from nullabona.client.core.relocation import schedule
from nullabona.client.core.restore import returning
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import profiles, read_markers
from nullabona.errors import PeerError
from nullabona.wire.card import verify_card

_KINDS: Final[dict[str, Any]] = {"contact": Trust, "room": RoomPreferences, preferences.PROFILE: Preferences}

_SCOPE: Final = re.compile(rf"(contact|room):[0-9a-f]{{64}}|{re.escape(preferences.PROFILE)}")
_ASKED: Final = frozenset({ContactState.ASKING, ContactState.REQUESTED})


def heard(step: Step, room: RoomState, device: Device, sync: Sync) -> None:
    """Take over every valid item; skip invalid ones."""
    if room.info.kind != DEVICES or device.account != step.local.account:
        return
    step.tell(ChoicesTakenOver())
    for item in sync.items:
        try:
            _take(step, device, item)
        except PeerError:
            continue


def _take(step: Step, device: Device, item: SyncItem) -> None:  # noqa: C901, PLR0912 - one case for each kind of item
    match item:
        case ContactItem():
            _contact(step, item)
        case NicknameItem():
            _called(step, item)
        case PreferenceItem():
            _chosen(step, item)
        case ReadItem():
            _read(step, item)
        case ProfileItem():
            profiles.take_own(step, item.profile, item.at)
        case RoomItem():
            info, members = decode_info(item.info), [Helper(account, handle) for account, handle in item.members]
            if item.joined:
                invitations.enter_told(step, item.room, info)
            shared_room.heard(step, item.room)
            (returning.expect if item.joined else returning.begin)(step, item.room, info, members)
        case DeclineItem():
            invitations.declined_elsewhere(step, item.room, item.invitation)
        case CardItem():
            _card(step, item)
        case InboxItem():
            shared_inbox.note_other(step, device.device, item)
        case NameItem():
            if item.device == step.local.device:
                sync_out.heard_all(step)
            if sync_clock.newer(step, f"{sync_out.NAME}:{item.device.hex()}", item.at):
                device_names.keep(step, item.device, item.name)
        case EndItem():
            step.tell(AccountDeleted())
        case _:
            assert_never(item)


def _read(step: Step, item: ReadItem) -> None:
    room = step.find_room(item.room)
    if room is not None:
        read_markers.read_elsewhere(step, room, item.message)


def _called(step: Step, item: NicknameItem) -> None:
    contact = step.store.contact(item.account)
    if sync_clock.newer(step, f"{sync_out.CALLED}:{item.account.hex()}", item.at) and contact is not None:
        requests.rename_contact(step, contact, item.name)


def _contact(step: Step, item: ContactItem) -> None:
    what, known = f"known:{item.account.hex()}", step.store.contact(item.account)
    same = item.at == sync_clock.chosen_at(step, what)
    if not sync_clock.newer(step, what, item.at):
        return
    if not item.state:
        _forgotten(step, item, known)
        return
    try:
        state = _comes_to(step, known, ContactState(item.state), same=same)
    except ValueError:
        return
    if state is not ContactState.ASKING:
        shared_inbox.take_requests(step, item.account)
    packages = _packages(step, item)
    name, room = (known.name, item.room or known.room) if known is not None else (item.name, item.room)
    told = Contact(item.account, item.handle, name, state, room, item.greeting, item.card, packages)
    if known is not None and not item.card:
        told = replace(told, card=known.card, key_packages=known.key_packages)
    step.store.put_contact(told)
    if state is ContactState.BLOCKED:
        requests.say_no_more(step, told.account)
    if state in {ContactState.ACCEPTED, ContactState.REQUESTED}:
        step.tell(AccountTrusted(item.account))
    _await(step, item, state)
    if known is None or known.state is not state:
        _tell_state(step, told, known)


def _packages(step: Step, item: ContactItem) -> tuple[bytes, ...]:
    """The key packages of the item's card, whose inbox is remembered."""
    if not item.card:
        return ()
    card = verify_card(item.card, today=step.day)
    if inbox_addresses.remember(step, card):
        schedule.card_changed(step, card.account_id)
    return cards.packages_of(card)


def _tell_state(step: Step, contact: Contact, known: Contact | None) -> None:
    if known is None:
        step.tell(ContactLearned(contact.account))
    if contact.state is ContactState.ASKING:
        step.tell(ContactRequested(contact.account, contact.handle, contact.greeting))
    else:
        step.tell(contact_changed(contact))


def _comes_to(step: Step, known: Contact | None, told: ContactState, *, same: bool) -> ContactState:
    """The state after a sync item. With equal times an answer wins over our request, in whatever order they come: an
    answer is no choice of ours and has the time of the request.

    A contact with whom we are in a room has answered.
    """
    if known is None or told not in _ASKED:
        return told
    if same and known.state not in _ASKED:
        return known.state
    room = step.find_room(known.room) if known.room and told is ContactState.REQUESTED else None
    return ContactState.ACCEPTED if room is not None and room.phase == JOINED else told


def _forgotten(step: Step, item: ContactItem, known: Contact | None) -> None:
    shared_inbox.take_requests(step, item.account)
    shared_inbox.pass_over(step, item.frames)
    if known is not None:
        step.store.drop_contact(item.account)
        reply_boxes.drop(step, item.account)
        claims.forget(step, item.account)
        handed_cards.forget(step, known)
        step.tell(ContactChanged(known.account, known.handle, "deleted"))


def _await(step: Step, item: ContactItem, state: ContactState) -> None:
    """Use the same reply box as our other device: to wait for the contact's answer, or to answer its request."""
    if state in {ContactState.ACCEPTED, ContactState.BLOCKED}:
        reply_boxes.drop(step, item.account)
    elif state is ContactState.ASKING:
        if item.reply:
            reply_boxes.note(step, item.account, item.reply)
    elif len(item.reply) == reply_boxes.SECRET_SIZE and reply_boxes.secret_for(step, item.account) != item.reply:
        reply_boxes.follow(step, item.account, item.reply)


def _chosen(step: Step, item: PreferenceItem) -> None:
    kind = _KINDS.get(item.scope.partition(":")[0])
    if kind is None or not _SCOPE.fullmatch(item.scope) or not sync_clock.newer(step, item.scope, item.at):
        return
    known = {field.name for field in fields(kind)} - sync_out.PER_DEVICE
    changed = False
    before = step.store.preferences(item.scope)
    trusted = preferences.load(step.store, item.scope, Trust) if kind is Trust else None
    for name, value in item.values.items():
        if name not in known or before.get(name) == value or not preferences.is_fit(kind, name, value):
            continue
        step.store.put_preference(item.scope, name, value)
        changed = True
    if changed:
        step.tell(PreferencesChanged(item.scope))
    if kind is RoomPreferences:
        _deleted(step, item.scope, before.get("deleted"))
    if trusted is not None:
        _trusted(step, item.scope, trusted)


def _deleted(step: Step, scope: str, before: bytes | None) -> None:
    """Another device deleted a chat."""
    after = preferences.load(step.store, scope, RoomPreferences)
    if after.deleted and step.store.preferences(scope)["deleted"] != before:
        deleting.deleted_elsewhere(step, bytes.fromhex(scope.partition(":")[2]))


def _trusted(step: Step, scope: str, before: Trust) -> None:
    """Another device saw a contact's changed identity key, or the person confirmed the change there."""
    after = preferences.load(step.store, scope, Trust)
    contact = step.store.contact(bytes.fromhex(scope.partition(":")[2]))
    if contact is None:
        return
    if after.changed and after.changed != before.changed:
        contact_keys.tell(step, contact, was_verified=after.was_verified)
    elif before.changed and not after.changed:
        trust.release(step, contact)


def _card(step: Step, item: CardItem) -> None:
    card = own_devices.own_card_of(step, item.card)
    if card is None:
        return
    note_own_card(step.store, card.hash)
    if item.promise:
        expect(step.store, decode_expected(item.promise))
    newer = own_devices.note_card(step.store, card.encoded)
    if newer:
        inbox_state.follow(step, card)
    staying = {step.local.device, *(device.id for device in own_devices.listed(step.store))}
    if own_devices.note_told_gone(step.store, [id for id in item.gone if id not in staying]) or newer:
        step.tell(DevicesChanged())
        membership.soon(step)
