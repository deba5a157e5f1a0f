"""A device knows others by the handles that it was shown once, and has nothing to do with whom its person blocked."""

from __future__ import annotations

from hashlib import sha256

import pytest

from nullabona.client.core.contacts import requests as contacts
from nullabona.client.core.model.inbox_items import History, Invitation, encode_pack
from nullabona.client.core.model.records import ContactState
from nullabona.wire.blob import cut_blob
from nullabona.wire.card import issue_certificate
from nullabona.wire.certificate import open_certificate
from nullabona.wire.handle import parse_handle
from tests.rooms.hostile import people, to_inbox, track_of, update_keys, warnings
from tests.rooms.reached import EVIL, Watched
from tests.rooms.test_false_branches import HOUR, LOW_FIRST, MINUTE, claims
from tests.rooms.test_nobodys_word import tickets_asked
from tests.rooms.world import RELAY, Person

FORK = pytest.mark.parametrize(
    ("commit", "removed"), [(bytes(32), (bytes(32),)), (b"\xff" * 32, ())], ids=["wins", "loses"]
)
"""A branch that would win against ours, and one that would not."""


def elsewhere(sender: Person) -> bytes:
    """A certificate for their own device under a handle at a host of their choice."""
    own = open_certificate(sender.certificate)
    handle = parse_handle(f"xx@{EVIL}")
    today = sender.world.now // 86_400_000
    return issue_certificate(
        sender.identity, handle=handle, device_id=own.device_id, device_key=own.device_key, issued_day=today
    ).encode()


@FORK
def test_a_member_under_another_handle_leads_nobody_to_its_host(commit: bytes, removed: tuple[bytes, ...]) -> None:
    """They tell of another branch of a room that both are in: they are asked, or told, by the handle in the room."""
    world = Watched(82)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    told: History = ((m.epoch(room), commit, removed),)
    update_keys(a, room)
    world.settle(span=10 * MINUTE)
    m.online = False
    ref, chunks = cut_blob(world.dice.bytes(32), encode_pack(b"", b"", told))
    for _, chunk in chunks:
        world.relay.put_blob(chunk)
    world.reached.clear()
    world.looked_up.clear()
    to_inbox(m, b, Invitation(b"1" * 16, room, RELAY, ref), certificate=elsewhere(m))
    world.settle(span=HOUR)
    assert [] == [handle for handle in world.looked_up[b.name] if handle.endswith(EVIL)]
    assert [] == [relay for relay in world.reached[b.name] if EVIL in relay]
    assert [] == [code for code in warnings(b) if code == "undeliverable"]


def test_who_is_blocked_is_asked_for_no_way_and_not_looked_up() -> None:
    """They claim that another commit won; their card lies at a host of theirs. The others of the room are asked."""
    world = Watched(81)
    anna, bobo = world.person("anna"), world.person("bobo")
    momo = world.person("momo", host=EVIL)
    room = world.group(anna, bobo, momo)
    world.befriend(bobo, momo)
    with bobo.engine.step(world.now) as step:
        contacts.set_contact_state(step, contacts.need_contact(step, momo.account), ContactState.BLOCKED)
        contacts.say_no_more(step, momo.account)
    old, epoch = track_of(momo, room).keys, momo.epoch(room)
    update_keys(anna, room)
    world.settle(span=10 * MINUTE)
    momo.online = False
    with bobo.engine.step(world.now) as step:
        winner = next(t.winner.commit for t in step.room(room).boxes if t.epoch == epoch and t.winner)
    world.reached.clear()
    world.looked_up.clear()
    claims(momo, old, next(each for each in LOW_FIRST if sha256(each).digest() < winner), (bytes(32),))
    world.settle(span=2 * HOUR)
    assert tickets_asked(bobo, room, momo) > 0
    assert [] == world.looked_up["bobo"]
    assert [] == [relay for relay in world.reached["bobo"] if EVIL in relay]
