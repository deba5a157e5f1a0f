"""What a perfect imitation would do for *what somebody is doing*: ``python -m bench.leakage.imitation --seeds 3``.

A what-if; no design does what is asked here. The windows of some activities are replaced by whole windows in which
other people did something else, or nothing, and the classifier of `activity` is trained and tested again. A window
comes from a person of another society, and no such person serves two folds: what is recognised is the kind of traffic.
Then the same with false texts among everybody's traffic (`false_texts`).
Beside it, like for like: the same moments in each model's traffic and in ours, without the activities for which that
model mostly shows nothing. It prints its tables; ``--page FILE`` also writes the page, ``--out FILE`` has the figures,
and ``--draw`` makes the page again from them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.leakage import activity
from bench.leakage.activity import FEATURES, FOLDS, SECONDS, TREES, Activity, Windows, tell_apart
from bench.leakage.campaign import CHOICE_SEEDS_FROM
from bench.leakage.false_texts import cut_with_false_texts, texts
from bench.leakage.intervals import compare, over_seeds
from bench.leakage.kept import measure_and_draw, options_of
from bench.leakage.parallel import in_parallel
from bench.leakage.ran_on import ran_on
from bench.leakage.record import recorded
from bench.leakage.rivals import RIVALS
from bench.leakage.society import Kind, Size, Society, make
from bench.leakage.tables import Table, as_markdown, show
from bench.leakage.trace import Events, Op, Recording

SENDING_S: Final = 3.0
"""A picture's blobs are put within this time of its being sent."""
SHOWS: Final = 0.5
"""A model shows an activity if at least this share of its windows has any traffic."""
CAME: Final = FEATURES.index("down count")

Pool: TypeAlias = Mapping[int, NDArray[np.float64]]
"""Windows to swap in, by the fold that they serve."""


class Donor(StrEnum):
    """What the people did whose windows are swapped in."""

    FILE = Activity.FILE
    TEXT = Activity.TEXT
    IDLE = Activity.IDLE
    PICTURE = "be sent a picture"


@dataclass(frozen=True, slots=True)
class Swap:
    """All windows of ``activities`` become windows of ``donor``; of a picture only where anything came before."""

    activities: Sequence[Activity]
    donor: Donor


FOUNDING: Final = (Activity.MAKE, Activity.TAKE_IN)
AS_FILE: Final = Swap(FOUNDING, Donor.FILE)
WHAT_IF: Final[Mapping[str, Sequence[Swap]]] = {
    "as it is": (),
    "make, take in: like a file": (AS_FILE,),
    "make, take in: like a file; join: like a picture that comes": (AS_FILE, Swap((Activity.JOIN,), Donor.PICTURE)),
    "make, take in: like a text": (Swap(FOUNDING, Donor.TEXT),),
    "make, take in: like a file; join: put off": (AS_FILE, Swap((Activity.JOIN,), Donor.IDLE)),
    "make, take in, join: put off": (Swap((*FOUNDING, Activity.JOIN), Donor.IDLE),),
    "make, take in: like a file; a frame with each read": (AS_FILE, Swap((Activity.READ,), Donor.TEXT)),
    "make, take in: like a file; a file with each text": (AS_FILE, Swap((Activity.TEXT,), Donor.FILE)),
}
"""By what the page calls it."""
AS_IT_IS: Final = next(iter(WHAT_IF))
FALSE_TEXTS: Final[Mapping[str, tuple[float, Sequence[Swap]]]] = {
    "a false text every 8 s": (8.0, ()),
    "a false text every second": (1.0, ()),
    "make, take in: like a file; a false text every 8 s": (8.0, (AS_FILE,)),
    "make, take in: like a file; a false text every second": (1.0, (AS_FILE,)),
}
"""Seconds between two false texts on average, and what is swapped beside."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One model's traffic. ``empty``: the share of windows without traffic, by activity, but for `Activity.IDLE`.

    ``ours`` and ``theirs``: balanced accuracy at the same moments, without the activities that the model does not show.
    """

    accuracy: float
    empty: Mapping[str, float]
    ours: float
    theirs: float


@dataclass(frozen=True, slots=True)
class Found:
    """Of one society: balanced accuracy by what-if, and each model."""

    seed: int
    windows: int
    what_if: Mapping[str, float]
    beside: Mapping[str, Beside]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured where."""

    command: str
    ran_on: str
    size: Size
    found: Sequence[Found]

    @classmethod
    def read(cls, path: Path) -> Outcome:
        kept = json.loads(path.read_text(encoding="utf-8"))
        found = [
            Found(**{**each, "beside": {name: Beside(**row) for name, row in each["beside"].items()}})
            for each in kept["found"]
        ]
        return cls(kept["command"], kept["ran_on"], Size(**kept["size"]), found)


# -- swapping


def pool(given: Iterable[tuple[int, Windows]]) -> Pool:
    """Windows of societies by their seeds. All windows of one person serve one fold."""
    by_fold: dict[int, list[NDArray[np.float64]]] = defaultdict(list)
    for seed, found in given:
        for account, features in zip(found.accounts.tolist(), found.features, strict=True):
            by_fold[(account * 7 + seed) % FOLDS].append(features)
    if len(by_fold) < FOLDS:
        raise ValueError("too few windows to swap in; a larger society has more")
    return {fold: np.array(features) for fold, features in by_fold.items()}


def swapped(found: Windows, swap: Swap, pools: Mapping[Donor, Pool], seed: int) -> Windows:
    """The windows after one swap: as many, of the same people, under the same names."""
    features, fold = found.features.copy(), activity.folds(found)
    dice = np.random.default_rng(seed)
    chosen = np.isin(found.labels, [str(each) for each in swap.activities])
    if swap.donor is Donor.PICTURE:  # who is not there is sent none
        chosen &= found.features[:, CAME] > 0
    for at in np.flatnonzero(chosen).tolist():
        donors = pools[swap.donor][int(fold[at])]
        features[at] = donors[dice.integers(len(donors))]
    return replace(found, features=features)


# -- one society


@dataclass(frozen=True, slots=True)
class Seen:
    """A society, what its people's connections exchanged, and the windows of that."""

    society: Society
    traffic: Mapping[int, Events]
    begun: Sequence[activity.Moment]
    windows: Windows
    pictures: Windows


def see(society: Society, recording: Recording) -> Seen:
    traffic = activity.traffic_of(recording)
    begun = activity.moments(recording, society, traffic)
    windows = activity.enough(activity.cut(traffic, begun))
    return Seen(society, traffic, begun, windows, activity.cut(traffic, _pictures(society, recording, traffic)))


def under_cover(all_seen: Mapping[int, Seen], every_s: float) -> Mapping[int, Seen]:
    """Every society with false texts, which are those of the others."""
    donors = {seed: texts(seen.traffic, seen.begun) for seed, seen in all_seen.items()}
    covered = {}
    for seed, seen in all_seen.items():
        others = [text for other, its in donors.items() if other != seed for text in its]
        found = cut_with_false_texts(seen.society, seen.traffic, seen.begun, others, every_s=every_s, seed=seed)
        covered[seed] = replace(seen, windows=activity.enough(found))
    return covered


def _pictures(society: Society, recording: Recording, traffic: Mapping[int, Events]) -> list[activity.Moment]:
    """When a picture was sent to somebody with one device who fetched it within the window."""
    single = {account.number for account in society.accounts if account.devices == 1}
    found = []
    for intent in society.intents:
        if intent.kind is not Kind.FILE or intent.account not in traffic:
            continue
        sent = _places(traffic[intent.account], intent.t, SENDING_S, Op.PUT_BLOB)
        for account in sorted(recording.truth.rooms[intent.room] - {intent.account}):
            if account in single and account in traffic:
                got = _places(traffic[account], intent.t, SECONDS, Op.GET_BLOB)
                # The label is not looked at: a picture that comes is no activity of the measure.
                found += [activity.Moment(intent.t, account, Activity.READ)] if sent & got else []
    return found


def _places(events: Events, t: float, seconds: float, op: Op) -> set[int]:
    low, high = np.searchsorted(events["t"], (t, t + seconds))
    here = events[low:high]
    return set(here["place"][here["op"] == op].tolist())


def pools_for(seed: int, all_seen: Mapping[int, Seen]) -> Mapping[Donor, Pool]:
    """Of all societies but this one."""
    others = [(other, seen) for other, seen in all_seen.items() if other != seed]
    found = {Donor.PICTURE: pool((other, seen.pictures) for other, seen in others)}
    for donor in (Donor.FILE, Donor.TEXT, Donor.IDLE):
        found[donor] = pool(
            (other, activity.only(seen.windows, seen.windows.labels == str(donor))) for other, seen in others
        )
    return found


def beside(model: Recording, ours: Seen, trees: int) -> Beside:
    """A model's recording of the same society, and ours at the moments of its windows."""
    traffic = activity.traffic_of(model)
    begun = activity.moments(model, ours.society, traffic)
    theirs, same = activity.cut(traffic, begun), activity.cut(ours.traffic, begun)
    shares = empty(activity.enough(theirs))
    shown = ~np.isin(theirs.labels, [name for name, share in shares.items() if share > 1 - SHOWS])
    told = [
        tell_apart(activity.enough(found), trees).accuracy
        for found in (theirs, *(activity.only(each, shown) for each in (same, theirs)))
    ]
    return Beside(told[0], shares, told[1], told[2])


def empty(found: Windows) -> dict[str, float]:
    """The share of windows without any traffic, by activity; where nothing begins that is as it should be."""
    kinds = [kind for kind in np.unique(found.labels).tolist() if kind != str(Activity.IDLE)]
    return {kind: float(np.mean(found.features[found.labels == kind, 0] == 0)) for kind in kinds}


def measure_one(all_seen: Mapping[int, Seen], trees: int, say: Callable[[str], None], seed: int) -> Found:
    """Every what-if and every model in one society."""
    seen, what_if = all_seen[seed], {}
    tried = [(name, all_seen, swaps) for name, swaps in WHAT_IF.items()]
    covered = {every_s: under_cover(all_seen, every_s) for every_s, _ in FALSE_TEXTS.values()}
    tried += [(name, covered[every_s], swaps) for name, (every_s, swaps) in FALSE_TEXTS.items()]
    for name, there, swaps in tried:
        windows, pools = there[seed].windows, pools_for(seed, there)
        for swap in swaps:
            windows = swapped(windows, swap, pools, seed)
        what_if[name] = tell_apart(windows, trees).accuracy
        say(f"society {seed}: {name}: {what_if[name]:.3f}")
    models = {name: beside(model(seen.society).recording(), seen, trees) for name, model in RIVALS.items()}
    say(f"society {seed}: {', '.join(f'{name} {row.accuracy:.3f}' for name, row in models.items())}")
    return Found(seed, len(seen.windows.labels), what_if, models)


# -- tables and page


def what_if_table(found: Sequence[Found]) -> Table:
    """Each what-if, and whether it is won, tied or lost beside each model as it is."""
    models = {name: [each.beside[name].accuracy for each in found] for name in found[0].beside}
    means = [f"{name} ({over_seeds(its).mean:.3f})" for name, its in models.items()]
    rows = [["what if", "balanced accuracy", *means]]
    for name in found[0].what_if:
        ours = [each.what_if[name] for each in found]
        rows.append([name, show(over_seeds(ours)), *(compare(ours, theirs) for theirs in models.values())])
    return rows


def beside_table(found: Sequence[Found]) -> Table:
    """Each model as it is, what it does not show, and both without that."""
    rows = [["model", "as it is", "windows without traffic", "without these: ours", "theirs"]]
    for name in found[0].beside:
        its = [each.beside[name] for each in found]
        shares = {kind: [row.empty[kind] for row in its if kind in row.empty] for row in its for kind in row.empty}
        unseen = {kind: float(np.mean(each)) for kind, each in shares.items() if max(each) > 1 - SHOWS}
        rows.append([
            name,
            show(over_seeds([row.accuracy for row in its])),
            ", ".join(f"{kind} {100 * share:.0f} %" for kind, share in unseen.items()) or "none",
            show(over_seeds([row.ours for row in its])),
            show(over_seeds([row.theirs for row in its])),
        ])  # fmt: skip
    return rows


def page(outcome: Outcome) -> str:
    """As Markdown."""
    size, found = outcome.size, outcome.found
    count = f"{sum(each.windows for each in found):,} windows of {len(found)} societies"
    return f"""# What if making a room looked like sending a file

Made by `{outcome.command}`; do not edit it.

**This is a what-if. No design exists that does any of it.** The [leakage measure](leakage-today.md) tells apart *what
somebody is doing* from {SECONDS:g} seconds of traffic, and with ours at least as well as with models of other designs.
Here the windows of some activities are replaced by whole windows in which people of other societies did something
else; then the classifier is trained and tested again. This flatters an imitation, as all else that passed in these
seconds is replaced, too. No person whose windows are swapped in serves two of the {FOLDS} folds.

Figures are means over {count} ({size.accounts:,} accounts, {size.days} days, from {size.pace:g} messages a day
on); in brackets the lowest and the highest society. Windows that are swapped in are of the others of these, and of one
society more. Less is better.

Measured on: {outcome.ran_on}.

## Imitations

{as_markdown(what_if_table(found))}

A row is won or lost beside a model, whose mean is in the heading, when the 95 % t interval of the differences by
society leaves zero out, as on the [page of the measure](leakage-today.md); of one society nothing is won or lost.

*Make* is to make a room, *take in* to take somebody in, *join* to be taken in. *Put off* is: not within these
{SECONDS:g} seconds, so that nothing of it is seen in them. It does not hide the act. The traffic passes later, and an
attacker who cuts windows where traffic begins, rather than where people begin, still sees it. How well he tells it
then was not measured. This measure does not look there, so its figures for what is put off flatter. *A frame with each
read* and *a file with each text* are cover traffic: something is sent that nobody needs. *A false text* is, too: while
somebody is online, what a text of others looked like passes at drawn moments among their own traffic, and nothing that
is real waits for it. The classifier knows when a person began, and tells a real act by its coming at once.

An imitation does not make the classifier guess about everything: it makes two activities one. Of two that look the
same, one is recognised at the other's cost. A picture that comes is no activity here, so that being taken into a room,
made to look like it, is still told from all others.

## Like for like

A model that shows nothing of an activity gets little for it: its windows are taken for *nothing*. Real servers of that
kind show more. Here the activities are left out for which the model shows no traffic in more than half of the windows
of a society, and ours is measured at the same moments without them.

{as_markdown(beside_table(found))}

What follows from this is in [decision 0071](decisions/0071-no-imitation-of-files.md).
"""


# -- the command


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or read what was measured; print, and write the page."""
    parser = options_of(__doc__, "run/leakage/imitation.json")
    parser.add_argument("--seeds", type=int, default=3, help="societies; one more only gives windows")
    parser.add_argument("--trees", type=int, default=TREES, help="of the classifier")
    tables = lambda outcome: [what_if_table(outcome.found), beside_table(outcome.found)]  # noqa: E731
    measure_and_draw(parser.parse_args(arguments), read=Outcome.read, measure=_measure, tables=tables, page=page)


def _measure(options: argparse.Namespace) -> Outcome:
    size, measured_on = Size(options.accounts, options.days, options.pace), ran_on()
    reported = range(1, options.seeds + 1)
    all_seen = {}
    for seed in (*reported, CHOICE_SEEDS_FROM):
        all_seen[seed] = see(make(seed, size), recorded(seed, size))
        _say(f"society {seed}: {len(all_seen[seed].windows.labels)} windows")
    work = partial(measure_one, all_seen, options.trees, _say)
    found = in_parallel(work, reported, options.processes)
    said = f"python -m bench.leakage.imitation --accounts {size.accounts} --days {size.days} --pace {size.pace:g}"
    said += f" --seeds {options.seeds}" + (f" --trees {options.trees}" if options.trees != TREES else "")
    return Outcome(said, measured_on, size, found)


def _say(text: str) -> None:
    print(f"{time.process_time():6.0f} s of CPU: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
