"""Helping somebody back into a room: who gets a ticket, and who is told that they are out (spec/room.md §7)."""

from __future__ import annotations

from nullabona.client.core import kept, people, returning, signers
from nullabona.client.core.devices import own
from nullabona.client.core.heals import Heal
from nullabona.client.core.items import Gone, TicketRequest
from nullabona.client.core.state import AWAY, JOINED, RoomState
from nullabona.client.core.step import Step
from nullabona.wire.card import Card
from nullabona.wire.certificate import DeviceCertificate

ALONE_ATTEMPTS = 2
"""Who has asked so often and heard nothing helps others who lost the thread at the same place."""


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
    if sender.account_id not in {device.account for device in step.roster(room.id).values()}:
        if not asked.commit or any(merged.commit == asked.commit for merged in room.history):
            people.post(step, sender.account_id, str(sender.handle), Gone(room.id))
        return
    if sender.account_id == step.me.account and sender.device_id in own.gone(step.store):
        people.post(step, sender.account_id, str(sender.handle), Gone(room.id))
        return
    if asked.commit and not any(merged.commit == asked.commit for merged in room.history):
        return
    if room.heal is not None and not _in_same_plight(room, room.heal, asked):
        return
    if not _may_return(step, room, sender, card):
        if card is None and sender.account_id != step.me.account:
            people.look_up_for(step, sender, asked)
        return
    track = room.current
    if track.candidates or step.now < track.settle_until:
        return
    people.post(step, sender.account_id, str(sender.handle), kept.make_ticket(step, room))


def _from_away(step: Step, room: RoomState, sender: DeviceCertificate, asked: TicketRequest, card: Card | None) -> None:
    """Let somebody into a room whose keys we gave up ourselves: all may have, and then somebody has to be the first.

    Whoever is in knows better where the room is, so this waits until all were asked. It leads nowhere if the room has
    gone on since: a commit lies in that box then, and whoever asked finds it before their own.
    """
    heal = room.heal
    if asked.commit or heal is None or heal.reason != returning.RETURNING or not returning.asked_all(heal):
        return
    ticket = kept.ticket_for(step, room.id, sender.account_id)
    if ticket is None:
        return
    if _may_return(step, room, sender, card):
        people.post(step, sender.account_id, str(sender.handle), ticket)
    elif card is None and sender.account_id != step.me.account:
        people.look_up_for(step, sender, asked)


def _in_same_plight(room: RoomState, heal: Heal, asked: TicketRequest) -> bool:
    """Whether we can help although we ask ourselves: we only lost the thread, and they want our branch or our epoch.

    If the relay hid frames from everybody, everybody asks, and somebody has to answer; but first those who lost nothing
    have a chance to. That a commit was among what both of us lost is told by its sender's announcement.
    """
    if heal.commit:
        return False
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
