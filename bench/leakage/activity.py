"""What somebody is doing, from the sizes and times of what one account's connections exchange.

The attack that Park and Kim (Encryption Is Not Enough, 2015) ran on KakaoTalk over TLS, where it told activities apart
in 99.7 of 100 cases: features of the first seconds after something begins, a forest of trees. Here each window is cut
from a tap: what goes up, what comes down, which connections begin, when, and how large, nothing else of an event. The
classifier is tested on accounts that it was not trained on. Accounts with one device only, so that a window is one
device's. What the society does not have (voice, stickers, calls) is not told apart either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GroupKFold

from bench.leakage.society import DAY, Intent, Kind, Society
from bench.leakage.trace import EVENT, NOBODY, Events, Op, Recording

SECONDS: Final = 8.0
"""How much of the traffic is looked at after something began."""
QUIET: Final = 3.0
"""Idle windows are this far from anything that the account does. Others may overlap, as in life."""
MOST: Final = 400
"""Windows of one activity, drawn at random."""
LEAST: Final = 12
"""An activity with fewer windows, or of fewer accounts than `FOLDS`, is left out."""
FOLDS: Final = 5
TREES: Final = 150
UP: Final[tuple[Op, ...]] = (Op.APPEND, Op.PUT_BLOB)
DOWN: Final[tuple[Op, ...]] = (Op.DELIVER, Op.GET_BLOB)
ASKING: Final[tuple[Op, ...]] = (Op.READ, Op.ERASE, Op.LOOKUP)
BY_SIZE: Final = 6


SIGNALS: Final[Mapping[str, Sequence[str]]] = {
    "sizes": ("bytes", "largest", "spread", "kinds", "size"),
    "what goes up": ("up",),
    "what comes down": ("down",),
    "what is asked and which connections begin": ("asked", "opened"),
}
"""Parts of what is seen, by what the names of their features begin with or end in."""


class Activity(StrEnum):
    """What a window begins with."""

    TEXT = "write a text"
    FILE = "send a picture or file"
    MAKE = "make a room"
    TAKE_IN = "take somebody in"
    READ = "read what came"
    JOIN = "be taken into a room"
    COME = "come online"
    LINK = "link a second device"
    IDLE = "nothing"


KINDS: Final[Mapping[Kind, Activity]] = {
    Kind.SAY: Activity.TEXT,
    Kind.FILE: Activity.FILE,
    Kind.CREATE: Activity.MAKE,
    Kind.ADD: Activity.TAKE_IN,
    Kind.READ: Activity.READ,
    Kind.ONLINE: Activity.COME,
    Kind.LINK: Activity.LINK,
}


@dataclass(frozen=True, slots=True)
class Windows:
    """Features of each window, what it was, and whose."""

    features: NDArray[np.float64]
    labels: NDArray[np.str_]
    accounts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Told:
    """How well activities are told apart. ``scores``: balanced accuracy of each fold of accounts.

    ``recalls``: of each activity, how many of its windows were recognised, over all folds.
    """

    scores: Sequence[float]
    recalls: Mapping[str, float]
    chance: float
    activities: int
    windows: int
    devices: int

    @property
    def accuracy(self) -> float:
        """Balanced: the mean over the folds."""
        return float(np.mean(self.scores))


@dataclass(frozen=True, slots=True)
class Moment:
    """Somebody begins something."""

    t: float
    account: int
    activity: Activity


def windows(recording: Recording, society: Society, seed: int = 0) -> Windows:
    """Cut the traffic of every account with one device into windows."""
    traffic = traffic_of(recording)
    return enough(cut(traffic, moments(recording, society, traffic, seed)))


def moments(recording: Recording, society: Society, traffic: Collection[int], seed: int = 0) -> list[Moment]:
    """What the windows begin with, `MOST` of each activity, of accounts that have ``traffic``."""
    dice = np.random.default_rng(seed)
    begins = _begins(society, dice, float(recording.live["t"].max(initial=0.0)))
    found = []
    for activity, each in begins.items():
        known = [(t, account) for t, account in each if account in traffic]
        chosen = np.sort(dice.permutation(len(known))[:MOST])
        found += [Moment(t, account, activity) for t, account in (known[at] for at in chosen.tolist())]
    return found


def cut(traffic: Mapping[int, Events], begun: Sequence[Moment]) -> Windows:
    """The window of each moment; an empty one where the account has no traffic."""
    nothing: Events = np.empty(0, EVENT)
    return Windows(
        np.array([describe(traffic.get(moment.account, nothing), moment.t) for moment in begun]),
        np.array([str(moment.activity) for moment in begun]),
        np.array([moment.account for moment in begun], np.int64),
    )


def traffic_of(recording: Recording) -> dict[int, Events]:
    """The events of each account's connections."""
    owner = np.append(recording.truth.account_of_conn.accounts, NOBODY)
    live = recording.live
    live = live[np.isin(live["op"], (*UP, *DOWN, *ASKING, Op.OPEN))]
    accounts = owner[live["conn"]].astype(np.int64)
    order = np.argsort(accounts, kind="stable")
    live, accounts = live[order], accounts[order]
    found, first = np.unique(accounts, return_index=True)
    last = np.append(first[1:], len(accounts))[: len(first)]
    return {int(a): live[x:y] for a, x, y in zip(found, first, last, strict=True) if a >= 0}


def _begins(society: Society, dice: np.random.Generator, end: float) -> dict[Activity, list[tuple[float, int]]]:
    """When each account begins what; of accounts with two devices only the linking."""
    single = {account.number for account in society.accounts if account.devices == 1}
    found: dict[Activity, list[tuple[float, int]]] = defaultdict(list)
    acts: dict[int, list[float]] = defaultdict(list)
    for intent in society.intents:
        if intent.t > end - SECONDS:
            break
        for activity, account in _meant(society, intent):
            if account in single or activity is Activity.LINK:
                found[activity].append((intent.t, account))
                acts[account].append(intent.t)
    found[Activity.IDLE] = _idle(spans_of(society, single, end), acts, dice)
    return found


def _meant(society: Society, intent: Intent) -> list[tuple[Activity, int]]:
    """What an intent is to whom."""
    if intent.kind not in KINDS:
        return []
    taken = list(society.rooms[intent.room].founders) if intent.kind is Kind.CREATE else []
    taken += [intent.other] if intent.kind is Kind.ADD else []
    return [(KINDS[intent.kind], intent.account), *((Activity.JOIN, account) for account in taken)]


def spans_of(society: Society, accounts: Collection[int], end: float) -> dict[int, list[list[float]]]:
    """When each of ``accounts`` is online."""
    spans: dict[int, list[list[float]]] = defaultdict(list)
    for intent in society.intents:
        if intent.account in accounts and intent.kind is Kind.ONLINE:
            spans[intent.account].append([intent.t, end])
        elif intent.account in accounts and intent.kind is Kind.OFFLINE and spans[intent.account]:
            spans[intent.account][-1][1] = intent.t
    return spans


def _idle(
    spans: Mapping[int, list[list[float]]], acts: Mapping[int, list[float]], dice: np.random.Generator
) -> list[tuple[float, int]]:
    """Moments at which somebody is online and does nothing."""
    found = []
    for account, stretches in sorted(spans.items()):
        busy = np.array(acts[account])
        for begin, end in stretches:
            drawn = dice.uniform(begin, max(begin, end - SECONDS), max(1, int((end - begin) / DAY * 12)))
            calm = [t for t in drawn if not np.any((busy > t - SECONDS - QUIET) & (busy < t + SECONDS))]
            found += [(float(t), account) for t in calm]
    return found


def describe(events: Events, t: float) -> list[float]:
    """The features of the `SECONDS` from ``t`` on, in the order of `FEATURES`."""
    low, high = np.searchsorted(events["t"], (t - 0.05, t + SECONDS))
    here = events[low:high]
    features: list[float] = [float(len(here))]
    for ops in (UP, DOWN):
        rows = here[np.isin(here["op"], ops)]
        sizes = rows["size"].astype(np.float64)
        gaps = np.diff(rows["t"])
        features += [float(len(rows)), float(sizes.sum()), float(sizes.max(initial=0)), float(np.ptp([0, *sizes]))]
        features += [float(rows["t"][0] - t) if len(rows) else SECONDS, float(gaps.min(initial=SECONDS))]
        features += [float(gaps.mean()) if len(gaps) else SECONDS, float(len(np.unique(sizes)))]
        features += [float(size) for size in sizes[:BY_SIZE]] + [0.0] * max(0, BY_SIZE - len(sizes))
    for ops in (ASKING, (Op.OPEN,)):
        rows = here[np.isin(here["op"], ops)]
        features += [float(len(rows)), float(rows["t"][0] - t) if len(rows) else SECONDS]
    return features


def _names() -> tuple[str, ...]:
    each = ("count", "bytes", "largest", "spread", "first", "least gap", "mean gap", "kinds")
    sizes = tuple(f"size {number}" for number in range(BY_SIZE))
    sided = [f"{side} {name}" for side in ("up", "down") for name in (*each, *sizes)]
    return ("count", *sided, *(f"{side} {name}" for side in ("asked", "opened") for name in ("count", "first")))


FEATURES: Final = _names()
"""Of what goes up and comes down: counts, bytes, sizes in order, gaps; what is asked, and which connections begin."""


def without(found: Windows, signal: str) -> Windows:
    """The windows without the features of one of `SIGNALS`. The count of all events goes with each."""
    words = SIGNALS[signal]
    kept = [number for number, name in enumerate(FEATURES) if number and not set(words) & set(name.split())]
    return Windows(found.features[:, kept], found.labels, found.accounts)


def only(found: Windows, kept: NDArray[np.bool_]) -> Windows:
    """Some of the windows."""
    return Windows(found.features[kept], found.labels[kept], found.accounts[kept])


def enough(found: Windows) -> Windows:
    """Without activities of which there is too little."""
    kept = np.zeros(len(found.labels), bool)
    for label in np.unique(found.labels):
        mine = found.labels == label
        if mine.sum() >= LEAST and len(np.unique(found.accounts[mine])) >= FOLDS:
            kept |= mine
    return only(found, kept)


def folds(found: Windows) -> NDArray[np.int64]:
    """In which fold each window is tested. All windows of an account are in one."""
    fold = np.empty(len(found.labels), np.int64)
    for number, (_, test) in enumerate(GroupKFold(FOLDS).split(found.features, found.labels, found.accounts)):
        fold[test] = number
    return fold


def tell_apart(found: Windows, trees: int = TREES, seed: int = 0) -> Told:
    """Train on some accounts, test on others."""
    kinds = np.unique(found.labels)
    scores = []
    said = np.empty_like(found.labels)
    fold = folds(found)
    for number in range(FOLDS):
        train, test = fold != number, fold == number
        forest = RandomForestClassifier(trees, class_weight="balanced", random_state=seed, n_jobs=1)
        forest.fit(found.features[train], found.labels[train])
        said[test] = forest.predict(found.features[test])
        scores.append(float(np.mean(list(_recalls(found.labels[test], said[test]).values()))))
    recalls = _recalls(found.labels, said)
    return Told(scores, recalls, 1.0 / len(kinds), len(kinds), len(found.labels), len(np.unique(found.accounts)))


def _recalls(true: NDArray[np.str_], said: NDArray[np.str_]) -> dict[str, float]:
    """Of each activity that occurs, how many windows were recognised; the mean of that is the balanced accuracy."""
    return {str(kind): float(np.mean(said[true == kind] == kind)) for kind in np.unique(true)}
