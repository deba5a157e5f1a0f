"""The drill ``docket``: demands of every kind pass through a desk while people talk; then its record is lied about."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from nullabona.docket.cases.delivery import delivering
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.recount import recount
from nullabona.docket.core.recount_cases import Demand
from nullabona.docket.production.seal import Seals
from nullabona.docket.taxonomy import load
from nullabona.drills.docket.audit import entries_of, places_of
from nullabona.drills.docket.commands import verify_public, write_pages
from nullabona.drills.docket.demands import many, rows_today
from nullabona.drills.docket.findings import Passed
from nullabona.drills.docket.lies import Liar, Tried, keys_of_witnesses
from nullabona.drills.docket.office import Office, WallClock
from nullabona.drills.docket.packages import look_at
from nullabona.drills.docket.people import Talk, talking
from nullabona.drills.docket.replay import Answered, Replay
from nullabona.drills.docket.searching import seek
from nullabona.drills.docket.spoiling import spoil
from nullabona.drills.docket.stage import Apart, grounded
from nullabona.drills.docket.striking import Struck, strike
from nullabona.drills.docket.tampering import Deed
from nullabona.drills.reporting.text import Tell, Text
from nullabona.drills.stage.playing import in_folder
from nullabona.log.policy import Policy
from nullabona.machine.http_client import Route
from nullabona.wire.slots import SlotRef

Places = Mapping[str, tuple[SlotRef, ...]]
AT_ONCE: Final = 12
"""Demands that are on the desk together."""
_SLOTS: Final = 16


def play(tell: Tell, demands: int | None = None) -> Passed:
    """Play the drill in a new folder, with ``demands`` demands or one of every kind. Raises what goes wrong."""
    began = time.monotonic()
    played = in_folder(lambda folder: _play(folder, tell, demands or len(rows_today(load(), WallClock()()))))
    played.seconds = time.monotonic() - began
    return played


async def _play(folder: Path, tell: Tell, demands: int) -> Passed:
    tell(Text("A relay starts, three people make a group and talk; two witnesses watch the docket's log.",
              "릴레이를 켭니다. 세 사람이 그룹을 만들어 대화하고, 증인 둘이 기록을 지켜봅니다."))  # fmt: skip
    pace, apart = WallClock(), Apart()
    desk = folder / "desk"
    desk.mkdir()
    async with talking(folder) as talk:
        cadence = Cadence(start_s=pace(), period_s=1, slots=_SLOTS, lag=600, horizon_s=400 * DAY, band=16)
        async with grounded(desk, talk.data, cadence) as grounds:
            office = await apart.do(Office, grounds, pace)
            try:
                replay = Replay(office, talk.here, desk / "packages", delivering(Route(), None))
                await _pass_through(replay, talk, apart, tell, demands)
                await talk.everybody_has_it()
                struck = await apart.do(_strike, replay, tell)
                return await apart.do(_examine, replay, talk, struck, tell)
            finally:
                await apart.do(office.close)


async def _pass_through(replay: Replay, talk: Talk, apart: Apart, tell: Tell, demands: int) -> None:
    tell(Text(f"{demands} demands arrive, {AT_ONCE} at a time, while people go on talking.",
              f"사람들이 계속 대화하는 동안 요청 {demands}건이 {AT_ONCE}건씩 들어옵니다."))  # fmt: skip
    await apart.do(replay.office.tick)
    while (left := demands - len(replay.answered)) > 0:
        await asyncio.gather(apart.do(replay.pass_through, min(left, AT_ONCE)), talk.go_on())
    await apart.do(replay.publish)


def _strike(replay: Replay, tell: Tell) -> Struck:
    """One more demand, which is not to be in the log."""
    tell(Text("The operator strikes one more from the desk's database before it is entered.",
              "운영자가 요청 하나를 더 받아, 기록에 오르기 전에 창구의 데이터베이스에서 지웁니다."))  # fmt: skip
    office = replay.office
    (asked,) = many(office.catalogue, 1, replay.here, office.pace(), len(replay.answered))
    return strike(office, asked)


def _examine(replay: Replay, talk: Talk, struck: Struck, tell: Tell) -> Passed:
    """What came of it, in the desk's thread: nothing of this asks the desk."""
    office = replay.office
    policy = Policy.parse(office.grounds.policy)
    tell(Text("Every package is checked with sha256sum and readers of PDF signatures; all that left is searched.",
              "모든 꾸러미를 sha256sum과 PDF 서명 검사기로 확인하고, 밖으로 나간 모든 것을 뒤집니다."))  # fmt: skip
    custodian = office.custodian.fingerprint
    looked = [look_at(each.folder, policy, custodian) for each in replay.answered]
    seals = Seals(office.custodian, office.grounds.signers)
    spoiled = spoil(_any(replay).folder, replay.folder.with_name("spoiled"), policy, seals)
    site, rules = replay.folder.with_name("site"), office.grounds.policy_file
    write_pages(office.public, rules, site)
    verified = verify_public(office.public, rules)
    sought = seek(talk.secrets(), (replay.folder, site, office.public))
    entries = entries_of(office.public)
    places = places_of(entries, office.pointer_key)
    found = recount(entries, {}, office.pace())
    shown = {demand.case: demand for demand in found.demands.all()}
    lies = _lie(replay, entries, places, shown, tell)
    sealed = sum(found.sealed(term) for term in found.terms())
    miscounted = len({each.tag for each in replay.answered} ^ places.keys())
    return Passed(replay, looked, spoiled, sought, len(entries), len(found.batches), verified, len(places), miscounted,
                  len(shown), sealed, len(talk.said), struck, lies)  # fmt: skip


def _any(replay: Replay) -> Answered:
    return random.SystemRandom().choice(replay.answered)


def _lie(replay: Replay, entries: list[bytes], places: Places, shown: Mapping[str, Demand], tell: Tell) -> list[Tried]:
    """Each lie about another demand."""
    tell(Text("The operator removes, alters, reorders, back-dates and drops one, with the log's own keys.",
              "운영자가 기록의 열쇠로 하나씩 지우고, 고치고, 순서를 바꾸고, 날짜를 당기고, 몰래 뺍니다."))  # fmt: skip
    office = replay.office
    helpers = tuple(keys_of_witnesses(office.grounds))
    liar = Liar(office.grounds, office.public, entries, office.pace(), helpers)
    chosen = [(deed, _any(replay)) for deed in Deed]
    # A demand that nobody finds in the record cannot be tampered with there: K-17 and K-12 say that it is missing.
    return [
        liar.try_(deed, places[each.tag], shown.get(each.tag), each.receipt)
        for deed, each in chosen
        if each.tag in places
    ]
