"""Cases as the desk keeps them: sealed to a key of the case, which is wrapped for each officer who may read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec import UNSET

from nullabona.docket.core.acts import Act
from nullabona.docket.core.entered import Entered, check_entered
from nullabona.docket.core.records import Approval, CaseContent, CaseId, CaseLine, CaseView, Demand, Package
from nullabona.docket.core.roles import APART, READERS, NotAllowed, can_read
from nullabona.docket.core.states import State
from nullabona.docket.keeping.staff import Staff
from nullabona.docket.keeping.vault import Locked, new_identity, seal, unseal
from nullabona.docket.ports import Acting
from nullabona.docket.store.rows import DeskRows, Recused
from nullabona.errors import UserError
from nullabona.wire.canonical import canonical, read_canonical
from nullabona.wire.slots import EventRecord

_APPROVALS: Final = frozenset({"intake", "review", "decide", "produce", "refuse"})


class NoSuchCase(UserError):
    """The case does not exist, or this officer may not read it. Both give the same error."""

    code = "docket-no-such-case"
    default_hint = "list the cases: nulla docket list"


class TrailEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event of the case as its slot commits to it. The commitment finds the slot in the log."""

    record: EventRecord
    commitment: bytes
    salt: bytes
    private: dict[str, str | tuple[str, ...]]
    """The fields that the record's ``private`` hash binds."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case whose key an officer has opened."""

    id: bytes
    number: str
    state: State | None
    version: bytes
    serial: int
    received_s: int
    recipient: str
    content: CaseContent = field(repr=False)
    package: Package | None = field(repr=False)
    trail: tuple[TrailEntry, ...] = field(repr=False)
    decided_by: bytes | None
    identity: str = field(repr=False)

    def has(self, event: str) -> bool:
        """Whether there was such an event of the case since its last amendment or the end of its last stay."""
        events = [entry.record.event for entry in self.trail]
        since = max((at for at, each in enumerate(events) if each in {"amended", "resumed"}), default=-1)
        return event in events[since + 1 :]


class CaseFiles:
    """Opens, seals and lists cases."""

    def __init__(self, store: DeskRows, staff: Staff, gag_by_law: Callable[[Demand], bool]) -> None:
        self._store = store
        self._staff = staff
        self._gag_by_law = gag_by_law

    def begin(self, case: CaseId, number: str, content: CaseContent, version: bytes, received_s: int) -> str:
        """Keep a new case, wrap its key for all officers who may read cases; return its recipient. In a transaction."""
        identity, recipient = new_identity()
        sealed = seal(canonical(content), [recipient])
        trail = seal(canonical(()), [recipient])
        self._store.run("add_case", case, number, version, received_s, recipient, sealed, trail)
        for officer, theirs in self._staff.with_role(*sorted(READERS)).items():
            self._store.run("add_case_key", case, officer, seal(identity.encode("ascii"), [theirs]))
        return recipient

    def open(self, who: Acting, case: CaseId) -> CaseFile:
        """Raises `NoSuchCase`, `Recused`, `NotAllowed`, `Locked` or `CaseAltered`."""
        self.check_reader(who, case)
        row = self._store.row("case", case)
        if row is None:
            raise NoSuchCase("there is no such case")
        identity = self._identity(who, case)
        keys = (identity,)
        package = None if row[8] is None else read_canonical(unseal(row[8], keys), Package, "a package")
        content = read_canonical(unseal(row[7], keys), CaseContent, "a case")
        if row[2]:
            by_law = self._gag_by_law(content.demand)
            check_entered(content, package, self._entered(case), (row[4], row[3]), by_law=by_law)
        return CaseFile(
            id=row[0], number=row[1], state=State(row[2]) if row[2] else None, version=row[3], serial=row[4],
            received_s=row[5], recipient=row[6], package=package,
            content=content,
            trail=read_canonical(unseal(row[9], keys), tuple[TrailEntry, ...], "a trail"), decided_by=row[11],
            identity=identity,
        )  # fmt: skip

    def _entered(self, case: CaseId) -> list[Entered]:
        rows = self._store.rows("entered", case)
        return [Entered(row[0], row[1], row[2], read_canonical(row[3], Act, "an act").details) for row in rows]

    def check_reader(self, who: Acting, case: CaseId) -> None:
        """Raises `NotAllowed`, or `Recused` for an officer who recused themselves."""
        self.check_may_read(who)
        if self._store.row("is_recused", case, who.officer):
            raise Recused("you stepped back from this case")

    def check_may_read(self, who: Acting) -> None:
        """Raises `NotAllowed` unless one of the officer's roles may read cases."""
        if not can_read(self._staff.active(who.officer).roles):
            raise NotAllowed("no role of yours allows reading cases")

    def view(self, file: CaseFile) -> CaseView:
        """The case as an officer sees it."""
        acts = self._store.rows("acts_of", file.id)
        approvals = tuple(Approval(*(*row[:4], row[7] or UNSET)) for row in acts if row[0] in _APPROVALS)
        opened_by = next(row[1] for row in acts if row[0] == "intake")
        recused = tuple(name for (name,) in self._store.rows("recusals", file.id))
        return CaseView(
            file.id,
            file.number,
            file.state or "",
            file.version,
            file.content,
            opened_by,
            approvals,
            recused,
            file.received_s,
        )

    def kept_apart(self, case: CaseId, action: str) -> frozenset[str]:
        """The officers who, or whose deputies, did what excludes them from ``action``, and who stepped back."""
        acts = [row for row in self._store.rows("acts_of", case) if (action, row[0]) in APART]
        recused = {name for (name,) in self._store.rows("recusals", case)}
        return frozenset({name for row in acts for name in (row[1], row[7]) if name} | recused)

    def lines(self, state: State | None = None) -> tuple[CaseLine, ...]:
        """Every case; none is opened."""
        rows = self._store.rows("cases") if state is None else self._store.rows("cases_in", state)
        return tuple(CaseLine(row[0], row[1], row[2], row[3], *self._next_due(row[0])) for row in rows)

    def share(self, who: Acting, case: CaseId, officer: str) -> None:
        """Wrap the case's key for an officer who joined later and may read cases. Inside a transaction."""
        theirs = self._staff.active(officer)
        identity = self._identity(who, case)
        self._store.run("add_case_key", case, officer, seal(identity.encode("ascii"), [theirs.recipient]))

    def in_time(self, case: CaseId, names: frozenset[str], now_s: int) -> bool:
        """Whether each of these timers was met in time or has not run out."""
        rows = self._store.rows("timers_of", case)
        return all((now_s if met_s is None else met_s) <= due_s for name, due_s, _, met_s, _ in rows if name in names)

    def seal_content(self, recipient: str, value: object) -> bytes:
        """``value``, sealed to the officers of a case."""
        return seal(canonical(value), [recipient])

    def keep_document(self, case: CaseId, recipient: str, document: bytes) -> None:
        """Keep the original; the desk never parses it. Inside a transaction."""
        self._store.run("keep_document", case, seal(document, [recipient]))

    def document(self, file: CaseFile) -> bytes:
        """The original, for viewing on another machine."""
        return unseal(self._store.value("document", file.id), [file.identity])

    def _identity(self, who: Acting, case: CaseId) -> str:
        wrapped = self._store.value("case_key", case, who.officer)
        if wrapped is None:
            if self._store.row("case", case) is None:
                raise NoSuchCase("there is no such case")
            raise Locked("the key of this case was not shared with you")
        return unseal(wrapped, who.keys).decode("ascii")

    def _next_due(self, case: CaseId) -> tuple[str | None, int | None]:
        waiting = [(row[0], row[1]) for row in self._store.rows("timers_of", case) if row[3] is None]
        return waiting[0] if waiting else (None, None)
