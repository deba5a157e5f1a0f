"""The page of a client's figures: on which machine, which bars are met, what each figure does not cover."""

from __future__ import annotations

import math
from typing import Final

from bench.client import tables
from bench.client.bars import LEAST_TALK, verdicts
from bench.client.plan import BENCHES
from bench.client.records import Results
from bench.client.reports import Latency, Opening
from bench.speed.tables import Table, as_markdown
from nullabona.client.core.step import Timing
from nullabona.client.runner.read_schedule import LATELY_S, LONGEST, OFTEN, SLOWER
from nullabona.relay.activity import DIGEST_S

COMMAND: Final = "python -m bench.client"
NOISE: Final = 0.3
"""Cores used by others above which a figure says little about time on the clock."""


def write(results: Results) -> str:
    """The page as Markdown; its data is in the folder ``client/`` beside it."""
    parts = [
        _head(),
        _machine(results),
        _noise(results),
        _bars(results),
        _opening(results),
        _latency(results),
        _catchup(results),
        _rooms(results),
        _memory(results),
        _missing(results),
        _limits(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head() -> str:
    return f"""# What a client takes

Made by `{COMMAND} --record` from `client/results.json`; do not edit it. `--draw` makes it again from the data.
Every bench ran in its own process. A figure is a median, with the least and the greatest in brackets: for opening over
the starts of a process, otherwise over the turns. The relay's figures are in [speed](speed.md)."""


def _machine(results: Results) -> str:
    if not results.runs:
        return "**Nothing has been measured yet.**"
    machines = list(dict.fromkeys(run.machine for run in results.runs))
    dates = sorted({run.date for run in results.runs})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    several = " **Figures of different machines are not to be compared.**" if len(machines) > 1 else ""
    loads = [run.load for run in results.runs]
    minutes = sum(run.took_s for run in results.runs) / 60
    return (
        f"Measured on: {'; '.join(machines)}.{several}\nDate: {when}; {len(results.runs)} runs, {minutes:.0f} minutes"
        f" together. Load before each of them: {min(loads):.1f} to {max(loads):.1f}."
    )


def _noise(results: Results) -> str:
    busy = [run for run in results.runs if run.others_cores >= NOISE]
    if not busy:
        return ""
    names = ", ".join(dict.fromkeys(run.bench for run in busy))
    most = max(run.others_cores for run in busy)
    return (
        f"**The machine was busy with other things** in {len(busy)} of {len(results.runs)} runs ({names}): up to"
        f" {most:.1f} cores. The times are then those of a part of the machine; CPU time and memory are affected least."
    )


def _bars(results: Results) -> str:
    judged = verdicts(results)
    met, missed = sum(v.met is True for v in judged), sum(v.met is False for v in judged)
    told = (
        f"{met} met, {missed} missed, {len(judged) - met - missed} not measured. The median decides whether a bar is"
        f" met, and only at the size that the bar names; for latency it needs at least {LEAST_TALK} messages. *Whose*"
        " is the target that was set before the bench was written; the price that a "
        "[decision](decisions/0026-activity-digests.md)"
        " names; *ours*, set before that decision and kept for the shared connection; or a limit of the protocol or of"
        " a small machine, at which `bench.rooms` fails."
    )
    return f"## Bars\n\n{told}\n\n{as_markdown(tables.bars(results), words=True)}"


def _section(title: str, bench: str, told: str, found: list[Table]) -> str:
    """Its tables and what they do not cover, or a note that nothing was measured."""
    filled = [as_markdown(table) for table in found if len(table) > 1]
    if not filled:
        return f"## {title}\n\nNot measured. `{COMMAND} --record --only {bench}` measures it."
    return "\n\n".join([f"## {title}", told, *filled])


def _opening(results: Results) -> str:
    reports = results.reports(Opening)
    profile = "; ".join(
        f"{each.messages:,} messages in {each.rooms:,} rooms, {each.store_mib:,.0f} MiB on disk" for each in reports
    )
    told = (
        f"A profile of {profile}. The time is from the start of a process until the list of chats could be shown:"
        " through `client.api`, by `nulla room list`, and by `nulla app` until its page can be opened. For *files on"
        " disk* the profile was first removed from the machine's page cache.\n\nLimits: Python's own files stay in"
        " memory, and its modules are compiled. Nothing has to be typed, and no passphrase is stretched, which is slow"
        " on purpose. Half of the messages are in one room, and the rooms have no other members. Painting the page in a"
        " browser is not covered; `make bench-app` measures it."
    )
    return _section("From a start to a usable list", "opening", told, [tables.opening(results)])


def _latency(results: Results) -> str:
    told = (
        "The time is from the call of `send` until the reader's event with the message, one message at a time. By "
        f"default the reader learns of it from an activity digest, closed {DIGEST_S:g} s after the first append in it, "
        f"and reads the box at a random moment, {_drawn_s(results):g} s later on average when this was measured. The "
        "last column is computed from these constants for the median; it is not measured. A box that is active more "
        f"than {OFTEN} times in {LATELY_S:g} s is read later and later, up to {1 << SLOWER} times as late, and a "
        "receipt counts like a message. So *one after another* is a lively conversation, and *between messages* a "
        "slow one. With `--fast` nothing waits, and an observer of the traffic sees more "
        "([0026](decisions/0026-activity-digests.md)). The parts are *encrypt + store*, until `send` returns; "
        "*relay durable*, "
        "until the relay answers that the frame is on disk; *deliver*, until the reader has the frame (this may be "
        "negative with `--fast`, where the relay answers both at about the same time); *decrypt + store*; and "
        "*tell*, until the listener has the event.\n\nNot covered: a network, TLS, and a second processor, since both "
        "clients share one process and its event loop; rooms of more than two; files; and a painted bubble "
        "(`make bench-app`)."
    )
    found = [tables.latency(results), tables.parts(results)]
    return _section("From one client to another", "latency", told, found)


def _drawn_s(results: Results) -> float:
    """The mean of the drawn moments in these runs, from what their medians waited on purpose."""
    waits = [each.waits_ms for each in results.reports(Latency) if each.waits_ms]
    # A default that changed later does not change what is on record.
    return round((waits[0] / 1_000 - DIGEST_S) / math.log(2), 3) if waits else Timing().active / 1_000


def _catchup(results: Results) -> str:
    mean_s = Timing().behind / 1_000
    told = (
        "A client with MLS and an encrypted store opens its profile and reads the waiting messages; the clock stops at"
        " the event of the last one. *And core* divides by the CPU time of the client's process, all threads, from the"
        f" opening of the profile on. By default each box is read at its own random moment, {mean_s:g} s later on"
        f" average and {LONGEST * mean_s:g} at most, so most of the time on the clock is intended waiting.\n\nNot"
        " covered: starting the interpreter; the relay's and the writer's CPU; a network; boxes with commits, files or"
        " losses in them. One writer sends everything, in rooms of two."
    )
    return _section("Coming back to waiting messages", "catchup", told, [tables.catchup(results)])


def _rooms(results: Results) -> str:
    told = (
        "Times in ms, sizes in KiB, with the post-quantum suite. *Add* is one bulk operation, here for each device"
        " added; *join*, *receive* and *follow* (a removal) are for each device; *send* is for each message. At two"
        " devices nobody is left to follow.\n\nNot covered: disk and network, because stores are in memory and the"
        " relay is the tests' model. In a large room only the *whole clients* are full devices; the others are only key"
        " packages and leaves. So these figures include neither a thousand joins at once nor members who commit against"
        " each other."
    )
    return _section("Rooms of many devices", "rooms", told, [tables.room_times(results), tables.room_bytes(results)])


def _memory(results: Results) -> str:
    told = (
        "The greatest resident memory that a process ever had (`VmHWM`), interpreter included: for opening until the"
        " list was there, for coming back until the last message.\n\nNot covered: a client that runs for days"
        " ([soak](soak.md)), and the app's page in a browser. No row of a room is one client's memory, because one"
        " process runs all clients."
    )
    return _section("Memory", " ".join(BENCHES), told, [tables.memory(results)])


def _missing(results: Results) -> str:
    """What failed or was stopped, and which benches have no run at all."""
    ran = {run.bench for run in results.runs} | {each.bench for each in results.missing}
    lines = [
        f"- `{' '.join((f'bench.{each.bench}', *each.arguments))}`, turn {each.turn + 1}: {_plain(each.why)}"
        for each in results.missing
    ]
    lines += [f"- `bench.{bench}` was not run" for bench in BENCHES if bench not in ran]
    return "## What is missing\n\n" + "\n".join(lines) if lines else ""


def _plain(text: str) -> str:
    return " ".join(text.split())


def _limits() -> str:
    limits = (
        "One machine, loopback, no TLS. A client far from the relay also waits for the network.",
        "The host decides how fast a virtual machine's disk is; these figures do not show how fast it was.",
        "A few turns show differences between turns on this machine, not between machines or phones.",
    )
    return "## What this cannot say\n\n" + "\n".join(f"- {limit}" for limit in limits)
