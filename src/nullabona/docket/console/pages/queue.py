"""The queue: every open case, the most urgent deadline first, with its next step and who may do it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from nullabona.docket.console.pages.standing import Option, limits_of, standing, unmet
from nullabona.docket.console.request.answers import Answer, as_json, see_other
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.console.request.views import lane
from nullabona.docket.core.entered import CaseAltered
from nullabona.docket.core.instrument import Instrument
from nullabona.docket.core.records import CaseLine, CaseView
from nullabona.docket.core.roles import READERS
from nullabona.docket.core.states import State
from nullabona.docket.core.timers import Due
from nullabona.docket.keeping.vault import Locked
from nullabona.docket.store.rows import Recused

GROUPS = ("threat", "late", "soon", "later", "untimed")


@dataclass(frozen=True, slots=True)
class Row:
    """One open case in the queue. ``view`` None: this officer cannot open it."""

    line: CaseLine
    view: CaseView | None
    instrument: Instrument | None
    authority: str
    due: Due | None
    next: Option | None
    unmet: tuple[str, ...]
    answered: bool = False
    """Whether the answer was handed over."""

    @property
    def threat(self) -> bool:
        """Whether somebody's life or limb is in danger and nothing was handed over yet."""
        return self.view is not None and self.view.content.demand.threat is True and not self.answered

    @property
    def until(self) -> str:
        """The taxonomy's ``until`` of the deadline."""
        if self.due is None:
            return ""
        timers = self.instrument.timers if self.instrument is not None else ()
        return next((timer.until for timer in timers if timer.name == self.due.name), self.due.name)


def home(context: RequestContext) -> Answer:
    """The queue. Officers who may not read cases are redirected to a page they may see."""
    if context.console.has_too_few(context.me):
        return see_other("/authenticators")
    if not context.roles & READERS:
        return see_other(next(entry.path for entry in context.nav if entry.path != "/"))
    rows = _rows(context)
    groups = [(name, [row for row in rows if _group(row, context.now_s) == name]) for name in GROUPS]
    counts = {name: len(found) for name, found in groups}
    return context.page("queue.html", groups=groups, counts=counts, total=len(rows), version=_version(context))


def version(context: RequestContext) -> Answer:
    """Whether the displayed queue is still current. This request does not count as activity of the session."""
    return as_json({"version": _version(context)})


def _rows(context: RequestContext) -> list[Row]:
    rows = rows_of(context, [line for line in context.desk.cases(context.acting) if line.state != State.CLOSED])
    return sorted(
        rows, key=lambda row: (not row.threat, row.due is None, row.due.due_s if row.due else 0, row.line.number)
    )


def rows_of(context: RequestContext, lines: Iterable[CaseLine]) -> list[Row]:
    """The cases as this officer can open them."""
    dues = _soonest(context)
    names = {one.id: one.name for one in context.desk.staff.authorities()}
    return [_row(context, line, dues.get(line.id), names) for line in lines]


def _row(context: RequestContext, line: CaseLine, due: Due | None, names: dict[str, str]) -> Row:
    try:
        view = context.desk.glance(context.acting, line.id)
    except (Locked, Recused, CaseAltered):
        return Row(line, None, None, "", due, None, ())
    demand = view.content.demand
    handed_over = any(one.kind == "hand-over" for one in context.desk.history(context.acting, line.id))
    instrument = context.console.instrument(demand)
    where = standing(
        view,
        context.me,
        context.roles,
        limits_of(view, instrument, context.now_s, handed_over=handed_over),
        handed_over=handed_over,
    )
    name = names.get(demand.authority, demand.authority)
    return Row(line, view, instrument, name, due, where.first, unmet(demand), handed_over)


def _soonest(context: RequestContext) -> dict[bytes, Due]:
    found: dict[bytes, Due] = {}
    for due in context.desk.dues():
        found.setdefault(due.case, due)
    return found


def _group(row: Row, now_s: int) -> str:
    if row.threat:
        return "threat"
    return "untimed" if row.due is None else lane(row.due.due_s, now_s) or "later"


def _version(context: RequestContext) -> str:
    lines = [(line.id.hex(), line.state) for line in context.desk.cases(context.acting)]
    dues = [(due.case.hex(), due.name, due.due_s, due.level) for due in context.desk.dues()]
    return sha256(repr((lines, dues)).encode()).hexdigest()[:16]
