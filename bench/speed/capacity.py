"""What a million people cost, computed from a run: cores, memory, disk, network; and what has to be divided first."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.peers.registry import OURS
from bench.speed import page, tables
from bench.speed.records import Results, Window
from bench.speed.workloads import BOXES
from nullabona.client.runner.reads import LISTEN_S

MILLION: Final = 1_000_000
POPULATIONS: Final = (1 * MILLION, 5 * MILLION, 26 * MILLION)
DAY_S: Final = 86_400
GIB: Final = 2**30


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is not measured. Each is printed on the page."""

    messages: int = 40
    """That a person sends in a day."""
    frames: float = 2.0
    """Frames for each message: itself, and its share of receipts and changes of groups."""
    readers: int = 5
    """Devices that read a frame."""
    peak: float = 3.0
    """The busiest second by the average one."""
    online: float = 0.5
    """Share of people with a device connected at once."""
    frame_bytes: int = 1_024
    overhead_bytes: int = 160
    """Of requests, answers, WebSocket and TCP around a frame."""
    days: int = 30
    """That frames are kept."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that can be rented anywhere. The relay uses one of its cores."""

    memory_bytes: int = 64 * GIB
    disk_bytes: int = 4 * 10**12
    network_bits: int = 10**9


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured of ours: the medians."""

    append_us: float
    """Server CPU for a message with its one delivery, when batches are small."""
    delivery_us: float
    """Server CPU for one more delivery."""
    client_bytes: float
    """Memory for a client that waits for its inbox and twenty rooms."""
    message_bytes: float
    """Disk for a message."""
    wait_us: float
    """Server CPU for a wait without news, the look into the box, and the next wait."""
    connects: float
    """A second."""
    registrations: float
    """A second."""


@dataclass(frozen=True, slots=True)
class Need:
    """One resource: what so many people need of it, and the share of one machine (or of one core) that this is."""

    name: str
    amount: str
    share: float


def costs(results: Results) -> Costs | None:
    """The figures that the computation rests on; None if the run has not all of them."""
    held = [holding.bytes_per_message for holding in results.holdings if holding.peer == OURS]
    rooms = tables.windows(results, OURS, "in-rooms")
    found = [
        _median(results, "pairs-1", tables.cost_us),
        _median(results, "room-32", tables.cost_us),
        _median(results, "in-rooms", lambda window: window.value * 1_024),
        statistics.median(held) if held else None,
        _detail(rooms, "wait_us"),
        _detail(rooms, "connects_per_s"),
        _median(results, "register", lambda window: window.value),
    ]
    if None in found:
        return None
    return Costs(*(value for value in found if value is not None))


def _detail(windows: Sequence[Window], name: str) -> float | None:
    found = [window.details[name] for window in windows if name in window.details]
    return statistics.median(found) if found else None


def _median(results: Results, workload: str, of: Callable[[Window], float]) -> float | None:
    found = [of(window) for window in tables.windows(results, OURS, workload)]
    return statistics.median(found) if found else None


def needs(people: int, measured: Costs, assumed: Assumed, machine: Machine) -> list[Need]:
    """What so many people need."""
    frames_a_day = people * assumed.messages * assumed.frames
    appends = frames_a_day / DAY_S * assumed.peak
    waits = people * assumed.online * BOXES / LISTEN_S
    talk = appends * (measured.append_us + (assumed.readers - 1) * measured.delivery_us)
    cores = (talk + waits * measured.wait_us) / 1e6
    memory = people * assumed.online * measured.client_bytes
    disk = frames_a_day * assumed.days * measured.message_bytes
    sent = appends * assumed.readers * (assumed.frame_bytes + assumed.overhead_bytes) * 8
    return [
        Need("cores, in the busiest second", f"{cores:.2f}", cores),
        Need("memory, clients connected", f"{memory / GIB:,.1f} GiB", memory / machine.memory_bytes),
        Need("disk", f"{disk / 1e12:,.2f} TB", disk / machine.disk_bytes),
        Need("network out, in the busiest second", f"{sent / 1e6:,.0f} Mbit/s", sent / machine.network_bits),
    ]


def write(results: Results) -> str:
    """The page as Markdown."""
    measured, assumed, machine = costs(results), Assumed(), Machine()
    made = "Made by `python -m bench.speed.record` from `speed/results.json`; do not edit it."
    head = f"# What a million people cost\n\n{made}"
    if measured is None:
        return f"{head}\n\nThe recorded run has not all the figures that this page is computed from.\n"
    parts = [
        head,
        *([busy] if (busy := page.noise(results)) else []),
        _measured(results, measured),
        _assumed(assumed, machine),
    ]
    return (
        "\n\n".join([*parts, _needs(measured, assumed, machine), _first(measured, assumed, machine), _not_here()])
        + "\n"
    )


def _measured(results: Results, measured: Costs) -> str:
    rows = [
        ["measured, of one relay process", "figure", "from"],
        ["CPU for a frame and its first delivery", f"{measured.append_us:.1f} µs", "`pairs-1`: batches are small"],
        ["CPU for each further delivery", f"{measured.delivery_us:.2f} µs", "`room-32`"],
        ["CPU for a wait without news, and a look into the box", f"{measured.wait_us:.1f} µs", "`in-rooms`"],
        ["memory for a client in twenty rooms", f"{measured.client_bytes / 1_024:.0f} KiB", "`in-rooms`"],
        ["disk for a frame of 1,024 bytes", f"{measured.message_bytes:,.0f} bytes", "what lies on the disk"],
        ["clients in twenty rooms that connect", f"{measured.connects:,.0f}/s", "`in-rooms`"],
        ["people that register", f"{measured.registrations:,.0f}/s", "`register`"],
    ]
    return (
        f"## What was measured\n\n{tables.as_markdown(rows)}\n\nOn {results.machine}; load before the turns "
        f"{', '.join(f'{load:.1f}' for load in results.load)}. All of it is on [the page of speed](speed.md)."
    )


def _assumed(assumed: Assumed, machine: Machine) -> str:
    return f"""## What was assumed

- Each person sends {assumed.messages} messages a day and is in twenty rooms.
- A message makes {assumed.frames:g} frames: itself, and its share of receipts and changes of groups.
- {assumed.readers} devices read a frame; the busiest second is {assumed.peak:g} times the average one.
- {assumed.online:.0%} of all people have a device connected at once.
- Who is connected waits in {BOXES} boxes, for {LISTEN_S} seconds on average without news.
- A frame is {assumed.frame_bytes:,} bytes, {assumed.overhead_bytes} more on the network, and is kept
  {assumed.days} days: nobody trims.
- A machine has {machine.memory_bytes // GIB} GiB of memory, {machine.disk_bytes / 1e12:g} TB of disk and
  {machine.network_bits / 1e9:g} Gbit/s; a relay is one process and uses one core of it.

All this can be changed in `bench/speed/capacity.py`. Files (blobs) are not counted: they are disk and network only."""


def _needs(measured: Costs, assumed: Assumed, machine: Machine) -> str:
    columns = [needs(people, measured, assumed, machine) for people in POPULATIONS]
    rows = [["", *(f"{people // MILLION} million" for people in POPULATIONS)]]
    rows += [
        [row[0].name, *(f"{need.amount} ({need.share:.2g})" for need in row)] for row in zip(*columns, strict=True)
    ]
    storm = [people * assumed.online / measured.connects / 60 for people in POPULATIONS]
    rows.append(["minutes until all connected again, one process", *(f"{minutes:,.0f}" for minutes in storm)])
    joined = [people / measured.registrations / 3_600 for people in POPULATIONS]
    rows.append(["hours until all have registered, one process", *(f"{hours:,.1f}" for hours in joined)])
    return "## What they need\n\nIn brackets: how many such machines, or cores, that is.\n\n" + tables.as_markdown(rows)


def _first(measured: Costs, assumed: Assumed, machine: Machine) -> str:
    one = needs(MILLION, measured, assumed, machine)
    ordered = sorted(one, key=lambda need: -need.share)
    lines = [f"- **{need.name}**: one machine is full at {_people(need)} million people." for need in ordered]
    cores = one[0]
    alone = (
        f"One process suffices for the CPU of {_people(cores)} million people, so nothing is gained from several"
        " processes over one store before something else is full."
        if cores is not ordered[0]
        else f"A relay is one process, and its one core is full at {_people(cores)} million people."
    )
    return f"""## What must be divided first

{ordered[0].name.partition(",")[0].capitalize()}, then the rest in this order:

{chr(10).join(lines)}

{alone} Dividing needs no new mechanism for rooms: a box is at the relay that its room names, relays know nothing of one
another, and a host can run as many as it likes. What is not divided is the directory of one host: all its cards and its
public record are one process's, and grow with people, not with messages (`python -m bench directory`)."""


def _people(need: Need) -> str:
    return f"{1 / need.share:,.2g}"


def _not_here() -> str:
    return """## What this cannot say

It is arithmetic on figures of one small machine, not a trial with a million people: `unproven`. The relay's limits of
connections and waiting reads (`nulla relay limits`) have to be raised. Memory is of clients that do nothing; a page
cache for what is read again is not counted, nor is TLS, which costs memory for each connection and CPU for each new.
With very many busy boxes each frame touches a page of its own, and a frame costs up to four times as much
([decision 0003](decisions/0003-relay-storage.md))."""
