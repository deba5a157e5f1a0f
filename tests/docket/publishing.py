"""A desk with its log and a real witness, and cases that come to their end in public."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from nullabona.docket.cases.notices import Delivery
from nullabona.docket.core.acts import OpenDetails
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Decision, Demand
from nullabona.docket.core.roles import DeskAction
from nullabona.docket.core.states import Action
from nullabona.docket.core.terms import term_span
from nullabona.docket.ports import Publication
from nullabona.docket.publishing.batches import Published
from nullabona.docket.store.sqlite import FILE
from nullabona.docket.verify import Verification, verify
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.policy import Policy
from nullabona.operating.desk_places import DeskPlaces
from nullabona.sequencer import Log, open_log
from nullabona.wire.seal import Inbox
from nullabona.witness.core.limits import Limits
from tests.docket.desks import NOON, PRODUCE, Clock, Office
from tests.sequencer.logs import policy_text
from tests.witness.running import RunningWitness, log_signers, watched

ORIGIN = "relay.example/docket"
SIGNERS = log_signers(ORIGIN)
WITNESS = "witness.example/w1"
POLICY = policy_text(SIGNERS, [WITNESS], quorum=1)
CADENCE = Cadence(start_s=NOON - 60, slots=8, horizon_s=400 * DAY, band=4, window_s=600, lag=4)


class PublicOffice(Office):
    """An office whose desk publishes to a witnessed log."""

    def __init__(self, folder: Path, clock: Clock, cadence: Cadence = CADENCE, store: DeskPlaces | None = None) -> None:
        self.store = store or DeskPlaces(folder)
        self.witness = RunningWitness(
            folder / "witness", [watched(SIGNERS)], WITNESS, limits=Limits(cosignatures_per_minute=100_000)
        )
        self.loop = asyncio.Runner()
        self.log = self.open_log(folder)
        self.publication = Publication(self.log, ORIGIN, POLICY)
        self.root = folder
        super().__init__(self.store.desk(begins=True), clock, cadence)

    def open_log(self, folder: Path) -> Log:
        return open_log(
            folder / "log", SIGNERS, ORIGIN, witnesses=[self.witness.address], policy=Policy.parse(POLICY),
            make_store=self.store.log_rows(begins=True),
        )  # fmt: skip

    def stop(self) -> None:
        self.desk.close()
        self.loop.run(self.log.close())
        self.loop.close()
        self.witness.stop()

    def publish_due(self) -> Published:
        """Publish what is due now."""
        self.witness.now_s = self.clock()
        return self.loop.run(self.desk.publish_due())

    def tick(self, periods: int = 1) -> None:
        """Let whole periods pass, each with its batch in time."""
        for _ in range(periods):
            self.clock.now_s = self.cadence.due_of(self.cadence.period_at(self.clock()))
            self.publish_due()

    def answer(self, case: bytes, decision: Decision = PRODUCE) -> bytes:
        """From intake to the hand-over. Lets a period pass for the receipt."""
        self.walk(case, decision)
        self.tick()
        self.do("cora", Action.RECEIPT, case)
        self.do("rolf", Action.HAND_OVER, case)
        return case

    def deliver(self, into: list[tuple[str, Inbox, bytes]]) -> Delivery:
        """Deliver what can be, by the notifier."""
        return self.desk.deliver_notices(self.who("nora"), lambda *sent: into.append(sent))

    def finish(self, case: bytes) -> bytes:
        """From the hand-over to the close of a case that may be shown."""
        self.bar(case)
        self.do("pia", Action.PUBLISH, case)
        self.do("pia", Action.CLOSE, case)
        return case

    def open_all(self, cases: Iterable[bytes]) -> None:
        """Open the slots of these cases, with the next batch."""
        details = OpenDetails(tuple(case.hex() for case in cases))
        self.sign("cora", self.desk.propose(self.who("cora"), DeskAction.OPEN, None, details))

    def report(self, term: str) -> None:
        """Enter the report of a half-year, with both signatures, once it has ended."""
        self.wait_for_the_end_of(term)
        _, proposal = self.desk.propose_report(self.who("pia"), term)
        first = self.sign("pia", proposal)
        self.sign("cora", self.desk.propose_confirm(self.who("cora"), first.challenge))

    def wait_for_the_end_of(self, term: str) -> None:
        """Publish every period until a half-year has ended."""
        while self.clock() < term_span(term)[1]:
            self.tick()

    def whole(self, given: Demand | None = None) -> bytes:
        """A case from its intake until everything of it is open."""
        case = self.finish(self.answer(self.take_in(given=given)))
        self.tick()
        self.open_all([case])
        self.tick()
        return case

    @property
    def desk_file(self) -> Path:
        """The desk's database."""
        return self.folder / FILE

    @property
    def public(self) -> Path:
        return self.log.public

    def verify(
        self, public: Path | None = None, before: Checkpoint | None = None, policy: str = POLICY
    ) -> Verification:
        """What an outsider finds now, who may have seen the log before."""
        folder = public or self.public

        async def fetch(path: str) -> bytes | None:
            file = folder / path
            return file.read_bytes() if file.is_file() else None

        return self.loop.run(verify(fetch, Policy.parse(policy), self.clock(), before))
