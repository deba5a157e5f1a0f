"""Computes what each action changes in a case: the core decides, this module looks handles up and makes packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from nullabona.docket.cases.handover import HandOvers
from nullabona.docket.core import decide, notice
from nullabona.docket.core.acts import (
    ASKS,
    Act,
    AmendDetails,
    BarDetails,
    CaseDetails,
    ConfirmDetails,
    DecideDetails,
    DeferDetails,
    GagDetails,
    HandOverDetails,
    IntakeDetails,
    MatchDetails,
    ReleaseDetails,
    Stale,
    StayDetails,
)
from nullabona.docket.core.instrument import DAY, Instrument, Taxonomy
from nullabona.docket.core.period import within
from nullabona.docket.core.records import CaseContent, Decision, Package, Stay
from nullabona.docket.core.states import Action, State
from nullabona.docket.core.timers import NOTICE, WAIT, gag_timer
from nullabona.docket.keeping.case_files import CaseFile
from nullabona.docket.ports import Made, Outside, PackageOrder
from nullabona.errors import Bug
from nullabona.wire.handle import HandleError, parse_handle
from nullabona.wire.slots import EventKind


@dataclass(frozen=True, slots=True)
class Moment:
    """An action as it arrives: the signed act, its case and its time."""

    act: Act
    details: CaseDetails
    file: CaseFile | None
    now_s: int
    made: Made | None = field(default=None, repr=False)
    """A package made earlier for a decision; used only if its order is the same."""

    @property
    def action(self) -> Action:
        return Action(self.act.action)

    @property
    def case(self) -> CaseFile:
        if self.file is None:
            raise Bug("an action on a case that is not there")
        return self.file


@dataclass(frozen=True, slots=True)
class Change:
    """The change of a case. ``content`` None: the content stays."""

    content: CaseContent | None = field(default=None, repr=False)
    package: Package | None = field(default=None, repr=False)
    drop_package: bool = False
    approves: bytes | None = None
    package_sha256: bytes | None = None
    decides: bool = False
    event: EventKind | None = None
    hand_over_day: int | None = None
    """The day before which the person is told that nothing is handed over."""
    timers: tuple[tuple[str, int, int], ...] = ()


class Changes:
    """Turns an action into a change."""

    def __init__(self, taxonomy: Taxonomy, outside: Outside, hand_overs: HandOvers) -> None:
        self._taxonomy = taxonomy
        self._hand_overs = hand_overs
        self._outside = outside

    def of(self, moment: Moment) -> Change:
        """Raises what `core.decide` raises, and `Stale` if the details are not those of the action."""
        if not isinstance(moment.details, ASKS[moment.action].details):
            raise Stale("the details do not belong to the action")
        return _HANDLERS[moment.action](self, moment)

    def instrument(self, content: CaseContent) -> Instrument:
        """The taxonomy row that was in force when the demand arrived."""
        return decide.instrument_of(content.demand, self._taxonomy)

    def order(self, file: CaseFile, decision: Decision, officer: str, decided_s: int) -> PackageOrder:
        """The input of a decision's package. Raises `DecisionInvalid` or `GateNotMet`."""
        decide.check_decision(file.content, decision)
        return PackageOrder(
            case=file.id, number=file.number, demand=file.content.demand, matches=file.content.matches,
            decision=decision, received_s=file.received_s, decided_s=decided_s, decided_by=officer,
            taxonomy_sha256=self._taxonomy.sha256, authority_name=self._hand_overs.name_of(file.content),
            allowed=self.instrument(file.content).fields,
        )  # fmt: skip

    def make(self, order: PackageOrder) -> Made:
        """Make the package. It uses no state of the desk, so it can run on any thread."""
        return Made(order, self._outside.make_package(order))

    def take_in(self, moment: Moment) -> Change:
        assert isinstance(moment.details, IntakeDetails | AmendDetails)
        content = decide.take_in(moment.details, self._taxonomy, moment.now_s)
        if moment.file is not None and moment.file.content.demand.instrument != content.demand.instrument:
            raise decide.DemandIncomplete("an amendment keeps the instrument; take the demand in again")
        if moment.file is not None:
            kept = moment.file.content
            content = msgspec.structs.replace(content, gag=kept.gag or content.gag, stayed_s=kept.stayed_s)
        event: EventKind = "received" if moment.action == Action.INTAKE else "amended"
        return Change(content, drop_package=True, event=event)

    def match(self, moment: Moment) -> Change:
        assert isinstance(moment.details, MatchDetails)
        content = moment.case.content
        if moment.details.identifiers != content.demand.identifiers:
            raise Stale("the identifiers are not those of the demand")
        span = (content.demand.from_day, content.demand.to_day)
        handles = [one.text for one in content.demand.identifiers if one.kind == "handle"]
        found = {text: self.look_up(text, *span) for text in handles}
        cards = {text: str((self.look_up(text) or {}).get("encoded", "")) for text in handles}
        return Change(decide.matched(content, found, cards))

    def look_up(self, text: str, first: int | None = None, last: int | None = None) -> dict[str, str | int] | None:
        """The data held about a handle, limited to days ``first`` to ``last`` if given; None: not a handle."""
        try:
            record = self._outside.producible(str(parse_handle(text)))
        except HandleError:
            return None
        if first is not None and last is not None:
            record = within(record, first, last, self._outside.epoch_day)
        return decide.as_kept(record)

    def decide(self, moment: Moment) -> Change:
        assert isinstance(moment.details, DecideDetails)
        decision = moment.details.decision
        order = self.order(moment.case, decision, moment.act.officer, moment.act.made_s)
        made = moment.made if moment.made is not None and moment.made.order == order else self.make(order)
        digest = decide.package_digest(made.package)
        if digest != moment.details.package_sha256:
            raise Stale("the package is not the one that was signed")
        content = decide.decided(moment.case.content, decision, digest)
        return Change(content, made.package, package_sha256=digest, decides=True)

    def release(self, moment: Moment) -> Change:
        assert isinstance(moment.details, ReleaseDetails)
        decision = moment.case.content.decision
        wanted = {"produce": Action.PRODUCE, "refuse": Action.REFUSE}
        if decision is None or wanted[decision.outcome] != moment.action:
            raise Stale("this is not what was decided")
        return Change(approves=moment.details.decision, package_sha256=moment.details.package_sha256, event="answered")

    def is_told_first(self, file: CaseFile) -> bool:
        """Whether the person of a case is to be told before its answer is handed over."""
        return not file.has("handed-over") and notice.told_first(file.content, self.instrument(file.content))

    def hand_over_day(self, file: CaseFile, now_s: int) -> int | None:
        """The day that a notice signed now would name; None unless the person is told before the answer."""
        if not self.is_told_first(file):
            return None
        return notice.hand_over_day(self.instrument(file.content).notice_wait_s, now_s)

    def notify(self, moment: Moment) -> Change:
        file, first = moment.case, moment.action is Action.NOTIFY_FIRST
        instrument = self.instrument(file.content)
        told = file.state in {State.PUBLISHED, State.SEALED} and file.has("notified")
        handed_over = file.has("handed-over")
        notice.check_notify(file.content, instrument, moment.now_s, first=first, handed_over=handed_over, told=told)
        if not first:
            return Change(event="notified")
        day = self.hand_over_day(file, moment.now_s)
        assert day is not None
        return Change(event="notified", hand_over_day=day, timers=((WAIT, moment.now_s, day * DAY),))

    def defer(self, moment: Moment) -> Change:
        assert isinstance(moment.details, DeferDetails)
        content, handed_over = moment.case.content, moment.case.has("handed-over")
        notice.check_defer(content, self.instrument(content), moment.now_s, handed_over=handed_over)
        if moment.details.until_s <= moment.now_s:
            raise Stale("a notice is deferred to a time that is to come")
        timer = (NOTICE, moment.now_s, moment.details.until_s)
        return Change(event="notice-deferred", timers=(timer,))

    def bar(self, moment: Moment) -> Change:
        assert isinstance(moment.details, BarDetails)
        content = moment.case.content
        notice.check_bar(content, self.instrument(content))
        return Change(notice.bar_proposed(content, moment.details.basis, moment.act.challenge))

    def confirm_bar(self, moment: Moment) -> Change:
        assert isinstance(moment.details, ConfirmDetails)
        content, approves = moment.case.content, moment.details.approves
        notice.check_bar(content, self.instrument(content))
        barred = notice.bar_confirmed(content, approves, moment.now_s)
        return Change(barred, approves=approves, event="notice-barred")

    def nobody(self, moment: Moment) -> Change:
        notice.check_nobody(moment.case.content)
        return Change(event="nobody-to-tell")

    def publish(self, moment: Moment) -> Change:
        decide.check_public(moment.case.content, self.instrument(moment.case.content), moment.now_s)
        return Change()

    def propose_gag(self, moment: Moment) -> Change:
        assert isinstance(moment.details, GagDetails)
        if (moment.details.gag is None) != (moment.action == Action.LIFT_GAG):
            raise Stale("a gag is renewed with one, and lifted without")
        return Change(decide.gag_proposed(moment.case.content, moment.details, moment.act.challenge))

    def confirm_gag(self, moment: Moment) -> Change:
        assert isinstance(moment.details, ConfirmDetails)
        content = decide.gag_confirmed(moment.case.content, moment.details.approves)
        return Change(
            content, approves=moment.details.approves, event="gag-renewed" if content.gag else "gag-lifted",
            timers=tuple(gag_timer(content.gag, moment.now_s)),
        )  # fmt: skip

    def stay(self, moment: Moment) -> Change:
        assert isinstance(moment.details, StayDetails)
        if moment.case.has("handed-over"):
            raise Stale("the answer was handed over, so nothing is left that a court could stay")
        stay = Stay(moment.details.basis, moment.now_s)
        return Change(msgspec.structs.replace(moment.case.content, stay=stay), event="stayed")

    def resume(self, moment: Moment) -> Change:
        return Change(decide.resumed(moment.case.content, moment.now_s), drop_package=True, event="resumed")

    def hand_over(self, moment: Moment) -> Change:
        assert isinstance(moment.details, HandOverDetails)
        file = moment.case
        self._hand_overs.check(file.content, moment.details)
        notice.check_hand_over(
            file.content, self.instrument(file.content), moment.now_s, state_waits=file.state is State.NOTIFIED_FIRST,
            receipted=file.state is State.RECEIPTED, free_s=self._hand_overs.free_s(file.id),
        )  # fmt: skip
        return Change(event=None if file.has("handed-over") else "handed-over")

    def close(self, moment: Moment) -> Change:
        content, told = moment.case.content, moment.case.has("notified")
        undelivered = self._hand_overs.undelivered(moment.case.id)
        instrument = self.instrument(content)
        notice.check_close(content, instrument, moment.now_s, told=told, undelivered=undelivered)
        return Change(event="closed")

    def plain(self, moment: Moment) -> Change:  # noqa: ARG002 - as every action
        return Change()


Handler = Callable[[Changes, Moment], Change]
_HANDLERS: Final[dict[Action, Handler]] = {
    Action.INTAKE: Changes.take_in,
    Action.AMEND: Changes.take_in,
    Action.MATCH: Changes.match,
    Action.DECIDE: Changes.decide,
    Action.PRODUCE: Changes.release,
    Action.REFUSE: Changes.release,
    Action.HAND_OVER: Changes.hand_over,
    Action.STAY: Changes.stay,
    Action.RESUME: Changes.resume,
    Action.NOTIFY_FIRST: Changes.notify,
    Action.NOTIFY: Changes.notify,
    Action.DEFER_NOTICE: Changes.defer,
    Action.BAR_NOTICE: Changes.bar,
    Action.CONFIRM_BAR: Changes.confirm_bar,
    Action.NOBODY_TO_TELL: Changes.nobody,
    Action.PUBLISH: Changes.publish,
    Action.CLOSE: Changes.close,
    Action.RENEW_GAG: Changes.propose_gag,
    Action.LIFT_GAG: Changes.propose_gag,
    Action.CONFIRM_GAG: Changes.confirm_gag,
    **dict.fromkeys((Action.REVIEW, Action.RECEIPT, Action.SEAL, Action.RECUSE), Changes.plain),
}
