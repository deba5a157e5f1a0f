"""A profile folder that was copied back whole: noticed before anything is sent from it, and renewed by a new leaf."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nullabona.client.api import Warned
from nullabona.client.api.events import Rejoined
from tests.api.people import PATIENCE_S, befriend, happens, opened, people, play, until
from tests.api.service import Service


def test_an_old_copy_of_a_profile_comes_back_into_its_rooms_with_a_new_leaf(service: Service, tmp_path: Path) -> None:
    """Generation file and all, so that nothing on this machine tells: what lies in the room's box does."""

    async def story() -> None:
        async with people(service, tmp_path, "mina") as (mina,):
            async with people(service, tmp_path, "jun") as (jun,):
                room = await befriend(mina, jun)
                await jun.messages.send(room, "first")
                await until(mina, lambda: any(m.text == "first" for m in mina.messages.page(room)))
                await jun.sync(timeout_s=PATIENCE_S)
            shutil.copytree(tmp_path / "jun", tmp_path / "copy")
            async with opened(tmp_path / "jun") as jun:
                await jun.messages.send(room, "second")
                await until(mina, lambda: any(m.text == "second" for m in mina.messages.page(room)))
                await jun.sync(timeout_s=PATIENCE_S)
            shutil.rmtree(tmp_path / "jun")
            shutil.copytree(tmp_path / "copy", tmp_path / "jun")
            async with opened(tmp_path / "jun") as jun:
                await jun.messages.send(room, "third")
                await happens(jun, Warned, lambda event: event.code == "copied-back")
                await happens(jun, Rejoined)
                await until(mina, lambda: any(m.text == "third" for m in mina.messages.page(room)))
                await mina.messages.send(room, "I hear you")
                await until(jun, lambda: any(m.text == "I hear you" for m in jun.messages.page(room)))
                said = [m.text for m in mina.messages.page(room) if m.kind == "text"]
                assert said == ["first", "second", "third", "I hear you"]

    play(story())


@pytest.mark.slow
def test_a_copy_that_its_generation_file_gives_away_heals_before_it_sends(service: Service, tmp_path: Path) -> None:
    """Only the store was copied back: known at once, in every room."""

    async def story() -> None:
        async with people(service, tmp_path, "mina") as (mina,):
            async with people(service, tmp_path, "jun") as (jun,):
                room = await befriend(mina, jun)
                await jun.sync(timeout_s=PATIENCE_S)
            store = (tmp_path / "jun" / "store.db").read_bytes()
            async with opened(tmp_path / "jun") as jun:
                await jun.messages.send(room, "second")
                await until(mina, lambda: any(m.text == "second" for m in mina.messages.page(room)))
                await jun.sync(timeout_s=PATIENCE_S)
            (tmp_path / "jun" / "store.db").write_bytes(store)
            async with opened(tmp_path / "jun") as jun:
                assert [r.phase for r in jun.rooms.all()] == ["away"]
                await until(jun, lambda: [r.phase for r in jun.rooms.all()] == ["joined"])
                await jun.messages.send(room, "third")
                await until(mina, lambda: any(m.text == "third" for m in mina.messages.page(room)))

    play(story())
