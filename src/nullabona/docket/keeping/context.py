"""The state that the desk's parts share, and their common signature check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import UNSET

from nullabona.docket.core.acts import (
    ACT_LIFETIME_S,
    NONCE_SIZE,
    Act,
    Assertion,
    AssertionInvalid,
    CaseDetails,
    CredentialKind,
    DeskDetails,
    Replayed,
    Stale,
    check_form,
)
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY, Taxonomy
from nullabona.docket.core.records import Demand
from nullabona.docket.keeping.case_files import CaseFiles
from nullabona.docket.keeping.journal import Journal
from nullabona.docket.keeping.slots import Slots
from nullabona.docket.keeping.staff import Staff
from nullabona.docket.ports import Acting, Clock, Outside, RandomBytes, SteadyClock, VerifyAssertion
from nullabona.docket.store.rows import DeskRows
from nullabona.wire.canonical import digest


@dataclass(frozen=True, slots=True)
class DeskContext:
    """The shared state of the desk."""

    store: DeskRows
    clock: Clock
    random_bytes: RandomBytes
    verifiers: Mapping[CredentialKind, VerifyAssertion]
    staff: Staff
    journal: Journal
    slots: Slots
    files: CaseFiles
    cadence: Cadence
    steady: SteadyClock | None = None

    def draw_up(
        self, action: str, case: bytes, version: bytes, who: Acting, details: CaseDetails | DeskDetails,
        at_s: int | None = None, *, stands_for: str = "", confirms: bool = False,
    ) -> Act:  # fmt: skip
        """The act to sign. Raises `DetailsWrong`."""
        check_form(details)
        now_s = self.clock() if at_s is None else at_s
        return Act(
            action=action, case=case.hex(), version=version.hex(), officer=who.officer, details=digest(details).hex(),
            nonce=self.random_bytes(NONCE_SIZE).hex(), expires_s=now_s + ACT_LIFETIME_S, confirms=confirms,
            stands_for=stands_for or UNSET,
        )  # fmt: skip

    def check_signed(self, act: Act, details: CaseDetails | DeskDetails, who: Acting, assertion: Assertion) -> int:
        """Return the key's new counter. Raises `AssertionInvalid`, `DetailsWrong`, `Replayed` or `Stale`."""
        if act.officer != who.officer:
            raise AssertionInvalid("the action was drawn up for another officer")
        if not act.made_s <= self.clock() <= act.expires_s:
            raise Stale("the action was not drawn up within the last ten minutes")
        check_form(details)
        if digest(details).hex() != act.details:
            raise Stale("the details are not those that were signed")
        if self.store.row("act_by", act.challenge):
            raise Replayed("this signature was used before")
        credential = self.staff.credential(who.officer, assertion)
        count = self.verifiers[credential.kind](credential, act.challenge, assertion)
        if credential.sign_count and count <= credential.sign_count:
            raise Replayed("the key's counter went back")
        return count


def context_of(store: DeskRows, outside: Outside, cadence: Cadence, taxonomy: Taxonomy) -> DeskContext:
    """The shared state of the desk that keeps its data in ``store``."""
    staff = Staff(store, outside.clock)

    def gag_by_law(demand: Demand) -> bool:
        found = taxonomy.find(demand.instrument, demand.received_s // DAY)
        return found is not None and found.default_gag

    return DeskContext(
        store=store, clock=outside.clock, random_bytes=outside.random_bytes, verifiers=outside.verifiers, staff=staff,
        journal=Journal(store, outside.clock, outside.random_bytes), slots=Slots(store, staff, outside.random_bytes),
        files=CaseFiles(store, staff, gag_by_law), cadence=cadence, steady=outside.steady,
    )  # fmt: skip
