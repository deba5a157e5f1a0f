"""The account's devices: list, link, join, rename, remove (spec/devices.md)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from nullabona.client import account as accounts
from nullabona.client import next_card
from nullabona.client.account import NewDevice
from nullabona.client.api.account import own_account
from nullabona.client.api.errors import (
    BadRequest,
    LinkDeclined,
    LinkExpired,
    LinkExposed,
    LinkForged,
    LinkMisused,
    LinkSilent,
)
from nullabona.client.api.records import DeviceInfo, OwnAccount
from nullabona.client.api.session import Session
from nullabona.client.core.account import device_names, own_devices
from nullabona.client.core.devices import history, membership, sync_out
from nullabona.client.core.model.link_code import (
    GOOD_FOR_S,
    SCHEME,
    SECRET_SIZE,
    Admitted,
    Credentials,
    Declined,
    Enrol,
    Grant,
    Hello,
    LinkCode,
    Said,
    open_grant,
    read_code,
    seal_grant,
)
from nullabona.client.core.model.safety_number import account_digits
from nullabona.client.core.step import DAY_MS
from nullabona.client.keys import AccountRoot
from nullabona.client.mls import Mls
from nullabona.client.net import EndpointRefused, NetOptions
from nullabona.client.runner import LinkBox, find_card, now_ms
from nullabona.errors import PeerError
from nullabona.wire.card import CardDevice, decode_card
from nullabona.wire.certificate import open_certificate
from nullabona.wire.seal import inbox_keypair

_ALL: Final = 1 << 62
_FIRST: Final = 8
MOST_NAME: Final = 40
ANSWER_S: Final = 30.0
"""Seconds that the other device of a link may take to answer, once it has shown up."""
RECORD_S: Final = 20.0
"""Seconds that the public record may take to show whose the handle is."""
QUIET_S: Final = 20.0
"""Seconds that a new device's first sync may make no progress."""


@dataclass(slots=True)
class DeviceLink:
    """A code, shown on this device, with which one new device joins the account. Made by `Devices.link`."""

    code: LinkCode
    expires_at: int
    """In ms."""
    _session: Session = field(repr=False)
    _box: LinkBox = field(repr=False)
    _hello: Hello | None = field(default=None, repr=False)
    _grant: Grant | None = field(default=None, repr=False)

    @property
    def number(self) -> tuple[str, ...]:
        """The account's number. If the new device shows another one, it has joined another account."""
        return account_digits(self._session.account().local.account, str(self.code.handle))

    async def candidate(self) -> str:
        """Wait for a device that uses the code, and return its name. Raises `LinkExpired`, `LinkMisused`."""
        async with self._ended_for_both(), _in_time(self.expires_at):
            async for said in self._box.hear():
                if isinstance(said, Hello):
                    await self._nobody_else(said)
                    self._hello = said
                    return said.name
        raise AssertionError("a box is heard without end")

    async def accept(self) -> DeviceInfo:
        """The person confirms that this is their device: add it to the account.

        Raises `LinkMisused` if another device used the code too; nobody has got the account's secret then. Raises
        `LinkExposed` if that happened after the secret was sent, `LinkSilent` if the device has gone, `LinkExpired`.
        """
        hello = self._hello
        if hello is None:
            raise BadRequest("no device has used this code yet")
        today = now_ms() // DAY_MS
        account = self._session.account()
        certificate = next_card.certify(account, hello.device, hello.device_key, today)
        record = account.record
        granted = Credentials(record.root, record.handle, account.relay, certificate)
        gone = "the new device went away before it was let in"
        async with self._ended_for_both(), _in_time(self.expires_at), _answered(gone):
            await self._nobody_else(hello)
            self._grant = seal_grant(hello, granted)
            await self._box.say(self._grant)
            package = await self._enrolled(hello)
        return await self._admit(hello, CardDevice(open_certificate(certificate), package))

    @asynccontextmanager
    async def _ended_for_both(self) -> AsyncIterator[None]:
        """If the code was misused, tell the device waiting in the box; the error says whether the secret was sent."""
        try:
            yield
        except LinkMisused as misused:
            with suppress(PeerError, TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    await self._box.say(Declined())
            raise (LinkExposed if self._grant else LinkMisused)(str(misused)) from misused

    async def _nobody_else(self, hello: Hello) -> None:
        for said in await self._box.look():
            self._check(said, hello)

    def _check(self, said: Said, hello: Hello) -> None:
        _check_same(said, hello)
        if isinstance(said, Grant) and said != self._grant:
            raise LinkMisused("somebody else answered with the same code")

    async def _enrolled(self, hello: Hello) -> bytes:
        async for said in self._box.hear():
            self._check(said, hello)
            if isinstance(said, Enrol) and said.device == hello.device:
                return said.key_package
        raise AssertionError("a box is heard without end")

    async def _admit(self, hello: Hello, device: CardDevice) -> DeviceInfo:
        today = now_ms() // DAY_MS
        with self._session.step() as step:
            certificate = device.certificate
            step.mls.check_key_package(device.key_package, certificate.encode(), certificate.device_key)
            card = next_card.card_with(self._session.account_in(step.store), device, today)
            accounts.take_card(step.store, card)
            membership.changed_here(step, card)
            sync_out.owe_everything(step, hello.device)
            history.owe(step, hello.device)
            sync_out.name_device(step, hello.device, hello.name)
        self._session.runner.publishing.poke()
        await self._box.say(Admitted(hello.device, card.encoded))
        return DeviceInfo(hello.device, hello.name, today, this=False)

    async def handed_over(self, *, quiet_s: float = QUIET_S) -> None:
        """Wait until the new device was sent the account's data and the history.

        Raises `PendingStill` after ``quiet_s`` seconds without progress; it continues whenever both devices run.
        """
        before: tuple[object, ...] = ()
        while (now := self._left()) != ():
            before = now

            def moved(before: tuple[object, ...] = before) -> bool | None:
                return self._left() != before or None

            await self._session.until(moved, quiet_s, "the new device does not have everything yet")

    def _left(self) -> tuple[object, ...]:
        """What is still owed to the new device, as a value that changes when something of it moves."""
        device = self._hello.device if self._hello is not None else b""
        with self._session.look() as store:
            told, said = sync_out.owes(store, device), device in history.owed(store)
            if not told and not said:
                return ()
            return told, said, *(item.id for item in store.outbox(_ALL, _FIRST))

    async def refuse(self) -> None:
        """The person does not recognise the device: make the code invalid."""
        await self._box.say(Declined())


@dataclass(frozen=True, slots=True)
class LinkedInto:
    """The account that a new device is about to join, as its own screen has to show it."""

    handle: str
    number: tuple[str, ...]
    """6 groups of 5 digits, which the other device shows, too (`DeviceLink.number`)."""
    in_record: bool
    """The public record shows this account for the handle. If not, it could not be asked, or shows none yet."""


Confirm: TypeAlias = Callable[[LinkedInto], Awaitable[bool]]


class Devices:
    """The account's devices."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> list[DeviceInfo]:
        """Every device of the account, in the order in which they joined."""
        me = self._session.account().local.device
        with self._session.look() as store:
            called = device_names.all_names(store)
            return [
                DeviceInfo(device.id, called.get(device.id, ""), device.since_day, device.id == me)
                for device in own_devices.listed(store)
            ]

    @asynccontextmanager
    async def link(self) -> AsyncIterator[DeviceLink]:
        """A code for one new device, valid for ten minutes and while the block runs. Raises `NoAccount`."""
        handle = self._session.account().handle
        code = LinkCode(handle, secrets.token_bytes(SECRET_SIZE))
        box = LinkBox(code, self._session.options.net)
        try:
            yield DeviceLink(code, now_ms() + GOOD_FOR_S * 1_000, self._session, box)
        finally:
            await box.close(erase=False)

    async def remove(self, device: bytes) -> None:
        """Remove a device from every room and from the card. It cannot read what is sent from then on.

        It keeps what it has received, and the account's secret: if it was stolen and its passphrase is weak, the
        account itself is at risk (spec/devices.md §7). Raises `BadRequest` for this device, for an unknown one, and on
        a device that the others have not sent the account's data yet, which would be lost with them.
        """
        if device == self._session.account().local.device:
            raise BadRequest("this device cannot revoke itself", hint="do it from another device")
        with self._session.step() as step:
            account = self._session.account_in(step.store)
            if all(each.id != device for each in own_devices.listed(step.store)):
                raise BadRequest("the account has no such device")
            if not sync_out.was_told(step):
                hint = "leave both running a moment; if the other is lost, restore the account with its 24 words"
                raise BadRequest("this device has not heard from the account's others yet", hint=hint)
            card = next_card.card_without(account, device, now_ms() // DAY_MS)
            accounts.take_card(step.store, card)
            membership.changed_here(step, card)
        self._session.runner.publishing.poke()

    async def rename(self, device: bytes, name: str) -> None:
        """Rename a device, on all devices. Raises `BadRequest`."""
        cleaned = _checked_name(name)
        with self._session.step() as step:
            sync_out.name_device(step, device, cleaned)

    async def wait_linked(self, *, timeout_s: float | None = 30.0) -> None:
        """On a device that just joined: wait until the others have sent it everything. Raises `PendingStill`."""

        def told() -> bool | None:
            with self._session.look() as store:
                return bool(device_names.all_names(store)) or None

        await self._session.until(told, timeout_s, "the other device has not told everything yet")

    async def join(
        self,
        code: str,
        *,
        handle: str = "",
        name: str = "",
        on_waiting: Callable[[], None] = lambda: None,
        confirm: Confirm | None = None,
    ) -> OwnAccount:
        """Make this profile a device of the account whose other device shows ``code``.

        ``on_waiting`` is called once the other device sees us and its person has to agree. ``confirm`` is asked whether
        the account is the right one, before anything of it is used. Raises `BadLinkCode`, `LinkDeclined`,
        `LinkSilent`, `LinkExpired`, `LinkForged` if the record has another account under the handle, or
        `AccountExists` unless the profile's account was never published, which this one then replaces.
        """
        link = read_code(code, handle)
        checked = _checked_name(name)
        accounts.check_replaceable(self._session.store)
        # An account that was refused must not be registered after all while the other device lets this one in.
        async with self._session.stopped():
            await self._join(link, checked, on_waiting, confirm)
        return own_account(self._session)

    async def _join(self, link: LinkCode, name: str, on_waiting: Callable[[], None], confirm: Confirm | None) -> None:
        device, seed = NewDevice.draw(), secrets.token_bytes(32)
        box = LinkBox(link, self._session.options.net)
        erase = False
        recorded = asyncio.create_task(_recorded(str(link.handle), self._session.options.net))
        try:
            async with _in_time(now_ms() + GOOD_FOR_S * 1_000):
                hello = Hello(device.id, device.public_key, inbox_keypair(seed).public, name)
                await box.say(hello)
                on_waiting()
                granted = await _granted(box, hello, seed)
                into = await _judged(box, link, granted, await recorded)
                with self._session.store.transaction():
                    mls = Mls(self._session.store, device.seed, granted.certificate, suite=self._session.options.suite)
                    package = mls.key_package()
                async with _answered("the other device went away before this one was let in"):
                    await box.say(Enrol(device.id, package))
                    card = await _admitted(box, hello)
            root = AccountRoot(granted.root)
            erase = True
            if confirm is not None and not await confirm(into):
                raise LinkDeclined("this account was not the right one", hint="nothing of it was kept on this device")
            with self._session.store.transaction():
                accounts.join_account(
                    self._session.store,
                    root=root,
                    handle=link.handle,
                    relay=granted.relay,
                    device=device,
                    certificate=granted.certificate,
                    card=card,
                    today=now_ms() // DAY_MS,
                )
        finally:
            recorded.cancel()
            await box.close(erase=erase)


async def _recorded(handle: str, options: NetOptions) -> bytes | None:
    """The identity key that the record shows for a handle; None if it shows none or cannot be asked now."""
    with suppress(PeerError, EndpointRefused, TimeoutError):
        async with asyncio.timeout(RECORD_S):
            card = await find_card(handle, options, now_ms() // 1_000)
            return decode_card(card).body.identity_key if card else None
    return None


async def _judged(box: LinkBox, link: LinkCode, granted: Credentials, recorded: bytes | None) -> LinkedInto:
    """Whose account was granted. Raises `LinkForged` if the record has another one under the handle."""
    account = AccountRoot(granted.root).identity_key().public_key().public_bytes_raw()
    handle = str(link.handle)
    if recorded is not None and recorded != account:
        with suppress(PeerError, TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                await box.say(Declined())
        raise LinkForged("another account was given to this device than the one that has the handle")
    return LinkedInto(handle, account_digits(account, handle), recorded is not None)


async def _granted(box: LinkBox, hello: Hello, seed: bytes) -> Credentials:
    async for said in box.hear():
        if isinstance(said, Declined):
            raise LinkDeclined("the other device did not let this one in")
        if isinstance(said, Grant) and said.device == hello.device:
            return open_grant(said, seed)
        if isinstance(said, Hello) and said != hello and any(isinstance(each, Grant) for each in await box.look()):
            raise LinkExposed("another device used the same code, and was answered")
        _check_same(said, hello)
    raise AssertionError("a box is heard without end")


def _check_same(said: Said, hello: Hello) -> None:
    if isinstance(said, Hello) and said != hello:
        raise LinkMisused("another device used the same code")


async def _admitted(box: LinkBox, hello: Hello) -> bytes:
    async for said in box.hear():
        if isinstance(said, Declined):
            raise LinkDeclined("the other device did not let this one in")
        if isinstance(said, Admitted) and said.device == hello.device:
            return said.card
    raise AssertionError("a box is heard without end")


@asynccontextmanager
async def _in_time(expires_at: int) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(max(0.0, (expires_at - now_ms()) / 1_000)):
            yield
    except TimeoutError:
        raise LinkExpired("the code is too old") from None


@asynccontextmanager
async def _answered(otherwise: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(ANSWER_S):
            yield
    except TimeoutError:
        raise LinkSilent(otherwise) from None


def is_whole_link(text: str) -> bool:
    """Whether what was pasted or scanned says whose device it is, so that no handle is needed."""
    return text.strip().startswith(SCHEME)


def _checked_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if len(cleaned) > MOST_NAME or not all(letter.isprintable() for letter in cleaned):
        raise BadRequest(f"a device's name has at most {MOST_NAME} printable characters")
    return cleaned
