"""147 demands of every class pass through the desk while people talk: all recorded, all answered, nothing given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, get_args

import msgspec
import pytest

from nullabona.client.api import Client
from nullabona.directory.service import read_producible
from nullabona.docket.core.acts import BarDetails, ReviewDetails
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY, LegalClass, Taxonomy
from nullabona.docket.core.records import ClassAnswer, DataClass, Decision, Demand, Gate, Identifier
from nullabona.docket.core.statements import Opening
from nullabona.docket.core.states import Action, State
from nullabona.docket.core.terms import term_of
from tests.api.people import befriend, people, play, reads
from tests.api.service import Service
from tests.docket import desks
from tests.docket.desks import NOON, Clock, demand, row
from tests.docket.forging import Record
from tests.docket.publishing import PublicOffice
from tests.sequencer.logs import entries_of

T = TypeVar("T")
DEMANDS = 147
CLASSES: tuple[str, ...] = get_args(LegalClass)
ASKED: tuple[DataClass, ...] = ("subscriber", "traffic", "content", "contacts", "rooms")
SEALED = ("realtime_content", "realtime_traffic", "confidentiality")
CADENCE = Cadence(start_s=NOON - 60, slots=96, horizon_s=400 * DAY, band=64, window_s=600, lag=8)
SECRETS = ["내일 세 시에 시청 앞에서 봐요", "the seventh draft is under the blue stone", "북극곰 독서 모임"]


def taxonomy() -> Taxonomy:
    """An instrument of each legal class; those of interception are never shown one by one."""
    rows = tuple(
        row(f"KR.{name.upper()}", legal_class=name, gates=("cover_copy_received",),
            item="never" if name in SEALED else "at_close", default_gag=name in SEALED,
            notice="never" if name in SEALED else "after_answer")
        for name in CLASSES
    )  # fmt: skip
    return Taxonomy(rows, bytes(32))


class Away:
    """The thread that the desk works on, while the people's clients have the loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)

    async def do(self, work: Callable[..., T], *values: object) -> T:
        """What ``work`` gives, done there."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *values)


@dataclass
class Replay:
    """The desk while 147 demands pass through it."""

    office: PublicOffice
    handles: tuple[str, ...]

    def demand(self, number: int) -> Demand:
        """Every class in turn, about somebody who is here, somebody who is not, and both; every tenth gate unmet."""
        names = [self.handles[0], "nobody@relay.example"][: 1 + number % 2] if number % 3 else ["nobody@relay.example"]
        return demand(
            self.office.clock, instrument=f"KR.{CLASSES[number % len(CLASSES)].upper()}",
            identifiers=tuple(Identifier("handle", name) for name in names), classes=ASKED,
            gates=(Gate("cover_copy_received", met=bool(number % 10)),),
        )  # fmt: skip

    def decision(self, case: bytes) -> Decision:
        """Refused if a gate is not met; otherwise what is held of it, class by class."""
        content = self.office.desk.show(self.office.who("cora"), case).content
        if content.demand.gates_unmet:
            return Decision("refuse", reason="gate_not_met")
        held = any(match.found for match in content.matches)
        answers = (ClassAnswer("subscriber", "produced" if held else "not_held"),)
        return Decision("produce", answers + tuple(ClassAnswer(name, "not_held") for name in ASKED[1:]))

    def begin(self, number: int) -> bytes:
        """From intake to the second approval."""
        case = self.office.take_in(given=self.demand(number))
        self.office.sign("ina", self.office.desk.propose_match(self.office.who("ina"), case))
        self.office.do("rea", Action.REVIEW, case, ReviewDetails())
        decided = self.office.desk.propose_decision(self.office.who("cora"), case, self.decision(case))
        self.office.sign("cora", decided)
        self.office.sign("rolf", self.office.desk.propose_release(self.office.who("rolf"), case))
        return case

    def end(self, case: bytes) -> bytes:
        """From the receipt to the close; what is handed over."""
        office = self.office
        office.do("cora", Action.RECEIPT, case)
        office.do("rolf", Action.HAND_OVER, case)
        given = msgspec.json.encode(office.desk.handed_over(office.who("rolf"), case))
        office.do("cora", Action.BAR_NOTICE, case, BarDetails("PCSA 9-3"))
        instrument = office.desk.show(office.who("cora"), case).content.demand.instrument
        if instrument.removeprefix("KR.").lower() in SEALED:
            office.do("cora", Action.SEAL, case)
        else:
            office.do("pia", Action.PUBLISH, case)
        office.do("pia", Action.CLOSE, case)
        return given


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_147_demands_disclose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """147 recorded, 147 answered in time; no message, contact or room name in anything that left the desk."""
    monkeypatch.setattr(desks, "TAXONOMY", taxonomy())
    with Service(tmp_path / "relay") as service:
        play(_replay(service, tmp_path, monkeypatch), most_s=500)


async def _replay(service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with people(service, folder / "people", "mina", "jun") as (mina, jun):
        room = await befriend(mina, jun)
        await mina.send(room, SECRETS[0])
        await reads(jun, room, SECRETS[0])
        monkeypatch.setattr(desks, "producible", lambda handle: read_producible(service.data, handle))
        desk = Away()
        office = await desk.do(PublicOffice, folder / "office", Clock(), CADENCE)
        try:
            given = await _pass_through(desk, Replay(office, (str(mina.me.handle),)), (mina, jun, room))
            _check_disclosure(given, office, str(jun.me.handle))
            await desk.do(_check_record, office)
        finally:
            await desk.do(office.stop)


async def _pass_through(desk: Away, replay: Replay, talk: tuple[Client, Client, bytes]) -> list[bytes]:
    """All of them, three weeks' worth of mornings, while Mina and Jun go on talking."""
    mina, jun, room = talk
    said, given, number = [SECRETS[0]], [], 0
    while number < DEMANDS:
        some = [await desk.do(replay.begin, n) for n in range(number, min(number + 14, DEMANDS))]
        number += len(some)
        await (mina if number % 2 else jun).send(room, f"{SECRETS[1]} {number}")
        said.append(f"{SECRETS[1]} {number}")
        await desk.do(replay.office.tick)
        given += [await desk.do(replay.end, case) for case in some]
    await reads(jun, room, *said)
    await desk.do(_open_and_report, replay.office)
    return given


def _open_and_report(office: PublicOffice) -> None:
    office.tick(2)
    office.open_all(office.desk.openable(office.who("cora")))
    office.tick(2)
    office.report(term_of(NOON))
    office.tick()


def _check_disclosure(given: list[bytes], office: PublicOffice, contact: str) -> None:
    public = [path.read_bytes() for path in office.public.rglob("*") if path.is_file()]
    assert DEMANDS == len(given)
    for secret in (*SECRETS, contact, contact.partition("@")[0]):
        for text in (*given, *public):
            assert secret.encode() not in text
            assert msgspec.json.encode(secret)[1:-1] not in text


def _check_record(office: PublicOffice) -> None:
    found = office.verify()
    assert () == found.findings
    assert found.recount is not None
    (_, report), *_ = found.recount.reports.values()
    assert DEMANDS == sum(r.received for r in report.rows) == sum(r.in_time for r in report.rows)
    sealed = sum(r.received for r in report.rows if r.instrument.removeprefix("KR.").lower() in SEALED)
    assert DEMANDS - sealed == len(found.recount.demands.all())
    assert {State.CLOSED} == {line.state for line in office.desk.cases(office.who("aud"))}
    _check_each(office, entries_of(office.public, found.size))


def _check_each(office: PublicOffice, entries: list[bytes]) -> None:
    """Any entry removed, and any opening dropped, is noticed (a sample of both)."""
    record = Record(entries)
    for at in range(1, len(entries), 40):
        assert record.recount(office.clock(), entries[:at] + entries[at + 1 :]).findings
    openings = Record(entries).change(Opening, lambda statement: statement)
    for drop in range(0, openings, 25):
        left = iter(range(openings))
        record = Record(entries)
        record.change(Opening, lambda s, left=left, drop=drop: None if next(left) == drop else s)  # type: ignore[misc]
        assert record.recount(office.clock()).findings
