"""The story of the drill: each lie is told for real, and who noticed, by what and after how long, is written down."""

from __future__ import annotations

import asyncio
import math
import secrets
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.api import Client, Options, Warned, open_client
from nullabona.client.keys import AccountRoot
from nullabona.client.profile import Unprotected
from nullabona.drills.lying.stage import Stage, staged
from nullabona.drills.operator.cards import forge_card
from nullabona.drills.report import Check, Report
from nullabona.drills.text import Text
from nullabona.errors import PeerError
from nullabona.wire.card import Card

PROVES: Final = ("M-03", "M-10", "M-11", "M-12", "M-13", "M-14", "M-15")
PERIOD_S: Final = 2
_PATIENCE_S: Final = 60.0
"""Beside four periods, after which nothing is waited for any longer."""
_SLACK_S: Final = 10.0
"""Beside the two periods within which an owner's device has to tell: witnesses take a moment to sign, the device looks
a second later, and the machine may be busy. On one that is not it takes two or three seconds in all."""


_NOTHING: Final = Text("", "")


@dataclass(frozen=True, slots=True)
class Caught:
    """How a lie was noticed. ``code``: what the person is told; empty: not at all.

    After ``within_s`` it is too late; infinite: no time is promised.
    """

    id: str
    lie: Text
    by: Text
    code: str
    expected: frozenset[str]
    seconds: float
    more: Text = _NOTHING
    within_s: float = math.inf

    @property
    def held(self) -> bool:
        """Whether it was noticed as it should be, and in time."""
        return self.code in self.expected and self.seconds <= self.within_s


Tell: TypeAlias = Callable[[Text], None]


def run_lying_directory(tell: Tell = lambda _: None, period_s: int = PERIOD_S) -> Report:
    """Play the drill in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="nullabona-drill-") as folder:
        return asyncio.run(_play(Path(folder), tell, period_s))


async def _play(folder: Path, tell: Tell, period_s: int) -> Report:
    async with AsyncExitStack() as stack:
        tell(Text("Two witnesses and a relay start", "증인 둘과 릴레이를 시작합니다"))
        stage = await stack.enter_async_context(staged(folder, period_s, _patience(period_s)))
        cast = []
        for name in ("mina", "jun", "nari"):
            opened = open_client(folder / name, unlock=Unprotected(), create=True, options=Options())
            cast.append(await stack.enter_async_context(opened))
        mina, jun, nari = cast
        for client, name in ((mina, "mina"), (jun, "jun")):
            await client.create_account(f"{name}@{stage.host}")
            await client.wait_published(timeout_s=_patience(period_s))
        await _until_in_record(jun, mina.me.handle, _patience(period_s))
        return _report(period_s, [lie async for lie in _Lies(stage, mina, jun, nari, tell, period_s)])


def _patience(period_s: int) -> float:
    """How long anything is waited for."""
    return _PATIENCE_S + 4 * period_s


def _within(period_s: int) -> float:
    """How long it may take until an owner's device tells of a card that it did not make."""
    return 2 * period_s + _SLACK_S


async def _until_in_record(looker: Client, handle: str, patience_s: float) -> Card:
    """Until the card stands in the record and both lookers have seen it there."""
    async with asyncio.timeout(patience_s):
        while True:
            card = await looker.look_up(handle)
            if looker.record().size > 3:
                return card
            await asyncio.sleep(0.2)


class _Lies:
    """Every lie, one after the other; between two of them the operator is honest again."""

    def __init__(self, stage: Stage, mina: Client, jun: Client, nari: Client, tell: Tell, period_s: int) -> None:
        self._stage, self._mina, self._jun, self._nari = stage, mina, jun, nari
        self._tell = tell
        self._patience_s, self._within_s = _patience(period_s), _within(period_s)

    async def __aiter__(self) -> Any:  # noqa: ANN401 - an async generator
        for deed in (self._show_false, self._enter_false, self._ghost, self._roll_back, self._two_views, self._hide):
            caught = await deed()
            for each in caught if isinstance(caught, list) else [caught]:
                self._tell(_line(each))
                yield each
            await self._stage.operator.do("honest")

    @property
    def _handle(self) -> str:
        return self._mina.me.handle

    def _false(self) -> bytes:
        """A card for Mina's handle by somebody else's key."""
        return forge_card(self._card(), Ed25519PrivateKey.generate(), previous=None)

    def _card(self) -> Card:
        return self._mina._session.account().card  # noqa: SLF001 - what her own device holds

    async def _show_false(self) -> Caught:
        await self._stage.operator.do("show", name="mina", card=self._false().hex())
        code, seconds = await self._refused(self._jun)
        lie = Text("Show one person a card with another key", "한 사람에게만 열쇠를 바꾼 명함 보여 주기")
        return Caught("M-10", lie, _LOOKER, code, frozenset({"card-not-in-log"}), seconds, within_s=_SLACK_S)

    async def _enter_false(self) -> list[Caught]:
        begun, after = time.monotonic(), self._mina.last_event()
        await self._stage.operator.do("enter", card=self._false().hex())
        code = await self._warned(self._mina, after, "unknown-card")
        seconds = time.monotonic() - begun
        believed = "believed" if await self._believed() else "not-believed"
        await self._mend()
        lie = Text("Enter a card with another key in the record", "열쇠를 바꾼 명함을 공개 기록에 올리기")
        until = Text("Meanwhile a looker who did not know Mina believed it", "그 사이 미나를 모르던 사람은 믿었음")
        return [
            Caught("M-11", lie, _OWNER, code, frozenset({"foreign-entry"}), seconds, within_s=self._within_s),
            Caught("M-03", until, _OWNER, code and believed, frozenset({"believed"}), seconds, within_s=self._within_s),
        ]

    async def _ghost(self) -> Caught:
        root = AccountRoot.from_phrase(self._mina.phrase())
        card = forge_card(self._card(), root.identity_key(), previous=self._card())
        begun, after = time.monotonic(), self._mina.last_event()
        await self._stage.operator.do("enter", card=card.hex())
        code = await self._warned(self._mina, after, "unknown-card")
        seconds = time.monotonic() - begun
        await self._mend()
        lie = Text(
            "Add a device to Mina's card, even with her own identity key",
            "미나의 신원 키까지 써서 명함에 기기 하나 더하기",
        )
        return Caught("M-12", lie, _OWNER, code, frozenset({"foreign-entry"}), seconds, within_s=self._within_s)

    async def _roll_back(self) -> Caught:
        await self._stage.operator.do("remember", name="mina")
        size = self._jun.record().size
        async with asyncio.timeout(self._patience_s):
            while self._jun.record().size < size + 2:
                await self._jun.look_up(self._handle)
                await asyncio.sleep(0.2)
        await self._stage.operator.do("roll_back", name="mina")
        code, seconds = await self._refused(self._jun)
        lie = Text("Show an older state of the record", "지난 공개 기록 보여 주기")
        return Caught("M-14", lie, _LOOKER, code, frozenset({"log-rolled-back"}), seconds)

    async def _two_views(self) -> Caught:
        reasons = await self._stage.operator.do("fork", name="mina", card=self._false().hex())
        code, seconds = await self._refused(self._jun)
        kept = sum(len(list(path.glob("**/*.json"))) for path in self._stage.evidence if path.exists())
        lie = Text(
            "Keep a second record and show it to one person", "두 번째 공개 기록을 만들어 한 사람에게만 보여 주기"
        )
        said = ", ".join(sorted(set(reasons.values())))
        more = Text(
            f"asked to sign it, {len(reasons)} witnesses refused ({said}) and keep {kept} pieces of evidence",
            f"서명을 부탁받은 증인 {len(reasons)}곳이 거절하고({said}) 증거 {kept}건을 보관함",
        )
        expected = frozenset({"not-witnessed"}) if len(reasons) == 2 and kept else frozenset[str]()
        return Caught("M-13", lie, _LOOKER, code, expected, seconds, more)

    async def _hide(self) -> list[Caught]:
        await self._stage.operator.do("withhold", name="nari")
        begun, after = time.monotonic(), self._jun.last_event()
        await self._nari.create_account(f"nari@{self._stage.host}")
        await self._nari.wait_published(timeout_s=self._patience_s)
        await self._jun.look_up(self._nari.me.handle)
        expected = frozenset({"promise-broken"})
        lie = Text("Confirm a card and never enter it", "명함을 받았다고 하고 공개 기록에 올리지 않기")
        found = []
        for client, by, start in ((self._nari, _OWNER, 0), (self._jun, _LOOKER, after)):
            code = await self._warned(client, start, "not-entered")
            kept = any(each.code == code and each.shown for each in client.record_evidence())
            more = Text("with the signed promise as evidence", "서명된 약속을 증거로 보관") if kept else Text("", "")
            wanted = expected if kept else frozenset[str]()
            found.append(Caught("M-15", lie, by, code, wanted, time.monotonic() - begun, more))
        return found

    # -- looking

    async def _refused(self, client: Client) -> tuple[str, float]:
        """What a lookup of Mina ends with, and after how long."""
        begun = time.monotonic()
        try:
            await client.look_up(self._handle, timeout_s=self._patience_s)
        except PeerError as error:
            return error.code, time.monotonic() - begun
        return "", time.monotonic() - begun

    async def _believed(self) -> bool:
        """Whether somebody who does not know Mina takes what is in the record for hers."""
        with tempfile.TemporaryDirectory() as folder:
            async with open_client(
                Path(folder) / "p", unlock=Unprotected(), create=True, options=Options()
            ) as stranger:
                await stranger.create_account(f"s{secrets.token_hex(4)}@{self._stage.host}")
                card = await stranger.look_up(self._handle, timeout_s=self._patience_s)
        return card.identity_key != self._card().identity_key

    async def _warned(self, client: Client, after: int, reason: str) -> str:
        """The code of the warning that comes; empty if none does in time."""
        try:
            async with asyncio.timeout(self._patience_s):
                async for event in client.events(after=after):
                    if isinstance(event, Warned) and event.detail.get("reason") == reason:
                        return event.code
        except TimeoutError:
            pass
        return ""

    async def _mend(self) -> None:
        """The operator puts Mina's own card back, and everybody has seen it."""
        await self._stage.operator.do("enter", card=self._card().encoded.hex())
        async with asyncio.timeout(self._patience_s):
            while True:
                with suppress(PeerError):
                    if (await self._mina.look_up(self._handle)).encoded == self._card().encoded:
                        return
                await asyncio.sleep(0.2)


_OWNER: Final = Text("the owner's device", "주인의 기기")
_LOOKER: Final = Text("whoever looks the card up", "명함을 찾아본 사람")


def _line(caught: Caught) -> Text:
    if not caught.code:
        return Text(f"{caught.lie.en}: NOT NOTICED", f"{caught.lie.ko}: 들키지 않음")
    more = Text(f"; {caught.more.en}", f"; {caught.more.ko}") if caught.more.en else caught.more
    if caught.seconds > caught.within_s:
        more = Text(f"; TOO LATE, after {caught.within_s:.0f} s", f"; {caught.within_s:.0f}초를 넘겨 늦음")
    if caught.code == "believed":
        return Text(
            f"{caught.lie.en}: until the owner's device told, {caught.seconds:.1f} s{more.en}",
            f"{caught.lie.ko}: 주인의 기기가 알릴 때까지 {caught.seconds:.1f}초{more.ko}",
        )
    return Text(
        f"{caught.lie.en}: {caught.by.en} noticed after {caught.seconds:.1f} s [{caught.code}]{more.en}",
        f"{caught.lie.ko}: {caught.seconds:.1f}초 만에 {caught.by.ko}이(가) 알아챔 [{caught.code}]{more.ko}",
    )


def _report(period_s: int, lies: list[Caught]) -> Report:
    report = Report(
        "lying-directory",
        Text("A directory that lies: who notices, and after how long", "거짓말하는 디렉터리: 누가 언제 알아채는가"),
        data={
            "period_s": period_s,
            "lies": [
                {"id": each.id, "code": each.code, "held": each.held, "seconds": round(each.seconds, 2)}
                for each in lies
            ],
        },
    )
    report.section(
        f"With a period of {period_s} s (an operator's default is 600 s)", f"회차 간격 {period_s}초 (기본값은 600초)",
        [*(_line(each) for each in lies), _in_time(period_s)],
    )  # fmt: skip
    for id in PROVES:
        of = [each for each in lies if each.id == id]
        report.checks.append(Check.of(id, _CLAIMS[id], held=bool(of) and all(each.held for each in of)))
    return report


def _in_time(period_s: int) -> Text:
    return Text(
        f"What has to be told within two periods was given {_within(period_s):.0f} s: "
        f"{_SLACK_S:.0f} more, for a busy machine",
        f"두 회차 안에 알려야 하는 것에는 {_within(period_s):.0f}초를 줌: 기계가 바쁠 수 있어 {_SLACK_S:.0f}초를 더함",
    )


_CLAIMS: Final = {
    "M-03": Text("A false card in the record is believed by those who do not know its owner, until the owner's device "
                 "tells, within two periods.",
                 "공개 기록에 올린 거짓 명함은 주인을 모르는 사람을 속일 수 있으나, 두 회차 안에 주인의 "
                 "기기가 알림."),
    "M-10": Text("A card that is not in the record is refused by whoever is shown it, at once.",
                 "공개 기록에 없는 명함은 받아 본 사람이 곧바로 거절함."),
    "M-11": Text("A card with another key cannot be entered without the owner's devices noticing within two periods.",
                 "열쇠를 바꾼 명함을 올리면 두 회차 안에 주인의 기기가 알아챔."),
    "M-12": Text("Nor can a ghost device be added, not even with the owner's identity key: they notice as soon.",
                 "주인의 신원 키가 있어도 유령 기기를 몰래 더할 수 없음: 역시 두 회차 안에 알아챔."),
    "M-13": Text("Two records cannot be shown: witnesses sign one, and keep evidence of the other.",
                 "공개 기록을 둘로 나눌 수 없음: 증인은 하나에만 서명하고 다른 하나의 증거를 남김."),
    "M-14": Text("An older state of the record cannot be shown to whoever saw a newer one.",
                 "새 기록을 본 사람에게 지난 기록을 보여 줄 수 없음."),
    "M-15": Text("A confirmed card cannot be held back: owner and lookers have a signed promise.",
                 "받았다고 한 명함을 숨길 수 없음: 주인과 찾아본 사람에게 서명된 약속이 있음."),
}  # fmt: skip
