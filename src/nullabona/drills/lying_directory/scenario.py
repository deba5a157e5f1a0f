"""The story of the drill: each lie is told for real, and who noticed, by what and after how long, is written down."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.api import Client, Options, Warned, open_client
from nullabona.client.keys import AccountRoot
from nullabona.client.profile import Unprotected
from nullabona.drills.lying_directory.findings import SLACK_S, Caught, line, within
from nullabona.drills.lying_directory.lists import found_by_own_look, refused_by_mirror, until_in_record, warned
from nullabona.drills.lying_directory.relay import LyingRelay, lying_relay
from nullabona.drills.lying_directory.unchanged import Prodded, enter_what_changes_nothing
from nullabona.drills.operator.cards import forge_card
from nullabona.drills.reporting.text import Sentences, Tell, as_it_is
from nullabona.drills.stage.playing import in_folder
from nullabona.drills.stage.witnesses import WITNESSES
from nullabona.errors import PeerError
from nullabona.wire.card import Card
from nullabona.wire.handle import parse_handle

_say: Final = Sentences("drill_lying_directory")

_PATIENCE_S: Final = 60.0
"""Beside four periods, after which nothing is waited for any longer."""


def play(tell: Tell, period_s: int, only: Sequence[str] = ()) -> list[Caught]:
    """Tell every lie, in a new folder, no more than the lines of ``only`` need, if any."""
    return in_folder(lambda folder: _play(folder, tell, period_s, only))


async def _play(folder: Path, tell: Tell, period_s: int, only: Sequence[str]) -> list[Caught]:
    async with AsyncExitStack() as stack:
        tell(_say("two-witnesses-relay"))
        relay = await stack.enter_async_context(lying_relay(folder, period_s, _patience(period_s)))
        cast = []
        for name in ("mina", "jun", "nari"):
            opened = open_client(folder / name, unlock=Unprotected(), create=True, options=Options())
            cast.append(await stack.enter_async_context(opened))
        mina, jun, nari = cast
        for client, name in ((mina, "mina"), (jun, "jun")):
            await client.account.create(f"{name}@{relay.host}")
            await client.account.wait_published(timeout_s=_patience(period_s))
        await until_in_record(jun, mina.me.handle, _patience(period_s))
        lies = _Lies(relay, mina, jun, nari, tell, period_s, only)
        caught = [lie async for lie in lies]
        more = []
        if not only or "M-19" in only:
            tell(_say("one-witness-mirrors"))
            (folder / "mirrored").mkdir()
            more.append(refused_by_mirror(folder / "mirrored", period_s, _patience(period_s)))
        if not only or {"M-08", "M-18"}.intersection(only):
            more.append(lies.unchanged())
        return [*caught, *await _side_by_side(more, tell)]


async def _side_by_side(stories: Sequence[AsyncIterator[Caught]], tell: Tell) -> list[Caught]:
    """Play stories at different relays at one time: people take a minute to say that a record has stopped."""

    async def hear(story: AsyncIterator[Caught]) -> list[Caught]:
        found = []
        async for lie in story:
            tell(line(lie))
            found.append(lie)
        return found

    tasks = [asyncio.create_task(hear(story)) for story in stories]
    try:
        return [lie for found in await asyncio.gather(*tasks) for lie in found]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _patience(period_s: int) -> float:
    """How long anything is waited for."""
    return _PATIENCE_S + 4 * period_s


class _Lies:
    """Every lie, one after the other; between two of them the operator is honest again."""

    def __init__(
        self, relay: LyingRelay, mina: Client, jun: Client, nari: Client, tell: Tell, period_s: int, only: Sequence[str]
    ) -> None:
        self._relay, self._mina, self._jun, self._nari = relay, mina, jun, nari
        self._only = only
        self._tell = tell
        self._patience_s, self._within_s = _patience(period_s), within(period_s)

    async def __aiter__(self) -> Any:  # noqa: ANN401 - an async generator
        deeds = (
            (self._show_false, "M-10"), (self._show_elsewhere, "M-10"), (self._show_unpromised, "M-10 M-15"),
            (self._enter_false, "M-03 M-11"), (self._ghost, "M-12"), (self._between, "M-11 M-12"),
            (self._roll_back, "M-14"), (self._two_views, "M-13"), (self._one_line, "M-13"), (self._hide, "M-15"),
            (self._leave_out, "M-06"),
        )  # fmt: skip
        left = set(self._only)
        for deed, lines in deeds:
            if self._only and left.isdisjoint(lines.split()):
                continue
            caught = await deed()
            for each in caught if isinstance(caught, list) else [caught]:
                self._tell(line(each))
                if not each.held:
                    left.discard(each.id)  # it has failed, whatever else would come of it
                yield each
            await self._relay.operator.do("honest")

    @property
    def _handle(self) -> str:
        return self._mina.me.handle

    def _false(self) -> bytes:
        """A card for Mina's handle by somebody else's key."""
        return forge_card(self._card(), Ed25519PrivateKey.generate(), previous=None)

    def _card(self) -> Card:
        return self._mina._session.account().card  # noqa: SLF001 - what her own device holds

    async def _show_false(self) -> Caught:
        await self._relay.operator.do("show", name="mina", card=self._false().hex())
        code, seconds = await self._refused(self._jun)
        lie = _say("show-one-person")
        return Caught("M-10", lie, _LOOKER, code, frozenset({"card-not-in-log"}), seconds, within_s=SLACK_S)

    async def _show_elsewhere(self) -> Caught:
        """It is in the record, but at another handle's place, and that place is what is proven."""
        operator = self._relay.operator
        await operator.do("enter_under", name="oskar", card=self._false().hex())
        await operator.do("show_at", name="mina", there="oskar")
        code, seconds = await self._refused(self._jun)
        lie = _say("show-false-card")
        return Caught("M-10", lie, _LOOKER, code, frozenset({"card-not-in-log"}), seconds, within_s=SLACK_S)

    async def _show_unpromised(self) -> list[Caught]:
        """A card of a handle that has none in the record, with whatever may pass for a promise."""
        operator, found = self._relay.operator, []
        await operator.do("enter", card=self._made_up("olga").hex())
        await operator.do("erase", name="olga")
        for id, name, kind, lie in _UNPROMISED:
            await operator.do("show_with", name=name, card=self._made_up(name).hex(), promise=kind)
            code, seconds = await self._refused(self._jun, f"{name}@{self._relay.host}")
            found.append(
                Caught(id, lie, _LOOKER, code, frozenset({"promise-invalid"}), seconds, within_s=SLACK_S)
            )  # fmt: skip
        return found

    def _made_up(self, name: str) -> bytes:
        """A card for a handle that nobody has, by a key of the operator's."""
        handle = parse_handle(f"{name}@{self._relay.host}")
        return forge_card(replace(self._card(), handle=handle), Ed25519PrivateKey.generate(), previous=None)

    async def _between(self) -> list[Caught]:
        """False cards that are in the record for an epoch each, while the owner's device is told nothing, and are
        gone when it is told again.
        """
        operator, root = self._relay.operator, AccountRoot.from_phrase(self._mina.account.phrase())
        after = self._mina.last_event()
        await operator.do("turn_away", name="mina")
        ghost = forge_card(self._card(), root.identity_key(), previous=self._card())
        epochs = []
        for card in (self._false(), ghost, self._card().encoded):
            epochs.append(int(await operator.do("enter", card=card.hex())))
            await operator.do("epochs", count=2)
        await operator.do("honest")
        begun = time.monotonic()
        told = await self._warned_of(self._mina, after, frozenset(epochs[:2]))
        seconds = time.monotonic() - begun
        await self._until_true()  # it entered last; once more would be a change that changes nothing
        lies = (
            (
                "M-11",
                _say("card-another-key"),
            ),
            ("M-12", _say("device-added-one")),
        )
        return [
            Caught(id, lie, _OWNER, told.get(epoch, ""), frozenset({"foreign-entry"}), seconds, within_s=self._within_s)
            for (id, lie), epoch in zip(lies, epochs, strict=False)
        ]

    async def _one_line(self) -> list[Caught]:
        """The true record, cosigned by one witness where two are demanded; the other's line forged."""
        found = []
        for forge, code_of, lie in (
            (
                False,
                "not-witnessed",
                _say("show-record-one"),
            ),
            (True, "log-replaced", _say("forge-other-witness")),
        ):
            await self._relay.operator.do("strip", name="mina", witness=WITNESSES[1], forge=forge)
            code, seconds = await self._refused(self._jun)
            found.append(Caught("M-13", lie, _LOOKER, code, frozenset({code_of}), seconds))
        return found

    async def _enter_false(self) -> list[Caught]:
        begun, after = time.monotonic(), self._mina.last_event()
        await self._relay.operator.do("enter", card=self._false().hex())
        code = await warned(self._mina, after, "unknown-card", 2 * self._within_s)
        seconds = time.monotonic() - begun
        believed = "believed" if await self._believed() else "not-believed"
        await self._mend()
        lie = _say("enter-card-another")
        until = _say("meanwhile-looker-did")
        return [
            Caught("M-11", lie, _OWNER, code, frozenset({"foreign-entry"}), seconds, within_s=self._within_s),
            Caught("M-03", until, _OWNER, code and believed, frozenset({"believed"}), seconds, within_s=self._within_s),
        ]

    async def _ghost(self) -> Caught:
        root = AccountRoot.from_phrase(self._mina.account.phrase())
        card = forge_card(self._card(), root.identity_key(), previous=self._card())
        begun, after = time.monotonic(), self._mina.last_event()
        await self._relay.operator.do("enter", card=card.hex())
        code = await warned(self._mina, after, "unknown-card", 2 * self._within_s)
        seconds = time.monotonic() - begun
        await self._mend()
        lie = _say("add-device-mina")
        return Caught("M-12", lie, _OWNER, code, frozenset({"foreign-entry"}), seconds, within_s=self._within_s)

    def unchanged(self) -> AsyncIterator[Caught]:
        """Her own card entered again, and a leaf beside Jun's label: what their devices let out, and tell."""
        again = Prodded(self._mina, "enter", {"card": self._card().encoded.hex()}, _say("enter-own-again"))
        beside = {"name": "jun", "card": self._made_up("otto").hex()}
        people = [again, Prodded(self._jun, "enter_beside", beside, _say("enter-leaf-beside"))]
        return enter_what_changes_nothing(self._relay, people, self._false(), self._patience_s, self._within_s)

    async def _leave_out(self) -> Caught:
        caught = await found_by_own_look(self._relay, self._mina, self._false(), self._patience_s, self._within_s)
        await self._mend()
        return caught

    async def _roll_back(self) -> Caught:
        await self._relay.operator.do("remember", name="mina")
        size = self._jun.record.standing().size
        async with asyncio.timeout(self._patience_s):
            while self._jun.record.standing().size < size + 2:
                await self._jun.contacts.look_up(self._handle)
                await asyncio.sleep(0.2)
        await self._relay.operator.do("roll_back", name="mina")
        code, seconds = await self._refused(self._jun)
        lie = _say("show-older-state")
        return Caught("M-14", lie, _LOOKER, code, frozenset({"log-rolled-back"}), seconds)

    async def _two_views(self) -> Caught:
        reasons = await self._relay.operator.do("fork", name="mina", card=self._false().hex())
        code, seconds = await self._refused(self._jun)
        kept = sum(len(list(path.glob("**/*.json"))) for path in self._relay.evidence if path.exists())
        lie = _say("keep-second-record")
        said = ", ".join(sorted(set(reasons.values())))
        more = _say("asked-sign-witnesses", reasons=len(reasons), said=said, kept=kept)
        expected = frozenset({"not-witnessed"}) if len(reasons) == 2 and kept else frozenset[str]()
        return Caught("M-13", lie, _LOOKER, code, expected, seconds, more)

    async def _hide(self) -> list[Caught]:
        await self._relay.operator.do("withhold", name="nari")
        begun, after = time.monotonic(), self._jun.last_event()
        await self._nari.account.create(f"nari@{self._relay.host}")
        await self._nari.account.wait_published(timeout_s=self._patience_s)
        await self._jun.contacts.look_up(self._nari.me.handle)
        await self._relay.operator.do("enter", card=self._made_up("nari").hex())
        expected = frozenset({"promise-broken"})
        lie = _say("confirm-card-never")
        found = []
        for client, by, start in ((self._nari, _OWNER, 0), (self._jun, _LOOKER, after)):
            code = await warned(client, start, "not-entered", self._patience_s)
            kept = any(each.code == code and each.shown for each in client.record.evidence())
            more = _say("signed-promise-evidence") if kept else as_it_is("")
            wanted = expected if kept else frozenset[str]()
            found.append(Caught("M-15", lie, by, code, wanted, time.monotonic() - begun, more))
        return found

    # -- looking

    async def _refused(self, client: Client, handle: str = "") -> tuple[str, float]:
        """What a lookup of Mina, or of another handle, ends with, and after how long."""
        begun = time.monotonic()
        try:
            await client.contacts.look_up(handle or self._handle, timeout_s=self._patience_s)
        except PeerError as error:
            return error.code, time.monotonic() - begun
        return "", time.monotonic() - begun

    async def _believed(self) -> bool:
        """Whether somebody who does not know Mina takes what is in the record for hers."""
        with tempfile.TemporaryDirectory() as folder:
            async with open_client(
                Path(folder) / "p", unlock=Unprotected(), create=True, options=Options()
            ) as stranger:
                await stranger.account.create(f"s{secrets.token_hex(4)}@{self._relay.host}")
                card = await stranger.contacts.look_up(self._handle, timeout_s=self._patience_s)
        return card.identity_key != self._card().identity_key

    async def _warned_of(self, client: Client, after: int, epochs: frozenset[int]) -> dict[int, str]:
        """The codes of warnings about cards that are not one's own in these epochs, as far as they come in time."""
        told: dict[int, str] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(self._within_s):
                async for event in client.events(after=after):
                    epoch = event.detail.get("epoch") if isinstance(event, Warned) else None
                    if isinstance(epoch, int) and epoch in epochs and isinstance(event, Warned):
                        told[epoch] = event.code
                    if told.keys() == epochs:
                        break
        return told

    async def _mend(self) -> None:
        """The operator puts Mina's own card back, and everybody has seen it."""
        await self._relay.operator.do("enter", card=self._card().encoded.hex())
        await self._until_true()

    async def _until_true(self) -> None:
        """Until Mina's own card is in the record."""
        async with asyncio.timeout(self._patience_s):
            while True:
                with suppress(PeerError):
                    if (await self._mina.contacts.look_up(self._handle)).encoded == self._card().encoded:
                        return
                await asyncio.sleep(0.2)


_UNPROMISED: Final = (
    ("M-10", "omar", "none", _say("show-card-neither")),
    ("M-10", "olga", "other", _say("show-card-deleted")),
    ("M-10", "omar", "other", _say("show-promise-another")),
    ("M-15", "omar", "unsigned", _say("show-promise-another-signer")),
    ("M-15", "omar", "far", _say("promise-some-far")),
)  # fmt: skip
_OWNER: Final = _say("owner-s-device")
_LOOKER: Final = _say("person-looks-card")
