"""The desk: the API of the docket for the console and the command line (spec/docket.md §3).

An action has two steps: `Desk.propose` draws up the act that the officer signs, `Desk.perform` carries out what was
signed. The desk and the database check everything independently. The desk does not authenticate ``who``: the caller
does, and every change needs the officer's signature anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nullabona.docket.administration import Administration, DeskDone, Pending
from nullabona.docket.cases import retention
from nullabona.docket.cases.casework import Casework, Done
from nullabona.docket.cases.changes import Changes
from nullabona.docket.cases.erasures import enter_erasure
from nullabona.docket.cases.handover import HandedOver, HandOvers
from nullabona.docket.cases.notices import Delivery, HeldNotice, Notices, ReadyNotice
from nullabona.docket.cases.receipts import Receipts
from nullabona.docket.core import decide
from nullabona.docket.core.acts import (
    Act,
    Assertion,
    CaseDetails,
    ConfirmDetails,
    DecideDetails,
    DeskDetails,
    HandOverDetails,
    MatchDetails,
    OpenDetails,
    OutageDetails,
    PlainDetails,
    ReleaseDetails,
    ReportDetails,
    SettleDetails,
    SignOffDetails,
    Stale,
)
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import Taxonomy
from nullabona.docket.core.receipt import Receipt
from nullabona.docket.core.records import CaseId, CaseLine, CaseView, Decision, Event, Package
from nullabona.docket.core.roles import DeskAction, check_desk_allowed
from nullabona.docket.core.statements import Report
from nullabona.docket.core.states import Action, State
from nullabona.docket.core.timers import LEVELS, Due, level_at, louder
from nullabona.docket.keeping.context import context_of
from nullabona.docket.keeping.founding import CADENCE
from nullabona.docket.ports import Acting, Deliver, Made, Outside, PackageOrder, Publication
from nullabona.docket.publishing.batches import Batches, Published
from nullabona.docket.publishing.clock_watch import ClockWatch
from nullabona.docket.publishing.no_log import NoLog
from nullabona.docket.publishing.openings import Openings
from nullabona.docket.publishing.outages import check_outage, enter_outage
from nullabona.docket.publishing.reporting import Reporting
from nullabona.docket.publishing.sign_offs import Signature, SignOffs
from nullabona.docket.store.opening import DeskPlace, open_rows
from nullabona.errors import UserError
from nullabona.wire.canonical import digest, read_canonical
from nullabona.wire.operator_notice import NoticeBody


class NotFounded(UserError):
    """The folder holds no desk yet."""

    code = "docket-not-founded"
    default_hint = "found it with its first officers: nulla docket init"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An act and what it is about. Show ``details`` and ``act.encode()``, have ``act.challenge`` signed."""

    act: Act
    details: CaseDetails | DeskDetails
    made: Made | None = field(default=None, repr=False)
    """The package of a decision, kept so that it is made only once."""


class Desk:
    """One desk, in a folder or a schema of PostgreSQL, for one process at a time."""

    def __init__(
        self, place: DeskPlace, taxonomy: Taxonomy, outside: Outside, publication: Publication | None = None
    ) -> None:
        """Raises `NotFounded`, or as `open_rows`. Without a publication `publish_due` fails."""
        self.taxonomy = taxonomy
        self._store = open_rows(place)
        self._outside = outside
        encoded = self._store.value("get_meta", CADENCE)
        if encoded is None:
            self._store.close()
            raise NotFounded("no desk was founded here")
        context = context_of(self._store, outside, read_canonical(encoded, Cadence, "the cadence"), taxonomy)
        self._context, self._files, self._journal = context, context.files, context.journal
        self.staff = context.staff
        """Present and former officers, their keys, and the authorities; read-only."""
        public = publication or Publication(NoLog(), "", "")
        self._watch = ClockWatch(context)
        self._batches = Batches(context, self._watch, public.log, public.origin, taxonomy.sha256)
        self.behind = self._batches.behind
        self._receipts = Receipts(context, self._batches, public.log, public.policy)
        self._hand_overs = HandOvers(context, self._receipts, outside.seal)
        changes = Changes(taxonomy, outside, self._hand_overs)
        self._notices = Notices(context, self._receipts, changes, public.origin, outside.contact)
        self._openings = Openings(context, taxonomy)
        self._reporting = Reporting(context, taxonomy)
        self._sign_offs = SignOffs(context, taxonomy)
        self._sign_offs.state()
        self._cases = Casework(context, changes, self._notices, self._receipts, self._hand_overs)
        self._administration = Administration(context, self._take_effect)

    # ------------------------------------------------------------------------------------------------ propose, perform

    def propose(
        self, who: Acting, action: Action | DeskAction, case: CaseId | None, details: CaseDetails | DeskDetails
    ) -> Proposal:
        """The act to sign, good for ten minutes. Raises what performing it now would raise."""
        if isinstance(action, DeskAction):
            return Proposal(self._administration.propose(who, action, details), details)  # type: ignore[arg-type]
        return Proposal(self._cases.propose(who, action, case, details), details)  # type: ignore[arg-type]

    def propose_match(self, who: Acting, case: CaseId) -> Proposal:
        """Look up the demand's identifiers exactly as the case states them."""
        identifiers = self._files.open(who, case).content.demand.identifiers
        return self.propose(who, Action.MATCH, case, MatchDetails(identifiers))

    def order(self, who: Acting, case: CaseId, decision: Decision) -> PackageOrder:
        """The input from which a decision's package would be made now. Raises `DecisionInvalid` or `GateNotMet`."""
        return self._cases.changes.order(self._files.open(who, case), decision, who.officer, self._outside.clock())

    def make(self, order: PackageOrder) -> Made:
        """Make the package. This is slow, but uses no state of the desk: call it on any thread."""
        return self._cases.changes.make(order)

    def propose_decision(self, who: Acting, case: CaseId, decision: Decision, made: Made | None = None) -> Proposal:
        """The act of a decision. It names the resulting package, which `preview` shows.

        ``made``: the package made from a recent `order` for this decision. Raises `Stale` if the case changed since.
        """
        made = made or self.make(self.order(who, case, decision))
        details = DecideDetails(decision, decide.package_digest(made.package))
        return Proposal(self._cases.propose(who, Action.DECIDE, case, details, made), details, made)

    def propose_release(self, who: Acting, case: CaseId) -> Proposal:
        """The second approval of a decision to ``produce`` or ``refuse``."""
        file = self._files.open(who, case)
        content = file.content
        if content.decision is None or file.decided_by is None or content.package_sha256 is None:
            raise Stale("nothing was decided yet")
        action = Action.PRODUCE if content.decision.outcome == "produce" else Action.REFUSE
        return self.propose(who, action, case, ReleaseDetails(file.decided_by, content.package_sha256))

    def propose_hand_over(self, who: Acting, case: CaseId, *, unsealed: bool = False) -> Proposal:
        """The act that hands the package over. Raises `Unsealed` if it has no seal and ``unsealed`` is not set."""
        content = self._files.open(who, case).content
        details = self._hand_overs.chosen(content, unsealed=unsealed)
        return self.propose(who, Action.HAND_OVER, case, details)

    def propose_notify(self, who: Acting, case: CaseId) -> Proposal:
        """The act that notifies the person: before the answer leaves if the kind of demand wants it, else at once."""
        first = self._cases.changes.is_told_first(self._files.open(who, case))
        return self.propose(who, Action.NOTIFY_FIRST if first else Action.NOTIFY, case, PlainDetails())

    def propose_confirm_gag(self, who: Acting, case: CaseId) -> Proposal:
        """The act that confirms the gag proposed last."""
        proposed = self._files.open(who, case).content.proposed_gag
        if proposed is None:
            raise Stale("no change of the gag was proposed")
        return self.propose(who, Action.CONFIRM_GAG, case, ConfirmDetails(proposed.challenge))

    def propose_confirm_bar(self, who: Acting, case: CaseId) -> Proposal:
        """The act that confirms the bar on the notice proposed last."""
        proposed = self._files.open(who, case).content.proposed_bar
        if proposed is None:
            raise Stale("no bar on the notice was proposed")
        return self.propose(who, Action.CONFIRM_BAR, case, ConfirmDetails(proposed.challenge))

    def propose_confirm(self, who: Acting, challenge: bytes) -> Proposal:
        """The act that confirms a proposal about the desk."""
        return self.propose(who, self._administration.find(challenge).action, None, ConfirmDetails(challenge))

    def perform(
        self, who: Acting, proposal: Proposal, assertion: Assertion, document: bytes | None = None
    ) -> Done | DeskDone:
        """Carry out what was signed, in one transaction. ``document``: the original, for an intake or amendment."""
        act, details = proposal.act, proposal.details
        if act.action in set(DeskAction):
            return self._administration.perform(who, act, details, assertion)  # type: ignore[arg-type]
        return self._cases.perform(who, act, details, assertion, document, proposal.made)  # type: ignore[arg-type]

    # --------------------------------------------------------------------------------------------------------- reading

    def cases(self, who: Acting, state: State | None = None) -> tuple[CaseLine, ...]:
        """Every case, by number. None is opened. Raises `NotAllowed`."""
        self._files.check_may_read(who)
        return self._files.lines(state)

    def show(self, who: Acting, case: CaseId) -> CaseView:
        """A case; the reading is entered in the journal. Raises `NoSuchCase`, `NotAllowed`, `Recused`, `Locked`."""
        file = self._files.open(who, case)
        self._note_reading(who, case)
        return self._files.view(file)

    def glance(self, who: Acting, case: CaseId) -> CaseView:
        """As `show`, for lists of cases. Not entered in the journal, which lists would fill with readings."""
        return self._files.view(self._files.open(who, case))

    def notice_bodies(self, who: Acting, case: CaseId) -> tuple[NoticeBody, ...]:
        """The notices as they would be drawn up now, one for each account; empty if there is nobody to tell."""
        file = self._files.open(who, case)
        if file.content.decision is None:
            return ()
        day = self._cases.changes.hand_over_day(file, self._outside.clock())
        return self._notices.bodies(file.number, file.content, self._cases.changes.instrument(file.content), day)

    def document(self, who: Acting, case: CaseId) -> bytes:
        """The original as received. Do not open it on the desk's machine."""
        file = self._files.open(who, case)
        self._note_reading(who, case)
        return self._files.document(file)

    def preview(self, who: Acting, case: CaseId) -> Package | None:
        """The package of the decision, for those who approve it. `handed_over` gives it to the authority."""
        file = self._files.open(who, case)
        self._note_reading(who, case)
        return file.package

    def journal(self, who: Acting) -> tuple[Event, ...]:
        """The whole journal, checked. Raises `NotAllowed` or `JournalBroken`."""
        check_desk_allowed(self.staff.active(who.officer).rights, DeskAction.READ_JOURNAL)
        return self._journal.events()

    def history(self, who: Acting, case: CaseId) -> tuple[Event, ...]:
        """The journal of one case."""
        self._files.check_reader(who, case)
        return self._journal.of_case(case)

    def pending(self) -> tuple[Pending, ...]:
        """The proposals that wait for a second signature, except those about a case, which are kept in it.

        A report of a half-year that has been reported meanwhile waits for nothing.
        """
        entered = self._reporting.entered()
        return tuple(
            each
            for each in self._administration.pendings()
            if not (isinstance(each.details, ReportDetails) and each.details.term in entered)
        )

    def dues(self) -> tuple[Due, ...]:
        """Every unmet timer with its level, soonest first. A clock that was set back lowers no level."""
        now_s, found = self._outside.clock(), []
        for case, number, name, due_s, begun_s, met_s, level in self._store.rows("timers"):
            if met_s is None:
                loud = louder(LEVELS[level], level_at(begun_s, due_s, now_s))
                found.append(Due(case, number, name, due_s, loud))
                if loud != LEVELS[level]:
                    with self._store.transaction():
                        self._store.run("raise_timer", LEVELS.index(loud), case, name)
        return tuple(found)

    def share(self, who: Acting, case: CaseId, officer: str) -> None:
        """Give a case's key to an officer who joined after intake and may read cases."""
        self._files.check_reader(who, case)
        with self._store.transaction():
            self._files.share(who, case, officer)
            self._journal.append("share", case.ljust(32, b"\0"), case=case, officer=who.officer)

    # ----------------------------------------------------------------------------------------------- the public record

    async def publish_due(self, *, clock_is_right: bool = False) -> Published:
        """Publish the batch of every period that is due. Call it about once a minute; if none is due, it does nothing.

        Raises `ClockDoubtful` if the clock advanced more than the elapsed time allows, unless ``clock_is_right``.
        """
        return await self._batches.publish_due(clock_is_right=clock_is_right)

    def late_periods(self) -> tuple[int, ...]:
        """Periods published late since this desk was opened. `verify` finds all late periods."""
        return tuple(self._batches.late)

    def receipt(self, who: Acting, case: CaseId) -> Receipt:
        """The receipt that the authority gets before any data. Raises `NoReceipt` until counsel has issued it."""
        file = self._files.open(who, case)
        self._note_reading(who, case)
        return self._receipts.read(file)

    def handed_over(self, who: Acting, case: CaseId) -> HandedOver:
        """The package as it goes to the authority, in the form that was signed. Raises `ReceiptFirst`, `FormChanged`.

        `Action.HAND_OVER` must have been performed before; that also enters it in the journal.
        """
        return self.handing_over(who, case)()

    def handing_over(self, who: Acting, case: CaseId) -> Callable[[], HandedOver]:
        """As `handed_over`, but sealing is left to the returned call: it is slow and uses no state of the desk."""
        given = self._hand_overs.give(self._files.open(who, case))
        self._note_reading(who, case)
        return given

    def form_of(self, view: CaseView) -> HandOverDetails:
        """The form in which a package of this case would be handed over now."""
        return self._hand_overs.form(view.content)

    def notices_waiting(self) -> int:
        """The number of undelivered notices."""
        return self._notices.waiting()

    def deliver_notices(self, who: Acting, deliver: Deliver) -> Delivery:
        """Deliver the notices whose slot the log proves. The others wait for the next call."""
        return self._notices.deliver(who, deliver)

    def notices(self, who: Acting) -> tuple[ReadyNotice | HeldNotice, ...]:
        """Every undelivered notice: ready, or held with the present reason.

        After delivering a ready notice, call `note_delivered`.
        """
        return self._notices.judged(who)

    def note_delivered(self, notice: ReadyNotice) -> None:
        """Enter in the journal that a notice was delivered to its inboxes."""
        self._notices.delivered(notice)

    def propose_report(self, who: Acting, term: str) -> tuple[Report, Proposal]:
        """The figures of a half-year that has ended, and the act that enters them in the log, once.

        Raises `TermNotOver`, `ReportedAlready` or `FiguresIncomplete`.
        """
        report = self.figures(who, term)
        self._reporting.check_may_enter(term, report.until)
        return report, self.propose(who, DeskAction.REPORT, None, ReportDetails(term, digest(report), report.until))

    def figures(self, who: Acting, term: str) -> Report:
        """The figures of a half-year as they are now. Raises `NotAllowed` or `FiguresIncomplete`."""
        check_desk_allowed(self.staff.active(who.officer).rights, DeskAction.REPORT)
        return self._reporting.draw_up(who, term)

    def propose_outage(self, who: Acting, details: OutageDetails) -> Proposal:
        """The act that states an outage in the log; counsel confirms. Raises `Stale` if a period is not over."""
        check_outage(self._context, details)
        return self.propose(who, DeskAction.OUTAGE, None, details)

    def propose_sign_off(self, who: Acting, instrument: str, source: str, valid_from: int | None = None) -> Proposal:
        """The act by which counsel answers for a row, by default today's. Raises `NoSuchRow`."""
        return self.propose(who, DeskAction.SIGN_OFF, None, self._sign_offs.draw_up(instrument, source, valid_from))

    def sign_offs(self) -> dict[bytes, Signature]:
        """The latest signature under each row of the taxonomy, by the row's hash."""
        return self._sign_offs.of_rows()

    def openable(self, who: Acting) -> tuple[CaseId, ...]:
        """The published cases that may be opened now, for `DeskAction.OPEN`."""
        return tuple(line.id for line in self.cases(who) if self._openings.may_open(who, line.id))

    def enter_erasure(self, who: Acting, case: CaseId, report: bytes) -> None:
        """Allow pieces to be erased by an abuse report. Raises `ErasureRefused` or `NotAllowed`; else it is entered."""
        enter_erasure(self._context, who, self._files.open(who, case), report)

    def keep_longer(self, who: Acting, case: CaseId, until_day: int, basis: str) -> None:
        """Erase a closed case only after ``until_day``. Raises `KeepRefused` or `NotAllowed`."""
        retention.keep_longer(self._context, who, self._files.open(who, case), until_day, basis)

    def erase_due(self) -> int:
        """Erase the closed cases whose retention has ended, with their keys; how many. Call it after `publish_due`.

        Erases nothing while the clock may be wrong (`ClockWatch.may_erase`).
        """
        return retention.erase_due(self._context) if self._watch.may_erase() else 0

    @property
    def cadence(self) -> Cadence:
        """The schedule of the docket log."""
        return self._context.cadence

    def close(self) -> None:
        """Close the database and release the folder."""
        self._store.close()

    def _note_reading(self, who: Acting, case: CaseId) -> None:
        with self._store.transaction():
            self._journal.append("read", case.ljust(32, b"\0"), case=case, officer=who.officer)

    def _take_effect(self, who: Acting, _action: DeskAction, details: DeskDetails, proposed_by: str) -> None:
        """Apply what an action on the desk changes besides the staff."""
        match details:
            case OpenDetails():
                self._openings.open_cases(who, details)
            case SettleDetails():
                self._openings.settle(who, details, proposed_by)
            case ReportDetails():
                self._reporting.enter(who, details)
            case OutageDetails():
                enter_outage(self._context, details)
            case SignOffDetails():
                self._sign_offs.enter(details)
            case _:
                pass
