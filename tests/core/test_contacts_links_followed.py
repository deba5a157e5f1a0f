"""Somebody follows a link of ours into a group: who is asked for at the record, let in, or told why not (room.md)."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from nullabona.client.core.contacts import links
from nullabona.client.core.contacts.links import HOUR_MS, GivenLink
from nullabona.client.core.group import welcomes
from nullabona.client.core.identity import claims, inbox_addresses
from nullabona.client.core.identity.claims import LetIn, Refuse
from nullabona.client.core.identity.inbox_addresses import host_relay
from nullabona.client.core.model.inbox_items import Invitation, LinkRefusal, LinkUse
from nullabona.client.core.model.intents import AddAccount, UpdateKeys
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.client.core.model.state import Invite, RoomState
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.blob import cut_blob
from nullabona.wire.card import Card
from tests.core.stage import DAY, RELAY, Other, Stage, out, rows, told

JUN, EVE = Other("jun"), Other("eve")
CARD = EVE.card()


def open_link(stage: Stage, *, uses: int = 0, by: tuple[bytes, ...] = ()) -> tuple[bytes, GivenLink]:
    """A group with a link into it that is good for two hours."""
    room = stage.room(JUN)
    with stage.step() as step:
        link = links.make_room_link(step, room, hours=2, uses=uses)
        if by:
            step.room(room).info = RoomInfo(1, GROUP, "family", RELAY, by)
    return room, link


def asked(step: Step) -> list[tuple[bytes, tuple[object, ...]]]:
    """Who is asked for at the record, and what waits for that."""
    return [(each.account, each.pending) for each in claims.claims(step)]


def use(step: Step, room: bytes, token: bytes, card: Card = CARD, account: bytes = EVE.account) -> None:
    links.use_came(step, account, LinkUse(room, token, card.encoded))


# -- who follows ----------------------------------------------------------------------------------------------------


def test_who_follows_a_good_link_waits_for_the_record() -> None:
    """Nobody is in before it has proven who they are, and no use is counted."""
    stage = Stage()
    room, link = open_link(stage, uses=1)
    with stage.step() as step:
        use(step, room, link.token)
        assert [(EVE.account, (LetIn(room, link.token),))] == asked(step)
        assert ([], [link]) == (step.room(room).intents, links.given_links(step))


def test_a_card_of_somebody_else_or_none_lets_nobody_in() -> None:
    """It is the sender's own, and verifies."""
    stage = Stage()
    room, link = open_link(stage)
    with stage.step() as step:
        use(step, room, link.token, account=JUN.account)
        with pytest.raises(PeerError):
            links.use_came(step, EVE.account, LinkUse(room, link.token, b"no card"))
        assert [] == asked(step)


@pytest.mark.parametrize("which", ["token", "room"])
def test_a_link_that_never_was_ours_says_nothing(which: str) -> None:
    """Another token, or that of a link into another room."""
    stage = Stage()
    room, link = open_link(stage)
    with stage.step() as step:
        wrong = (room, bytes(16)) if which == "token" else (bytes(32), link.token)
        use(step, *wrong)
        assert ([], []) == (asked(step), out(step))


def test_who_is_blocked_hears_nothing() -> None:
    """However good the link is."""
    stage = Stage()
    room, link = open_link(stage)
    stage.contact(EVE, ContactState.BLOCKED)
    with stage.step() as step:
        use(step, room, link.token)
        assert [] == asked(step)


def invited(step: Step, state: RoomState, other: Other) -> None:
    """An invitation that went out twice without an answer."""
    ref, _ = cut_blob(bytes(32), b"pack")
    item = msgspec.msgpack.encode(Invitation(bytes(16), state.id, RELAY, ref))
    invite = Invite(other.account, [other.device], msgspec.msgpack.encode(other.inbox), item, step.now + 5, 2)
    welcomes._save(step, state, [invite])


@pytest.mark.parametrize("how", ["in", "coming"])
def test_who_was_let_in_already_is_invited_again(how: str) -> None:
    """By whatever link, good or not: no use of it is counted, and the record is not asked."""
    stage = Stage()
    room, link = open_link(stage)
    with stage.inside(room) as (step, state, _):
        if how == "in":
            step.store.put_devices([EVE.row(room, 2)])
        else:
            state.intents = [AddAccount(EVE.account, EVE.handle, (), b"")]
        for number, token in enumerate((link.token, bytes(16)), 1):
            invited(step, state, EVE)
            use(step, room, token)
            assert number == len(out(step, InboxFrame))
        assert ([], [link]) == (asked(step), links.given_links(step))
    assert [Invitation] * 2 == [type(EVE.opened(item.data)) for item in stage.outbox(InboxFrame)]


# -- links that are good no more --------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["expired", "used", "closed", "dismissed", "gone"])
def test_who_follows_a_dead_link_is_told_why_once_the_record_has_proven_them(why: str) -> None:
    """Taken back, or no admin's any more, or into a room that is gone: all are closed."""
    stage = Stage()
    room, link = open_link(stage, by=(JUN.account,) if why == "dismissed" else ())
    with stage.step() as step:
        if why == "expired":
            step.now += 2 * HOUR_MS
        elif why == "used":
            link.uses_left = 0
            links._save(step, [link])
        elif why == "closed":
            links.revoke(step, link.id)
        elif why == "gone":
            step.forget_room(room)
        use(step, room, link.token)
        reason = why if why in {"expired", "used"} else "closed"
        assert [(EVE.account, (Refuse(room, link.token, reason),))] == asked(step)  # type: ignore[arg-type]


def test_of_a_dead_link_the_record_is_asked_once_an_hour() -> None:
    """For each who follows it."""
    stage = Stage()
    room, link = open_link(stage)
    with stage.step(stage.now // HOUR_MS * HOUR_MS) as step:
        links.revoke(step, link.id)
        counts = []
        for later in (0, HOUR_MS - 1, HOUR_MS):
            step.now = stage.now // HOUR_MS * HOUR_MS + later
            use(step, room, link.token)
            counts.append(len(asked(step)))
            claims.forget(step, EVE.account)
        assert [1, 0, 1] == counts


# -- let in ---------------------------------------------------------------------------------------------------------


def let_in(step: Step, room: bytes, token: bytes, card: Card = CARD) -> list[object]:
    links.let_in(step, card, LetIn(room, token))
    found = step.find_room(room)
    return list(found.intents) if found is not None else []


def test_whom_the_record_has_proven_is_added_and_that_is_told() -> None:
    """The use is counted; a link that is used up lets nobody else in."""
    stage = Stage()
    room, link = open_link(stage, uses=1)
    with stage.step() as step:
        [intent] = let_in(step, room, link.token)
        assert isinstance(intent, AddAccount)
        assert (EVE.account, EVE.handle, True) == (intent.account, intent.handle, intent.by_link)
        assert [("link-used", {"account": EVE.account, "handle": EVE.handle})] == told(step)
        assert [] == links.given_links(step)
        assert 1 == len(let_in(step, room, link.token, Other("dora").card()))


@pytest.mark.parametrize("why", ["token", "room", "dismissed", "in", "coming", "blocked", "expired", "gone"])
def test_nobody_is_let_in_by_a_link_that_does_not_lead_in(why: str) -> None:
    """Another token or room, by no admin any more, twice, or if blocked or too late: nothing happens at all."""
    stage = Stage()
    room, link = open_link(stage, uses=1, by=(JUN.account,) if why == "dismissed" else ())
    if why == "blocked":
        stage.contact(EVE, ContactState.BLOCKED)
    with stage.inside(room) as (step, state, _):
        coming = AddAccount(EVE.account, EVE.handle, (), b"")
        state.intents = [UpdateKeys(), coming] if why == "coming" else []
        if why == "in":
            step.store.put_devices([EVE.row(room, 2)])
        elif why == "expired":
            step.now += 2 * HOUR_MS
        elif why == "gone":
            step.forget_room(room)
        where = bytes(32) if why == "room" else room
        intents = let_in(step, where, bytes(16) if why == "token" else link.token)
        assert ([UpdateKeys(), coming] if why == "coming" else [], []) == (intents, rows(step))
        assert (link if why != "expired" else None) == next(iter(links.given_links(step)), None)


@pytest.mark.parametrize(("age", "added"), [(30, 1), (31, 0)])
def test_a_card_that_was_not_renewed_for_long_adds_nobody(age: int, added: int) -> None:
    """Nor does it use the link up."""
    stage = Stage()
    room, link = open_link(stage, uses=1)
    with stage.step() as step:
        intents = let_in(step, room, link.token, EVE.card(day=DAY - age))
        assert (added, 1 - added) == (len(intents), len(links.given_links(step)))


# -- told why not ---------------------------------------------------------------------------------------------------


def refused(stage: Stage, card: Card) -> list[tuple[str, object]]:
    """What is told, and where; then the handle is known by which to look for an inbox that does not answer."""
    with stage.step() as step:
        links.refuse(step, card, Refuse(bytes(32), bytes(16), "used"))
        inbox_addresses.silent(step, card.inbox.address)
        assert [EVE.handle] * len(out(step)) == inbox_addresses.wanted(step)
    return [(item.target.relay, EVE.opened(item.data)) for item in stage.outbox(InboxFrame)]


def test_who_is_proven_is_told_why_a_link_leads_nowhere() -> None:
    """At the relay that their card names, if that is one that we have to do with."""
    said = LinkRefusal(bytes(32), bytes(16), "used")
    assert [(RELAY, said)] == refused(Stage(), CARD)
    assert [] == refused(Stage(), EVE.card(relay="wss://two.example:443/v1"))
    stage = Stage()
    assert [] == refused(stage, EVE.card(relay=""))
    stage.me = replace(stage.me, relay=host_relay(EVE.handle))
    [(relay, told_so)] = refused(stage, EVE.card(relay=""))
    assert (stage.me.relay, said) == (relay, told_so)


def test_who_was_blocked_meanwhile_is_told_nothing() -> None:
    """Though the record has proven them."""
    stage = Stage()
    stage.contact(EVE, ContactState.BLOCKED)
    assert [] == refused(stage, CARD)
