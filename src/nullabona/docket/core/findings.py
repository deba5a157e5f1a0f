"""The findings of verification, as sentences with values; `nullabona.words.recounted` has them in Korean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    # log-broken, genesis-missing, period-unwitnessed: the files
    "log": "{why}",
    "entries": "the entries are not those that the checkpoint was signed for: one is missing, altered or moved",
    "entries-from": "the entries are not those that the checkpoint was signed for: one is missing, altered or moved, "
    "first in period {period} (entries {first} to {last})",
    "file": "{path}: {why}",
    "shrunk": "the log shows {size} entries, and {before} were seen before",
    "forked": "the log does not continue the one of {before} entries that was seen before: it has two histories",
    "no-genesis": "the log's first leaf is not its genesis statement",
    "other-genesis": "the genesis statement is of another log",
    "second-genesis": "period {period} has another genesis statement",
    "checkpoint": "period {period}: {why}",
    "other-checkpoint": "period {period}: witnesses saw another log at that time",
    # cadence and times
    "unexpected": "in period {period}, which begins at entry {entry}: period {came} came instead",
    "short": "in period {period}, which begins at entry {entry}: it is cut short",
    "misplaced": "in period {period}, which begins at entry {entry}: slot {slot} is not where it belongs",
    "unreadable": "in period {period}, which begins at entry {entry}: {why}",
    "twice": "a commitment is in the log twice",
    "no-checkpoint": "period {period} has no checkpoint of its own that the policy believes",
    "late": "period {period} was witnessed {seconds} s after its window",
    "early": "period {period} was witnessed before it had ended",
    "missing": "period {period} is not in the log, and was due {seconds} s ago",
    # openings and renewals
    "opens-nothing": "period {period} opens a slot that is not in the log yet: slot {slot} of period {of}",
    "opened-twice": "slot {slot} of period {of} is opened twice",
    "opened-wrong": "what period {period} says of slot {slot} of period {of} is not what was committed to",
    "renewed-out-of-place": "period {period} renews slot {slot} of period {of} out of place",
    "renewed-again": "slot {slot} of period {of} is renewed though it was renewed or opened before",
    "renewed-together": "slot {slot} of period {of} is renewed by a slot that renews another one",
    "renewal-unstated": "slot {slot} of period {of} is not the renewal that was stated",
    "overdue": "{count} slots of {term} are sealed beyond their horizon, the first is slot {slot} of period {of}",
    "band": "{count} slots of {term} were renewed, which is no multiple of {band}",
    "outage-to-come": "period {period} states an outage that was still to come",
    "signed-unknown": "period {period} signs off a row of {instrument} that the stated taxonomy does not have",
    # cases
    "number-twice": "case {case} has two events of one number",
    "dated-after": "event {n} of case {case} is dated after its own slot",
    "entered-late": "event {n} of case {case} was entered {periods} periods late",
    "opened-late": "event {n} of case {case} was opened {periods} periods too late",
    "not-in-time": "case {case} was not answered in time",
    "no-beginning": "event {n} of case {case} is not where a case begins",
    "never-entered": "the event before event {n} of case {case} was never in the log",
    "withheld": "the event before event {n} of case {case} is withheld (slot {slot} of period {of})",
    "other-before": "the event before event {n} of case {case} is another one than it says",
    "other-instrument": "case {case} changes its instrument",
    "closed-in-part": "case {case} is closed, but not all of it is shown",
    "closed-unanswered": "case {case} was closed without an answer",
    # reports
    "reported-twice": "there are two reports of {term}",
    "other-taxonomy": "the report of {term} was drawn up by another taxonomy than the log states",
    "reported-ahead": "the report of {term} counts what was still to come",
    "unreported": "the report of {term}: {count} demands of {instrument} are in the log and not in the report",
    "reported-less": "the report of {term}: {instrument}: the log shows more than reported under {fields}",
    "reported-beyond": "the report of {term}: {instrument}: more is reported than can be sealed under {fields}",
    "no-sum-by": "the report of {term}: {instrument}: the numbers by authority do not add up to what was received",
    "no-sum": "the report of {term}: {instrument}: the outcomes do not add up to what was received",
    "other-row": "the report of {term}: {instrument}: every demand is open, and the row is another one",
    "reported-more": "the report of {term}: {count} reported demands are not open, and only {sealed} slots are sealed",
}
"""By key. ``why`` is the message of another part; `Finding.cause` holds its code."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A failed check. ``code`` is from spec/docket.md §8, ``key`` names the sentence that locates it."""

    code: str
    key: str
    values: Mapping[str, object] = field(default_factory=dict)
    cause: str = ""
    """The code of the error in ``why``."""

    @property
    def message(self) -> str:
        """The sentence, in English."""
        return SENTENCES[self.key].format_map(self.values)

    @property
    def period(self) -> int | None:
        """The late period, if the finding is about lateness."""
        return int(str(self.values["period"])) if self.key == "late" else None
