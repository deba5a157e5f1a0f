"""Following a link into a group: let in, refused with a reason, without answer, asked again, withdrawn."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands
from nullabona.client.core.contacts import join_requests, links
from nullabona.client.core.contacts.links import HOUR_MS, GivenLink
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.inbox_items import LinkRefusal, LinkUse
from nullabona.client.core.model.invite_link import parse_link
from nullabona.client.core.step import DAY_MS
from tests.rooms.hostile import frames_at, to_inbox
from tests.rooms.world import Person, World

SPAN = 60_000


def crowd(seed: int) -> tuple[World, Person, Person, bytes]:
    """An admin in a group of their own, and somebody outside."""
    world = World(seed)
    mina, jun = world.person("mina"), world.person("jun")
    return world, mina, jun, world.group(mina)


def give(admin: Person, room: bytes, *, hours: int = 1, uses: int = 0) -> GivenLink:
    with admin.engine.step(admin.world.now) as step:
        return links.make_room_link(step, room, hours=hours, uses=uses)


def follow(person: Person, admin: Person, link: GivenLink) -> None:
    with person.engine.step(person.world.now) as step:
        join_requests.ask(step, parse_link(link.text), admin.card, person.card.encoded)


def standing(person: Person) -> list[str]:
    with person.engine.step(person.world.now) as step:
        return [request.state for request in join_requests.kept(step)]


def told(person: Person) -> list[str]:
    return [str(data["state"]) for kind, _, data in person.events() if kind == "join-request"]


def rooms(person: Person) -> list[bytes]:
    return person.engine.rooms()


def test_a_good_link_fulfils_the_join_request() -> None:
    """The follower is in without a question, and nothing is left to request for."""
    world, mina, jun, room = crowd(1)
    follow(jun, mina, give(mina, room))
    assert ["waiting"] == standing(jun)
    world.settle(span=SPAN)
    assert ([room], [], ["waiting", "over"]) == (rooms(jun), standing(jun), told(jun))


@pytest.mark.parametrize("end", ["used", "expired", "closed"])
def test_whoever_follows_a_link_that_ended_is_told_why(end: str) -> None:
    """Used up, expired or revoked: the answer says which, and nobody is let in."""
    world, mina, jun, room = crowd(2)
    link = give(mina, room, uses=1)
    if end == "used":
        follow(world.person("sora"), mina, link)
    elif end == "closed":
        with mina.engine.step(world.now) as step:
            links.revoke(step, link.id)
    world.settle(span=SPAN)
    if end == "expired":
        world.now += HOUR_MS
    follow(jun, mina, link)
    world.settle(span=SPAN)
    assert ([], [end], ["waiting", end]) == (rooms(jun), standing(jun), told(jun))
    with jun.engine.step(world.now) as step:
        join_requests.withdraw(step, room)
    assert ([], ["waiting", end, "over"]) == (standing(jun), told(jun))


def test_an_admin_no_more_says_that_the_link_is_closed() -> None:
    """A link outlives its giver's rights, and leads nowhere without them."""
    world, mina, jun, room = crowd(3)
    link = give(mina, room)
    with mina.engine.step(world.now) as step:
        commands.leave(step, room)
    world.settle(span=SPAN)
    follow(jun, mina, link)
    world.settle(span=SPAN)
    assert ["closed"] == standing(jun)


@pytest.mark.parametrize("case", ["guess", "blocked"])
def test_nothing_is_said_to_a_guess_or_to_the_blocked(case: str) -> None:
    """A token that never was ours, and a blocked account with one that was: nothing comes into their inbox."""
    world, mina, jun, room = crowd(4)
    link = give(mina, room)
    with mina.engine.step(world.now) as step:
        links.revoke(step, link.id)
    if case == "blocked":
        world.befriend(mina, jun)
        with mina.engine.step(world.now) as step:
            commands.block_contact(step, jun.me.account)
    world.settle(span=SPAN)
    jun.online = False
    before = frames_at(world, jun.card.inbox.address)
    token = bytes(16) if case == "guess" else parse_link(link.text).token
    to_inbox(jun, mina, LinkUse(room, token, jun.card.encoded))
    world.settle(span=SPAN)
    assert before == frames_at(world, jun.card.inbox.address)


def test_silence_is_told_after_its_time_and_an_answer_still_counts() -> None:
    """Nobody answers: said after the stated time, not before. When the admin comes back, the follower is in."""
    world, mina, jun, room = crowd(5)
    link = give(mina, room, hours=24)
    mina.online = False
    follow(jun, mina, link)
    world.settle(span=world.timing.link_answer - SPAN)
    assert ["waiting"] == standing(jun)
    world.settle(span=2 * SPAN)
    assert ["silent"] == standing(jun)
    mina.online = True
    world.settle(span=SPAN)
    assert ([room], ["waiting", "silent", "over"]) == (rooms(jun), told(jun))


def test_a_lost_wish_is_asked_again() -> None:
    """The relay lost the inbox before the admin read it; asking again finds them."""
    world, mina, jun, room = crowd(6)
    link = give(mina, room, hours=24)
    mina.online = False
    follow(jun, mina, link)
    world.settle(span=SPAN)
    world.relay.boxes.clear()
    mina.online = True
    world.settle(span=world.timing.link_answer)
    assert ([], ["silent"]) == (rooms(jun), standing(jun))
    with jun.engine.step(world.now) as step:
        join_requests.ask_again(step, room, jun.card.encoded)
    world.settle(span=SPAN)
    assert [room] == rooms(jun)


def test_after_withdrawing_an_invitation_waits_for_the_person() -> None:
    """Even from somebody whose invitations are taken otherwise."""
    world, mina, jun, room = crowd(7)
    with jun.engine.step(world.now) as step:
        commands.request_contact(step, mina.card, jun.card.encoded, "")
    follow(jun, mina, give(mina, room))
    with jun.engine.step(world.now) as step:
        join_requests.withdraw(step, room)
        with pytest.raises(BadRequest):
            join_requests.withdraw(step, room)
        with pytest.raises(BadRequest):
            join_requests.ask_again(step, room, jun.card.encoded)
    world.settle(span=SPAN)
    assert ([], [room]) == (rooms(jun), [where for kind, where, _ in jun.events() if kind == "room-request"])


def test_only_the_admin_who_was_asked_can_refuse() -> None:
    """Somebody else, another token, or another room changes nothing."""
    world, mina, jun, room = crowd(8)
    sora, link = world.person("sora"), give(mina, room)
    mina.online = False
    follow(jun, mina, link)
    token = parse_link(link.text).token
    to_inbox(sora, jun, LinkRefusal(room, token, "used"))
    to_inbox(mina, jun, LinkRefusal(room, bytes(16), "used"))
    to_inbox(mina, jun, LinkRefusal(bytes(32), token, "used"))
    world.settle(span=SPAN)
    assert ["waiting"] == standing(jun)
    to_inbox(mina, jun, LinkRefusal(room, token, "closed"))
    world.settle(span=SPAN)
    assert ["closed"] == standing(jun)


def test_a_join_request_ends_and_so_does_the_memory_of_a_link() -> None:
    """After 30 days nothing is left of a request; a link that ended is answered for 30 days and then forgotten."""
    world, mina, jun, room = crowd(9)
    link = give(mina, room)
    mina.online = False
    follow(jun, mina, link)
    world.settle(span=join_requests.JOIN_REQUEST_DAYS * DAY_MS + SPAN, most=20_000)
    assert ([], ["waiting", "silent", "over"]) == (standing(jun), told(jun))
    with mina.engine.step(world.now) as step:
        step.store.set_value("links", b"\x90")
    mina.online = True
    follow(jun, mina, link)
    world.settle(span=SPAN)
    assert ["waiting"] == standing(jun)


def test_who_was_let_in_and_did_not_come_is_invited_again() -> None:
    """They had withdrawn, and said no to the invitation that came all the same; now they follow the link again."""
    world, mina, jun, room = crowd(31)
    link = give(mina, room, hours=48)
    mina.online = False
    follow(jun, mina, link)
    world.settle(span=SPAN)
    with jun.engine.step(world.now) as step:
        join_requests.withdraw(step, room)
    mina.online = True
    world.settle(span=SPAN)
    with jun.engine.step(world.now) as step:
        commands.decline_request(step, room)
    world.settle(span=DAY_MS)
    assert ([], {mina.account, jun.account}) == (rooms(jun), mina.members(room))
    follow(jun, mina, link)
    world.settle(span=SPAN)
    assert ([room], []) == (rooms(jun), standing(jun))


def test_an_invitation_that_just_went_out_is_not_repeated_for_the_asking() -> None:
    """Else whoever is let in and does not come could have an admin send as often as they ask."""
    world, mina, jun, room = crowd(32)
    link = give(mina, room)
    jun.online = False
    use = LinkUse(room, parse_link(link.text).token, jun.card.encoded)
    for _ in range(5):
        to_inbox(jun, mina, use)
        world.settle(span=1_000)
    assert 1 == len(frames_at(world, jun.card.inbox.address))
