"""Contacts hand one another their cards in rooms of two, so that who makes a group asks the directory for nobody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from nullabona.client.core import commands
from nullabona.client.core.contacts import handed_cards
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.wire.card import Card
from tests.record.carrying import Town, play
from tests.record.test_carried import arrive, known
from tests.rooms.test_people import accept
from tests.rooms.world import Person


async def friends(town: Town) -> None:
    """Jun asked Mina, who said yes; both are in the room of two, and what the request brought is of now."""
    await known(town)
    await arrive(town)
    accept(town.mina, town.jun)
    town.world.quiet()
    assert ContactState.ACCEPTED == contact(town.jun, town.mina).state


def contact(of: Person, other: Person) -> Contact:
    with of.store.reading():
        found = of.store.contact(other.account)
    assert found is not None
    return found


def newest(town: Town) -> Card | None:
    """The card with which Mina's device would add Jun to a group without asking for it."""
    with town.mina.engine.step(town.world.now) as step:
        return handed_cards.newest_of(step, town.jun.account)[0]


async def renewed(town: Town) -> None:
    """Jun has a new card, which is in the record; Mina's device has read the lists."""
    town.renew(town.jun)
    await town.publish(town.jun)
    await town.watch()


async def hand(town: Town) -> None:
    """Jun's device fetches the proof of its newest card, and hands both over a moment later."""
    await town.watch(town.jun)
    town.world.pass_time(town.world.timing.card + 1)
    town.world.quiet()


def test_what_a_request_brought_is_good_until_a_list_names_it() -> None:
    """Then nothing is known before the directory is asked, or the card is handed over."""

    async def story(town: Town) -> tuple[Card | None, Card | None]:
        await friends(town)
        await town.advance(3)
        await town.watch()
        before = newest(town)
        await renewed(town)
        return before, newest(town)

    before, after = play(story)
    assert before is not None
    assert after is None


def test_a_new_card_is_handed_over_and_nobody_is_asked() -> None:
    """In the room of two, some time after it came into the record."""

    async def story(town: Town) -> tuple[bytes, bytes, list[object]]:
        await friends(town)
        await renewed(town)
        town.device.asked.clear()
        await hand(town)
        found = newest(town)
        assert found is not None
        return town.jun.card.encoded, found.encoded, list(town.device.asked)

    card, found, asked = play(story)
    assert (card, []) == (found, asked)


async def asked_back(town: Town) -> None:
    """Jun asked Mina, and is off when she says yes."""
    await known(town)
    await arrive(town)
    town.jun.online = False
    accept(town.mina, town.jun)


async def in_a_group(town: Town) -> None:
    """Mina takes her contact Jun, who is off, into a group."""
    await friends(town)
    town.jun.online = False
    with town.mina.engine.step(town.world.now) as step:
        commands.add_account(step, commands.create_group(step, "family"), town.jun.card)


@pytest.mark.parametrize("invited", [asked_back, in_a_group])
def test_whom_one_invites_is_not_looked_up_while_they_are_off(
    invited: Callable[[Town], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The invitation goes out again and again. Lists say that the card is still the newest, or that it is not."""
    looked: list[str] = []
    monkeypatch.setattr(inbox_addresses, "look_again", lambda _, handle: looked.append(handle))

    async def story(town: Town) -> tuple[list[str], list[str]]:
        await invited(town)
        for _ in range(12):
            await town.advance(9)
            await town.watch()
            town.world.quiet()
        unchanged = list(looked)
        await renewed(town)
        for _ in range(12):
            await town.advance(9)
            await town.watch()
            town.world.quiet()
        return unchanged, looked[:1]

    assert ([], ["jun@relay.example"]) == play(story)
