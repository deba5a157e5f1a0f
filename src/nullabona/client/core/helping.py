"""Helping somebody back into a room: who gets a ticket, and who is told that they are out (spec/room.md §7)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from nullabona.client.core import acquaintance, kept, people, returning, signers
from nullabona.client.core.devices import own
from nullabona.client.core.heals import Heal
from nullabona.client.core.items import Gone, TicketRequest
from nullabona.client.core.roominfo import GROUP
from nullabona.client.core.state import AWAY, JOINED, RoomState
from nullabona.client.core.step import Step
from nullabona.wire.card import Card
from nullabona.wire.certificate import DeviceCertificate

ALONE_ATTEMPTS = 2
"""Who has asked so often and heard nothing helps others who lost the thread at the same place."""
_GONE: Final = "said-gone"


def help_back(step: Step, sender: DeviceCertificate, asked: TicketRequest, card: Card | None = None) -> None:
    """Give a member's device what it needs to rejoin, if we are on the branch it asks for.

    ``card`` is the one that the directory has of its account, if it was just looked up.
    """
    room = step.find_room(asked.room)
    if room is None or sender.device_id == step.me.device:
        return  # the last is our own question, in the inbox that we share with our other devices
    if room.phase == AWAY:
        _from_away(step, room, sender, asked, card)
    elif room.phase == JOINED and room.pending is None:
        _from_inside(step, room, sender, asked, card)


def _from_inside(
    step: Step, room: RoomState, sender: DeviceCertificate, asked: TicketRequest, card: Card | None
) -> None:
    ours = not asked.commit or any(merged.commit == asked.commit for merged in room.history)
    if not ours or _is_out(step, room, sender) or not _is_ours_to_help(step, room, sender.account_id):
        return
    if room.heal is not None and not _in_same_plight(room, room.heal, asked):
        return
    if not _may_return(step, room, sender, card):
        if card is None and sender.account_id != step.me.account:
            people.look_up_for(step, sender, asked, _handle_in(step, room, sender))
        return
    track = room.current
    if track.candidates or step.now < track.settle_until:
        return
    people.answer(step, sender.account_id, kept.make_ticket(step, room), known_as=_handle_in(step, room, sender))


def _is_out(step: Step, room: RoomState, sender: DeviceCertificate) -> bool:
    """Whether a device has no place in the room any more; it is told so."""
    if sender.account_id not in {device.account for device in step.roster(room.id).values()}:
        _say_gone(step, room, sender.account_id)
        return True
    if sender.account_id == step.me.account and sender.device_id in own.gone(step.store):
        people.answer(step, sender.account_id, Gone(room.id))
        return True
    return False


def _say_gone(step: Step, room: RoomState, account: bytes) -> None:
    """Tell somebody whom we met in a room that they are out of this one, once a day; a stranger hears nothing."""
    met = step.store.person(account)
    said = sha256(account + room.id + step.day.to_bytes(4, "big")).digest()
    if met is not None and not acquaintance.is_blocked(step.store, account) and step.store.saw(_GONE, said, step.day):
        people.answer(step, account, Gone(room.id), known_as=met.handle)


def _is_ours_to_help(step: Step, room: RoomState, account: bytes) -> bool:
    """A blocked member is left to the others of the group; only if there are none, the room needs us."""
    if not acquaintance.is_blocked(step.store, account):
        return True
    others = {device.account for device in step.roster(room.id).values()} - {step.me.account, account}
    return room.info.kind == GROUP and not others


def _handle_in(step: Step, room: RoomState, sender: DeviceCertificate) -> str:
    """By which handle a member is known in the room, whatever the item says; else by whichever we know it."""
    devices = step.roster(room.id).values()
    found = next((device.handle for device in devices if device.account == sender.account_id), "")
    return found or acquaintance.handle_of(step, sender.account_id)


def _from_away(step: Step, room: RoomState, sender: DeviceCertificate, asked: TicketRequest, card: Card | None) -> None:
    """Let somebody into a room whose keys we gave up ourselves: all may have, and then somebody has to be the first.

    Whoever is in knows better where the room is, so this waits until all were asked. It leads nowhere if the room has
    gone on since: a commit lies in that box then, and whoever asked finds it before their own.
    """
    heal = room.heal
    if asked.commit or heal is None or heal.reason != returning.RETURNING or not returning.asked_all(heal):
        return
    ticket = kept.ticket_for(step, room.id, sender.account_id)
    if ticket is None or acquaintance.is_blocked(step.store, sender.account_id):
        return
    if _may_return(step, room, sender, card):
        people.answer(step, sender.account_id, ticket, known_as=_handle_in(step, room, sender))
    elif card is None and sender.account_id != step.me.account:
        people.look_up_for(step, sender, asked, _handle_in(step, room, sender))


def _in_same_plight(room: RoomState, heal: Heal, asked: TicketRequest) -> bool:
    """Whether we can help although we ask ourselves: we only lost the thread, and they want our branch or our epoch.

    If the relay hid frames from everybody, everybody asks, and somebody has to answer; but first those who lost nothing
    have a chance to. That a commit was among what both of us lost is told by its sender's announcement. And
    of another branch that no admin's order proves we only heard: who said so must not keep us from helping.
    """
    if heal.commit:
        return not heal.ordered
    return bool(asked.commit) or (asked.epoch == room.epoch and heal.attempts >= ALONE_ATTEMPTS)


def _may_return(step: Step, room: RoomState, sender: DeviceCertificate, card: Card | None) -> bool:
    """Whether a device of a member may have a ticket: one that is in, or that its account's newest card names.

    Its certificate alone says nothing: a device that was put out keeps that, and who has the account's secret makes one
    for another key under the id of a device that is in.
    """
    if signers.in_room(step, sender, room.id):
        return True
    if sender.account_id == step.me.account:
        return signers.is_ours(step, sender)
    return card is not None and signers.names(card, sender)
