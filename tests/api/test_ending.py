"""Deleting an account: groups go on without it, its other devices are out, nobody finds it, and it stays readable."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nullabona.client.api import Client, SignedOut
from nullabona.client.api.errors import BadRequest, TimedOut, UnknownHandle
from nullabona.client.core.account import own_devices
from nullabona.client.runner.publishing import Publishing
from tests.api.people import PATIENCE_S, befriend, happens, opened, people, play, until
from tests.api.service import Service
from tests.api.test_devices import link


def test_an_account_is_deleted_and_what_remains_is_what_is_said(swift: Service, tmp_path: Path) -> None:
    async def story() -> None:
        async with people(swift, tmp_path, "mina", "jun") as (mina, jun), opened(tmp_path / "desk") as desk:
            room = await befriend(mina, jun)
            group = (await mina.rooms.create_group("walks", [jun.me.handle])).id
            await until(jun, lambda: any(r.id == group and r.phase == "joined" for r in jun.rooms.all()))
            await mina.messages.send(group, "I was here")
            await until(jun, lambda: any(m.text == "I was here" for m in jun.messages.page(group)))
            await link(mina, desk)
            await until(desk, lambda: {r.id for r in desk.rooms.all() if r.phase == "joined"} == {room, group})
            await mina.account.wait_published(timeout_s=PATIENCE_S)
            handle = mina.me.handle
            with pytest.raises(BadRequest):
                await mina.account.delete("somebody@else.example")
            await mina.account.delete(handle)
            await happens(desk, SignedOut)
            await until(jun, lambda: [m.handle for m in jun.rooms.members(group)] == [jun.me.handle])
            assert [m.admin for m in jun.rooms.members(group)] == [True]
            assert {r.phase for r in mina.rooms.all()} == {"left"}
            assert any(m.text == "I was here" for m in mina.messages.page(group))
            await forgotten(jun, handle)
            path = tmp_path / "mina"
        async with opened(path) as again:
            again._session.runner.publishing.poke()
            await again.sync(timeout_s=PATIENCE_S)
            await forgotten(again, handle)

    play(story())


def test_what_the_directory_did_not_hear_is_said_to_it_again(
    swift: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before the directory heard of it, the account publishes nothing more; asked again, it is deleted."""

    async def story() -> None:
        async with people(swift, tmp_path, "mina", "jun") as (mina, jun):
            await mina.account.wait_published(timeout_s=PATIENCE_S)
            handle = mina.me.handle
            with monkeypatch.context() as patch:
                patch.setattr(Publishing, "delete", deaf)
                with pytest.raises(TimedOut):
                    await mina.account.delete(handle)
            assert str((await jun.contacts.look_up(handle)).handle) == handle
            with mina._session.look() as store:
                assert own_devices.is_signed_out(store)
            await mina.account.delete(handle)
            await forgotten(jun, handle)

    play(story())


async def deaf(_: Publishing) -> None:
    """A directory that gives no answer."""
    raise TimedOut("the server did not answer")


async def forgotten(client: Client, handle: str) -> None:
    """Until the directory's record has no card for the handle."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await client.contacts.look_up(handle)
            except UnknownHandle:
                return
            await asyncio.sleep(0.2)
