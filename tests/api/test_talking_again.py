"""A direct room that one of two has left is opened again by a message, and one that was left is deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.client.api import errors
from tests.api.people import befriend, people, play, reads, texts, until
from tests.api.service import Service


def test_a_room_that_one_left_and_deleted_is_opened_again_by_a_message(service: Service, tmp_path: Path) -> None:
    """Named by the friend's handle. It is in the list once, and begins empty."""

    async def story() -> None:
        async with people(service, tmp_path, "mina", "jun") as (mina, jun):
            room = await befriend(mina, jun)
            await mina.messages.send(room, "before")
            await reads(jun, room, "before")
            with pytest.raises(errors.BadRequest):
                await mina.rooms.delete(room)
            await mina.rooms.leave(room)
            await mina.rooms.delete(room)
            assert [] == mina.rooms.all()
            assert [] == mina.messages.search("before")
            await until(jun, lambda: jun.rooms.get(room).opening == "alone")
            await mina.messages.send(jun.me.handle, "again")
            await reads(jun, room, "before", "again")
            await until(mina, lambda: mina.rooms.get(room).opening == "")
            assert (["again"], [room]) == (texts(mina, room), [found.id for found in mina.rooms.all()])

    play(story())


def test_the_friend_who_was_left_writes_and_is_heard(service: Service, tmp_path: Path) -> None:
    """In the same room, at once, whether or not the one who left has read yet that they are out."""

    async def story() -> None:
        async with people(service, tmp_path, "mina", "jun") as (mina, jun):
            room = await befriend(mina, jun)
            await mina.rooms.leave(room)
            await until(jun, lambda: jun.rooms.get(room).opening == "alone")
            await jun.messages.send(room, "still there?")
            await reads(mina, room, "still there?")
            for one in (mina, jun):
                await until(one, lambda one=one: one.rooms.get(room).opening == "")  # type: ignore[misc]

    play(story())
