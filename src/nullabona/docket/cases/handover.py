"""Hands over a package in a form that an officer signed and the journal records (§7.10).

Console and command line both use this. With a custodian's key the package is sealed. Without one it is handed over
unsealed only if the releaser signs exactly that. If the registry has a recipient of the authority, the package is
encrypted to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import msgspec

from nullabona.docket.cases.receipts import Receipts
from nullabona.docket.core.acts import HandOverDetails, Stale
from nullabona.docket.core.receipt import Receipt
from nullabona.docket.core.records import Approval, CaseContent, CaseId, Event, Package
from nullabona.docket.core.states import Action
from nullabona.docket.core.timers import WAIT
from nullabona.docket.keeping.case_files import CaseFile
from nullabona.docket.keeping.context import DeskContext
from nullabona.docket.keeping.staff import NoSuchAuthority
from nullabona.docket.keeping.vault import seal
from nullabona.docket.ports import SealPackage
from nullabona.docket.production.bag import zipped
from nullabona.errors import UserError
from nullabona.wire.canonical import canonical, digest

SEALED: Final = "hand-over-sealed"
UNSEALED: Final = "hand-over-unsealed"
"""Journal event kinds, beside the action's, for the form in which the package was handed over."""
LOCKED_SUFFIX: Final = ".zip.age"


class ReceiptFirst(UserError):
    """Data may be handed over only after the receipt, and the receipt needs a witnessed entry."""

    code = "docket-receipt-first"
    default_hint = "issue the receipt first: nulla docket receipt CASE"


class Unsealed(UserError):
    """There is no custodian's key, and handing over without a seal was not chosen."""

    code = "docket-unsealed"
    default_hint = "name a custodian's key in docket.toml (nulla docket package key), or choose to hand over unsealed"


class SealThere(UserError):
    """There is a custodian's key, so a package must be sealed."""

    code = "docket-seal-there"
    default_hint = "hand it over sealed"


class FormChanged(UserError):
    """The package can no longer be handed over in the form that the releaser signed."""

    code = "docket-form-changed"
    default_hint = "a key was added, changed or lost since: sign the hand-over again"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The hand-over to the authority: the package, its receipt, its approvals, and the files as delivered."""

    number: str
    form: HandOverDetails
    package: Package
    receipt: Receipt
    approvals: tuple[Approval, ...]
    files: dict[str, bytes] = field(repr=False)

    def download(self) -> tuple[str, bytes]:
        """Name and bytes of a single file with everything."""
        if self.form.recipient:
            return next(iter(self.files.items()))
        top = f"package-{self.number}" if self.form.custodian else f"package-{self.number}-unsealed"
        return f"{top}.zip", zipped(self.files, top)


class HandOvers:
    """Determines the form of a hand-over, and makes the package in that form."""

    def __init__(self, context: DeskContext, receipts: Receipts, seal_package: SealPackage | None) -> None:
        self._store, self._clock, self._staff = context.store, context.clock, context.staff
        self._journal, self._files = context.journal, context.files
        self._receipts = receipts
        self._seal = seal_package

    def form(self, content: CaseContent) -> HandOverDetails:
        """The form of a hand-over now. Raises what reading the custodian's key raises."""
        custodian = self._seal.custodian() if self._seal is not None else ""
        return HandOverDetails(custodian, self._recipient(content), unsealed=not custodian)

    def chosen(self, content: CaseContent, *, unsealed: bool) -> HandOverDetails:
        """The form to sign. Raises `Unsealed` if ``unsealed`` is missing, `SealThere` if it is not allowed."""
        found = self.form(content)
        self._check(found, unsealed=unsealed)
        return found

    def check(self, content: CaseContent, details: HandOverDetails) -> None:
        """Raises `Stale` if a hand-over now would not have the signed form."""
        found = self.form(content)
        self._check(found, unsealed=details.unsealed)
        if details != found:
            raise Stale("the package would not leave in the form that was signed")

    def undelivered(self, case: CaseId) -> bool:
        """Whether a notice about the case was signed and not delivered yet."""
        return any(row[1] == case for row in self._store.rows("notices"))

    def free_s(self, case: CaseId) -> int | None:
        """The end of the person's time to go to court; 0 if there is none, None while the notice is undelivered."""
        if self.undelivered(case):
            return None
        rows = self._store.rows("timers_of", case)
        return next((due_s for name, due_s, _, met_s, _ in rows if name == WAIT and met_s is None), 0)

    def enter(self, file: CaseFile, details: HandOverDetails, *, officer: str | None, stands_for: str | None) -> None:
        """Enter the form in the journal. Inside a transaction."""
        kind = UNSEALED if details.unsealed else SEALED
        self._journal.append(kind, digest(details), case=file.id, officer=officer, stands_for=stands_for)

    def give(self, file: CaseFile) -> Callable[[], HandedOver]:
        """A call that makes the package in the signed form, on any thread: the desk's state is read beforehand.

        Raises `ReceiptFirst` if no hand-over was signed yet, `FormChanged` if the signed form is impossible now.
        """
        events = self._journal.of_case(file.id)
        signed = [event for event in events if event.kind in {SEALED, UNSEALED}]
        if file.package is None or not signed or not self._store.row("has_act", file.id, Action.HAND_OVER):
            raise ReceiptFirst("nothing is handed over before the receipt, and without the releaser's signature")
        form = self.form(file.content)
        if digest(form) != signed[-1].detail:
            raise FormChanged("the package can no longer be given in the form that was signed")
        history, approvals = tuple(events), self._files.view(file).approvals
        return partial(
            self._made, file.number, form, file.package, self._receipts.read(file), approvals, history, self._clock()
        )

    @staticmethod
    def _check(found: HandOverDetails, *, unsealed: bool) -> None:
        if found.unsealed and not unsealed:
            raise Unsealed("there is no custodian's key: the package would leave without a seal")
        if unsealed and not found.unsealed:
            raise SealThere("there is a custodian's key: nothing leaves unsealed")

    def name_of(self, content: CaseContent) -> str:
        """The authority's name in the registry; empty if it is not registered."""
        try:
            return self._staff.authority(content.demand.authority).name
        except NoSuchAuthority:
            return ""

    def _recipient(self, content: CaseContent) -> str:
        try:
            return self._staff.authority(content.demand.authority).recipient
        except NoSuchAuthority:
            return ""

    def _made(
        self, number: str, form: HandOverDetails, package: Package, receipt: Receipt, approvals: tuple[Approval, ...],
        history: tuple[Event, ...], now_s: int,
    ) -> HandedOver:  # fmt: skip
        if self._seal is None:
            files = {f"package/{one.path}": one.data for one in package.files}
            files |= {"receipt.json": canonical(receipt), "approvals.json": msgspec.json.encode(approvals)}
        else:
            files = self._seal(package, receipt, history, approvals, now_s)
        if form.recipient:
            top = f"package-{number}"
            files = {top + LOCKED_SUFFIX: seal(zipped(files, top), [form.recipient])}
        return HandedOver(number, form, package, receipt, approvals, files)
