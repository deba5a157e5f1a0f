"""Turns a room's intents into one commit of its current epoch (spec/room.md §3)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from msgspec import structs

from nullabona.client.core.group import removal_orders
from nullabona.client.core.model import move_orders
from nullabona.client.core.model.admins import settled
from nullabona.client.core.model.commit_policy import order_holds
from nullabona.client.core.model.errors import BadRequest, MlsRefused
from nullabona.client.core.model.intents import (
    AddAccount,
    Intent,
    NoteMove,
    RemoveAccount,
    RemoveDevice,
    SetInfo,
    UpdateKeys,
)
from nullabona.client.core.model.proofs import RemovalOrder
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import GROUP, RoomInfo, check_info
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.errors import PeerError


@dataclass(frozen=True, slots=True)
class Change:
    """The combined effect of a set of intents in the current epoch."""

    add: tuple[bytes, ...]
    remove: tuple[int, ...]
    info: RoomInfo | None
    orders: tuple[RemovalOrder, ...]
    removed: tuple[bytes, ...]
    update: bool
    intents: tuple[Intent, ...]
    later: tuple[Intent, ...] = ()
    """Accounts to add again once this commit has removed them: they left and asked again before it."""

    @property
    def empty(self) -> bool:
        return not (self.add or self.remove or self.info or self.update)


def plan(step: Step, room: RoomState) -> Change:
    """The effect of the room's intents now, without those that already hold or are not allowed."""
    roster = step.roster(room.id)
    admin = step.local.account in room.info.admins
    kept: list[Intent] = []
    add: list[bytes] = []
    remove: dict[int, None] = {}
    orders: list[RemovalOrder] = []
    removed: set[bytes] = set()
    info = room.info
    newest = {intent.account: intent for intent in room.intents if isinstance(intent, AddAccount)}
    for intent in room.intents:
        if isinstance(intent, AddAccount):
            may = admin or room.info.kind != GROUP or intent.account == step.local.account
            packages = _missing_packages(step, intent, roster) if may and newest[intent.account] == intent else []
            add += packages
            useful = bool(packages)
        elif isinstance(intent, RemoveAccount):
            leaves, order = _removal(step, room, intent, roster, admin=admin)
            remove.update(dict.fromkeys(leaves))
            orders += [order] if order else []
            removed |= {intent.account} if leaves and intent.account != step.local.account else set()
            useful = bool(leaves)
        elif isinstance(intent, RemoveDevice):
            leaves = _device_leaves(step, intent, roster)
            remove.update(dict.fromkeys(leaves))
            useful = bool(leaves)
        elif isinstance(intent, SetInfo | NoteMove):
            changed = _new_info(room, info, intent) if admin or info.kind != GROUP else info
            useful, info = changed != info, changed
        else:
            useful = True
        if useful:
            kept.append(intent)
    update = any(isinstance(intent, UpdateKeys) for intent in kept)
    if kept:
        staying = {leaf: device for leaf, device in roster.items() if leaf not in remove}
        info = settled(info, staying, {intent.account for intent in kept if isinstance(intent, AddAccount)})
    return Change(
        tuple(add),
        tuple(remove),
        info if info != room.info else None,
        tuple(orders),
        tuple(sorted(removed)),
        update,
        tuple(kept),
        tuple(i for i in newest.values() if i not in kept and i.account in removed),
    )


def _missing_packages(step: Step, intent: AddAccount, roster: dict[int, Device]) -> list[bytes]:
    present = {device.signature_key for device in roster.values()}
    found = []
    for package in intent.key_packages:
        try:
            if step.mls.key_package_owner(package) not in present:
                found.append(package)
        except MlsRefused:  # the key package has expired since the intent was made
            continue
    return found


def _removal(
    step: Step, room: RoomState, intent: RemoveAccount, roster: dict[int, Device], *, admin: bool
) -> tuple[list[int], RemovalOrder | None]:
    """The leaves to remove and the order that justifies it; empty if our account may not remove them."""
    order = intent.order if intent.order and order_holds(intent.order, room.id, room.info, roster) else None
    targets = [device for device in roster.values() if device.account == intent.account]
    targets = [device for device in targets if device.device != step.local.device]
    if order is not None and not admin:
        targets = [device for device in targets if sha256(device.encryption_key).digest() in order.leaves]
    elif admin and targets:
        order = order or removal_orders.make(step, room, targets)
    elif intent.account != step.local.account:
        return [], None
    return [device.leaf for device in targets], order


def _device_leaves(step: Step, intent: RemoveDevice, roster: dict[int, Device]) -> list[int]:
    """The leaf of a device of our own account, other than this one."""
    mine = [device for device in roster.values() if device.account == step.local.account]
    return [device.leaf for device in mine if device.device == intent.device != step.local.device]


def _new_info(room: RoomState, info: RoomInfo, intent: SetInfo | NoteMove) -> RoomInfo:
    return move_orders.noted(room, info) if isinstance(intent, NoteMove) else _changed_info(info, intent)


def _changed_info(info: RoomInfo, intent: SetInfo) -> RoomInfo:
    """Raises nothing: a change that would leave a group without admins is dropped."""
    admins = [admin for admin in info.admins if admin not in intent.dismiss]
    admins += [account for account in intent.appoint if account not in admins]
    name = info.name if intent.name is None else intent.name
    timer_s = info.timer_s if intent.timer_s is None else intent.timer_s
    members_pin = info.members_pin if intent.members_pin is None else intent.members_pin
    changed = structs.replace(info, name=name, admins=tuple(admins), timer_s=timer_s, members_pin=members_pin)
    try:
        check_info(changed)
    except PeerError:
        return info
    return changed


def check_change(room: RoomState, intent: Intent) -> None:
    """Raises `BadRequest` for a change that `plan` would silently drop, so that the person is told at once."""
    if isinstance(intent, SetInfo) and _changed_info(room.info, intent) == room.info:
        raise BadRequest("that would change nothing, or leave the room without an admin")
