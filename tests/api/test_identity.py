"""A contact's handle leads to another identity key: told everywhere, "verified" is over, nothing goes astray."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.client.api import Client, IdentityChanged, Warned
from nullabona.client.api.errors import Ambiguous, BadRequest
from nullabona.wire.card import CardForked
from tests.api.anew import erase_card, let_the_hold_pass, register
from tests.api.people import PATIENCE_S, befriend, events_until_now, happens, opened, people, play, said, texts, until
from tests.api.service import Service
from tests.api.test_devices import link

CHANGED = "identity-changed"


@pytest.fixture
def brisk(tmp_path: Path) -> Iterator[Service]:
    """A relay of the test's own, whose directory closes an epoch every second."""
    with Service(tmp_path / "relay", period_s=1) as running:
        yield running


def notices(client: Client, room: bytes) -> list[tuple[str, bytes]]:
    """What the room says of itself: what, of whom."""
    return [(m.notice.what, m.notice.account) for m in client.messages.page(room, limit=1_000) if m.notice is not None]


def standing(client: Client, account: bytes) -> tuple[bool, bool, bool]:
    """Whether a contact is verified, shown under another key, known to be somebody else's handle."""
    found = [(c.verified, c.changed, c.replaced) for c in client.contacts.all() if c.account == account]
    return found[0] if found else (False, False, False)


async def both_in(mina: Client, jun: Client) -> tuple[bytes, bytes]:
    """Two who talk and share a group, one of whom compared safety numbers: their direct room, the group."""
    room = await befriend(mina, jun)
    group = (await mina.rooms.create_group("walks", [jun.me.handle])).id
    await until(jun, lambda: any(r.id == group and r.phase == "joined" for r in jun.rooms.all()))
    await mina.contacts.verify(jun.me.account)
    return room, group


def test_somebody_registers_a_verified_contacts_handle_anew(brisk: Service, tmp_path: Path) -> None:
    """Told once in each shared room. What is written goes to whom it always went; the new one is asked on its own."""

    async def story() -> None:
        async with people(brisk, tmp_path, "mina", "jun") as (mina, jun), opened(tmp_path / "anew") as anew:
            room, group = await both_in(mina, jun)
            handle, old = jun.me.handle, jun.me.account
            await mina.sync(timeout_s=PATIENCE_S)
            await jun.sync(timeout_s=PATIENCE_S)
            await erase_card(jun)
            let_the_hold_pass(brisk)
            await register(anew, handle)
            await anew.contacts.request(mina.me.handle, "it is me")

            changed = await happens(mina, IdentityChanged)
            assert (room, old, handle, True) == (changed.room, changed.account, changed.handle, changed.was_verified)
            assert (False, True, False) == standing(mina, old)
            assert [[(CHANGED, old)]] * 2 == [
                [n for n in notices(mina, where) if n[0] == CHANGED] for where in (room, group)
            ]
            waiting = await mina.messages.send(room, "are you still you?")
            for refused in (
                mina.contacts.request(handle),
                mina.rooms.add(group, handle),
                mina.rooms.create_group("x", [handle]),
            ):
                with pytest.raises((CardForked, Ambiguous)):
                    await refused

            new = (await mina.contacts.accept(handle)).room
            await until(anew, lambda: any(r.id == new and r.phase == "joined" for r in anew.rooms.all()))
            with pytest.raises(Ambiguous):
                mina.rooms.get(handle)
            with pytest.raises(Ambiguous):
                await mina.contacts.verify(handle)
            assert ["waiting"] == [m.state for m in said(mina, room)]

            await mina.contacts.confirm(old)
            await mina.messages.wait_sent(room, waiting, timeout_s=PATIENCE_S)
            assert (False, False, True) == standing(mina, old)
            with pytest.raises(BadRequest):
                await mina.contacts.confirm(old)
            ours, theirs = mina.contacts.safety_number(anew.me.account), anew.contacts.safety_number(mina.me.account)
            assert (ours.digits, False) == (theirs.digits, mina.contacts.safety_number(old).digits == ours.digits)
            await mina.contacts.verify(anew.me.account)
            assert (True, False) == (standing(mina, anew.me.account)[0], standing(mina, old)[0])
            await mina.messages.send(new, "then welcome")
            await until(anew, lambda: "then welcome" in texts(anew, new))
            assert (["then welcome"], [new]) == (texts(anew, new), [r.id for r in anew.rooms.all()])
            with pytest.raises(CardForked):
                await mina.rooms.add(group, old)
            await mina.rooms.add(group, anew.me.account)
            await until(anew, lambda: {r.id for r in anew.rooms.all()} == {new, group})
            told = await events_until_now(mina, 0)
            assert 1 == sum(isinstance(event, IdentityChanged) for event in told)

    play(story(), 90)


def test_a_device_that_the_same_identity_signed_leaves_verified_as_it_is(brisk: Service, tmp_path: Path) -> None:
    """A linked device, told in the room, and the account brought back with its words: neither is a stranger."""

    async def story() -> None:
        async with (
            people(brisk, tmp_path, "mina", "jun") as (mina, jun),
            opened(tmp_path / "desk") as desk,
            opened(tmp_path / "new") as new,
        ):
            room, _ = await both_in(mina, jun)
            await link(jun, desk)
            await until(mina, lambda: ("device-added", jun.me.account) in notices(mina, room))
            words, handle = jun.account.phrase(), jun.me.handle
            while len((await mina.contacts.look_up(handle)).devices) < 2:  # noqa: ASYNC110 - until the record has the card
                await asyncio.sleep(0.2)
            await new.account.restore(words, handle)
            await new.account.wait_published(timeout_s=PATIENCE_S)
            assert new.me.account == (await mina.contacts.look_up(handle)).account_id
            assert (True, False, False) == standing(mina, jun.me.account)
            assert not [e for e in await events_until_now(mina, 0) if isinstance(e, IdentityChanged)]

    play(story())


def test_another_device_of_mine_says_it_too_and_lets_go_of_what_waited(brisk: Service, tmp_path: Path) -> None:
    """What one device was shown, the other tells in its rooms; seen on one, both go on."""

    async def story() -> None:
        async with (
            people(brisk, tmp_path, "mina", "jun") as (mina, jun),
            opened(tmp_path / "desk") as desk,
            opened(tmp_path / "anew") as anew,
        ):
            room, group = await both_in(mina, jun)
            await link(mina, desk)
            await until(desk, lambda: {r.id for r in desk.rooms.all() if r.phase == "joined"} == {room, group})
            await until(desk, lambda: standing(desk, jun.me.account)[0])
            await erase_card(jun)
            let_the_hold_pass(brisk)
            await register(anew, jun.me.handle)
            with pytest.raises(CardForked):
                await mina.contacts.look_up(jun.me.handle)
            await happens(desk, IdentityChanged)
            assert (False, True, False) == standing(desk, jun.me.account)
            assert (CHANGED, jun.me.account) in notices(desk, group)
            waiting = await desk.messages.send(room, "from the desk")
            assert ["waiting"] == [m.state for m in said(desk, room) if m.id == waiting]
            await mina.contacts.confirm(jun.me.account)
            await desk.messages.wait_sent(room, waiting, timeout_s=PATIENCE_S)

    play(story(), 90)


def test_who_is_brought_into_a_group_under_a_contacts_handle_is_told(brisk: Service, tmp_path: Path) -> None:
    """Sora never met the first Jun and adds the second one. Mina, who did, is told in that group, and what it means."""

    async def story() -> None:
        async with (
            people(brisk, tmp_path, "mina", "jun", "sora") as (mina, jun, sora),
            opened(tmp_path / "anew") as anew,
        ):
            await befriend(mina, jun)
            await befriend(mina, sora)
            group = (await sora.rooms.create_group("choir", [mina.me.handle])).id
            await until(mina, lambda: any(r.id == group and r.phase == "joined" for r in mina.rooms.all()))
            await erase_card(jun)
            let_the_hold_pass(brisk)
            await register(anew, jun.me.handle)
            await sora.rooms.add(group, anew.me.handle)
            warned = await happens(mina, Warned, lambda event: event.code == "handle-of-contact")
            assert (group, {"handle": jun.me.handle}) == (warned.room, warned.detail)
            changed = await happens(mina, IdentityChanged)
            assert (jun.me.account, False) == (changed.account, changed.was_verified)
            await sora.messages.send(group, "all here?")
            await until(mina, lambda: "all here?" in texts(mina, group))

    play(story(), 90)
