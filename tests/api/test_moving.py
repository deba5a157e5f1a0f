"""Backups of running clients, and what a restored one does at a real relay."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.client.api import (
    Client,
    PassphraseKey,
    Progress,
    Unprotected,
    Warned,
    check_backup,
    errors,
    restore_backup,
)
from nullabona.client.api.archiving import phrase_key
from nullabona.client.core.model.errors import NotInRoom
from nullabona.client.core.timeline import kinds
from tests.api.people import PATIENCE_S, QUICK, befriend, events_until_now, opened, people, play, until
from tests.api.service import Service


def test_a_restored_account_is_back_in_its_rooms(swift: Service, tmp_path: Path) -> None:
    """Same account and handle; contacts as before, history searched; members hand out the way back by themselves.

    The rooms are joined again with a new leaf, old lines and new ones together.
    """

    async def story() -> None:
        async with people(swift, tmp_path, "a") as (a,):
            async with people(swift, tmp_path, "b") as (b,):
                me, words = b.me, b.account.phrase("korean")
                await befriend(a, b)
                group = (await a.rooms.create_group("모임", [me.handle])).id
                await until(b, lambda: any(room.id == group for room in b.rooms.all()))
                await a.messages.send(group, "지난번에 말한 식당")
                await b.files.send(group, b"recipe" * 1_000, name="recipe.bin")
                await until(b, lambda: any(m.text == "지난번에 말한 식당" for m in b.messages.page(group)))
                await b.contacts.verify(a.me.handle)
                await b.profiles.set("준")
                await b.sync(timeout_s=PATIENCE_S)
                told: list[Progress] = []
                info = await b.archive.backup(tmp_path / "backup.age", watch=told.append)
                assert info == await check_backup(tmp_path / "backup.age", phrase_key(words))
                assert told
            await restore_backup(
                tmp_path / "new", Unprotected(), [tmp_path / "backup.age"], phrase_key(words), options=QUICK
            )
            await history_is_there(a, tmp_path / "new", group)
            async with opened(tmp_path / "new") as new:
                await new.account.wait_published(timeout_s=PATIENCE_S)
                assert (me.account, me.handle, "준") == (new.me.account, new.me.handle, new.profiles.get().name)
                assert me.device != new.me.device
                await until(new, lambda: {"joined"} == {room.phase for room in new.rooms.all()})
                await new.messages.send(group, "다시 왔어")
                await until(a, lambda: any(m.text == "다시 왔어" for m in a.messages.page(group)))
                await the_lost_device_is_out(a, tmp_path / "b", group)
                texts = [m.text for m in new.messages.page(group) if m.kind == kinds.TEXT]
                assert ["지난번에 말한 식당", "다시 왔어"] == texts
                assert "invitation-refused" not in [
                    e.code for e in await events_until_now(new, 0) if isinstance(e, Warned)
                ]

    play(story(), 150)


async def the_lost_device_is_out(a: Client, path: Path, group: bytes) -> None:
    """The restored one revoked it: whoever has it reads nothing that is said from then on."""
    await until(a, lambda: [1, 1] == [member.devices for member in a.rooms.members(group)])
    message = await a.files.send(group, b"not for whoever found it", name="late.bin")
    await a.messages.wait_sent(group, message, timeout_s=PATIENCE_S)
    async with opened(path) as lost:
        await until(lost, lambda: lost.rooms.get(group).phase in {"left", "removed", "signed-out"})
        assert message not in [m.id for m in lost.messages.page(group)]


async def history_is_there(a: Client, path: Path, group: bytes) -> None:
    """Before any relay is asked: everything can be read and found, and nothing sent."""
    async with opened(path, replace(QUICK, online=False)) as new:
        assert [(a.me.handle, "accepted", True)] == [(c.handle, c.state, c.verified) for c in new.contacts.all()]
        assert {"away"} == {room.phase for room in new.rooms.all()}
        assert [group] == [found.message.room for found in new.messages.search("식당")]
        (file,) = new.messages.media(group, "file")
        assert b"recipe" * 1_000 == new.files.open(group, file.id).read(0, 9_999)
        with pytest.raises(NotInRoom):
            await new.messages.send(group, "too early")


def test_a_client_goes_on_while_it_is_backed_up(service: Service, tmp_path: Path) -> None:
    """Messages come and go meanwhile; what was there when it began is in the backup."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            for number in range(30):
                await a.messages.send(room, f"before {number}")
            making = asyncio.create_task(a.archive.backup(tmp_path / "backup.age", key=PassphraseKey("x", 4)))
            await b.messages.send(room, "meanwhile")
            await a.messages.send(room, "too")
            info = await making
            assert info is not None
            assert info.messages >= 30
            await until(a, lambda: any(m.text == "meanwhile" for m in a.messages.page(room)))

    play(story(), 150)


def test_a_backup_that_is_given_up_leaves_nothing(service: Service, tmp_path: Path) -> None:
    """Cancelled in the middle: no file, no draft, and the client works on."""

    async def story() -> None:
        async with people(service, tmp_path, "a") as (a,):
            (tmp_path / "backups").mkdir()
            making = asyncio.create_task(a.archive.backup(tmp_path / "backups" / "backup.age"))
            await asyncio.sleep(0)
            making.cancel()
            with pytest.raises(asyncio.CancelledError):
                await making
            assert [] == list((tmp_path / "backups").iterdir())
            assert a.rooms.all() == []

    play(story(), 150)


def test_a_directory_out_of_reach_stops_a_restore_before_it_begins(service: Service, tmp_path: Path) -> None:
    """Without its current card nothing is made, unless the person says so; what is made offline can be read."""

    async def story() -> None:
        async with people(service, tmp_path, "a") as (a,):
            words = a.account.phrase()
            await a.archive.backup(tmp_path / "backup.age")
        with pytest.raises(errors.TimedOut):
            await restore_backup(
                tmp_path / "new", Unprotected(), [tmp_path / "backup.age"], phrase_key(words), timeout_s=0.0
            )
        assert not (tmp_path / "new").exists()

    play(story(), 150)
