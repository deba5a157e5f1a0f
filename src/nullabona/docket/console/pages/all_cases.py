"""Every case, open or closed, found by what officers remember of it: number, reference, authority, person, kind."""

from __future__ import annotations

from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.queue import Row, rows_of
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.console.rules.text import typed
from nullabona.docket.core.states import State


def page(context: RequestContext) -> Answer:
    """The newest first. What is looked for is nowhere kept, not in an address either, and no case counts as read."""
    asked = context.asked.form() if context.asked.body else {}
    text, state, kind, authority = (asked.get(name, "") for name in ("q", "state", "kind", "authority"))
    every = rows_of(context, reversed(context.desk.cases(context.acting)))
    words = typed(text, fields.SHORT).casefold().split()
    found = [
        row
        for row in every
        if all(word in _text_of(row) for word in words)
        and state in ("", row.line.state)
        and kind in ("", row.instrument.id if row.instrument else "")
        and authority in ("", row.view.content.demand.authority if row.view else "")
    ]
    return context.page(
        "cases.html",
        rows=found,
        total=len(every),
        asked={"q": text, "state": state, "kind": kind, "authority": authority},
        states=[one.value for one in State],
        kinds={row.instrument.id: row.instrument for row in every if row.instrument},
        authorities=context.desk.staff.authorities(),
    )


def _text_of(row: Row) -> str:
    """What a case can be found by, of what this officer can open."""
    if row.view is None:
        return row.line.number
    demand = row.view.content.demand
    label = (row.instrument.label.ko, row.instrument.label.en, row.instrument.id) if row.instrument else ()
    people = (one.text for one in demand.identifiers)
    parts = (
        row.line.number,
        demand.authority_ref,
        demand.legal_basis,
        demand.authority,
        row.authority,
        *label,
        *people,
    )
    return " ".join(parts).casefold()
