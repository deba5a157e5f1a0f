"""Safety numbers, blocked and forgotten contacts, what the person chose, and what the operator could hand over."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from nullabona.client.account import create_account
from nullabona.client.api import Client, IdentityChanged, errors
from nullabona.client.core.contacts import requests as core_people
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.safety_number import safety_digits
from nullabona.client.core.step import DAY_MS
from nullabona.client.runner import now_ms
from nullabona.client.store import SqliteStore
from nullabona.drills.warrant.report import run_warrant
from nullabona.errors import PeerError
from nullabona.wire.card import verify_card
from nullabona.wire.handle import parse_handle
from tests.api.people import PATIENCE_S, befriend, happens, opened, people, play, texts, until
from tests.api.service import Service


def test_a_safety_number_is_the_same_on_both_sides(service: Service, tmp_path: Path) -> None:
    """60 digits that both read alike and a code that either can scan; comparing is remembered and can be taken back."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b", "c") as (a, b, c):
            await befriend(a, b)
            await befriend(a, c)
            one, other = a.contacts.safety_number(b.me.handle), b.contacts.safety_number(a.me.account)
            assert (one.digits, one.code) == (other.digits, other.code)
            assert (12, {5}, True) == (len(one.digits), set(map(len, one.digits)), "".join(one.digits).isdigit())
            assert (True, False) == (
                b.contacts.matches_code(a.me.handle, one.code),
                a.contacts.matches_code(c.me.handle, one.code),
            )
            assert b.contacts.matches_code(a.me.handle, " ".join(one.digits))
            await a.contacts.verify(b.me.handle)
            assert [True, False] == [contact.verified for contact in a.contacts.all()]
            await a.contacts.verify(b.me.handle, verified=False)
            assert [False, False] == [contact.verified for contact in a.contacts.all()]

    play(story())


def test_safety_digits_are_pinned() -> None:
    """The rule of spec/directory.md §12 gives these digits; a second implementation must agree."""
    digits = safety_digits((bytes(32), "mina@relay.example"), (bytes([1] * 32), "준호@relay.example"))
    assert PINNED == " ".join(digits)


PINNED = "71867 30397 10376 97894 13369 32453 99813 94284 00617 01540 57619 11701"


def impostor(handle: str, relay: str) -> bytes:
    """A card of that handle by somebody with a key of their own."""
    store = SqliteStore.testing_in_memory()
    return create_account(store, handle=parse_handle(handle), relay=relay, today=now_ms() // DAY_MS).card.encoded


def test_a_changed_key_of_a_verified_contact_holds_messages(service: Service, tmp_path: Path) -> None:
    """What is written waits until the person has seen the change; then it goes out. An unverified one only warns."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await a.contacts.verify(b.me.handle)
            false_card = impostor(b.me.handle, b.me.relay)
            with a._session.step() as step, pytest.raises(PeerError):
                core_people.learn_card(step, ProvenCard.testing(verify_card(false_card, today=step.day)))
            changed = await happens(a, IdentityChanged)
            assert (b.me.account, room, True) == (changed.account, changed.room, changed.was_verified)
            contact = a.contacts.all()[0]
            assert (False, True) == (contact.verified, contact.changed)
            message = await a.messages.send(room, "are you still you?")
            await b.messages.send(room, "hello")
            await until(a, lambda: "hello" in texts(a, room))
            assert ["waiting"] == [m.state for m in a.messages.page(room) if m.id == message]
            await a.contacts.confirm(b.me.handle)
            await until(b, lambda: "are you still you?" in texts(b, room))
            assert (False, False) == (a.contacts.all()[0].verified, a.contacts.all()[0].changed)
            with pytest.raises(BadRequest):
                await a.contacts.confirm(b.me.handle)

    play(story())


def read_upto(client: Client, room: bytes) -> int:
    """How far a device has read the room's box."""
    with client._session.view() as step:
        return step.room(room).current.position


def test_who_is_blocked_is_not_heard(service: Service, tmp_path: Path) -> None:
    """In the direct room nothing of them is kept until they are unblocked; they are told nothing, not that it came."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await a.contacts.block(b.me.handle)
            assert [b.me.handle] == [contact.handle for contact in a.contacts.all() if contact.state == "blocked"]
            message = await b.messages.send(room, "can you hear me?")
            await b.messages.wait_sent(room, message, timeout_s=PATIENCE_S)
            await until(a, lambda: read_upto(a, room) >= read_upto(b, room))
            await a.profiles.set("somebody new")
            await a.sync()
            assert ("sent", "can you hear me?" in texts(a, room)) == (b.messages.page(room, limit=1)[-1].state, False)
            assert "somebody new" != b.profiles.get(a.me.account).name
            await a.contacts.unblock(b.me.handle)
            await b.messages.send(room, "and now?")
            await until(a, lambda: "and now?" in texts(a, room))
            blocked = [contact for contact in a.contacts.all() if contact.state == "blocked"]
            assert ([], False) == (blocked, "can you hear me?" in texts(a, room))

    play(story())


def test_a_deleted_contact_is_a_stranger_again(service: Service, tmp_path: Path) -> None:
    """Its room is left, what was verified is forgotten, and a new request waits for the person."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await a.contacts.verify(b.me.handle)
            await a.contacts.delete(b.me.handle)
            assert [] == a.contacts.all()
            await until(a, lambda: a.rooms.get(room).phase in {"left", "removed"})

    play(story())


def test_what_the_person_chose_is_kept_and_checked(service: Service, tmp_path: Path) -> None:
    """Defaults, changes that survive a restart, and a refusal for what is unknown or does not fit."""

    async def story() -> None:
        async with people(service, tmp_path, "a") as (a,):
            room = (await a.rooms.create_group("x")).id
            assert ("nothing", True, "") == (
                a.preferences.get().notify,
                a.preferences.get().receipts,
                a.preferences.of_room(room).draft,
            )
            await a.preferences.set(theme="dark", receipts=False, lock_minutes=5)
            await a.preferences.set_room(room, draft="아직 안 보낸 말", draft_reply=bytes(16), muted_until="always")
            for wrong in ({"colour": "red"}, {"theme": "red"}, {"receipts": "yes"}, {"lock_minutes": -1}):
                with pytest.raises(BadRequest):
                    await a.preferences.set(**wrong)
            with pytest.raises(BadRequest):
                await a.preferences.set_room(room, verified=b"x")
        async with opened(tmp_path / "a") as a:
            mine, rooms = a.preferences.get(), a.preferences.of_room(room)
            assert ("dark", False, 5, "ko") == (mine.theme, mine.receipts, mine.lock_minutes, mine.language or "ko")
            assert ("아직 안 보낸 말", bytes(16), "always") == (rooms.draft, rooms.draft_reply, rooms.muted_until)

    play(story())


def test_the_own_record_is_the_warrants_production(swift: Service, tmp_path: Path) -> None:
    """What a person sees on their device is, byte for byte, what the operator would hand over."""

    async def story() -> None:
        async with people(swift, tmp_path, "미나", "b") as (mina, b):
            await befriend(mina, b)
            while "entries" not in (report := await mina.account.privacy()).record:  # noqa: ASYNC110 - another process changes it
                await asyncio.sleep(0.2)
            produced = run_warrant(swift.data, mina.me.handle).data["produced"]
            assert json.dumps(produced, ensure_ascii=False, indent=2) == report.text
            declared = {column.name for column in report.directory_columns if column.table == "card"}
            assert declared == set(report.record) - {"handle", "entries"}

    play(story())


def test_without_a_card_there_is_nothing_to_hand_over(tmp_path: Path, doomed: Service) -> None:
    """An account whose directory lost its card is told so."""

    async def story() -> None:
        async with people(doomed, tmp_path, "a") as (a,):
            with pytest.raises(errors.UnknownHandle):
                await a.account._shown(doomed.handle("nobodyhere"), 20.0)

    play(story())
