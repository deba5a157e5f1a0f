"""A room's devices as rows, equal to the leaves of its tree; reports who joined and left (spec/room.md §3)."""

from __future__ import annotations

from typing import Final

from nullabona.client.core.group import removal_orders
from nullabona.client.core.identity import claims, contact_keys
from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.commit_policy import certificate_of
from nullabona.client.core.model.facts.rooms import MemberAdded, MemberRemoved
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import profiles, read_markers

FORMER_MOST: Final = 64
"""How many removed devices of a room we remember: whose they were."""


def sync(step: Step, room: RoomState, rejoined: bytes = b"") -> None:
    """Make the device rows equal to the tree, and report who joined and left.

    A device that only renewed its keys keeps its ``since``; the device ``rejoined`` gets the current epoch.
    """
    known = step.roster(room.id)
    by_device = {device.device: device for device in known.values()}
    called = {device.account: device.handle for device in known.values()}
    fresh: list[Device] = []
    present: set[bytes] = set()
    for leaf in step.group(room).members():
        old = known.get(leaf.leaf)
        if old and (old.signature_key, old.encryption_key) == (leaf.signature_key, leaf.encryption_key):
            present.add(old.device)
            continue
        certificate = certificate_of(leaf)
        before = by_device.get(certificate.device_id)
        stayed = before is not None and before.leaf == leaf.leaf and certificate.device_id != rejoined
        since = before.since if before is not None and stayed else room.epoch
        present.add(certificate.device_id)
        fresh.append(
            Device(
                room.id,
                certificate.device_id,
                certificate.account_id,
                # The handle at the account's first entry stays: later certificates could name any host.
                called.setdefault(certificate.account_id, str(certificate.handle)),
                leaf.leaf,
                leaf.signature_key,
                leaf.encryption_key,
                since,
            )
        )
    for device in fresh:
        step.store.put_handle(device.account, device.handle)
    gone = [device for device in known.values() if device.device not in present]
    for device in gone:
        room.former[device.signature_key.hex()] = Helper(device.account, device.handle)
    for key in list(room.former)[:-FORMER_MOST]:
        del room.former[key]
    step.store.drop_devices(room.id, [device.device for device in gone])
    step.store.put_devices(fresh)
    step.roster_changed(room.id)
    _note_stays(step, room, known, gone, fresh)
    replaced = [*gone, *(by_device[device.device] for device in fresh if device.device in by_device)]
    removal_orders.note_former(step, room, room.epoch, ((device.account, device.encryption_key) for device in replaced))
    _tell_changes(step, room, known, gone, fresh)


def _note_stays(step: Step, room: RoomState, known: dict[int, Device], gone: list[Device], fresh: list[Device]) -> None:
    """Remember since when an account is in whose devices came later: what was said before it came is not for them."""
    changed = {device.account for device in [*gone, *(new for new in fresh if new.since == room.epoch)]}
    if not changed:  # a commit in a large room that only renews a key must not cost a look at every member
        return
    before, after = _first_epochs(known), _first_epochs(step.roster(room.id))
    for account in changed:
        first = before.get(account)
        stay = room.stays.pop(account.hex(), first)
        if stay is not None and first is not None and account in after and min(stay, first) < after[account]:
            room.stays[account.hex()] = min(stay, first)


def _first_epochs(roster: dict[int, Device]) -> dict[bytes, int]:
    """For each account the first epoch of the device that is in longest."""
    first: dict[bytes, int] = {}
    for device in roster.values():
        first[device.account] = min(device.since, first.get(device.account, device.since))
    return first


def _tell_changes(
    step: Step, room: RoomState, known: dict[int, Device], gone: list[Device], fresh: list[Device]
) -> None:
    before = {device.account for device in known.values()}
    after = {device.account for device in step.roster(room.id).values()}
    handles = {device.account: device.handle for device in [*known.values(), *fresh]}
    if after - before - {step.local.account}:
        profiles.newcomers(step, room)
    # after our own entry we do not know since when the others are here
    read_markers.joined(step, room, after - before - {step.local.account}, now=bool(before))
    for account in after - before:
        step.tell(MemberAdded(room.id, account, handles[account]))
        if account != step.local.account:
            _check(step, room, account, handles[account])
    for account in before - after:
        step.tell(MemberRemoved(room.id, account, handles[account]))
    for track in room.boxes:
        track.check_acks = track.check_acks or bool(gone)


def _check(step: Step, room: RoomState, account: bytes, handle: str) -> None:
    """An account added under a contact's handle is not that contact: ask the public record whose handle it is now."""
    if contact_keys.note_stranger(step, account, handle, room.id) and not claims.standing(step, account):
        claims.came(step, account, handle)
