"""The page of what a million people cost: cores, memory, disk, network; how large a relay can be; what is full first.

`bench.speed.needs` computes the figures; this module writes the text.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bench.appends import LARGE, Appends
from bench.speed import page, tables
from bench.speed.apart import APPENDS_PER_S, CONNECTIONS
from bench.speed.needs import (
    CALM_OLD_S,
    CALM_S,
    DIGEST_DOWN_BYTES,
    DIGEST_UP_BYTES,
    GIB,
    Assumed,
    Costs,
    Machine,
    Need,
    Relay,
    TogetherCosts,
    costs,
    fullest,
    most_accounts,
    needs,
    together_costs,
    together_needs,
)
from bench.speed.records import Results
from bench.speed.workloads import BOXES
from nullabona.client.runner.activity_stream import GONE_S, STAY_S
from nullabona.client.runner.reads import WAKE_WAIT_S
from nullabona.directory.core.limits import Limits as Directory
from nullabona.relay.activity import CLIENT_S, DIGEST_S
from nullabona.relay.core.limits import Limits
from nullabona.wire.messages import ACTIVITY_TAG_SIZE

MILLION: Final = 1_000_000
POPULATIONS: Final = (1 * MILLION, 5 * MILLION, 26 * MILLION)
RELAYS: Final = (1_000, 10_000, 30_000, 100_000, 300_000)
SPREAD: Final = 3
"""How many relays a person's rooms are at, if not at one."""


def write(results: Results, apart: Results, appends: Appends) -> str:
    """The page as Markdown, from the run beside others, that of our relay alone, and counted frames."""
    measured, together = costs(results, apart), together_costs(results)
    assumed, machine = Assumed(), Machine()
    made = (
        "Made by `python -m bench.speed.record` from `speed/apart.json` (recorded alone with `--apart`) and"
        " `speed/results.json`; do not edit it."
    )
    head = f"# What a million people cost\n\n{made}"
    if measured is None or together is None:
        return f"{head}\n\nThe recorded runs have not all the figures that this page is computed from.\n"
    parts = [
        head,
        page.noise(apart),
        _measured(results, apart, measured),
        _assumed(assumed, machine, appends),
        _needs(measured, assumed, machine),
        _relays(measured, assumed),
        _first(measured, assumed, machine),
        _together(together, measured, assumed, machine),
        _not_here(measured, assumed),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _measured(results: Results, apart: Results, measured: Costs) -> str:
    rows = [
        ["measured, of one relay process", "figure", "from"],
        ["CPU for a POST that appends a frame of 1,024 bytes", f"{measured.append_us:.0f} µs", "`post-append`"],
        ["CPU for a POST that reads it", f"{measured.read_us:.0f} µs", "`post-read`"],
        ["CPU for a POST that finds nothing", f"{measured.look_us:.0f} µs", "`post-look`"],
        ["CPU for a POST that appends it, on a connection that is kept", f"{measured.kept_us:.0f} µs", "`post-kept`"],
        ["CPU for an answer to a client that follows", f"{measured.answer_us:.1f} µs", "`follow`"],
        ["CPU for an answer to a client that polls, and the next question", f"{measured.polled_us:.1f} µs", "`hear`"],
        ["CPU for a wait without news, and the next", f"{measured.wait_us:.1f} µs", "`inbox`"],
        ["CPU for a WebSocket that is opened, and its first question", f"{measured.connect_us:.0f} µs", "`hears`"],
        ["CPU for a client that is only connected, each second", f"{measured.idle_us:.1f} µs", "`hears`"],
        ["memory for a client that polls and waits", f"{measured.client_bytes / 1_024:.0f} KiB", "`hears`"],
        ["clients that connect", f"{measured.connects:,.0f}/s", "`hears`"],
        ["disk for a frame of 1,024 bytes", f"{measured.message_bytes:,.0f} bytes", "[speed](speed.md)"],
        ["people that register", f"{measured.registrations:,.0f}/s", "[speed](speed.md), `register`"],
    ]
    return (
        f"## What was measured\n\n{tables.as_markdown(rows)}\n\n"
        "The relay had one core and the load generator the other, over loopback and without TLS. Each POST was on a"
        " new connection, as with clients; meanwhile one client polled. CPU for an answer is what 2,000 clients"
        " cost more than one, while 200 boxes were active each second. The figures are medians of all turns.\n\n"
        f"`speed/apart.json`: {_where(apart)}. `speed/results.json`: {_where(results)}."
    )


def _where(run: Results) -> str:
    others = sorted(window.other_cores for window in run.windows)
    return (
        f"{run.machine}; load before the turns {', '.join(f'{load:.1f}' for load in run.load)}, other programs used"
        f" {others[len(others) // 2]:.1f} cores meanwhile"
    )


BEFORE: Final = {2: 2.7, 10: 13.3, 100: 55.1}
"""Frames for each message in rooms of so many with receipts that were all prompt: `bench.appends` of that time."""


def _assumed(assumed: Assumed, machine: Machine, appends: Appends) -> str:
    lived = appends.societies
    sizes = sorted({room.people for room in appends.rooms})
    took = ", ".join(f"rooms of {people} took {appends.each(people):.3g}" for people in sizes)
    said = ", ".join(f"{sum(r.messages for r in appends.rooms if r.people == size)}" for size in sizes)
    before = ", ".join(f"{BEFORE[size]:g}" for size in sizes if size in BEFORE)
    return f"""## What was assumed

- Each person sends {assumed.messages} messages a day and is in {assumed.rooms} rooms, all of them at one relay.
- A message makes {assumed.frames:g} frames: itself, and its share of receipts and group changes. With the real client,
  {took} (few: {said} messages; rooms of {LARGE} from their requests
  alone). {assumed.frames:g} is the mean of all rooms of {lived.accounts} people in {lived.days} days,
  from their requests alone: {lived.each:.1f}, where {lived.in_groups:.0%} is said in groups.
  `{appends.command}` prints all of them.
  While each receipt was prompt, these were {before} and 3.8
  ([decision 0067](decisions/0067-slim-receipts.md)). Notes that somebody is writing are not counted: each is a frame
  more.
- {assumed.readers} devices read a frame, each with its own POST: no two frames are read together.
- The busiest second is {assumed.peak:g} times the average one.
- {assumed.online:.0%} of all people have a device connected at once. It follows activity, over a new connection every
  {STAY_S + GONE_S:.0f} seconds. It reads each room's box every {CALM_S / 60:.0f} minutes, and the boxes of past epochs,
  {assumed.old_boxes:g} a room, every {CALM_OLD_S / 3_600:.0f} hours.
- An activity digest is {DIGEST_S:g} s long, or {CLIENT_S * 1e6:.0f} µs for each client if that is longer.
  Each client gets {ACTIVITY_TAG_SIZE} bytes for each active box. Besides, each digest takes
  {DIGEST_DOWN_BYTES} bytes to the client and {DIGEST_UP_BYTES} from it, IP and TCP included.
- A frame is {assumed.frame_bytes:,} bytes and is kept {assumed.days} days: nobody trims.
- A machine has {machine.memory_bytes // GIB} GiB of memory, {machine.disk_bytes / 1e12:g} TB of disk and
  {machine.network_bits / 1e9:g} Gbit/s; a relay is one process and uses one core of it.

You can change these values in `bench/speed/needs.py`. Files (blobs) are not counted: they take only disk and
network. Nor are the frames in which contacts hand over cards, 0.07 a message for somebody with 20 contacts
([0068](decisions/0068-cards-handed-over.md)), and the question that a device asks as a newcomer every ten minutes
([0069](decisions/0069-one-signed-stream.md))."""


def _needs(measured: Costs, assumed: Assumed, machine: Machine) -> str:
    columns = [needs(people, measured, assumed, machine) for people in POPULATIONS]
    rows = [["", *_heads()], *_rows(columns)]
    relays = [people / assumed.accounts for people in POPULATIONS]
    rows.append([f"relays of {assumed.accounts:,} accounts", *(f"{count:,.0f}" for count in relays)])
    made = Relay(assumed.accounts, assumed).connections
    rows.append(["new connections in the busiest second", *(f"{count * made:,.0f}" for count in relays)])
    joined = [people / measured.registrations / 3_600 for people in POPULATIONS]
    rows.append(["hours until all have registered, one process, with its limit raised", *(f"{h:,.1f}" for h in joined)])
    limit = Directory().registrations.per_s
    slow = [people / limit / 3_600 for people in POPULATIONS]
    rows.append([f"the same at the default limit, {limit:g} a second", *(f"{hours:,.1f}" for hours in slow)])
    back = assumed.accounts * assumed.online / measured.connects
    return (
        f"## What they need\n\nAt relays of {assumed.accounts:,} accounts each. In brackets: how many such machines, or"
        f" cores, that is.\n\n{tables.as_markdown(rows)}\n\n"
        f"After a relay was away, all its clients are connected again in {back:.0f} seconds, or sooner: the measurement"
        " shows how fast the load generator connects. Registrations were measured for some seconds, during which no"
        " epoch was closed."
    )


def _heads() -> list[str]:
    return [f"{people // MILLION} million" for people in POPULATIONS]


def _rows(columns: list[list[Need]]) -> list[list[str]]:
    return [
        [row[0].name, *(f"{need.amount} ({_about(need.share)})" for need in row)] for row in zip(*columns, strict=True)
    ]


def _relays(measured: Costs, assumed: Assumed) -> str:
    head = ["accounts", "an activity digest is", "cores", "of these for answers", "a client's day", "memory",
    "Mbit/s out",
            "new connections/s"]  # fmt: skip
    rows = [head]
    for accounts in RELAYS:
        relay = Relay(accounts, assumed)
        rows.append(
            [
                f"{accounts:,}",
                f"{relay.digest_s:.2g} s",
                f"{relay.cores(measured):.2f}",
                f"{relay.answering(measured):.2f}",
                f"{relay.heard_bytes() / 1e6:.0f} MB",
                f"{relay.memory_bytes(measured) / GIB:.2f} GiB",
                f"{relay.out_bits(measured) / 1e6:,.0f}",
                f"{relay.connections:,.0f}",
            ]
        )
    share = measured.answer_us / (CLIENT_S * 1e6)
    return f"""## How large a relay can be

The figures are for the busiest second; a relay has no more than one core. *A client's day* is what a client
receives and sends for following if it is connected all day, even if nothing happens in its own rooms.

{tables.as_markdown(rows)}

The more clients follow, the longer a digest lasts. That keeps the answers at {share:.0%} of the core at most, and
messages arrive later instead, by half a digest or more. The number of tags still grows with all messages, and every
client gets all tags: their bytes grow with the square of the accounts. At small relays a client's day is mostly
the bytes around the tags."""


def _first(measured: Costs, assumed: Assumed, machine: Machine) -> str:
    found = fullest(measured, assumed, machine)
    lines = [f"- **{name}** is full at {_accounts(most)} accounts." for name, most in found.items()]
    apart = replace(assumed, heard=SPREAD)
    spread = most_accounts(lambda relay: relay.cores(measured), apart)
    day = Relay(assumed.accounts, apart).heard_bytes() / Relay(assumed.accounts, assumed).heard_bytes()
    second = most_accounts(lambda relay: relay.digest_s, assumed)
    return f"""## What must be divided first

For one relay process on such a machine, if following may take {assumed.day_bytes / 1e6:.0f} MB of a client in a day:

{chr(10).join(lines)}

People notice delays before that: from {_accounts(second)} accounts on, an activity digest is longer than a second. So
accounts are divided among relays of some tens of thousands; the next limit is {next(iter(found))}. Dividing needs
nothing new in the protocol: a box is at the relay that its room names, and relays know nothing about each other. But
each person chooses the relay (`--relay`), nothing spreads people automatically, and an account is at its handle's host
unless it says otherwise. And a client follows each relay at which it has rooms. If each person's rooms are at {SPREAD}
relays of {assumed.accounts:,} accounts, a client's day is {day:.1f} times as much, and the core is full at
{_accounts(spread)} accounts: people who talk with each other belong on one relay.

The directory of one host is not divided: one process has all its cards and its public record, and they grow with
people, not with messages (`python -m bench directory`)."""


def _accounts(count: float) -> str:
    return f"{float(f'{count:.2g}'):,.0f}"


def _together(together: TogetherCosts, measured: Costs, assumed: Assumed, machine: Machine) -> str:
    rows = [["", *_heads()], *_rows([together_needs(people, together, assumed, machine) for people in POPULATIONS])]
    cores = [
        needs(MILLION, measured, assumed, machine)[0].share,
        together_needs(MILLION, together, assumed, machine)[0].share,
    ]
    return f"""## With `--fast`

This table assumes that each client uses one connection for all its rooms and waits for wake tokens on it. That shows a
relay's machine who talks with whom ([leakage](leakage.md)). The core's time alone then limits the size of a relay. The
default takes {cores[0] / cores[1]:.0f} times the cores, at relays of {assumed.accounts:,} accounts.

{tables.as_markdown(rows)}

From `pairs-1`, `room-32` and `in-rooms` ([speed](speed.md)): {together.append_us:.1f} µs for a frame and its first
delivery, {together.delivery_us:.2f} µs for each further one, {together.wait_us:.1f} µs for a wait without news,
{together.client_bytes / 1_024:.0f} KiB for a client, which waits in {BOXES} boxes, {WAKE_WAIT_S} seconds on average.
{assumed.overhead_bytes} bytes are around a frame."""


def _not_here(measured: Costs, assumed: Assumed) -> str:
    relay = Relay(assumed.accounts, assumed)
    posts, limits = relay.connections - relay.returns, Limits()
    return f"""## What is not counted

This page is arithmetic on figures of one small machine, not a trial with a million people: `unproven`.

- **TLS.** A relay of {assumed.accounts:,} accounts has {relay.connections:,.0f} new connections in the busiest second,
  {posts:,.0f} of them POSTs; a million people have {MILLION / assumed.accounts * relay.connections:,.0f}. Each begins
  with a handshake, whose signature and key exchange may well cost more than the request. A proxy in front of the relay
  can do them on other cores. The memory and bytes of TLS are not counted either.
- Trims, reads after an absence, repeated requests, and other requests of a client (cards, the record).
- Devices that share an account: each follows and waits like a separate client.
- What a relay does once a minute, except for pings, which are assumed to cost as much as a wait.
- Appends share less if fewer come. At {APPENDS_PER_S} a second over a WebSocket, nearly each in its own batch and sync,
  one took {measured.alone_us:.0f} µs; those that were measured as POSTs shared batches.
- Longer answers cost more. The measured ones had {measured.tags:.0f} tags, and a relay of {RELAYS[-2]:,} accounts has
  {Relay(RELAYS[-2], assumed).tags:,.0f} in each.
- Clients miss some activity digests while they are away for seconds, and then take two together.
- A relay's limits (`nulla relay limits`): with {limits.connections:,} connections it serves
  {limits.connections // CONNECTIONS:,} such clients, so the limit has to be raised.
- The memory is that of clients that do nothing; a page cache for repeated reads is not counted.
- With very many busy boxes each frame touches a separate page, and a frame costs up to four times as much
  ([decision 0003](decisions/0003-relay-storage.md))."""


def _about(count: float) -> str:
    """Two digits, and no exponent."""
    return f"{count:.2g}" if count < 100 else f"{float(f'{count:.2g}'):,.0f}"
