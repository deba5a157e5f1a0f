"""What strangers can have a directory keep and do: bounded for all together, shared, and gone if nobody renews it."""

from __future__ import annotations

import asyncio
import contextvars
from pathlib import Path

import pytest

from nullabona.directory.core.allowance import SMALL_CARD, Allowance, by_turns
from nullabona.directory.core.decide import decide_lapse
from nullabona.directory.core.limits import SHARE, Bucket, Limits, Rate
from nullabona.directory.core.records import HOLD_DAYS, LAPSE_DAYS, StoredCard
from nullabona.directory.lapsing import AT_ONCE
from nullabona.directory.service import DirectoryService
from nullabona.wire.card import verify_card
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import AnyResponse, CardFound, CardTaken, DeleteCard, LookupCard, PublishCard, Refusal
from nullabona.wire.service import ASKER, WINDOW_S, Asker
from tests.directory.test_service import FIRST, HOST, FakeTime, ask, directory
from tests.wire.cards import MINA, TODAY, card_bytes, next_bytes

SLOW = Refusal("slow-down", 60)


async def ask_as(
    asker: Asker, service: DirectoryService, request: PublishCard | LookupCard | DeleteCard
) -> AnyResponse:
    """Ask over a connection of which the carrier says how much it took."""
    context = contextvars.copy_context()
    context.run(ASKER.set, asker)
    return await asyncio.get_running_loop().create_task(ask(service, request), context=context)


def name_of(number: int) -> str:
    return "stranger" + "".join("abcdefghjk"[int(digit)] for digit in f"{number:04d}")


def registration(number: int) -> PublishCard:
    return PublishCard(card_bytes("jun", parse_handle(f"{name_of(number)}@{HOST}")))


def stored(size: int, name: str = "somebody") -> StoredCard:
    return StoredCard(name, name, bytes(size), TODAY)


# -- shares


def test_who_took_none_comes_first_when_little_is_left() -> None:
    """Down to half anybody takes what there is; then a connection has a thirty-second of the rest."""
    bucket, own = Bucket(Rate(burst=4 * SHARE, per_s=0.01), 0.0), 0
    while not bucket.take(0.0, own):
        own += 1
    assert 2 * SHARE + 1 == own
    assert [0, 60] == [bucket.take(0.0, 0), bucket.take(0.0, 2)]


def test_what_a_connection_took_is_forgotten_with_time() -> None:
    """After ten minutes it counts no more; each thing by itself."""
    asker = Asker()
    asker.took("cards", 0.0)
    asker.take("cards")
    assert [1, 0, 1, 0] == [
        asker.took("cards", 1.0), asker.took("lookups", 1.0), asker.took("cards", WINDOW_S - 1.0),
        asker.took("cards", WINDOW_S + 0.0),
    ]  # fmt: skip


@pytest.mark.parametrize("what", ["lookups", "changes", "registrations"])
def test_one_connection_does_not_keep_others_out(what: str) -> None:
    """It asks until it is refused; another's first request is answered, of each kind."""
    limits = Limits(lookups=Rate(64, 0.01), changes=Rate(64, 0.01), registrations=Rate(32, 0.01))

    async def play() -> list[AnyResponse]:
        async with directory(limits=limits) as service:
            stranger, number = Asker(), 0
            answer: AnyResponse | None = None
            while not isinstance(answer, Refusal) or answer.code != "slow-down":
                asked = LookupCard("junho") if what == "lookups" else registration(number if what != "changes" else 0)
                answer, number = await ask_as(stranger, service, asked), number + 1
            return [
                answer,
                await ask_as(Asker(), service, LookupCard("junho")),
                await ask_as(Asker(), service, PublishCard(FIRST.encoded)),
            ]

    refused, found, taken = asyncio.run(play())
    assert SLOW == refused
    assert isinstance(found, CardFound)
    assert isinstance(taken, CardTaken)


def test_what_is_no_card_takes_nothing_from_anybody() -> None:
    """A thousand requests of one byte: they are answered as what they are, and people register as ever."""

    async def play() -> list[AnyResponse]:
        async with directory(limits=Limits(changes=Rate(2, 0.01))) as service:
            garbage = {await ask(service, PublishCard(b"x")) for _ in range(1_000)}
            garbage |= {await ask(service, DeleteCard(b"x")) for _ in range(1_000)}
            return [*garbage, await ask(service, PublishCard(FIRST.encoded))]

    answers = asyncio.run(play())
    assert [Refusal("card-invalid")] == answers[:-1]
    assert isinstance(answers[-1], CardTaken)


# -- bytes


def test_small_cards_of_known_handles_take_no_room() -> None:
    """Renewals are as many as they like, as far as changes go; new handles are counted."""
    allowance, asker = Allowance(Limits(registrations=Rate(1, 0.01), large_cards=Rate(1, 0.01)), 0.0), Asker()
    assert [0, 60] == [allowance.card(stored(9, name), None, asker, 0.0) for name in ("one", "two")]
    assert 0 == allowance.card(stored(SMALL_CARD), stored(9), asker, 0.0)


def test_large_cards_are_bounded_for_all() -> None:
    """More than two devices' worth is taken slowly: at first, and where a card grows; not where it is renewed."""
    allowance, asker = Allowance(Limits(large_cards=Rate(2, 0.01)), 0.0), Asker()
    large, larger = stored(SMALL_CARD + 1), stored(SMALL_CARD + 2)
    assert [0, 0] == [allowance.card(large, None, asker, 0.0), allowance.card(larger, large, asker, 0.0)]
    assert 0 < allowance.card(large, None, asker, 0.0)
    assert 0 < allowance.card(stored(SMALL_CARD + 3), larger, asker, 0.0)
    assert [0, 0] == [allowance.card(larger, larger, asker, 0.0), allowance.card(large, larger, asker, 0.0)]


def test_what_strangers_add_in_a_day_is_stated() -> None:
    """spec/directory.md section 8 has the figure: bytes of cards in a second and a day, and one more burst."""
    limits = Limits()
    per_s = limits.registrations.per_s * SMALL_CARD + limits.large_cards.per_s * 65_536
    page = (Path(__file__).parents[2] / "spec" / "directory.md").read_text("utf-8")
    assert f"{per_s / 1e3:.0f} kB a second" in page
    assert f"{per_s * 86_400 / 1e9:.1f} GB a day" in page


# -- what nobody renews


@pytest.mark.parametrize(("days", "goes"), [(LAPSE_DAYS, False), (LAPSE_DAYS + 1, True)])
def test_a_card_that_nobody_renews_for_a_year_goes(days: int, *, goes: bool) -> None:
    """On the day after, not on the last; whenever the handle was registered."""
    row = StoredCard("민아", "민아", FIRST.encoded, TODAY - 4_000)
    assert goes == (decide_lapse(row, host=HOST, today=TODAY + days) is not None)
    assert decide_lapse(row, host="elsewhere.example", today=TODAY + days) is None


async def advance(service: DirectoryService, time: FakeTime, days: int) -> None:
    time.day += days
    time.second += 86_400 * days
    await service.advance(force=True)


def test_a_lapsed_handle_is_its_owners_for_another_year() -> None:
    """Nobody is shown the card any more, nobody else gets the handle, and the owner comes back with their next card."""
    renewed = verify_card(next_bytes(FIRST, day=TODAY + LAPSE_DAYS + 50), today=TODAY + LAPSE_DAYS + 50, previous=FIRST)

    async def play() -> list[AnyResponse]:
        time = FakeTime()
        async with directory(time=time) as service:
            answers = [await ask(service, PublishCard(FIRST.encoded))]
            await advance(service, time, LAPSE_DAYS + 1)
            await advance(service, time, HOLD_DAYS + 1)
            answers.append(await ask(service, LookupCard("민아")))
            answers.append(await ask(service, PublishCard(card_bytes("jun", MINA))))
            answers.append(await ask(service, PublishCard(renewed.encoded)))
            return answers

    taken, shown, refused, back = asyncio.run(play())
    assert isinstance(taken, CardTaken)
    assert isinstance(shown, CardFound)
    assert b"" == shown.card
    assert Refusal("handle-taken") == refused
    assert isinstance(back, CardTaken)


def test_after_that_anybody_may_have_it() -> None:
    """And no row says any more that somebody had."""

    async def play() -> tuple[AnyResponse, int]:
        time = FakeTime()
        async with directory(time=time) as service:
            await ask(service, PublishCard(FIRST.encoded))
            await advance(service, time, LAPSE_DAYS + 1)
            await advance(service, time, LAPSE_DAYS + 1)
            held = service._store._writer.execute("SELECT count(*) FROM held").fetchone()[0]  # type: ignore[attr-defined]
            return await ask(service, PublishCard(card_bytes("jun", MINA, day=time.day))), held

    answer, held = asyncio.run(play())
    assert isinstance(answer, CardTaken)
    assert 0 == held


def test_all_cards_are_looked_at_each_day() -> None:
    """However many there are, and however few fit one transaction: those that were renewed stay."""

    async def play() -> list[str]:
        time = FakeTime()
        async with directory(time=time, limits=Limits(registrations=Rate(10**6, 1), changes=Rate(10**6, 1))) as service:
            for number in range(AT_ONCE + 10):
                await ask(service, registration(number))
            time.day += 10
            time.second += 86_400 * 10
            await ask(service, PublishCard(card_bytes("mina", parse_handle(f"kept@{HOST}"), day=time.day)))
            await advance(service, time, LAPSE_DAYS - 5)
            return [card.name for card in service._store.cards_after("", 2 * AT_ONCE)]

    assert ["kept"] == asyncio.run(play())


def test_changes_are_taken_by_turns() -> None:
    """Who offers one card does not wait for all of somebody who offers hundreds."""
    much, little = Asker(), Asker()
    waiting = [*[(much, number) for number in range(300)], (little, 0), (little, 1)]
    batch, rest = by_turns(waiting, lambda one: one[0], 100)
    assert [(much, number) for number in range(98)] + [(little, 0), (little, 1)] == batch
    assert [(much, number) for number in range(98, 300)] == rest
    assert (waiting, []) == by_turns(waiting, lambda one: one[0], 302)
