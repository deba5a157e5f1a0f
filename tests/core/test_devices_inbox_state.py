"""Where this device stands in its account's inbox, and how that goes along to another relay (relocation.md §2)."""

from __future__ import annotations

import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery.outbox import queue_trim
from nullabona.client.core.devices import inbox_state
from nullabona.client.core.devices.inbox_state import MOST_FORMER, FormerInbox, InboxState
from nullabona.client.core.model.facts.account import RelayMoved, Warned
from nullabona.client.core.model.facts.union import Fact
from nullabona.client.core.model.outbox_targets import InboxTrim
from nullabona.wire.card import Card
from tests.core.stage import RELAY, START, Other, Stage

THERE = "wss://two.example:443/v1"
MONTH = 30 * 86_400_000
MINA = Other("mina")
WARNED = Warned(code="relay-refused", detail={"relay": "ws://localhost:80/v1"})


def stage_at(relay: str = RELAY, **about: object) -> Stage:
    """A device whose inbox is there."""
    stage = Stage()
    with stage.step() as step:
        state = inbox_state.load(step)
        assert state is not None
        state.relay = relay
        for name, value in about.items():
            setattr(state, name, value)
        inbox_state.save(step, state)
    return stage


def state_of(stage: Stage) -> InboxState:
    """Where it stands now."""
    with stage.step() as step:
        state = inbox_state.load(step)
    assert state is not None
    return state


def card(relay: str) -> Card:
    """A card of the account that names a relay."""
    return MINA.card(relay=relay)


def follow(stage: Stage, relay: str) -> tuple[list[Fact], str]:
    """The account's newest card names a relay: what is told, and where we are then."""
    with stage.step() as step:
        inbox_state.follow(step, card(relay))
        return step.told, step.local.relay


def test_an_inbox_that_goes_elsewhere_is_read_on_where_it_was() -> None:
    """It begins anew at the new relay; the old place is kept for a month. What was to be erased there is so no more."""
    stage = stage_at(incarnation=b"i" * 8, position=7, trimmed=3, trim_at=5, told=6)
    state = state_of(stage)
    with stage.step() as step:
        queue_trim(step, RELAY, state.box, 3)
    told, here = follow(stage, THERE)
    assert ([RelayMoved(THERE, RELAY)], THERE) == (told, here)
    state = state_of(stage)
    assert (THERE, b"", 0, 0, None, 0) == (
        *(state.relay, state.incarnation, state.position),
        *(state.trimmed, state.trim_at, state.told),
    )
    assert [(RELAY, b"i" * 8, 7, START + MONTH)] == [
        (place.relay, place.incarnation, place.position, place.until) for place in state.former
    ]
    assert [] == stage.outbox(InboxTrim)
    assert frozenset({RELAY, THERE}) == state.relays


def test_where_the_inbox_is_already_nothing_happens() -> None:
    """A card that names the same relay, or none where the handle's host keeps the inbox."""
    stage = stage_at("wss://relay.example:443/v1", position=7)
    for relay in ("wss://relay.example:443/v1", ""):
        told, _ = follow(stage, relay)
        assert ([], 7) == (told, state_of(stage).position)


def test_a_card_without_a_relay_means_that_of_the_handles_host() -> None:
    """The inbox goes there."""
    stage = stage_at()
    follow(stage, "")
    assert "wss://relay.example:443/v1" == state_of(stage).relay


def test_whoever_comes_back_goes_on_where_they_stood() -> None:
    """The place is the current one again, and no former one; the one that is left is."""
    back = FormerInbox(THERE, b"o" * 8, 40, START + 1)
    other = FormerInbox("wss://three.example:443/v1", b"", 1, START + 1)
    again = FormerInbox(RELAY, b"", 2, START + 1)
    stage = stage_at(former=[back, other, again], incarnation=b"i" * 8, position=7)
    follow(stage, THERE)
    state = state_of(stage)
    assert (b"o" * 8, 40) == (state.incarnation, state.position)
    assert [(other.relay, 1), (RELAY, 7)] == [(place.relay, place.position) for place in state.former]


def test_so_many_former_places_are_read() -> None:
    """Those that were left last."""
    former = [FormerInbox(f"wss://r{n}.example:443/v1", b"", n, START + 1) for n in range(MOST_FORMER)]
    stage = stage_at(former=former)
    follow(stage, THERE)
    assert [*(place.relay for place in former[1:]), RELAY] == [place.relay for place in state_of(stage).former]


def test_a_card_that_is_on_its_way_does_not_undo_what_was_chosen_here() -> None:
    """Another device did not know yet; the card that names what was chosen is followed."""
    stage = stage_at()
    with stage.step() as step:
        own_devices.choose_relay(step.store, THERE)
    assert [] == follow(stage, "wss://three.example:443/v1")[0]
    assert RELAY == state_of(stage).relay
    follow(stage, THERE)
    assert THERE == state_of(stage).relay


def test_no_card_leads_to_services_of_this_machine() -> None:
    """It is a warning, and the inbox stays."""
    stage = stage_at()
    assert ([WARNED], RELAY) == follow(stage, "ws://localhost:80/v1")
    assert RELAY == state_of(stage).relay


def test_trims_for_a_relay_out_of_reach_do_not_wait() -> None:
    """Whatever else was to be erased at the one that is left is forgotten if it is gone."""
    stage = stage_at()
    room = stage.room()
    with stage.step() as step:
        queue_trim(step, RELAY, step.room(room).current.keys.box, 3)
    with stage.step(down=frozenset({RELAY})) as step:
        inbox_state.follow(step, card(THERE))
    assert [] == stage.outbox(InboxTrim)


def test_rooms_at_the_relay_that_was_left_are_looked_for() -> None:
    """Soon, where the account is now."""
    stage = stage_at()
    room = stage.room()
    with stage.step() as step:
        inbox_state.follow(step, card(THERE))
        assert START + 1 == step.room(room).scout_at


def test_who_has_no_inbox_follows_no_card() -> None:
    """Before there is an account, and after this device was revoked."""
    stage = stage_at()
    with stage.step() as step:
        own_devices.note_signed_out(step.store)
        assert inbox_state.load(step) is None
        inbox_state.leave(step)
    assert [] == follow(stage, THERE)[0]
    fresh = Stage()
    with fresh.step() as step:
        step.store.delete_value("inbox")
        assert inbox_state.load(step) is None


def test_an_account_that_goes_erases_nothing_more() -> None:
    """What was asked of the relay is taken back."""
    stage = stage_at()
    state = state_of(stage)
    with stage.step() as step:
        queue_trim(step, RELAY, state.box, 3)
        inbox_state.leave(step)
    assert [] == stage.outbox(InboxTrim)


@pytest.mark.parametrize(("now", "read"), [(START - 1, [RELAY]), (START, [])])
def test_a_former_place_is_read_until_what_lies_there_has_expired(now: int, read: list[str]) -> None:
    """Not a moment longer."""
    stage = stage_at(THERE, former=[FormerInbox(RELAY, b"", 1, START)])
    state = state_of(stage)
    with stage.step(now) as step:
        inbox_state.forget_former(step, state)
    assert read == [place.relay for place in state.former]


def test_the_place_at_a_relay() -> None:
    """The current one, a former one, or none."""
    former = FormerInbox(RELAY, b"", 1, START)
    state = state_of(stage_at(THERE, former=[FormerInbox("wss://x.example", b"", 2, START), former]))
    assert state is state.at(THERE)
    assert (RELAY, 1) == ((found := state.at(RELAY)) and found.relay, found and found.position)
    assert state.at("wss://y.example") is None
    assert "<InboxState position=0>" == repr(state)


def test_an_inbox_box_has_the_accounts_secrets() -> None:
    """Its address is the one that others write to."""
    stage = stage_at()
    assert stage.person.card.inbox.address == state_of(stage).box.address
