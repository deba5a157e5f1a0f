"""The report of the drill ``loss``."""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.drills.loss.findings import Outcome, Size
from nullabona.drills.loss.scenario import play
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Sentences, Tell, Text, as_it_is

_say: Final = Sentences("drill_loss")

SAME: Final = "S-22"
"""What it puts to the test when the empty relay has the old one's name."""
RENAMED: Final = "S-24"
"""What it puts to the test when it has another one."""
RECOVERY_S: Final = 60.0
"""Within this time everybody has to have everything again, and whatever is said later."""
WHOLE: Final = Size()
"""What the two lines speak of, which is what is played if nothing else is asked for."""
_LEAST_RATE: Final = 0.9
"""Of the lines' rate, so much has to be said really: who speaks next is drawn, and the machine may be busy."""


def run(
    tell: Tell, *, accounts: int, rooms: int, rate: float, seconds: float, patience: float, renamed: bool
) -> Report:
    """Play the drill in a new folder. Raises what goes wrong."""
    size = Size(accounts=accounts, rooms=rooms, rate=rate, before_s=seconds, after_s=seconds, patience_s=patience,
                renamed=renamed)  # fmt: skip
    return report_of(play(tell, size))


def report_of(outcome: Outcome) -> Report:
    """What came of it."""
    out = Report("loss", _say("relay-carried-away"))
    out.section(_say("crowd"), [_crowd(outcome), _conditions(outcome)])
    out.section(_say("came"), [_recovered(outcome), _later(outcome), _compared(outcome)])
    id = RENAMED if outcome.size.renamed else SAME
    wrong = _wrong(outcome)
    out.checks = [Check.of(id, _CLAIM.with_list(wrong), held=not wrong).unless(_too_little(outcome))]
    out.data = msgspec.to_builtins(outcome) | {"rate": round(outcome.rate, 1)}
    return out


def _crowd(outcome: Outcome) -> Text:
    size = outcome.size
    return _say(
        "accounts-rooms-each",
        accounts=size.accounts,
        rooms=size.rooms,
        said=outcome.said,
        rate=outcome.rate,
        deliveries=outcome.deliveries,
        setup_s=outcome.setup_s,
        memory_mb=outcome.memory_mb,
    )


def _conditions(outcome: Outcome) -> Text:
    """What is otherwise than in life."""
    period, in_memory = outcome.size.period_s, outcome.in_memory
    profiles = _say("profiles-in-memory" if in_memory else "profiles-on-disk")
    return _say("how-it-was-set-up", period=period, profiles=profiles)


def _recovered(outcome: Outcome) -> Text:
    lacking, gap, seconds = outcome.lacking, f"{outcome.gap_s:.1f}", f"{outcome.recovery_s:.1f}"
    told = _moved(outcome)
    return _say(
        "people-away-when",
        away=outcome.away,
        waiting=outcome.waiting,
        told=told,
        gap=gap,
        lacking=lacking,
        seconds=seconds,
    )


def _later(outcome: Outcome) -> Text:
    rest, slowest = f"{outcome.all_s:.1f}", f"{outcome.slowest_s:.1f}"
    return _say("after-last-word", rest=rest, slowest=slowest)


def _moved(outcome: Outcome) -> Text:
    if not outcome.size.renamed:
        return as_it_is("")
    movers, others = outcome.movers, outcome.size.accounts - outcome.movers
    return _say("empty-relay-has", movers=movers, others=others)


def _compared(outcome: Outcome) -> Text:
    missing, twice, forged = outcome.missing, outcome.twice, outcome.forged
    return _say("histories-against-said", missing=missing, twice=twice, forged=forged)


def _wrong(outcome: Outcome) -> str:
    counts = {"missing": outcome.missing, "twice": outcome.twice, "forged": outcome.forged}
    wrong = [f"{count} {what}" for what, count in counts.items() if count]
    took_s = max(outcome.recovery_s, outcome.all_s, outcome.slowest_s)
    if took_s > RECOVERY_S:
        wrong.append(f"{took_s:.0f} s")
    return ", ".join(wrong)


def _too_little(outcome: Outcome) -> Text | None:
    """Why what was played is less than the lines speak of, if it is."""
    size, least = outcome.size, _LEAST_RATE * WHOLE.rate
    if not (outcome.away and outcome.waiting and outcome.lacking):
        return _say("nothing-stake-away", away=outcome.away, waiting=outcome.waiting, lacking=outcome.lacking)
    if size.renamed and not 0 < outcome.movers < size.accounts:
        return _say("nobody-had-only")
    if size.accounts < WHOLE.accounts or size.rooms < WHOLE.rooms or outcome.rate < least:
        return _say(
            "held-but-unproven",
            accounts=size.accounts,
            rooms=size.rooms,
            rate=outcome.rate,
            accounts2=WHOLE.accounts,
            rooms2=WHOLE.rooms,
            least=least,
        )
    return None


_CLAIM: Final = _say("nothing-lost-doubled")
