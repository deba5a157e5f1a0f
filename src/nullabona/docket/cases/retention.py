"""How long a closed case is kept: erased when its register's time is over, or later if counsel says until when.

A longer time is bounded, so that a case is not kept for ever by one entry; the journal has who gave it, and a hash of
the day and the reason. The reason itself stays with counsel: the desk keeps no files of courts (spec/docket.md §6).
"""

from __future__ import annotations

from typing import Final

from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.roles import NotAllowed, Role
from nullabona.docket.core.states import State
from nullabona.docket.keeping.case_files import CaseFile
from nullabona.docket.keeping.context import DeskContext
from nullabona.docket.ports import Acting
from nullabona.errors import UserError
from nullabona.wire.canonical import digest

KEEP: Final = "keep-case"
"""The kind of the journal's event; its detail is the digest of the last day and the reason."""
KEEPERS: Final = frozenset({Role.COUNSEL})
MOST_DAYS: Final = 366
"""How much longer a case can be kept at once; it can be kept again."""


class KeepRefused(UserError):
    """The case is not closed, or the day is not later than before by a year at most. Nothing was changed."""

    code = "docket-keep-refused"
    default_hint = "give a day after the one on which the case would be erased, and within a year of it"


def keep_longer(context: DeskContext, who: Acting, file: CaseFile, until_day: int, basis: str) -> None:
    """Erase a closed case only after the day ``until_day`` since 1970. Raises `KeepRefused` or `NotAllowed`."""
    if KEEPERS.isdisjoint(context.staff.active(who.officer).roles):
        raise NotAllowed("no role of yours allows keeping a case longer: counsel does it")
    if file.state is not State.CLOSED:
        raise KeepRefused("only a closed case has a day on which it is erased")
    if not basis.strip():
        raise KeepRefused("keeping a case longer needs a reason")
    before: int = context.store.value("erase_day", file.id)
    if not before < until_day <= before + MOST_DAYS:
        raise KeepRefused("the day is not after the present one, or more than a year after it")
    with context.store.transaction():
        context.store.run("set_erase_day", until_day, file.id)
        context.journal.append(KEEP, digest((until_day, basis)), case=file.id, officer=who.officer)


def erase_due(context: DeskContext) -> int:
    """Erase the closed cases whose retention has ended, with their keys; how many."""
    due = context.store.rows("closed_before", context.clock() // DAY)
    with context.store.transaction():
        for (case,) in due:
            context.store.run("erase_case", case)
            context.journal.append("erased", case.ljust(32, b"\0"), case=case)
    return len(due)
