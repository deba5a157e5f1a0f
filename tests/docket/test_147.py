"""Demands of every kind in force pass through the desk while people talk: all recorded, all answered, nothing given.

By default one of every kind and a few, with two of the lies about each; the slow test is of 147, with every lie about
each.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from nullabona.docket.cases.delivery import delivering
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.recount_cases import Demand
from nullabona.docket.core.states import State
from nullabona.docket.core.terms import term_of
from nullabona.drills.docket.audit import entries_of, places_of
from nullabona.drills.docket.commands import verify_public, write_pages
from nullabona.drills.docket.demands import rows_today
from nullabona.drills.docket.lies import Liar, Noticed
from nullabona.drills.docket.office import Grounds, Office
from nullabona.drills.docket.packages import Looked, look_at
from nullabona.drills.docket.replay import Answered, Replay, kinds_of
from nullabona.drills.docket.searching import Sought, seek
from nullabona.drills.docket.stage import Apart
from nullabona.drills.docket.tampering import Deed, Public
from nullabona.drills.search import Kind, Secret
from nullabona.log.policy import Policy
from nullabona.machine.http_client import Route
from nullabona.machine.keyfile import encode_private_key
from nullabona.machine.steady import Steady
from nullabona.wire.slots import SlotRef
from tests.api.people import befriend, people, play, reads
from tests.api.service import Service
from tests.sequencer.logs import policy_text
from tests.witness.running import RunningWitness, log_signers, seed, watched, witness_signers

DEMANDS: Final = 147
FEW: Final = 30
AT_ONCE: Final = 14
PERIOD_S: Final = 3_600
"""As usual, with the hour of an order under Regulation (EU) 2021/784 among the demands."""
WITNESSES: Final = ("newspaper.example", "university.example")
SAID: Final = (
    "내일 세 시에 시청 앞에서 봐요",
    "the seventh draft is under the blue stone",
    "북극곰 독서 모임에서 만나",
)


class Pace:
    """A clock that is moved by whoever waits on it, the witnesses' with it."""

    def __init__(self, witnesses: Sequence[RunningWitness]) -> None:
        now_s = int(time.time())
        self.now_s = now_s if term_of(now_s) == term_of(now_s + DAY) else now_s - DAY
        self._witnesses = witnesses

    def __call__(self) -> int:
        return self.now_s

    def wait_until(self, at_s: int) -> None:
        self.now_s = max(self.now_s, at_s)
        for witness in self._witnesses:
            witness.now_s = self.now_s

    def steady(self) -> Steady:
        return Steady("", self.now_s)


@dataclass
class Passed:
    """What is left when all demands have passed and everybody has gone home."""

    answered: list[Answered]
    looked: list[Looked]
    sought: Sought
    states: set[str]
    delivered: int
    entries: list[bytes]
    places: Mapping[str, tuple[SlotRef, ...]]
    verified: dict[str, object]
    shown: Mapping[str, Demand]
    reported: Mapping[str, tuple[int, int]]
    """By kind: received, answered in time."""
    counts: Mapping[str, str]
    """By kind: how its number may be told."""
    kinds: set[str]
    liar: Liar = field(repr=False)

    def lie(self, deed: Deed, about: Answered) -> Noticed:
        """What is said of it: by whoever gets other files, by whom no witness helps, and where all of them do."""
        tag = about.tag
        return self.liar.notice(self.liar.forge(deed, self.places[tag], self.shown.get(tag), about.receipt))


async def pass_through(service: Service, folder: Path, demands: int, witnesses: Sequence[RunningWitness]) -> Passed:
    """Mina and Jun talk, ``demands`` demands about Mina pass through the desk, then all that left it is looked at."""
    async with people(service, folder / "people", "mina", "junseo") as (mina, jun):
        room = await befriend(mina, jun)
        apart, pace = Apart(), Pace(witnesses)
        cadence = Cadence(start_s=pace() - 60, period_s=PERIOD_S, slots=48, horizon_s=400 * DAY, band=16, lag=12)
        signers = log_signers(origin_at(service))
        policy = policy_text(signers, WITNESSES, quorum=2)
        keys = tuple(encode_private_key(s.verifier.kind, s.name, seed(f"log{s.verifier.kind}")) for s in signers)
        grounds = Grounds(folder / "office", keys, tuple(w.address for w in witnesses), policy, service.data, cadence)
        office = await apart.do(Office, grounds, pace)
        try:
            here = str(mina.me.handle)
            replay = Replay(office, here, folder / "packages", delivering(Route(), service.url))
            await apart.do(office.tick)
            said: list[str] = []
            while (left := demands - len(replay.answered)) > 0:
                said.append(f"{SAID[len(said) % len(SAID)]} {len(said)}")
                await (mina if len(said) % 2 else jun).messages.send(room, said[-1])
                await apart.do(replay.pass_through, min(left, AT_ONCE))
            await reads(jun, room, *said)
            await apart.do(replay.publish)
            contact = str(jun.me.handle).partition("@")[0]
            return await apart.do(examine, replay, [*said, contact])
        finally:
            await apart.do(office.close)


def examine(replay: Replay, said: Sequence[str]) -> Passed:
    """Everything that left the desk, as outsiders see it."""
    office, pages, rules = replay.office, replay.folder.with_name("site"), replay.office.grounds.policy_file
    policy, now_s = Policy.parse(office.grounds.policy), office.pace()
    at = ("--at", str(now_s))
    write_pages(office.public, rules, pages, *at)
    entries = entries_of(office.public)
    secrets = [Secret.text(Kind.TEXT, f"said {n}", text) for n, text in enumerate(said)]
    found = Public.read(office.public).verify(policy, now_s).recount
    helpers = [signer for name in WITNESSES for signer in witness_signers(name)]
    assert replay.report is not None
    assert found is not None
    return Passed(
        answered=replay.answered,
        looked=[look_at(each.folder, policy, office.custodian.fingerprint) for each in replay.answered],
        sought=seek(secrets, (replay.folder, pages, office.public)),
        states={line.state for line in office.desk.cases(office.who("cora"))},
        delivered=replay.delivered,
        entries=entries,
        places=places_of(entries, office.pointer_key),
        verified=verify_public(office.public, rules, *at),
        shown={demand.case: demand for demand in found.demands.all()},
        reported={row.instrument: (row.received, row.in_time) for row in replay.report.rows},
        counts={row.id: row.publication.count for row in rows_today(office.catalogue, now_s)},
        kinds={row.id for row in rows_today(office.catalogue, now_s)},
        liar=Liar(office.grounds, office.public, entries, now_s, helpers),
    )


def passed(folder: Path, demands: int) -> Passed:
    """All of it, with a relay and two witnesses of its own."""
    with Service(folder / "relay") as service:
        watches = [watched(log_signers(origin_at(service)))]
        witnesses = [RunningWitness(folder / name, watches, name) for name in WITNESSES]
        try:
            return play(pass_through(service, folder, demands, witnesses), most_s=900)
        finally:
            for witness in witnesses:
                witness.stop()


def origin_at(service: Service) -> str:
    """The docket of the relay's handles: apps believe no other."""
    return f"{service.url.rpartition('/')[2]}/docket"


@pytest.fixture(scope="module")
def one_of_each(tmp_path_factory: pytest.TempPathFactory) -> Passed:
    """As many demands as there are kinds in force, and a few."""
    return passed(tmp_path_factory.mktemp("each"), FEW)


def recorded_and_answered(all_: Passed, demands: int) -> None:
    """Each is in the log, closed, and was answered before a deadline; the figures say so where they may."""
    assert (demands, demands) == (len(all_.answered), sum(each.in_time for each in all_.answered))
    assert {each.tag for each in all_.answered} == set(all_.places)
    assert {State.CLOSED} == all_.states
    kinds = kinds_of(all_.answered)
    assert all_.kinds == set(kinds)
    exact = {kind: (count, count) for kind, count in kinds.items() if all_.counts[kind] == "exact"}
    assert exact == all_.reported


def packages_hold(all_: Passed) -> None:
    """By sha256sum, readers of PDF signatures, and our own check; demands for removal end in not held."""
    assert [] == [(looked.folder.name, looked.problem) for looked in all_.looked if not looked.holds]
    for each, looked in zip(all_.answered, all_.looked, strict=True):
        assert looked.checked is not None
        answers = {answer.data_class: answer.answer for answer in looked.checked.manifest.answers}
        if each.asked.demand.gates_unmet or each.asked.row.notice.rule == "before_answer":
            assert {"refused"} == set(answers.values())
        elif each.asked.row.legal_class == "removal":
            assert {"removal": "not_held"} == answers
        else:
            assert {"produced": 1}.items() >= Counter(a for a in answers.values() if a != "not_held").items()


def nothing_is_disclosed(all_: Passed) -> None:
    """No message, contact or room in any package, page or public file, by a search that finds what is planted."""
    assert ("", True) == (all_.sought.where, all_.sought.clean)
    assert all_.sought.searched.bytes > 100_000 * len(all_.answered)


def notices_are_mixed(all_: Passed) -> None:
    """Some people are told, through the relay; for others the law forbids it, or there is nobody."""
    told = sum(each.told for each in all_.answered)
    assert (told, True) == (all_.delivered, 0 < told < len(all_.answered))


def it_verifies(all_: Passed) -> None:
    """For everybody, with `nulla docket verify`; and what may be shown is open, whole."""
    assert (0, []) == (all_.verified["exit"], all_.verified["findings"])
    for demand in all_.shown.values():
        assert ["received", "answered", "handed-over"] == [event.record.event for event in demand.events][:3]


def lies_are_noticed(all_: Passed, lies: Iterable[tuple[Answered, Deed]]) -> int:
    """Each of these lies is noticed in every way, and what is said names the period; how many.

    All but one way: of what is dropped nothing is found if a quorum back-dates it (K-06).
    """
    told = 0
    for each, deed in lies:
        said = all_.lie(deed, each)
        assert "first in period" in said.served, (deed, each.folder.name)
        assert "no quorum" in said.alone, (deed, each.folder.name)
        wanted = "cadence-broken: in period" if deed is Deed.REMOVE else "period-unwitnessed: period"
        assert said.helped.startswith(wanted), (deed, each.folder.name)
        wanted = "cadence-broken: in period" if deed is Deed.REMOVE else "period-late: period"
        assert said.anew.startswith(wanted), (deed, each.folder.name)
        assert deed is not Deed.DROP or said.back_dated == (), each.folder.name
        told += 1
    return told


@pytest.mark.timeout(300)
def test_a_demand_of_every_kind_discloses_nothing(one_of_each: Passed) -> None:
    """All recorded, all answered in time; no message, contact or room name in anything that left the desk."""
    recorded_and_answered(one_of_each, FEW)
    packages_hold(one_of_each)
    nothing_is_disclosed(one_of_each)
    notices_are_mixed(one_of_each)
    it_verifies(one_of_each)


@pytest.mark.timeout(300)
def test_no_demand_can_be_hidden(one_of_each: Passed) -> None:
    """Removed, altered, reordered, back-dated or dropped, two lies about each: noticed, and it is told where."""
    twice = [each for each in one_of_each.answered for _ in range(2)]
    assert 2 * FEW == lies_are_noticed(one_of_each, zip(twice, itertools.cycle(Deed), strict=False))


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_147_demands_disclose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """147 recorded, 147 answered in time, each package verified; and every lie about each of them is noticed."""
    began = time.monotonic()
    all_ = passed(tmp_path, DEMANDS)
    recorded_and_answered(all_, DEMANDS)
    packages_hold(all_)
    nothing_is_disclosed(all_)
    notices_are_mixed(all_)
    it_verifies(all_)
    between = time.monotonic()
    told = lies_are_noticed(all_, itertools.product(all_.answered, Deed))
    assert DEMANDS * len(Deed) == told
    said = (
        f"{DEMANDS} demands of {len(all_.kinds)} kinds: {DEMANDS} recorded, {DEMANDS} answered in time, "
        f"{len(all_.looked)} packages hold, 0 secrets in {all_.sought.searched.bytes / 1e6:.0f} MB "
        f"({between - began:.0f} s); {told} lies, {told} noticed ({time.monotonic() - between:.0f} s)"
    )
    with capsys.disabled():
        sys.stdout.write(f"\n{said}\n")
