"""What a client does that may tell who talks with whom: as it was once, and after each step that took some away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bench.leakage.intents import DAY

HOUR: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Habits:
    """One client. The defaults are those of the client before decision 0061."""

    waits_at_inbox: bool = True
    """A connection that lasts reads the inbox for as long as a device is there; otherwise digests tell of it."""
    looks_up_itself: bool = True
    """Each device looks up its own handle whenever it comes; otherwise at drawn times (`naming`)."""
    asks_who_asked: bool = True
    """Who is asked looks up who asked; otherwise the request carries the proof."""
    asks_members: bool = True
    """Who makes a group looks up everybody in it; otherwise contacts have handed one another their cards."""
    prompt_receipts: bool = True
    """A device acknowledges within seconds what it read; otherwise as `acknowledging` says."""
    own_letters: float = 0.0
    """So many letters a day each device writes to its own inbox, as large as a request, at moments of their own."""
    box_s: float | None = None
    """After so many seconds a room's box changes, beside every renewal of keys."""


BEFORE_0061: Final = Habits()
WAKES: Final = replace(BEFORE_0061, waits_at_inbox=False)
LISTS: Final = replace(WAKES, looks_up_itself=False)
PROOFS: Final = replace(LISTS, asks_who_asked=False)
LETTERS: Final = replace(PROOFS, own_letters=3.0)
SLIM: Final = replace(LETTERS, prompt_receipts=False)
HANDED: Final = replace(SLIM, asks_members=False)
HOURLY: Final = replace(HANDED, box_s=HOUR)


@dataclass(frozen=True, slots=True)
class Step:
    """A client, and what its newest change costs its people: in time, and otherwise."""

    habits: Habits
    time: str
    costs: str


STEPS: Final = {
    "before 0061": Step(BEFORE_0061, "–", "–"),
    "inboxes are told of in digests (0061)": Step(WAKES, "a first word comes when a digest tells of it", "nothing"),
    "and owners watch by change lists (0064)": Step(
        LISTS,
        "without an honest mirror, a false card that no list names is found within half a day, not in its period",
        "a list for everybody in each period",
    ),
    "and requests carry proofs (0063)": Step(
        PROOFS, "nothing waits for a look-up", "four kilobytes in a request, which has a frame of the same size"
    ),
    "and devices write to their own inboxes (0065)": Step(
        LETTERS, "none", "16 KiB and a read by each device, some three times a day"
    ),
    "and receipts are slim (0067)": Step(
        SLIM, "*delivered* shows a quarter of an hour later on average where nobody looks", "none: half of the frames"
    ),
    "and contacts hand one another their cards (0068)": Step(
        HANDED, "none", "a few kilobytes in a room of two when a card changes"
    ),
    "and boxes change every hour": Step(
        HOURLY, "none", "a lost box loses an hour; every device follows as many boxes more"
    ),
}
"""Each change with those before it, in the order of the table; the decision that made it in brackets."""
TODAY: Final = "and contacts hand one another their cards (0068)"
"""The step that the client has reached; those after it are not built."""
NOW: Final = STEPS[TODAY].habits
DAILY: Final = float(DAY)
