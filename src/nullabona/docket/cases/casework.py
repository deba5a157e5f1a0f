"""One action on one case, from proposal to journal: checked, signed, and applied in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256, sha512
from typing import Final

from msgspec import UNSET, UnsetType

from nullabona.docket.cases.changes import Change, Changes, Moment
from nullabona.docket.cases.handover import HandOvers
from nullabona.docket.cases.notices import Notices, PendingNotice
from nullabona.docket.cases.receipts import Receipts
from nullabona.docket.core import decide, deputies, roles, states, timers
from nullabona.docket.core.acts import (
    NO_VERSION,
    Act,
    AmendDetails,
    Assertion,
    CaseDetails,
    HandOverDetails,
    IntakeDetails,
    Stale,
)
from nullabona.docket.core.decide import DemandIncomplete
from nullabona.docket.core.doubts import check_confirmed, doubts_of
from nullabona.docket.core.entered import CaseAltered
from nullabona.docket.core.instrument import DAY, may_split
from nullabona.docket.core.records import CASE_ID_SIZE, MAX_DOCUMENT, CaseContent, Demand, Document
from nullabona.docket.core.states import Action, State
from nullabona.docket.core.terms import year_of
from nullabona.docket.keeping.case_files import CaseFile, NoSuchCase, TrailEntry
from nullabona.docket.keeping.context import DeskContext
from nullabona.docket.keeping.staff import NoSuchAuthority
from nullabona.docket.keeping.vault import Locked
from nullabona.docket.ports import Acting, Made
from nullabona.docket.store.rows import Recused
from nullabona.errors import UserError
from nullabona.wire.canonical import digest
from nullabona.wire.demands import Branch
from nullabona.wire.operator_notice import NoticeBody, notices_fields
from nullabona.wire.slots import BLIND_SIZE, EventRecord, case_tag, private_hash

SALT_SIZE: Final = 16
_EDITS: Final = frozenset({Action.INTAKE, Action.AMEND, Action.RESUME, Action.MATCH, Action.DECIDE})


class LogBusy(UserError):
    """So many events wait for a slot of the log that another one would be entered too late."""

    code = "docket-log-busy"
    default_hint = "do it after the next period has been published: nulla docket publish-due"
    retryable = True


@dataclass(frozen=True, slots=True)
class Done:
    """The result of an action."""

    case: bytes
    state: State
    version: bytes
    challenge: bytes


def describe_document(document: bytes) -> Document:
    """The digests of an original. Raises `DemandIncomplete` if it is empty or too large."""
    if not 0 < len(document) <= MAX_DOCUMENT:
        raise DemandIncomplete("the original document is empty or too large")
    return Document(sha256(document).digest(), sha512(document).digest(), len(document))


class Casework:
    """Draws up acts and carries them out."""

    def __init__(
        self, context: DeskContext, changes: Changes, notices: Notices, receipts: Receipts, hand_overs: HandOvers
    ) -> None:
        self._context = context
        self._store, self._clock, self._random_bytes = context.store, context.clock, context.random_bytes
        self._staff, self._journal, self._slots = context.staff, context.journal, context.slots
        self._files, self._cadence = context.files, context.cadence
        self._hand_overs = hand_overs
        self.changes = changes
        self._notices = notices
        self._receipts = receipts

    def propose(
        self, who: Acting, action: Action, case: bytes | None, details: CaseDetails, made: Made | None = None
    ) -> Act:
        """The act to sign. Raises what carrying it out now would raise, except for signature errors."""
        stands_for = self._stands_for(who, action, case)
        if case is None and action != Action.INTAKE:
            raise NoSuchCase("an action on no case")
        if case is None:
            case_id, version, at_s = self._random_bytes(CASE_ID_SIZE), NO_VERSION, None
        else:
            case_id, version = case, self._files.open(who, case).version
            at_s = made.order.decided_s if made is not None else None
        act = self._context.draw_up(action, case_id, version, who, details, at_s, stands_for=stands_for)
        self._change(who, act, details, made)
        return act

    def perform(self, who: Acting, act: Act, details: CaseDetails, assertion: Assertion,
                document: bytes | None = None, made: Made | None = None) -> Done:  # fmt: skip
        """Carry out what was signed: state, content, journal, timers and slot change together or not at all."""
        self._check_role(who, act)
        count = self._context.check_signed(act, details, who, assertion)
        _check_document(details, document)
        moment, change = self._change(who, act, details, made)
        with self._store.transaction():
            self._store.run("count_signature", count, assertion.key_id)
            if change.event is not None:
                self._check_room()
            if moment.action == Action.RECEIPT:
                self._receipts.keep(who, moment.case)
            if moment.file is None:
                moment = replace(moment, file=self._begin(who, moment, change))
            if document is not None:
                self._files.keep_document(moment.case.id, moment.case.recipient, document)
            return self._apply(moment, change, assertion)

    def _check_room(self) -> None:
        """Raises `LogBusy` if an event could not enter the log within its lag, which would show for ever."""
        if self._store.value("count_waiting_events") >= self._cadence.slots * self._cadence.lag:
            raise LogBusy("more events wait for a slot than the log can take in time")

    def _check_role(self, who: Acting, act: Act) -> None:
        officer = self._staff.active(who.officer)
        allowed = roles.who_may(Action(act.action))
        deputies.check_stands_for(officer.roles, officer.deputyships, allowed, act.stands_for or "")

    def _stands_for(self, who: Acting, action: Action, case: bytes | None) -> str:
        """For whom the officer does it. Raises `NotAllowed`."""
        officer = self._staff.active(who.officer)
        apart = self._files.kept_apart(case, action) if officer.deputyships and case is not None else ()
        name = deputies.stands_for(officer.roles, officer.deputyships, roles.who_may(action), apart)
        if name is None:
            raise roles.NotAllowed(f"no role of yours allows {action}")
        return name

    def _change(self, who: Acting, act: Act, details: CaseDetails, made: Made | None) -> tuple[Moment, Change]:
        action = Action(act.action)
        known = action != Action.INTAKE or self._store.row("case", bytes.fromhex(act.case)) is not None
        file = self._files.open(who, bytes.fromhex(act.case)) if known else None
        states.after(file.state if file else None, action)
        if file is not None and file.version.hex() != act.version:
            raise Stale("the case changed after the action was drawn up")
        if isinstance(details, IntakeDetails):
            check_confirmed(doubts_of(details.demand, self._others(who)), details.despite)
        moment = Moment(act, details, file, self._clock(), made)
        change = self.changes.of(moment)
        if change.content is not None and action in {Action.INTAKE, Action.AMEND, Action.DECIDE}:
            self._check_registry(change.content)
        return moment, change

    def _others(self, who: Acting) -> Iterator[tuple[str, Demand]]:
        """The demands of the cases that this officer can open."""
        for line in self._files.lines():
            with suppress(Locked, Recused, CaseAltered):
                yield line.number, self._files.open(who, line.id).content.demand

    def _check_registry(self, content: CaseContent) -> None:
        """Check a demand's authority against the registry, unless it is refused.

        Raises `GateNotMet` if it is not there and yet said to have been called back, and `DemandIncomplete` if its
        country is not that of the instrument.
        """
        if content.decision is not None and content.decision.outcome == "refuse":
            return
        try:
            jurisdiction = self._staff.authority(content.demand.authority).jurisdiction
        except NoSuchAuthority:
            if content.demand.called_back:  # also at intake: a later registration must not make it true
                raise decide.GateNotMet("an authority that is not registered cannot have been called back") from None
        else:
            decide.check_jurisdiction(self.changes.instrument(content), jurisdiction)

    def _begin(self, who: Acting, moment: Moment, change: Change) -> CaseFile:
        """Keep the new case, without a state."""
        assert change.content is not None
        case, received_s = bytes.fromhex(moment.act.case), change.content.demand.received_s
        self._files.begin(case, self._number(moment.now_s), change.content, NO_VERSION, received_s)
        return self._files.open(who, case)

    def _number(self, now_s: int) -> str:
        year = str(year_of(now_s))
        last = self._store.value("last_number", year)
        return f"{year}-{int(last[5:]) + 1 if last else 1:05d}"

    def _apply(self, moment: Moment, change: Change, assertion: Assertion) -> Done:
        file, act = moment.case, moment.act
        edits = moment.action in _EDITS
        content = change.content or file.content
        after = states.after(file.state, moment.action)
        version = decide.version_of(content, file.serial + 1) if edits else file.version
        self._keep_act(moment, change, assertion, version if edits else None)
        self._store.run(
            "move_case", after, version, file.serial + edits, self._files.seal_content(file.recipient, content),
            self._package(file, change), _decided_by(moment, change), act.challenge, file.id,
        )  # fmt: skip
        if moment.action == Action.RECUSE:
            self._store.run("add_recusal", file.id, act.officer)
        if moment.action == Action.CLOSE:
            self._store.run("set_erase_day", self._erase_day(content, moment.now_s), file.id)
        self._turn_timers(moment, change, content)
        by = {"officer": act.officer, "stands_for": act.stands_for or None}
        self._journal.append(act.action, act.challenge, case=file.id, **by)
        if isinstance(moment.details, HandOverDetails):
            self._hand_overs.enter(file, moment.details, **by)
        if change.event is not None:
            self._enter(moment, change, content)
        return Done(file.id, after, version, act.challenge)

    def _keep_act(self, moment: Moment, change: Change, assertion: Assertion, makes: bytes | None) -> None:
        act, file = moment.act, moment.case
        self._store.run(
            "add_act", act.challenge, file.id, act.action, 0, act.officer, assertion.key_id, file.state or "",
            bytes.fromhex(act.version), change.approves, makes, change.package_sha256, act.encode(), assertion.payload,
            moment.now_s, act.stands_for or None,
        )  # fmt: skip

    def _package(self, file: CaseFile, change: Change) -> bytes | None:
        package = change.package or (None if change.drop_package else file.package)
        return None if package is None else self._files.seal_content(file.recipient, package)

    def _erase_day(self, content: CaseContent, now_s: int) -> int:
        return now_s // DAY + self.changes.instrument(content).register.keep_days

    def _turn_timers(self, moment: Moment, change: Change, content: CaseContent) -> None:
        case, instrument = moment.case.id, self.changes.instrument(content)
        begun = list(change.timers)
        if moment.action in {Action.INTAKE, Action.AMEND}:
            begun += timers.begun_by_receipt(content, instrument)
        if moment.action in {Action.DECIDE, Action.HAND_OVER}:
            begun += timers.begun_by(
                "decided" if moment.action == Action.DECIDE else "handed_over", instrument, moment.now_s
            )
        if moment.action in {Action.STAY, Action.RESUME}:
            begun += self._stop_or_move(moment)
        if moment.action == Action.AMEND:
            # The amended demand may set another deadline or none; the old one no longer runs.
            self._store.run("meet_timer", moment.now_s, case, timers.RESPOND_BY)
        for name, begun_s, due_s in begun:
            self._store.run("begin_timer", case, name, due_s, begun_s)
        for name in timers.met_by(moment.action, instrument):
            self._store.run("meet_timer", moment.now_s, case, name)

    def _stop_or_move(self, moment: Moment) -> list[tuple[str, int, int]]:
        """A stay stops the open timers; its end gives back those it stopped, later by as long as it lasted."""
        case, stay = moment.case.id, moment.case.content.stay
        rows = [row for row in self._store.rows("timers_of", case) if timers.stands(row[0])]
        if moment.action is Action.STAY:
            for name, _, _, met_s, _ in rows:
                if met_s is None:
                    self._store.run("meet_timer", moment.now_s, case, name)
        if moment.action is Action.STAY or stay is None:
            return []
        later_s = max(0, moment.now_s - stay.since_s)
        return [(name, begun + later_s, due + later_s) for name, due, begun, met_s, _ in rows if met_s == stay.since_s]

    def _enter(self, moment: Moment, change: Change, content: CaseContent) -> None:
        """Queue the event's slot, and record its commitment in the case."""
        file, salt, blind = moment.case, self._random_bytes(SALT_SIZE), self._random_bytes(BLIND_SIZE)
        bodies = self._bodies(file, content, change.hand_over_day) if change.event == "notified" else ()
        private = notices_fields(tuple(digest(body) for body in bodies)) if bodies else private_fields(content)
        record = self._record(moment, change, content, private_hash(salt, private))
        commitment = self._slots.wait(record, blind)
        if bodies:
            self._notices.keep(file, commitment, PendingNotice(bodies, salt, blind, record))
        trail = (*file.trail, TrailEntry(record, commitment, salt, private))
        self._store.run("keep_trail", self._files.seal_content(file.recipient, trail), file.id)

    def _bodies(self, file: CaseFile, content: CaseContent, hand_over_day: int | None) -> tuple[NoticeBody, ...]:
        return self._notices.bodies(file.number, content, self.changes.instrument(content), hand_over_day)

    def _record(self, moment: Moment, change: Change, content: CaseContent, private: str) -> EventRecord:
        file = moment.case
        assert change.event is not None
        taken_in = change.event in {"received", "amended"}
        answered = change.event == "answered" and content.decision is not None
        decision = content.decision if answered else None
        return EventRecord(
            case=case_tag(file.id), n=len(file.trail), event=change.event, at=self._cadence.period_at(moment.now_s),
            instrument=content.demand.instrument, previous=file.trail[-1].commitment.hex() if file.trail else "",
            private=private, identifiers=len(content.demand.identifiers),
            accounts=sum(match.found for match in content.matches),
            outcome=decide.outcome_of(decision) if decision else None,
            reason=decision.reason if decision else None,
            answers={answer.data_class: answer.answer for answer in decision.answers} if decision else {},
            in_time=self._in_time(moment, content) if change.event == "handed-over" else None,
            branch=self._branch(content) if taken_in else UNSET,
        )  # fmt: skip

    def _branch(self, content: CaseContent) -> Branch | UnsetType:
        """What sort of authority it is, unless demands of this kind may only be counted all together."""
        if not may_split(self.changes.instrument(content)):
            return UNSET
        try:
            return self._staff.authority(content.demand.authority).branch
        except NoSuchAuthority:
            return "other"

    def _in_time(self, moment: Moment, content: CaseContent) -> bool:
        names = timers.of_the_answer(self.changes.instrument(content))
        return self._files.in_time(moment.case.id, names, moment.now_s)


def private_fields(content: CaseContent) -> dict[str, str | tuple[str, ...]]:
    """The fields that the public record commits to but hides; the receipt shows them to the authority."""
    demand = content.demand
    return {
        "authority": demand.authority,
        "authority_ref": demand.authority_ref,
        "document_sha256": demand.document.sha256.hex(),
        "legal_basis": demand.legal_basis,
        "identifiers": tuple(identifier.text for identifier in demand.identifiers),
    }


def _check_document(details: CaseDetails, document: bytes | None) -> None:
    if document is None:
        if isinstance(details, IntakeDetails):
            raise DemandIncomplete("a demand is taken in with its original document")
        return
    if not isinstance(details, IntakeDetails | AmendDetails):
        raise DemandIncomplete("only intake and amendment take a document")
    if describe_document(document) != details.demand.document:
        raise DemandIncomplete("the original document is not the one that was described")


def _decided_by(moment: Moment, change: Change) -> bytes | None:
    if change.decides:
        return moment.act.challenge
    return None if moment.action in {Action.AMEND, Action.RESUME} else moment.case.decided_by
