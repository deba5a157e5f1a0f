"""The journal, for auditing: every change and every reading, and whether the hash chain is intact."""

from __future__ import annotations

from typing import Final

from nullabona.docket.console.request.answers import Answer, download
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.core.journal import READ, JournalBroken, encode_journal

SHOWN: Final = 200


def page(context: RequestContext) -> Answer:
    """The entries, newest first, without mere readings unless ``all`` asks for them; ``before`` selects older ones."""
    try:
        events = context.desk.journal(context.acting)
    except JournalBroken as error:
        return context.page("journal.html", 200, events=(), count=0, broken=error.message, older=None)
    every = "all" in context.asked.query
    chosen = [event for event in events if every or event.kind != READ]
    before = context.asked.query.get("before", "")
    known = before.isascii() and before.isdigit() and len(before) < 12
    listed = [event for event in chosen if not known or event.seq < int(before)]
    shown = listed[-SHOWN:][::-1]
    older = shown[-1].seq if len(listed) > len(shown) else None
    numbers = {line.id: line.number for line in context.desk.cases(context.acting)}
    return context.page(
        "journal.html", events=shown, count=len(events), broken="", older=older, numbers=numbers, every=every,
        readings=sum(event.kind == READ for event in events),
    )  # fmt: skip


def export(context: RequestContext) -> Answer:
    """The whole journal as a file, for an auditor outside: `nulla docket check-journal` compares it with the log."""
    return download(encode_journal(context.desk.journal(context.acting)), "journal.jsonl")
