"""Lies that are put into inboxes: invitations, tickets and farewells that lead astray."""

from __future__ import annotations

import msgspec
import nullabona_mls as native
import pytest

from nullabona.client.core.model.content import Moved
from nullabona.client.core.model.inbox_items import Gone, Invitation, TicketRequest, open_item, sign_item
from nullabona.client.core.model.proofs import BadProof
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION, encode_info
from tests.rooms.hostile import (
    all_well,
    envelope,
    gone,
    kinds,
    laid_out,
    people,
    say_anything,
    standing,
    ticket_of,
    to_inbox,
)
from tests.rooms.world import World

HOUR = 3_600_000


def test_an_invitation_to_a_room_we_are_in_is_ignored() -> None:
    """Another group under the same id, offered by a member, replaces nothing."""
    world = World(11)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    config = native.Config(
        suite=world.suite,
        extensions=(ROOM_INFO_EXTENSION,),
        group_ext=((ROOM_INFO_EXTENSION, encode_info(b.info(room))),),
    )
    twin = native.Group.create(b.mls.signer, b.certificate, config, room)
    bundle = twin.commit(b.mls.signer, add=[c.card.devices[0].key_package])
    ref = laid_out(world, bundle)
    before = standing(world, room)
    to_inbox(b, c, Invitation(world.dice.bytes(16), room, c.me.relay, ref))
    world.settle(span=60_000)
    assert before == standing(world, room)
    assert kinds(c, room, "joined") == ["joined"]
    all_well(world, room, a, b, c)


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("case", ["other-room", "garbage", "secret", "stranger"])
def test_tickets_that_lead_elsewhere(case: str, *, asked: bool) -> None:
    """A ticket into another room, of rubbish, with another box, or by a stranger is refused, asked for or not."""
    world = World(12)
    a, b, c = people(world, 3)
    room, other = world.group(a, b, c), world.group(b, c, name="elsewhere")
    if asked:
        say_anything(b, room, envelope(b, Moved(a.epoch(room), bytes(32), 0)))
        world.settle(span=10_000)
    ticket = ticket_of(b, room)
    if case == "other-room":
        ticket = msgspec.structs.replace(ticket_of(b, other), room=room, history=((a.epoch(room), bytes(32), ()),))
    elif case == "garbage":
        ticket = msgspec.structs.replace(ticket, group_info=world.dice.bytes(900), tree=world.dice.bytes(90))
    elif case == "secret":
        ticket = msgspec.structs.replace(ticket, secret=world.dice.bytes(32), epoch=ticket.epoch + 1)
    sender = world.person("stranger") if case == "stranger" else b
    to_inbox(sender, a, ticket)
    world.settle(span=24 * HOUR, most=4_000)
    assert a.info(room).name == "family"
    world.settle(span=30 * 24 * HOUR, most=20_000)
    all_well(world, room, a, c)
    assert a.account not in c.members(other)


def test_nobody_is_put_out_by_saying_gone() -> None:
    """ "You are out", said by a stranger, a member, or an admin without cause, removes nobody."""
    world = World(13)
    a, b, c = people(world, 3)
    stranger = world.person("stranger")
    room = world.group(a, b, c)
    for sender in (stranger, b, a):
        to_inbox(sender, c, gone(world, room))
        to_inbox(sender, c, TicketRequest(room, 0, bytes(32)))
        to_inbox(sender, c, TicketRequest(world.dice.bytes(32), 2**60, b""))
    all_well(world, room, a, b, c)


def test_an_item_for_another_inbox_is_not_taken() -> None:
    """A signed item that somebody copies into another inbox does not verify there."""
    world = World(14)
    a, b, c = people(world, 3)
    item = sign_item(a.mls, b.card.inbox.address, Gone(bytes(32)))
    sender, body = open_item(b.card.inbox.address, item)
    assert (a.account, Gone(bytes(32))) == (sender.account_id, body)
    with pytest.raises(BadProof):
        open_item(c.card.inbox.address, item)
