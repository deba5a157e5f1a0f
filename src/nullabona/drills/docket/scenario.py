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
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.stage.playing import in_folder
from nullabona.log.policy import Policy
from nullabona.machine.http_client import Route
from nullabona.wire.slots import SlotRef

_say: Final = Sentences("drill_docket")

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
    tell(_say("relay-starts-three"))
    pace, apart = WallClock(), Apart()
    desk = folder / "desk"
    desk.mkdir()
    async with talking(folder) as talk:
        cadence = Cadence(start_s=pace(), period_s=1, slots=_SLOTS, lag=600, horizon_s=400 * DAY, band=16)
        async with grounded(desk, talk.data, cadence, talk.here.partition("@")[2]) as grounds:
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
    tell(_say("demands-arrive-time", demands=demands, at_once=AT_ONCE))
    await apart.do(replay.office.tick)
    while (left := demands - len(replay.answered)) > 0:
        await asyncio.gather(apart.do(replay.pass_through, min(left, AT_ONCE)), talk.go_on())
    await apart.do(replay.publish)


def _strike(replay: Replay, tell: Tell) -> Struck:
    """One more demand, which is not to be in the log."""
    tell(_say("operator-strikes-one"))
    office = replay.office
    (asked,) = many(office.catalogue, 1, replay.here, office.pace(), len(replay.answered))
    return strike(office, asked)


def _examine(replay: Replay, talk: Talk, struck: Struck, tell: Tell) -> Passed:
    """What came of it, in the desk's thread: nothing of this asks the desk."""
    office = replay.office
    policy = Policy.parse(office.grounds.policy)
    tell(_say("every-package-checked"))
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
    return Passed(
        replay,
        looked,
        spoiled,
        sought,
        len(entries),
        len(found.batches),
        verified,
        len(places),
        miscounted,
        len(shown),
        sealed,
        len(talk.said),
        struck,
        lies,
    )


def _any(replay: Replay) -> Answered:
    return random.SystemRandom().choice(replay.answered)


def _lie(replay: Replay, entries: list[bytes], places: Places, shown: Mapping[str, Demand], tell: Tell) -> list[Tried]:
    """Each lie about another demand."""
    tell(_say("operator-removes-alters"))
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
