"""The journal, for auditing: every change and every reading, and whether the hash chain is intact."""

from __future__ import annotations

from typing import Final

from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.core.journal import JournalBroken

SHOWN: Final = 200


def page(context: RequestContext) -> Answer:
    """The entries, newest first; ``before`` selects older ones."""
    try:
        events = context.desk.journal(context.acting)
    except JournalBroken as error:
        return context.page("journal.html", 200, events=(), count=0, broken=error.message, older=None)
    before = context.asked.query.get("before", "")
    known = before.isascii() and before.isdigit() and len(before) < 12
    end = min(int(before), len(events)) if known else len(events)
    shown = events[max(0, end - SHOWN) : end][::-1]
    older = shown[-1].seq if shown and shown[-1].seq > 0 else None
    numbers = {line.id: line.number for line in context.desk.cases(context.acting)}
    return context.page("journal.html", events=shown, count=len(events), broken="", older=older, numbers=numbers)
