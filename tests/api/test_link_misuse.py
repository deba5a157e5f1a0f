"""Somebody else saw the code of a link: whatever they do with it, they get nothing, or the person hears of it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from nullabona.client import account as accounts
from nullabona.client.account import NewDevice
from nullabona.client.api import Client, DeviceLink, LinkedInto
from nullabona.client.api.errors import LinkDeclined, LinkExposed, LinkForged, LinkMisused, NoAccount
from nullabona.client.core.model.link_code import (
    Admitted,
    Credentials,
    Declined,
    Enrol,
    Grant,
    Hello,
    LinkCode,
    Said,
    open_grant,
    seal_grant,
)
from nullabona.client.core.model.safety_number import account_digits
from nullabona.client.core.step import DAY_MS
from nullabona.client.keys import AccountRoot
from nullabona.client.net import NetOptions
from nullabona.client.runner import LinkBox, now_ms
from nullabona.client.runner.requests import ask
from nullabona.wire.card import CardDevice, issue_certificate, sign_card
from nullabona.wire.certificate import DeviceCertificate
from nullabona.wire.handle import Handle, parse_handle
from nullabona.wire.messages import Trim
from nullabona.wire.seal import inbox_keypair
from tests.api.people import opened, people, play
from tests.api.service import Service


@dataclass
class Thief:
    """Whoever photographed the screen."""

    box: LinkBox
    hello: Hello
    seed: bytes

    @classmethod
    def of(cls, code: LinkCode, name: str = "desk") -> Thief:
        device, seed = NewDevice.draw(), secrets.token_bytes(32)
        hello = Hello(device.id, device.public_key, inbox_keypair(seed).public, name)
        return cls(LinkBox(code, NetOptions()), hello, seed)

    async def granted(self) -> bytes:
        """The account's secret, once it comes."""
        async for said in self.box.hear():
            if isinstance(said, Grant):
                return open_grant(said, self.seed).root
        raise AssertionError

    async def grant(self, handle: Handle) -> None:
        """Answer the owner's device with an account of one's own under ``handle``, to its end."""
        root, today, own = AccountRoot.generate(), now_ms() // DAY_MS, NewDevice.draw()
        identity, relay = root.identity_key(), f"wss://{handle.authority}/v1"

        def certified(device: bytes, key: bytes) -> DeviceCertificate:
            return issue_certificate(identity, handle=handle, device_id=device, device_key=key, issued_day=today)

        hello: Hello | None = None
        async for said in self.box.hear():
            if isinstance(said, Hello):
                hello = said
                theirs = certified(said.device, said.device_key).encode()
                await self.box.say(seal_grant(said, Credentials(root.secret, str(handle), relay, theirs)))
            if isinstance(said, Enrol) and hello is not None:
                mine = CardDevice(certified(own.id, own.public_key), b"package")
                devices = mine, CardDevice(certified(hello.device, hello.device_key), said.key_package)
                inbox = accounts._public_inbox(root, relay)
                card = sign_card(identity, handle=handle, issued_day=today, devices=devices, inbox=inbox, previous=None)
                await self.box.say(Admitted(said.device, card))
                return

    async def erase(self) -> None:
        """Everything in the box up to now, as everybody with the code can."""
        await self.box.look()
        keys = self.box._box
        await ask(self.box._connection, Trim(keys.policy, keys.read_secret, keys.write_hash, self.box._after))


async def lies_there(code: LinkCode) -> list[Said]:
    """What the box holds in the end."""
    box = LinkBox(code, NetOptions())
    try:
        return await box.look()
    finally:
        await box.close(erase=False)


def come(desk: Client, code: LinkCode) -> tuple[asyncio.Task[object], asyncio.Event]:
    """The owner's own device uses the code; the event is that its hello is in the box."""
    said = asyncio.Event()
    return asyncio.create_task(desk.devices.join(code.text, name="desk", on_waiting=said.set)), said


@asynccontextmanager
async def scene(service: Service, folder: Path) -> AsyncIterator[tuple[Client, Client, DeviceLink, Thief]]:
    """Mina shows a code, and has another device at hand; somebody else saw the code."""
    async with (
        people(service, folder, "mina") as (mina,),
        opened(folder / "desk") as desk,
        mina.devices.link() as linking,
    ):
        thief = Thief.of(linking.code)
        try:
            yield mina, desk, linking, thief
        finally:
            await thief.box.close(erase=False)


def test_who_says_hello_first_gets_nothing_once_the_owners_device_says_it_too(service: Service, tmp_path: Path) -> None:
    """Though the person says yes to its name: the box is read to its end before the secret goes into it."""

    async def story() -> None:
        async with scene(service, tmp_path) as (mina, desk, linking, thief):
            await thief.box.say(thief.hello)
            assert await linking.candidate() == "desk"
            joining, said = come(desk, linking.code)
            await said.wait()
            with pytest.raises(LinkMisused) as misused:
                await linking.accept()
            with pytest.raises((LinkMisused, LinkDeclined)):
                await joining
            assert [Hello, Hello, Declined] == [type(each) for each in await lies_there(linking.code)]
            assert ("link-misused", 1) == (misused.value.code, len(mina.devices.all()))

    play(story())


def test_two_hellos_are_noticed_before_the_person_is_asked(service: Service, tmp_path: Path) -> None:
    async def story() -> None:
        async with scene(service, tmp_path) as (_, _, linking, thief):
            await thief.box.say(thief.hello)
            await thief.box.say(Thief.of(linking.code).hello)
            with pytest.raises(LinkMisused):
                await linking.candidate()
            assert [Hello, Hello, Declined] == [type(each) for each in await lies_there(linking.code)]

    play(story())


def test_erasing_the_owners_hello_does_not_hide_it(service: Service, tmp_path: Path) -> None:
    """Whoever has the code can trim the box: a box with a gap ends the link, and nobody gets the secret."""

    async def story() -> None:
        async with scene(service, tmp_path) as (mina, _, linking, thief):
            await thief.box.say(thief.hello)
            await linking.candidate()
            await thief.box.say(Thief.of(linking.code, "the owner's").hello)
            await thief.erase()
            await thief.box.say(thief.hello)
            with pytest.raises(LinkMisused) as misused:
                await linking.accept()
            assert [Hello, Declined] == [type(each) for each in await thief.box.look()]
            assert ("link-misused", 1) == (misused.value.code, len(mina.devices.all()))

    play(story())


def test_who_comes_after_the_secret_went_out_ends_the_link_loudly(service: Service, tmp_path: Path) -> None:
    """Both screens say that the secret may be known to somebody else, and what to do."""

    async def story() -> None:
        async with scene(service, tmp_path) as (mina, desk, linking, thief):
            await thief.box.say(thief.hello)
            await linking.candidate()
            accepting = asyncio.create_task(linking.accept())
            assert await thief.granted() == mina._session.account().record.root
            joining, _ = come(desk, linking.code)
            for task in (accepting, joining):
                with pytest.raises(LinkExposed) as exposed:
                    await task
                assert "make a new account" in (exposed.value.hint or "")
            assert len(mina.devices.all()) == 1

    play(story())


def test_who_takes_the_secret_and_erases_its_traces_is_noticed_by_the_owners_device(
    service: Service, tmp_path: Path
) -> None:
    async def story() -> None:
        async with scene(service, tmp_path) as (_, desk, linking, thief):
            await thief.box.say(thief.hello)
            await linking.candidate()
            accepting = asyncio.create_task(linking.accept())
            await thief.granted()
            await thief.erase()
            joining, _ = come(desk, linking.code)
            for task in (joining, accepting):
                with pytest.raises(LinkExposed):
                    await task

    play(story())


@pytest.mark.parametrize("name", ["thief", "mina"])
def test_who_answers_in_the_owners_place_does_not_make_the_device_theirs_unnoticed(
    service: Service, tmp_path: Path, name: str
) -> None:
    """The device takes no account but the one that the record has under the handle, and the owner's first one tells."""

    async def story() -> None:
        async with scene(service, tmp_path) as (mina, desk, linking, thief):
            handle = linking.code.handle
            joining, _ = come(desk, linking.code)
            assert await linking.candidate() == "desk"
            granting = asyncio.create_task(thief.grant(parse_handle(str(handle).replace("mina", name))))
            with pytest.raises(LinkForged):
                await joining
            granting.cancel()
            with pytest.raises((LinkMisused, LinkExposed)):
                await linking.accept()
            with pytest.raises(NoAccount):
                _ = desk.me
            assert len(mina.devices.all()) == 1

    play(story())


@pytest.mark.parametrize("says", [True, False])
def test_the_new_device_shows_whose_account_it_is_taken_into_before_it_uses_it(
    service: Service,
    tmp_path: Path,
    says: bool,  # noqa: FBT001 - a parameter
) -> None:
    """The number is the one that the other screen shows; whoever says no has nothing of the account on this device."""

    async def story() -> None:
        async with people(service, tmp_path, "mina") as (mina,), opened(tmp_path / "desk") as desk:
            shown: list[LinkedInto] = []

            async def confirm(into: LinkedInto) -> bool:
                with pytest.raises(NoAccount):
                    _ = desk.me
                shown.append(into)
                return says

            async with mina.devices.link() as linking:
                joining = asyncio.create_task(desk.devices.join(linking.code.text, confirm=confirm))
                await linking.candidate()
                await linking.accept()
                if says:
                    assert mina.me.account == (await joining).account
                else:
                    with pytest.raises(LinkDeclined):
                        await joining
                    with pytest.raises(NoAccount):
                        _ = desk.me
                assert [LinkedInto(mina.me.handle, linking.number, in_record=True)] == shown

    play(story())


def test_where_the_record_cannot_tell_the_number_does(service: Service, tmp_path: Path) -> None:
    """Nobody has registered the handle yet, the relay hides the owner's device, and somebody answers in its place: the
    screen shows another number than the owner's, and that the record has not shown the account.
    """

    async def story() -> None:
        async with opened(tmp_path / "desk") as desk:
            code = LinkCode(parse_handle(service.handle("nobody-yet")), secrets.token_bytes(16))
            thief = Thief.of(code)
            shown: list[LinkedInto] = []

            async def confirm(into: LinkedInto) -> bool:
                shown.append(into)
                return False

            joining = asyncio.create_task(desk.devices.join(code.text, confirm=confirm))
            await thief.grant(code.handle)
            with pytest.raises(LinkDeclined):
                await joining
            with pytest.raises(NoAccount):
                _ = desk.me
            other = AccountRoot.generate().identity_key().public_key().public_bytes_raw()
            owners = account_digits(other, str(code.handle))
            assert [False] == [each.in_record for each in shown]
            assert owners != shown[0].number
            await thief.box.close(erase=False)

    play(story())
