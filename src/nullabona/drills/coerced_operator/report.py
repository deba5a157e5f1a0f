"""The report of the drill ``coerced-operator``: every lie, what came of it, and the claims that it tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from nullabona.drills.coerced_operator.findings import DEEDS, NOTICED, Alone, Outcome, Told
from nullabona.drills.coerced_operator.scenario import describe, describe_alone, play
from nullabona.drills.operator.lies import APART, CARDS, SPOIL
from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Sentences, Tell

_say: Final = Sentences("drill_coerced_operator")

_NOT_PROMISED: Final = frozenset({"promise-invalid", "card-not-in-log"})
"""Why a card is refused whose promise, or whose place in the record, is another card's. A look that ends otherwise, as
with an answer that does not come, says nothing of the card."""


def run(tell: Tell, *, only: Sequence[str] = ()) -> Report:
    """Play the drill in a new folder, no more than the lines of ``only`` need, and no further once all of these
    have failed. Raises what goes wrong.
    """
    lies = {lie for line in only or _TRIED if line != _ALONE for lie in _TRIED[line][0]}

    def enough(told: Sequence[Told]) -> bool:
        checks = {check.id: check.verdict for check in _checks(Outcome(list(told)))}
        return bool(only) and all(checks[line] is Verdict.FAILED for line in only)

    chosen = [lie for lie in DEEDS if lie in lies]
    return report_of(play(tell, chosen, enough, alone=not only or _ALONE in only)).only(only)


def report_of(outcome: Outcome) -> Report:
    """What came of it."""
    told, alone = outcome.told, outcome.alone
    title = _say("relay-whose-operator")
    out = Report("coerced-operator", title)
    out.section(
        _say("each-lie-told"),
        [describe(one) for one in told],
    )
    if alone is not None:
        out.section(_say("one-connection-alone"), [describe_alone(alone)])
    out.section(_say("known-beside"), _BESIDE)
    out.checks = _checks(outcome)
    out.data = {"lies": msgspec.to_builtins(told), "alone": msgspec.to_builtins(alone)}
    return out


_BESIDE: Final = (
    _say("client-s-waiting"),
    _say("operator-can-do"),
    _say("two-halves-kept"),
)  # fmt: skip


def _checks(outcome: Outcome) -> list[Check]:
    told = {one.name: one for one in outcome.told}
    checks = [_check(id, lies, holds, told) for id, (lies, holds) in _TRIED.items()]
    return sorted([*checks, _check_alone(outcome.alone)], key=lambda check: check.id)


def _check_alone(alone: Alone | None) -> Check:
    """That the box is read is admitted; if it was not, the lie was not believed, and nothing was there to be caught."""
    if alone is None:
        return Check(_ALONE, Verdict.UNPROVEN, _CLAIMS[_ALONE].because(_LOST_BEFORE))
    wrong = [*alone.believed, *alone.accused]
    check = Check.of(_ALONE, _CLAIMS[_ALONE].with_list(", ".join(wrong)), held=alone.held)
    return check.unless(_say("not-read") if alone.read_s is None else None)


def _check(id: str, lies: Sequence[str], holds: Callable[[Told], bool], told: dict[str, Told]) -> Check:
    tried = [told[name] for name in lies if name in told]
    wrong = [one.name for one in tried if not holds(one)]
    if not wrong and len(tried) < len(lies):
        return Check(id, Verdict.UNPROVEN, _CLAIMS[id].because(_LOST_BEFORE))
    return Check.of(id, _CLAIMS[id].with_list(", ".join(wrong)), held=not wrong)


def _noticed(one: Told) -> bool:
    return one.noticed and (one.name != APART or one.came_through > 0)


def _refused(one: Told) -> bool:
    """Whether each look at a card was answered with a false one, and ended as it should."""
    return one.answers >= len(one.looked) > 0 and _NOT_PROMISED.issuperset(one.looked)


_TRIED: Final[dict[str, tuple[Sequence[str], Callable[[Told], bool]]]] = {
    "L-01": (("delay", "drop"), lambda one: one.came_through == 0),
    "L-02": (NOTICED, _noticed),
    "L-10": (("forge", "alter", "rewrite", "repeat", SPOIL), lambda one: one.whole),
    "L-11": ((CARDS,), _refused),
    "L-13": (tuple(DEEDS), lambda one: one.forged == 0),
    "L-16": (tuple(DEEDS), lambda one: one.whole and one.answers > 0),
    "L-21": (tuple(DEEDS), lambda one: one.letters == 0 and one.answers > 0),
}
"""For each claim the lies that try it, and what has to be so of each."""
_ALONE: Final = "L-04"
"""The line that no lie tries which everybody is told."""
_LOST_BEFORE: Final = _say("not-all-tried")
_CLAIMS: Final = {
    "L-01": _say("l-01"),
    "L-02": _say("l-02"),
    _ALONE: _say("l-04"),
    "L-10": _say("l-10"),
    "L-11": _say("l-11"),
    "L-13": _say("l-13"),
    "L-16": _say("l-16"),
    "L-21": _say("l-21"),
}  # fmt: skip
