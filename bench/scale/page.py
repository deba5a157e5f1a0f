"""docs/scale.md: what 26 million people need of relays over an engine. Each line says where it is from.

*measured*: on this machine, with the real programs. *simulated*: by `bench.scale`, from what is assumed and measured.
*assumed*: nobody here can measure it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import log
from statistics import NormalDist, mean
from typing import Final

from bench.scale import clusters, failures
from bench.scale.compare import Comparison
from bench.scale.failures import Assumed
from bench.scale.memory import Memory
from bench.scale.nodes import COPIES, FULL, MESSAGES, NODES_GIB, PEOPLE, need
from bench.scale.people import POPULATIONS, SIGMA, SOME
from bench.scale.records import Held, Simulated
from bench.speed import needs, tables
from bench.speed.arithmetic import spread
from bench.speed.needs import Costs
from bench.speed.records import Results
from bench.speed.tables import as_markdown

BAR: Final = 1_400
YEARS: Final = 300
CHOSEN: Final = (SOME.name, 7)
"""The population and keeping time that the rest of the page goes on with."""
NODE_GIB: Final = 256


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that the page is made from."""

    memory: Memory
    simulated: Simulated
    comparison: Comparison
    clusters: Results
    costs: Costs
    """Of a relay, as docs/capacity.md has them."""

    def of(self, away: str, kept_days: int, *, trims: bool = True) -> tuple[Held, Held] | None:
        """Rooms, and the rooms of own devices, of one population at one keeping time."""
        for talked, own in zip(self.simulated.talked, self.simulated.own, strict=True):
            if (talked.away, talked.kept_days, talked.trims) == (away, kept_days, trims):
                return talked, own
        return None


def write(recorded: Recorded) -> str:
    """The page as Markdown."""
    parts = [
        _head(recorded),
        _memory(recorded),
        _people(recorded.simulated),
        _compared(recorded.comparison),
        _held(recorded),
        _nodes(recorded),
        _day(recorded),
        _year(recorded),
        _clusters(recorded.clusters),
        _limits(),
    ]
    return "\n\n".join(parts) + "\n"


def _head(recorded: Recorded) -> str:
    simulated, clusters = recorded.simulated, recorded.clusters
    population = f"--seed {simulated.seed} --accounts {simulated.accounts} --days {simulated.days}"
    days = recorded.comparison.lives[0].life.days
    return f"""# 26 million people on an engine

Made by `bench/scale/page.py` from the records in `scale/`; do not edit it. These record them again:

    python -m bench.scale memory --record
    python -m bench.scale population {population} --record
    python -m bench.scale.compare --days {days} --record
    python -m bench.scale.clusters --turns {clusters.turns} --seconds {clusters.seconds:g} --record

Nobody has run this with 26 million people: `unproven`. The last column of each table says what a line is:

- **measured**: on one machine, with the real programs;
- **simulated**: by `bench/scale`, from what is measured and assumed;
- **assumed**: nobody here can measure it, and another value gives another result.

What relays cost in processor time is on [another page](capacity.md)."""


def _memory(recorded: Recorded) -> str:
    memory, total = recorded.memory, need(*_chosen(recorded), recorded.memory)
    frames, boxes = total.frames, total.boxes
    each = memory.stored_bytes + boxes / frames * memory.box_bytes
    fits = [max(shape.primary, shape.replica) <= BAR for shape in memory.shapes]
    met, missed = (
        " or ".join(str(shape.frames) for shape, fit in zip(memory.shapes, fits, strict=True) if fit is wanted) or "no"
        for wanted in (True, False)
    )
    rows = [["frames in a box", "bytes a frame, with its share of the box", "at a replica", "a box without frames", ""]]
    for shape in memory.shapes:
        figures = (f"{value:,.0f}" for value in (shape.primary, shape.replica, shape.empty))
        rows.append([str(shape.frames), *figures, "measured"])
    return f"""## A frame in memory

Frames of {memory.frame_bytes:,} bytes, appended and trimmed by the relay's own functions over its own driver,
on a primary with a replica.

{as_markdown(rows)}

So a frame takes {memory.stored_bytes:,.0f} bytes and a box {memory.box_bytes:,.0f}, as the server counts. The
bar of {BAR:,} bytes a frame is met by boxes of {met} frames, and not by those of {missed}. On a node whose boxes had
been trimmed and filled again for a while, the machine gave the server {memory.resident:.2f} bytes for each that it
counts (measured); all tables below use that. In the population that this page goes on with, a box has
{frames / boxes:.0f} frames (simulated): {each:,.0f} bytes a frame as the server counts, its box included, and
{each * memory.resident:,.0f} as the machine does.

{memory.machine}; engine {memory.engine}; load before {memory.load:.1f}. Bytes do not depend on the load."""


def _people(simulated: Simulated) -> str:
    rows = [["", *(away.name for away in POPULATIONS), ""]]
    for said, value in (
        ("a phone is off for days, times in 30 days", lambda away: away.trips),
        ("a second device is, times in 30 days", lambda away: away.desk_trips),
        ("for how many days, median of a log-normal law", lambda away: away.trip_days),
        ("accounts that stop for good", lambda away: f"{away.gone:.0%}"),
        ("second devices that are not turned on again", lambda away: f"{away.unused:.0%}"),
    ):
        rows.append([said, *(str(value(away)) for away in POPULATIONS), "assumed"])
    return f"""## Who is away

{simulated.accounts:,} accounts with {simulated.devices:,} devices in {simulated.rooms:,} rooms for
{simulated.days} days (seed {simulated.seed}). Sizes of rooms, conversations by the hour, nights and office
hours are those of the society in [leakage](leakage.md) (assumed; its sources are in `bench/leakage`). On top of
these hours, three populations are away for days:

{as_markdown(rows)}

Each device then does what the client does: it acknowledges with messages and receipts, trims on its day, renews
its keys weekly, trims closed boxes, and asks for what it lacks. Frames leave the relay by trims, or on the day
after their last one."""


def _compared(comparison: Comparison) -> str:
    rows = [["life", "people", "kept", "frames a day: simulated", "clients", "held: simulated", "clients", "ratio", ""]]
    for one in comparison.lives:
        figures = (f"{value:.1f}" for value in (*one.came, *one.held))
        ratio = f"{one.held[0] / one.held[1]:.2f}"
        rows.append([one.life.name, str(one.life.size), f"{one.life.kept_days} d", *figures, ratio, "measured"])
    fair = [
        one.held[0] / one.held[1] for one in comparison.lives if not _is_put_back(one.life.name, one.life.kept_days)
    ]
    return f"""## Whether the simulation does what clients do

The same lives of one room, for {comparison.lives[0].life.days} days, played by the simulation and by whole
clients (the real core, MLS and store). *always*: all devices are on; *nights*: off at night; *desk*: one is on
in office hours only; *trip*: one is off for three days; *gone*: one is off from the third day on.

{as_markdown(rows)}

Where nobody comes back after frames have expired, the simulation holds {min(fair):.2f} to {max(fair):.2f} times
what clients hold, {mean(fair):.2f} on average. **Where somebody was away for longer than frames are kept and
comes back, clients put back more than the simulation does** (*trip*, kept 1 day). So all rows for 1 and 2 days
below are too low: second devices are off at weekends, also where nobody else is away. So are rows for 7 days where
somebody is away: {_longer(7):.0%} of those who are off for days are off for longer than that, by the law above."""


def _longer(days: float) -> float:
    """The share of absences that last longer."""
    return 1 - NormalDist(log(SOME.trip_days), SIGMA).cdf(log(days))


def _is_put_back(name: str, kept_days: int) -> bool:
    return name == "trip" and kept_days < 3


def _held(recorded: Recorded) -> str:
    rows = [["away", "kept", "frames a message", "held on average", "in the fullest hour", "own devices", "boxes", ""]]
    order = [away.name for away in POPULATIONS]
    pairs = zip(recorded.simulated.talked, recorded.simulated.own, strict=True)
    for talked, own in sorted(pairs, key=lambda one: (order.index(one[0].away), one[0].kept_days, not one[0].trims)):
        rows.append(
            [
                talked.away,
                f"{talked.kept_days} d" + ("" if talked.trims else ", no trims"),
                f"{talked.appended / talked.said:.2f}",
                f"{talked.average:.0f}",
                f"{max(talked.hours):.0f}",
                f"{own.average:.0f}",
                f"{talked.boxes + own.boxes:.1f}",
                "simulated",
            ]
        )
    said = mean(talked.said for talked in recorded.simulated.talked)
    return f"""## Frames that are held

For each account that writes {said:.0f} messages a day. *own devices*: frames of rooms in which the devices of
an account tell one another how far the person has read; nobody
acknowledges these with a receipt, so they stay until keys are renewed. [Capacity](capacity.md) assumes
{needs.Assumed().frames:g} frames a message. The simulation, and the clients that it is compared with, still send a
receipt for delivery and one more when the person has read; clients since decision 0067 send fewer, later.

{as_markdown(rows)}"""


def _nodes(recorded: Recorded) -> str:
    rows = [["away", "kept", "one copy", *(f"nodes of {gib} GiB" for gib in NODES_GIB), ""]]
    for away, kept in product((one.name for one in POPULATIONS), (1, 2, 7, 30)):
        found = recorded.of(away, kept)
        if found is not None:
            total = need(*found, recorded.memory)
            counts = (f"{total.nodes(gib):,.0f}" for gib in NODES_GIB)
            rows.append([away, f"{kept} d", f"{total.memory_bytes / 1e12:.1f} TB", *counts, "simulated"])
    without = recorded.of(SOME.name, 30, trims=False)
    with_trims = recorded.of(SOME.name, 30)
    saved = ""
    if without and with_trims:
        ratio = need(*without, recorded.memory).memory_bytes / need(*with_trims, recorded.memory).memory_bytes
        saved = (
            f" Without trims of open boxes, *{SOME.name}* at 30 days would need {ratio:.1f} times as much (simulated)."
        )
    return f"""## Nodes for 26 million

People write {MESSAGES} messages a day (assumed, as in [capacity](capacity.md)): frames are scaled to that,
boxes are not. At the fullest hour; {COPIES} copies; nodes are {FULL:.0%} full (assumed). All frames are of
1,024 bytes: a longer message takes more.

{as_markdown(rows)}

Rows for 1 and 2 days are too low, and those for 7 where somebody is away, as said above.{saved}"""


def _day(recorded: Recorded) -> str:
    talked, own = _chosen(recorded)
    came = [a + b for a, b in zip(talked.came, own.came, strict=True)]
    held = [a + b for a, b in zip(talked.hours, own.hours, strict=True)]
    more = MESSAGES / talked.said
    rows = [["hour in Seoul", "frames a second, all people", "held, of each person", ""]]
    for hour in range(0, 24, 3):
        rate = mean(came[hour::24]) * more * PEOPLE / 3_600
        rows.append([f"{hour} to {hour + 1}", f"{rate:,.0f}", f"{mean(held[hour::24]) * more:.0f}", "simulated"])
    most, average = max(came), mean(came)
    cost = _cost_us(recorded.clusters)
    assumed = needs.Assumed()
    busiest = PEOPLE * assumed.messages * assumed.frames * assumed.peak / 86_400
    cores = needs.needs(PEOPLE, recorded.costs, assumed, needs.Machine())[0].amount
    return f"""## A day

*{talked.away}* away, kept {talked.kept_days} days; the last week.

{as_markdown(rows)}

The fullest hour of the week has {most / average:.1f} times the average ([capacity](capacity.md) assumes
{assumed.peak:g} for the busiest second): {most * more * PEOPLE / 3_600:,.0f} frames a second (simulated).
Capacity has {busiest:,.0f} in the busiest second, and {cores} cores for them and for all that clients ask beside them,
at relays without an engine. A frame with its first delivery alone cost relay and engine {cost:.0f} µs together,
over lasting connections (measured, below)."""


def _cost_us(results: Results) -> float:
    return spread([tables.cost_us(window) for window in tables.windows(results, clusters.OURS, "pairs-32")]).median


def _year(recorded: Recorded) -> str:
    assumed = Assumed()
    talked, own = _chosen(recorded)
    total = need(talked, own, recorded.memory)
    count = round(total.nodes(NODE_GIB))
    shards = max(1, count // 2)
    played = failures.years(shards, assumed, YEARS)
    emptied = sum(year.emptied for year in played)
    devices = recorded.simulated.devices / recorded.simulated.accounts
    boxes = PEOPLE * total.boxes / shards
    rows = [
        ["", "figure", ""],
        ["a node runs until it is lost", f"{assumed.lost_every_days:.0f} days", "assumed"],
        ["it is back, with a whole copy", f"after {assumed.back_s / 60:.0f} minutes", "assumed"],
        ["a shard is handed over for an upgrade, and both its nodes restarted",
         f"every {assumed.handed_over_every_days:.0f} days", "assumed"],
        ["without an answer, a primary lost", f"{assumed.failover_s:g} s", "assumed"],
        ["without an answer, handed over", f"{assumed.handover_s:g} s", "measured"],
        ["nodes", f"{2 * shards:,} of {NODE_GIB} GiB, {shards:,} shards", "simulated"],
        ["nodes lost a day", f"{mean(year.lost for year in played) / failures.YEAR_DAYS:.2f}", "simulated"],
        ["failovers a day", f"{mean(year.failovers for year in played) / failures.YEAR_DAYS:.2f}", "simulated"],
        ["handovers a day", f"{mean(year.handovers for year in played) / failures.YEAR_DAYS:.1f}", "simulated"],
        ["a box is without an answer", f"{mean(year.silent_s for year in played):.0f} s a year", "simulated"],
        ["shards that lose both copies", f"{emptied / YEARS:.2f} a year ({emptied} in {YEARS} years)", "simulated"],
        ["of these, while the other node is restarted for an upgrade",
         f"{sum(year.upgrading for year in played) / YEARS:.2f} a year", "simulated"],
        ["boxes of a shard, read again by their devices after its failover", f"{boxes:,.0f}", "simulated"],
        ["frames of such a shard, which members put back if both copies are lost",
         f"{PEOPLE * total.frames / shards / 1e6:,.0f} million", "simulated"],
        ["devices of a person", f"{devices:.2f}", "assumed"],
    ]  # fmt: skip
    return f"""## A year of failures

*{talked.away}* away, kept {talked.kept_days} days, on nodes of {NODE_GIB} GiB; {YEARS} years, each with its own
seed. In half an hour of `nulla drill failover` on two busy cores, whose nodes are missed after a second, a
failover took at most 4.3 seconds. Ours are missed after two, so {assumed.failover_s:g} is counted. A handover took at
most {assumed.handover_s:g}. An upgrade restarts both nodes of a
shard, one after the other, and each comes back empty and copies all.

{as_markdown(rows)}"""


def _chosen(recorded: Recorded) -> tuple[Held, Held]:
    found = recorded.of(*CHOSEN)
    assert found is not None
    return found


def _clusters(results: Results) -> str:
    loads = ", ".join(f"{load:.1f}" for load in results.load)
    others = spread([window.other_cores for window in results.windows]).median
    gone = "".join(f"\n- not measured: {one.peer} {one.workload}: {one.why}".rstrip() for one in results.missing)
    return f"""## Beside clusters of three

Our relay over an engine of three shards beside NATS JetStream and ejabberd as clusters of three, in one run on
one machine (measured): {results.machine}; load before the turns
{loads}, other programs used {others:.1f} cores meanwhile. All
processes of a cluster share one core. µs are processor time of all of them for a message of 1 KiB and its
delivery, 50 pairs at a time; senders and receivers are at different nodes, but our relay is one process.
*beside ours*: the median of ratios within a turn. Latencies of a busy machine mean little.

{as_markdown(clusters.table(results), words=True)}

What is promised differs, so a smaller figure is not a better server. JetStream answers when two of three have
the message in their logs, in order of arrival; ejabberd answers nothing and keeps nothing of what was
delivered; ours answers when one node has it in memory, numbers it, keeps it until all devices have it, and
knows neither sender nor reader. Ours speaks TLS to its engine; the others' nodes speak without.{gone}"""


def _limits() -> str:
    return """## What this cannot say

- How people are really away. The three populations show how much depends on it.
- Inboxes, typing notes, reactions, frames longer than 1,024 bytes, and files are not in the simulation.
- A society of some hundreds has no room of thousands.
- A cluster of so many nodes was not run: gossip between them, the memory of slots and the network were not measured.
- What clients do after a failover of a shard (reading boxes again) is counted in boxes, not in processor time."""
