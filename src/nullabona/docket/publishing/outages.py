"""States an outage in the log: which periods were late, and why, signed by two officers (spec/docket.md §7.9).

A statement excuses nothing: verification still reports the late periods, and shows the statement beside them.
"""

from __future__ import annotations

from nullabona.docket.core.acts import OutageDetails, Stale
from nullabona.docket.core.statements import Outage, encode_statement
from nullabona.docket.keeping.context import DeskContext
from nullabona.wire.canonical import digest


def check_outage(context: DeskContext, details: OutageDetails) -> None:
    """Raises `Stale` unless all of its periods are over."""
    if not details.first <= details.last < context.cadence.period_at(context.clock()):
        raise Stale("an outage is stated of periods that are over, from the first to the last")


def enter_outage(context: DeskContext, details: OutageDetails) -> None:
    """Put the statement into the next batch. Raises `Stale`. Inside a transaction."""
    check_outage(context, details)
    outage = Outage(details.first, details.last, details.ko, details.en)
    context.store.run("add_statement", encode_statement(outage), context.cadence.period_at(context.clock()))
    context.journal.append("outage-stated", digest(outage))
