"""A second device, let in by a code over a real relay: what it has, what follows, and what one that is out has."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nullabona.client import account as accounts
from nullabona.client import next_card
from nullabona.client.account import NewDevice
from nullabona.client.api import Client, HistoryCame, devices, errors
from nullabona.client.api import history as history_calls
from nullabona.client.api.errors import BadLinkCode, BadRequest, LinkDeclined, LinkMisused
from nullabona.client.api.history import History
from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import history, membership, sync_out, unlisted
from nullabona.client.core.model.errors import NotInRoom
from nullabona.client.core.step import DAY_MS
from nullabona.client.core.timeline.notices import QUIET
from nullabona.wire.card import CardDevice
from nullabona.wire.certificate import open_certificate
from tests.api.people import PATIENCE_S, befriend, happens, opened, people, play, until
from tests.api.service import Service
from tests.importing.test_moving_in import ME, SHORT, written


async def link(old: Client, new: Client, name: str = "desk") -> None:
    """Let ``new`` in, as two people at two screens do."""
    async with old.devices.link() as linking:
        joining = asyncio.create_task(new.devices.join(linking.code.digits, handle=str(linking.code.handle), name=name))
        assert await linking.candidate() == name
        await linking.accept()
        await joining


def revoke(client: Client) -> list[bytes]:
    """The devices of the account that this one knows to be gone."""
    with client._session.look() as store:
        return own_devices.gone(store)


def test_a_linked_device_talks_and_what_is_chosen_follows(service: Service, tmp_path: Path) -> None:
    async def story() -> None:
        async with people(service, tmp_path, "mina", "jun") as (mina, jun), opened(tmp_path / "desk") as desk:
            room = await befriend(mina, jun)
            await mina.contacts.set_nickname(jun.me.account, "Junie")
            await link(mina, desk)
            assert desk.me.account == mina.me.account
            await until(desk, lambda: any(r.id == room and r.phase == "joined" for r in desk.rooms.all()))
            await until(desk, lambda: any(c.nickname == "Junie" for c in desk.contacts.all()))
            await until(mina, lambda: [d.name for d in mina.devices.all()] == ["", "desk"])
            await desk.messages.send(room, "from the desk")
            await until(jun, lambda: any(m.text == "from the desk" for m in jun.messages.page(room)))
            await until(mina, lambda: any(m.text == "from the desk" and m.mine for m in mina.messages.page(room)))
            await jun.messages.send(room, "hello both")
            for client in (mina, desk):
                await until(client, lambda c=client: any(m.text == "hello both" for m in c.messages.page(room)))  # type: ignore[misc]
            assert len(jun.rooms.members(room)) == 2
            await mina.account.wait_published(timeout_s=PATIENCE_S)

    play(story())


@pytest.mark.parametrize("part", [history_calls.PART, 1], ids=["one part", "a part for each block"])
def test_what_was_said_before_comes_to_the_new_device(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """Lines, edits, reactions and files, in rooms that go on, once; and the archive is not kept anywhere."""
    monkeypatch.setattr(history_calls, "PART", part)

    async def story() -> None:
        async with people(service, tmp_path, "mina", "jun") as (mina, jun), opened(tmp_path / "desk") as desk:
            room = await befriend(mina, jun)
            first = await mina.messages.send(room, "worth keeping")
            await mina.messages.edit(room, first, "worth keeping, edited")
            photo = await mina.files.send(room, b"%PDF-1.7 nothing to see", name="letter.pdf")
            await until(jun, lambda: any(m.id == photo for m in jun.messages.page(room)))
            await jun.messages.react(room, first, "👍")
            await until(mina, lambda: any(m.reactions for m in mina.messages.page(room)))
            await link(mina, desk)
            came = await happens(desk, HistoryCame, lambda event: event.whole)
            assert came.messages >= 3
            await until(desk, lambda: any(r.id == room and r.phase == "joined" for r in desk.rooms.all()))
            said = {m.id: m for m in desk.messages.page(room)}
            assert said[first].text == "worth keeping, edited"
            assert [r.emoji for r in said[first].reactions] == ["👍"]
            assert desk.files.open(room, photo).read(0, 100) == b"%PDF-1.7 nothing to see"
            assert desk.messages.search("keeping")
            await jun.messages.send(room, "and on it goes")
            await until(desk, lambda: desk.messages.page(room)[-1].text == "and on it goes")
            await desk.sync(timeout_s=PATIENCE_S)
            with desk._session.look() as store:
                assert history.parts(store) == []

    play(story())


def test_what_was_imported_is_known_on_the_new_device(service: Service, tmp_path: Path) -> None:
    """The same file adds nothing there, and what it brought can be undone there."""

    async def story() -> None:
        async with people(service, tmp_path, "mina") as (mina,), opened(tmp_path / "desk") as desk:
            path = written(tmp_path, SHORT)
            (done,) = await mina.imports.run([path], ME)
            await link(mina, desk)
            await happens(desk, HistoryCame, lambda event: event.whole)
            assert [done] == desk.imports.all() == await desk.imports.run([path])
            assert len(SHORT) == len(desk.messages.page(done.room))
            await desk.imports.undo(done.id)
            assert ([], [], [done]) == (desk.rooms.all(), desk.imports.all(), mina.imports.all())

    play(story())


def test_a_device_that_goes_away_is_not_waited_for(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither after it said hello, nor by it once its person was asked; nobody is let in, and it can be done again."""
    monkeypatch.setattr(devices, "ANSWER_S", 1.0)

    async def story() -> None:
        async with people(service, tmp_path, "mina") as (mina,), opened(tmp_path / "desk") as desk:
            async with mina.devices.link() as linking:
                joining = asyncio.create_task(desk.devices.join(linking.code.digits, handle=mina.me.handle))
                await linking.candidate()
                joining.cancel()
                with pytest.raises(errors.LinkSilent):
                    await linking.accept()
            async with mina.devices.link() as linking:
                joining = asyncio.create_task(desk.devices.join(linking.code.digits, handle=mina.me.handle))
                await linking.candidate()
                with monkeypatch.context() as patch:
                    patch.setattr(type(linking), "_enrolled", gone)
                    with pytest.raises(ConnectionError):
                        await linking.accept()
                with pytest.raises(errors.LinkSilent):
                    await joining
            assert (1, False) == (len(mina.devices.all()), desk.has_account)
            monkeypatch.undo()
            await link(mina, desk)
            await until(desk, lambda: len(desk.devices.all()) == 2)

    play(story())


async def gone(_: object, _hello: object) -> bytes:
    """The power is cut."""
    raise ConnectionError


def test_what_does_not_move_is_not_waited_for(doomed: Service, tmp_path: Path) -> None:
    """The relay goes away before the new device has everything: that is said soon, and the rest comes later."""

    async def story() -> None:
        async with people(doomed, tmp_path, "mina") as (mina,), opened(tmp_path / "desk") as desk:
            async with mina.devices.link() as linking:
                joining = asyncio.create_task(desk.devices.join(linking.code.digits, handle=mina.me.handle))
                await linking.candidate()
                await linking.accept()
                await joining
                with mina._session.step() as step:
                    history.owe(step, desk.me.device)
                doomed.kill()
                with pytest.raises(errors.PendingStill):
                    await linking.handed_over(quiet_s=0.5)
                doomed.start()
                await linking.handed_over(quiet_s=PATIENCE_S)
            await happens(desk, HistoryCame, lambda event: event.whole)

    play(story())


def test_history_that_is_owed_does_not_stop_a_device_that_left_the_shared_room(
    service: Service, tmp_path: Path
) -> None:
    """The account was deleted, or the device revoked, before the newcomer had everything."""

    async def story() -> None:
        async with people(service, tmp_path, "mina") as (mina,), opened(tmp_path / "desk") as desk:
            await link(mina, desk)
            await until(desk, lambda: len(desk.devices.all()) == 2)
            with mina._session.step() as step:
                history.owe(step, desk.me.device)
                membership.sign_out(step)
            with mina._session.look() as store:
                shared = own_devices.room_id(store)
            assert shared
            sender = History(mina._session)
            with pytest.raises(NotInRoom):
                await sender._send(shared, b"part", "part-0")
            assert sender._ready()[1] == []
            await mina.sync(timeout_s=PATIENCE_S)

    play(story())


def test_who_comes_while_another_is_sent_the_history_is_sent_it_too(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its beginning: of what was on its way, parts went out before it was in the room."""
    monkeypatch.setattr(history_calls, "PART", 1)
    send = History._send

    async def story() -> None:
        async with (
            people(service, tmp_path, "mina", "jun") as (mina, jun),
            opened(tmp_path / "desk") as desk,
            opened(tmp_path / "lap") as lap,
        ):
            await mina.messages.send(await befriend(mina, jun), "worth keeping")

            async def sent(self: History, room: bytes, data: bytes, name: str) -> None:
                await send(self, room, data, name)
                if len(mina.devices.all()) == 2:
                    await link(mina, lap, "lap")
                    await until(lap, lambda: lap.devices.all()[-1].name == "lap")

            monkeypatch.setattr(History, "_send", sent)
            await link(mina, desk)
            for device in (desk, lap):
                await happens(device, HistoryCame, lambda event: event.whole)
            assert desk.messages.search("keeping")
            assert lap.messages.search("keeping")

    play(story())


def test_a_device_that_never_came_takes_nothing_from_one_that_did(service: Service, tmp_path: Path) -> None:
    """Its link broke off once the card named it: what it is owed is owed to the one before it as well."""

    async def story() -> None:
        async with people(service, tmp_path, "mina") as (mina,):
            with mina._session.step() as step:
                account = mina._session.account()
                for number in (1, 2):
                    new = NewDevice(bytes((number,)) * 16, bytes((number,)) * 32)
                    ours = next_card.certify(account, new.id, new.public_key, step.day)
                    card = next_card.card_with(account, CardDevice(open_certificate(ours), b"package"), step.day)
                    account = accounts.take_card(step.store, card)
                    history.owe(step, new.id)
                    sync_out.owe_everything(step, new.id)
                assert [b"\1" * 16, b"\2" * 16] == history.owed(step.store)
                assert sync_out.owes(step.store, b"\1" * 16)
                history.paid(step, [b"\1" * 16])
                assert [b"\2" * 16] == history.owed(step.store)
                accounts.take_card(step.store, next_card.card_without(account, b"\2" * 16, step.day))
                own_devices.note_gone(step.store, [b"\2" * 16])
                history.owe(step, b"\1" * 16)
                assert [b"\1" * 16] == history.owed(step.store)

    play(story())


def test_a_device_that_is_put_out_is_signed_out(service: Service, tmp_path: Path) -> None:
    async def story() -> None:
        async with people(service, tmp_path, "mina", "jun") as (mina, jun), opened(tmp_path / "desk") as desk:
            room = await befriend(mina, jun)
            await link(mina, desk)
            await until(desk, lambda: any(r.id == room and r.phase == "joined" for r in desk.rooms.all()))
            with mina._session.step() as step:
                shared = own_devices.room_id(step.store)
                own_devices.forget_room(step.store, shared)
            with pytest.raises(BadRequest, match="not heard"):
                await mina.devices.remove(desk.me.device)
            with mina._session.step() as step:
                own_devices.set_room(step.store, shared)
            await mina.devices.remove(desk.me.device)
            await until(desk, lambda: all(r.phase == "removed" for r in desk.rooms.all()))
            assert [d.this for d in mina.devices.all()] == [True]
            await jun.messages.send(room, "only for mina's first device")
            await until(mina, lambda: any("only for" in m.text for m in mina.messages.page(room)))
            await desk.sync(timeout_s=PATIENCE_S)
            assert not any("only for" in m.text for m in desk.messages.page(room))

    play(story())


def test_who_no_card_has_named_for_a_day_is_out_once_the_directory_shows_ours(swift: Service, tmp_path: Path) -> None:
    """What a client learns when it looks at its card, every few hours."""

    async def story() -> None:
        async with people(swift, tmp_path, "mina") as (mina,), opened(tmp_path / "desk") as desk:
            await link(mina, desk)
            await mina.account.wait_published(timeout_s=PATIENCE_S)
            forgotten, fresh = bytes(16), b"a moment ago".ljust(16)
            with mina._session.step() as step:
                unlisted.note(step, [fresh])
                step.now -= DAY_MS
                unlisted.note(step, [forgotten, desk.me.device])
                step.now += DAY_MS
            async with asyncio.timeout(PATIENCE_S):
                while revoke(mina) != [forgotten]:
                    mina._session.runner.publishing.poke()
                    await asyncio.sleep(0.2)  # until the record shows the card that names the desk
            await until(desk, lambda: revoke(desk) == [forgotten])

    play(story())


def test_a_code_that_two_devices_use_lets_nobody_in(service: Service, tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            people(service, tmp_path, "mina") as (mina,),
            opened(tmp_path / "desk") as desk,
            opened(tmp_path / "thief") as thief,
            mina.devices.link() as linking,
        ):
            text = linking.code.text
            both = [asyncio.create_task(one.devices.join(text, name="mine")) for one in (desk, thief)]
            with pytest.raises(LinkMisused):  # noqa: PT012 - either call, by which of the two hellos comes when
                await linking.candidate()
                await linking.accept()
            for joining in both:
                with pytest.raises((LinkMisused, LinkDeclined)):
                    await joining
            assert len(mina.devices.all()) == 1

    play(story())


def test_the_person_may_say_no_and_a_slip_is_noticed(service: Service, tmp_path: Path) -> None:
    async def story() -> None:
        async with people(service, tmp_path, "mina") as (mina,), opened(tmp_path / "desk") as desk:
            async with mina.devices.link() as linking:
                joining = asyncio.create_task(desk.devices.join(linking.code.text, name="who?"))
                await linking.candidate()
                await linking.refuse()
                with pytest.raises(LinkDeclined):
                    await joining
            assert not desk.has_account
            slip = linking.code.digits.replace(linking.code.digits[0], "q" if linking.code.digits[0] != "q" else "r")
            with pytest.raises(BadLinkCode):
                await desk.devices.join(slip, handle=str(linking.code.handle))

    play(story())


def test_a_linked_device_alarms_nobody_and_knows_who_is_who(service: Service, tmp_path: Path) -> None:
    """No warning on either device, no second "accepted" below the history, no room of the devices, the same names."""

    async def story() -> None:
        async with people(service, tmp_path, "mina", "jun") as (mina, jun), opened(tmp_path / "desk") as desk:
            await jun.profiles.set(name="Jun of Seoul")
            room = await befriend(mina, jun)
            await mina.messages.send(room, "before")
            await until(mina, lambda: mina.rooms.get(room).title == "Jun of Seoul")
            begin = mina.last_event()
            await link(mina, desk)
            await happens(desk, HistoryCame, lambda event: event.whole)
            await until(desk, lambda: desk.rooms.get(room).phase == "joined")
            await desk.account.wait_published(anew=True, timeout_s=PATIENCE_S)
            await mina.account.wait_published(anew=True, timeout_s=PATIENCE_S)
            for client, after in ((mina, begin), (desk, 0)):
                with client._session.look() as store:
                    events = store.events(after, 10_000)
                    alarms = [row for row in events if row.kind in {"warning", "identity-changed"}]
                    shared = own_devices.room_id(store)
                assert [] == [(row.kind, row.data) for row in alarms]
                with pytest.raises(errors.NoSuchRoom):
                    client.rooms.get(shared)
                shown = client.rooms.get(room)
                assert ("Jun of Seoul", "before") == (shown.title, shown.last.text if shown.last else "")
            # the line that a device was added reaches that device only if the history was sent after the commit
            notices = [
                [
                    m.notice.what
                    for m in client.messages.page(room)
                    if m.notice is not None and m.notice.what not in QUIET
                ]
                for client in (mina, desk)
            ]
            assert notices == [["joined", "accepted"]] * 2

    play(story())
