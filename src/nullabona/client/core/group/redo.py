"""Changes that only our branch made and that we redo on the branch we move to (spec/room.md §7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import structs

from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.intents import AddAccount, Intent, RemoveAccount, SetInfo
from nullabona.client.core.model.room_info import RoomInfo
from nullabona.client.core.model.state import Merged, RoomState
from nullabona.client.core.step import Step


def to_redo(step: Step, room: RoomState, rejoin: Rejoin) -> list[Intent]:
    """The changes of this branch that the other branch lacks and that still hold here; then our open intents."""
    since = _since(step, room)
    intents = [
        held
        for merged in _undone(room, rejoin)
        for intent in _made(merged)
        if (held := _held(room.info, since, merged, intent)) is not None
    ]
    if room.pending is not None:
        intents += room.pending.intents
    intents += room.intents
    return [intent for index, intent in enumerate(intents) if intent not in intents[:index]]


def _undone(room: RoomState, rejoin: Rejoin) -> list[Merged]:
    """This branch's commits since the fork that the other branch lacks."""
    if not rejoin.commit:
        return []
    return [merged for merged in room.history if merged.epoch >= rejoin.epoch and merged.commit != rejoin.commit]


def _made(merged: Merged) -> Iterator[Intent]:
    """What we wanted of a commit, and whom it removed by order."""
    yield from merged.mine
    yield from (RemoveAccount(order.account, order) for order in merged.orders)


def _since(step: Step, room: RoomState) -> dict[bytes, int]:
    """For each account the epoch since which it is in on this branch."""
    since: dict[bytes, int] = {}
    for device in step.roster(room.id).values():
        since[device.account] = min(device.since, since.get(device.account, device.since))
    return since


def _held(info: RoomInfo, since: Mapping[bytes, int], merged: Merged, intent: Intent) -> Intent | None:
    """What later commits of this branch have left of a change; None: nothing.

    Somebody else may have undone it here, who does not move with us: to redo it would undo that.
    """
    match intent:
        case AddAccount():
            return intent if intent.account in since else None
        case RemoveAccount():
            return intent if since.get(intent.account, 0) <= merged.epoch else None
        case SetInfo():
            left = _held_info(info, intent)
            return left if left != SetInfo() else None
        case _:
            return intent


def _held_info(info: RoomInfo, intent: SetInfo) -> SetInfo:
    return structs.replace(
        intent,
        name=intent.name if intent.name == info.name else None,
        appoint=tuple(account for account in intent.appoint if account in info.admins),
        dismiss=tuple(account for account in intent.dismiss if account not in info.admins),
        timer_s=intent.timer_s if intent.timer_s == info.timer_s else None,
        members_pin=intent.members_pin if intent.members_pin == info.members_pin else None,
    )
