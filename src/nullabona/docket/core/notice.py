"""When the person is told of a demand, by whom it may be deferred or barred, and what waits for it (docket.md §7.8).

A notice that is owed is never lost in silence: a case with one is not closed, and barring it takes two officers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from nullabona.docket.core.acts import Stale
from nullabona.docket.core.decide import check_notice, gagged
from nullabona.docket.core.instrument import DAY, Instrument
from nullabona.docket.core.records import BarProposal, Barred, CaseContent
from nullabona.docket.core.states import Action
from nullabona.errors import UserError

NOT_OURS: Final = frozenset({"never", "by_authority"})
"""The rules under which the law gives the notice to somebody else, or to nobody."""


class NobodyToTell(UserError):
    """The demand matched no account, so there is nobody to notify, and nothing to defer or bar."""

    code = "docket-nobody-to-tell"
    default_hint = "record that there is nobody to tell: nulla docket nobody-to-tell CASE"


class SomebodyToTell(UserError):
    """The demand matched an account, so there is somebody to tell."""

    code = "docket-somebody-to-tell"
    default_hint = "notify the person, defer the notice, or have two officers record which law bars it"


class NoticeFirst(UserError):
    """The person must be notified before this answer, and has a time in which to go to court."""

    code = "docket-notice-first"
    default_hint = "notify the person first: nulla docket notify CASE"


class WaitNotOver(UserError):
    """The time in which the person may go to court is not over, or the notice was not delivered yet."""

    code = "docket-wait-not-over"
    default_hint = "deliver the notice (nulla docket deliver), and hand over when its time is over: nulla docket due"


class GagEnds(UserError):
    """A gag that has an end defers the notice and does not bar it."""

    code = "docket-gag-ends"
    default_hint = "defer the notice until the gag ends: nulla docket defer CASE --until DATE"


class NoticeOwed(UserError):
    """The person is still to be notified, so the case cannot be closed."""

    code = "docket-notice-owed"
    default_hint = "notify the person when the gag is over, or deliver the notice that waits; then close the case"


def somebody(content: CaseContent) -> bool:
    """Whether the demand matched an account."""
    return any(match.found for match in content.matches)


def told_first(content: CaseContent, instrument: Instrument) -> bool:
    """Whether the person must be told before this answer leaves: something of theirs would be handed over."""
    decision = content.decision
    produced = decision is not None and any(answer.answer == "produced" for answer in decision.answers)
    return instrument.notice == "before_answer" and produced and somebody(content)


def check_notify(
    content: CaseContent, instrument: Instrument, now_s: int, *, first: bool, handed_over: bool, told: bool
) -> None:
    """Raises the reason why the person is not notified now. ``first``: before the answer, ``told``: they were."""
    check_notice(content, instrument, now_s)
    _check_somebody(content)
    if told:
        raise Stale("the person was notified already")
    due_first = not handed_over and told_first(content, instrument)
    if due_first and not first:
        raise NoticeFirst("the person is notified before this answer leaves")
    if first and not due_first:
        raise Stale("nothing is left to hand over that the person is told of before")


def check_defer(content: CaseContent, instrument: Instrument, now_s: int, *, handed_over: bool) -> None:
    """Raises `NobodyToTell`, or `NoticeFirst` if only a gag could excuse the deferral and none is in force."""
    _check_somebody(content)
    if not handed_over and told_first(content, instrument) and not gagged(content, now_s):
        raise NoticeFirst("only a gag defers a notice that is due before the answer")


def check_bar(content: CaseContent, instrument: Instrument) -> None:
    """Raises `NobodyToTell`, or `GagEnds` if the only obstacle is a gag with an end."""
    _check_somebody(content)
    if _gag_ends(content) and instrument.notice not in NOT_OURS:
        raise GagEnds("the gag has an end, so the notice can only be deferred")


def check_nobody(content: CaseContent) -> None:
    """Raises `SomebodyToTell`."""
    if somebody(content):
        raise SomebodyToTell("the demand is about an account of this operator")


def check_hand_over(
    content: CaseContent, instrument: Instrument, now_s: int, *, state_waits: bool, receipted: bool, free_s: int | None
) -> None:
    """Raises `NoticeFirst` or `WaitNotOver`.

    ``receipted``: nothing was decided about the notice yet; ``state_waits``: the person was told before the answer;
    ``free_s``: the end of their time, None if the notice was not delivered.
    """
    if receipted and told_first(content, instrument):
        raise NoticeFirst("the person is notified before this answer leaves")
    if state_waits and (free_s is None or now_s < free_s):
        raise WaitNotOver("the person may still go to court")


def check_close(content: CaseContent, instrument: Instrument, now_s: int, *, told: bool, undelivered: bool) -> None:
    """Raises `NoticeOwed`."""
    if undelivered and gagged(content, now_s):
        raise NoticeOwed("a notice waits for the end of the gag")
    if told or not somebody(content) or instrument.notice in NOT_OURS:
        return
    barred = content.barred
    if barred is None or _gag_ends(content) or (barred.under_gag and not gagged(content, now_s)):
        raise NoticeOwed("the gag that kept the person from being told is over, or will be")


def bar_proposed(content: CaseContent, basis: str, challenge: bytes) -> CaseContent:
    """Adds a bar that waits for its second signature."""
    return msgspec.structs.replace(content, proposed_bar=BarProposal(basis, challenge))


def bar_confirmed(content: CaseContent, approves: bytes, now_s: int) -> CaseContent:
    """Adopts the bar that two officers signed. Raises `Stale` if it is not the one proposed last."""
    proposed = content.proposed_bar
    if proposed is None or proposed.challenge != approves:
        raise Stale("this is not the bar that was proposed last")
    barred = Barred(proposed.basis, under_gag=gagged(content, now_s))
    return msgspec.structs.replace(content, barred=barred, proposed_bar=None)


def hand_over_day(wait_s: int, now_s: int) -> int:
    """The day before which nothing is handed over of an answer that the person is told of now."""
    return (now_s + wait_s) // DAY + 1


def impossible(
    content: CaseContent, instrument: Instrument, now_s: int, *, handed_over: bool, receipted: bool
) -> Iterator[Action]:
    """The actions about the notice that would be refused now, so that no list offers them."""
    if receipted and told_first(content, instrument):
        yield Action.HAND_OVER
    checks: dict[Action, Callable[[], None]] = {
        Action.NOTIFY: lambda: check_notify(
            content, instrument, now_s, first=False, handed_over=handed_over, told=False
        ),
        Action.NOTIFY_FIRST: lambda: check_notify(
            content, instrument, now_s, first=True, handed_over=handed_over, told=False
        ),
        Action.DEFER_NOTICE: lambda: check_defer(content, instrument, now_s, handed_over=handed_over),
        Action.BAR_NOTICE: lambda: check_bar(content, instrument),
        Action.NOBODY_TO_TELL: lambda: check_nobody(content),
    }
    for action, check in checks.items():
        try:
            check()
        except UserError:
            yield action
    if handed_over:
        yield Action.STAY
    if content.proposed_bar is None:
        yield Action.CONFIRM_BAR
    if content.proposed_gag is None:
        yield Action.CONFIRM_GAG


def _check_somebody(content: CaseContent) -> None:
    if not somebody(content):
        raise NobodyToTell("the demand matched no account")


def _gag_ends(content: CaseContent) -> bool:
    return content.gag is not None and content.gag.until_s is not None
