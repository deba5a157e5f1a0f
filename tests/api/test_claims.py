"""Who asks to talk is looked up in a real directory's record before anything rests on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.client.api import CardChecked, Client, ContactRequested, errors
from nullabona.client.core.directory.errors import CardRefuted
from tests.api.people import PATIENCE_S, happens, new_name, opened, people, play, until
from tests.api.service import Service


def record_of(client: Client, handle: str) -> tuple[str, str, bool]:
    """State, standing and whether an answer waits, of the contact with a handle."""
    return next((c.state, c.record, c.answered) for c in client.contacts.all() if c.handle == handle)


def test_who_asks_is_checked_by_itself(service: Service, tmp_path: Path) -> None:
    """A new account's card is promised at first; that is told, and the request can be accepted."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            await a.contacts.request(b.me.handle, "hello")
            checked = await happens(b, CardChecked)
            assert (a.me.account, a.me.handle, "promised") == (checked.account, checked.handle, checked.standing)
            assert ("asking", "promised", False) == record_of(b, a.me.handle)
            assert "accepted" == (await b.contacts.accept(a.me.handle)).state

    play(story())


def test_an_impostor_is_told_and_not_accepted(service: Service, tmp_path: Path) -> None:
    """Somebody whom the directory refused the handle of another asks under it all the same. It stands on the request,
    and is no warning: any stranger could cause that.
    """

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b), opened(tmp_path / "eve") as eve:
            await eve.account.create(a.me.handle)
            with pytest.raises(errors.Refused):
                await eve.account.wait_published(timeout_s=PATIENCE_S)
            await eve.contacts.request(b.me.handle, "it is me")
            checked = await happens(b, CardChecked)
            assert (eve.me.account, "refuted") == (checked.account, checked.standing)
            assert ("asking", "refuted", False) == record_of(b, a.me.handle)
            with pytest.raises(CardRefuted):
                await b.contacts.accept(a.me.handle)
            assert () == b.status().warnings

    play(story())


def test_a_yes_waits_while_the_directory_is_out_of_reach(service: Service, tmp_path: Path) -> None:
    """The request is here, its directory is not to be had. The yes is kept, and told as that."""

    async def story() -> None:
        other = Service(tmp_path / "other")
        with other:
            async with people(service, tmp_path, "b") as (b,), opened(tmp_path / "a") as a:
                await a.account.create(other.handle(new_name("a")))
                await a.account.wait_published(timeout_s=PATIENCE_S)
                await a.contacts.request(b.me.handle, "hello")
                await happens(b, ContactRequested)
                assert ("asking", "pending", False) == record_of(b, a.me.handle)
                other.kill()
                await b.contacts.accept(a.me.handle, timeout_s=0.5)
                assert ("asking", "pending", True) == record_of(b, a.me.handle)
                other.start()
                await until(b, lambda: record_of(b, a.me.handle)[0] == "accepted")

    play(story())
