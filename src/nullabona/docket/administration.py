"""Actions on the desk itself: one officer proposes, and a second one confirms exactly the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from nullabona.docket.core import deputies, roles
from nullabona.docket.core.acts import (
    NO_VERSION,
    Act,
    Assertion,
    AuthorityDetails,
    ConfirmDetails,
    DeskDetails,
    ObjectDetails,
    Stale,
)
from nullabona.docket.core.deputies import DeputyDetails
from nullabona.docket.core.roles import CONFIRMS, HELD_S, DeskAction, SamePerson
from nullabona.docket.keeping.context import DeskContext
from nullabona.docket.keeping.staff import StaffChanges, people_of, subject_of
from nullabona.docket.keeping.vault import check_recipient
from nullabona.docket.ports import Acting
from nullabona.docket.store.rows import Held
from nullabona.errors import UserError
from nullabona.wire.canonical import canonical, read_canonical

Effect = Callable[[Acting, DeskAction, DeskDetails, str], None]
"""Applies changes beyond the staff, in the same transaction. The last argument is the proposing officer."""
_BY_TAG: Final = DeskDetails


class NoSuchProposal(UserError):
    """No such proposal waits for a second signature."""

    code = "docket-no-such-proposal"
    default_hint = "list them: nulla docket officer pending"


class Pending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A proposal that waits for its second signature."""

    challenge: bytes
    action: DeskAction
    subject: str
    details: DeskDetails
    proposed_by: str
    proposed_s: int = 0
    ready_s: int = 0
    """The earliest time of confirmation."""

    @property
    def held(self) -> bool:
        """Whether it is held for a time, in which officers may object."""
        return self.action in HELD_S


@dataclass(frozen=True, slots=True)
class DeskDone:
    """The result of an action on the desk: carried out, or waiting for a second officer."""

    challenge: bytes
    carried_out: bool


class Administration:
    """Draws up, stores and carries out actions on the desk."""

    def __init__(self, context: DeskContext, effect: Effect) -> None:
        self._context = context
        self._store, self._clock, self._staff = context.store, context.clock, context.staff
        self._journal = context.journal
        self._changes = StaffChanges(context.store, context.clock)
        self._effect = effect

    def pendings(self) -> tuple[Pending, ...]:
        """The proposals that wait for a second signature."""
        return tuple(self._pending(row) for row in self._store.rows("open_pendings"))

    def propose(self, who: Acting, action: DeskAction, details: DeskDetails) -> Act:
        """The act to sign. Raises `NotAllowed` or `SamePerson`."""
        confirms = isinstance(details, ConfirmDetails)
        stands_for = self._stands_for(who, action, details)
        self._check(who, action, details, stands_for)
        return self._context.draw_up(
            action, b"", NO_VERSION, who, details, stands_for=stands_for, confirms=confirms
        )  # fmt: skip

    def perform(self, who: Acting, act: Act, details: DeskDetails, assertion: Assertion) -> DeskDone:
        """Store a proposal, or carry out the action that this act confirms, in one transaction."""
        action = DeskAction(act.action)
        self._check(who, action, details, act.stands_for or "")
        if act.case or act.version != NO_VERSION.hex() or act.confirms != isinstance(details, ConfirmDetails):
            raise Stale("this act is not about the desk")
        count = self._context.check_signed(act, details, who, assertion)
        with self._store.transaction():
            self._store.run("count_signature", count, assertion.key_id)
            self._keep_act(act, details, assertion)
            self._journal.append(_kind(act), act.challenge, officer=act.officer, stands_for=act.stands_for or None)
            if isinstance(details, ConfirmDetails):
                self._confirm(who, details.approves)
            elif isinstance(details, ObjectDetails):
                self._store.run("object_pending", who.officer, details.challenge)
            elif action in CONFIRMS:
                self._keep_pending(act, action, details)
            else:
                self._changes.carry_out(action, details, self._clock())
                self._effect(who, action, details, who.officer)
        return DeskDone(act.challenge, carried_out=act.confirms or action not in CONFIRMS)

    def find(self, challenge: bytes) -> Pending:
        """Raises `NoSuchProposal`."""
        row = self._store.row("pending", challenge)
        if row is None or row[6] is not None or row[8] is not None:
            raise NoSuchProposal("nothing of that name waits for a second signature")
        return self._pending(row)

    def _stands_for(self, who: Acting, action: DeskAction, details: DeskDetails) -> str:
        """For whom the officer does it; for themselves what no role of theirs allows either, which `_check` refuses."""
        officer = self._staff.active(who.officer)
        if not deputies.for_deputies(action) or not officer.deputyships:
            return ""
        allowed = roles.who_may_desk(action, confirming=isinstance(details, ConfirmDetails))
        first = self._store.row("act_by", details.approves) if isinstance(details, ConfirmDetails) else None
        apart = {name for name in first or () if name}
        return deputies.stands_for(officer.roles, officer.deputyships, allowed, apart) or ""

    def _check(self, who: Acting, action: DeskAction, details: DeskDetails, stands_for: str) -> None:
        confirming = isinstance(details, ConfirmDetails)
        officer = self._staff.active(who.officer)
        if stands_for and deputies.for_deputies(action):
            allowed = roles.who_may_desk(action, confirming=confirming)
            deputies.check_stands_for(officer.roles, officer.deputyships, allowed, stands_for)
        else:
            roles.check_desk_allowed(officer.roles, action, confirming=confirming)
        if isinstance(details, ObjectDetails) != (action is DeskAction.OBJECT):
            raise Stale("the details do not belong to the action")
        if isinstance(details, ObjectDetails):
            self._check_objection(details)
            return
        if not isinstance(details, ConfirmDetails):
            self._check_details(details)
            if who.officer in people_of(details):
                raise SamePerson("nobody decides about themselves")
            return
        first = self.find(details.approves)
        if first.action != action:
            raise Stale("this is not what waits for a second signature")
        if who.officer in {first.proposed_by, *people_of(first.details)}:
            raise SamePerson("somebody else must confirm it")
        if self._clock() < first.ready_s:
            raise Held("a day must pass between the first signature and the second")

    def _check_details(self, details: DeskDetails) -> None:
        if isinstance(details, AuthorityDetails) and details.authority.recipient:
            check_recipient(details.authority.recipient)
        if isinstance(details, DeputyDetails):
            deputies.check_period(details, self._clock())
            self._staff.check_deputy(details)

    def _check_objection(self, details: ObjectDetails) -> None:
        if not self.find(details.challenge).held:
            raise Stale("there is no objecting to this; anyone who does not agree does not confirm it")

    def _keep_act(self, act: Act, details: DeskDetails, assertion: Assertion) -> None:
        approves = details.challenge if isinstance(details, ObjectDetails) else None
        approves = details.approves if isinstance(details, ConfirmDetails) else approves
        self._store.run(
            "add_act", act.challenge, None, act.action, int(act.confirms), act.officer, assertion.key_id, "",
            NO_VERSION, approves, None, None, act.encode(), assertion.payload, self._clock(),
            act.stands_for or None,
        )  # fmt: skip

    def _keep_pending(self, act: Act, action: DeskAction, details: DeskDetails) -> None:
        subject, detail = subject_of(details)
        self._store.run("add_pending", act.challenge, action, subject, detail, canonical(details), act.officer)

    def _confirm(self, who: Acting, challenge: bytes) -> None:
        first = self.find(challenge)
        self._store.run("confirm_pending", who.officer, challenge)
        self._changes.carry_out(first.action, first.details, self._clock())
        self._effect(who, first.action, first.details, first.proposed_by)
        self._store.run("finish_pending", challenge)

    def _pending(self, row: tuple[bytes, str, str, str, bytes, str, str | None, int, str | None]) -> Pending:
        action = DeskAction(row[1])
        details: DeskDetails = read_canonical(row[4], _BY_TAG, "a proposal")  # type: ignore[arg-type]
        held = HELD_S.get(action, 0) if self._store.row("any_demand") else 0
        return Pending(row[0], action, row[2], details, row[5], row[7], row[7] + held)


def _kind(act: Act) -> str:
    return f"confirm-{act.action}" if act.confirms else act.action
