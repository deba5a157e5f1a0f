"""The page of a run: what was measured on which machine, which bars are met, what each figure is worth."""

from __future__ import annotations

from typing import Final

from bench.peers.registry import OURS
from bench.speed import tables
from bench.speed.arithmetic import spread
from bench.speed.bars import verdicts
from bench.speed.records import Results
from bench.speed.workloads import WORKLOADS, Workload

COMMAND: Final = "python -m bench.speed.record"
NOISE: Final = 0.3
"""Cores used by others above which a window says little about wall time."""


def write(results: Results, apart: Results | None = None) -> str:
    """The page as Markdown. The plots lie beside it in ``speed/``. ``apart``: what our relay costs by default."""
    parts = [
        _head(results),
        noise(results),
        _gaps(results),
        _bars(results),
        *(_workload(results, each) for each in WORKLOADS),
    ]
    return (
        "\n\n".join(
            part
            for part in [*parts, _by_default(apart), _steps(results), _disk(results), _servers(results), _limits()]
            if part
        )
        + "\n"
    )


def _head(results: Results) -> str:
    loads = ", ".join(f"{load:.1f}" for load in results.load)
    return f"""# Speed, side by side

Made by `{COMMAND}` from `speed/results.json`; do not edit it. Every server had one core and the load
generator the other, over loopback, with 1 KiB opaque payloads. A figure is the median of {results.turns} turns and in
brackets its least and greatest; in every turn each server had its go, and ratios divide figures of the same turn only.
What a server wrote is deleted before the next has its go: where it was left, all servers that write were half as fast
after some gigabytes, whichever they were.

**What is called nullabona here is its relay over lasting connections**, as a client uses it that comes `--together`. By
default a client posts each request on a connection of its own and polls the activity at drawn moments
([leakage](leakage.md) says why): the section *What a client does by default* has what that costs the relay. The bars
are those of the former.

Measured on: {results.machine}.
Load before each turn: {loads}. One synced kilobyte before each turn:
{", ".join(f"{ms:.2f}" for ms in results.sync_ms)} ms. Windows of {results.seconds:g} s."""


def noise(results: Results) -> str:
    """A warning, where others used the machine while it was measured."""
    others = spread([window.other_cores for window in results.windows])
    if others.median < NOISE:
        return ""
    return (
        f"**The machine was busy with other things**: {others.median:.1f} cores as a rule while these figures were"
        " taken. Rates and latencies are then those of a share of a machine, and only ratios of servers that wait for"
        " the same things mean something; *server µs each* is CPU time and suffers least."
    )


def _gaps(results: Results) -> str:
    """That not every server had its go in every turn, where that is so."""
    short = [
        f"{name} {had} of {results.turns}"
        for name in tables.names(results)
        if (had := len({window.turn for window in results.windows if window.peer == name})) < results.turns
    ]
    said = f"**Not every server had every turn**: {', '.join(short)}." if short else ""
    return " ".join(part for part in (said, results.note) if part)


def _bars(results: Results) -> str:
    judged = verdicts(results)
    met, missed = sum(v.met is True for v in judged), sum(v.met is False for v in judged)
    said = f"{met} met, {missed} missed, {len(judged) - met - missed} not measured. A bar is judged by the median."
    return f"## Bars\n\n{said}\n\n{tables.as_markdown(tables.bars(results))}"


def _workload(results: Results, workload: Workload) -> str:
    found = [name for name in tables.names(results) if results.values(name, workload.name)]
    if not found:
        return ""
    better = "More is better." if workload.better > 0 else "Less is better."
    said = f"{WORDS[workload.name]} {better}"
    picture = f"![{alt(results, workload)}](speed/{workload.name}.svg)"
    table = tables.as_markdown(tables.by_workload(results, workload))
    return "\n\n".join([f"## {workload.title}", said, picture, table])


WORDS: Final = {
    "pair": (
        "From sending until the reader has parsed the message and the sender was told, where the protocol tells it"
        " anything; the next is sent then."
    ),
    "pairs-1": "A hundred connections; the next message of a pair is sent when the last is through.",
    "pairs-32": "The same with 32 messages of each pair on their way, sent as slots become free.",
    "room-1": "One sender, a hundred readers; a message is through when all have it. Deliveries are counted.",
    "room-32": "The same with 32 messages on their way.",
    "stored": (
        "A reader who was away connects and takes everything. A server that stores slowly was given 12 seconds, and"
        " then has fewer to give. XMPP with an archive is asked for pages of 250."
    ),
    "idle": (
        "Memory of the server (proportional set size) for each connected client that could be told of a message."
        " Ours waits in a read; XMPP clients are logged in and present, each in an account of its own; of Synapse's ten"
        " share one; brokers' clients are subscribed."
    ),
    "in-rooms": (
        "The same for a client that waits for its inbox and twenty rooms. A subscription of the others serves all"
        " rooms, so there is nothing to compare with."
    ),
    "register": (
        "Ours checks the signatures of a card and keeps it for good; XMPP makes an account with a password. Each on a"
        " connection of its own, 64 at a time; what is not done within six seconds does not count. Our rate limit, a"
        " policy, is lifted."
    ),
}


def alt(results: Results, workload: Workload) -> str:
    """What the plot shows, in words."""
    said = "; ".join(
        f"{name} {tables.said(spread(list(values.values())))}"
        for name in tables.names(results)
        if (values := results.values(name, workload.name))
    )
    return f"{workload.title}, {workload.unit}: {said}."


def _by_default(apart: Results | None) -> str:
    """What the default costs the relay, as measured without the others."""
    if apart is None:
        return ""
    rows = [["what a client does", "a second, on one core", "server µs each"]]
    for name, said in DEFAULT.items():
        found = tables.windows(apart, OURS, name)
        if found:
            rate = tables.said(spread([window.value for window in found]))
            rows.append([said, rate, tables.figure(spread([tables.cost_us(window) for window in found]).median)])
    hears = tables.windows(apart, OURS, "hears")
    kept = tables.said(spread([window.value for window in hears])) if hears else tables.NOT
    how = (
        f"Measured alone, {apart.machine}; [capacity](capacity.md) is computed from it. 50 POSTs at a time, each on a"
        " connection of its own. None of the bars of `pairs-32` would be met by such appends, and a message takes as"
        " long as it takes to be heard of: at least a fifth of a second, at drawn moments. A client that hears, and"
        f" waits at its inbox, takes {kept} KiB of the relay's memory."
    )
    return f"## What a client does by default\n\n{how}\n\n{tables.as_markdown(rows)}"


DEFAULT: Final = {
    "post-append": "appends a frame that wakes devices, by POST",
    "post-read": "reads a frame, by POST",
    "post-look": "looks and finds nothing, by POST",
}


def _steps(results: Results) -> str:
    table = tables.steps(results)
    if len(table) == 1:
        return ""
    how = (
        "The prototype (`bench/ceiling`) has the relay's shape and none of its promises. Each row adds one thing to the"
        " bare one, most of them made by the product's own code; 50 pairs, 32 on their way. Differences of less than a"
        " tenth are within what the same server differs from turn to turn. *padding* sends 2,048 bytes in place of"
        " 1,024: what a message costs that just does not fit its bucket."
    )
    return f"## What each promise costs\n\n{how}\n\n{tables.as_markdown(table)}"


def _disk(results: Results) -> str:
    if not results.holdings:
        return ""
    how = (
        "One pair, messages one by one. As soon as the last one was answered, every file of the server was searched for"
        " a piece of the payload and for the names under which the server knows those who talk. All payloads are opaque"
        " here; what matters is what stands beside them. *Bytes* are those by which the folder grew, three seconds"
        " later, after as many had come before. *Syncs* were counted with strace: where there are none, what was"
        " answered is not on disk at all."
    )
    table = tables.as_markdown(tables.holdings(results), words=True)
    return f"## What lies on the disk when the answer comes\n\n{how}\n\n{table}"


def _servers(results: Results) -> str:
    gone = tables.missing(results)
    lines = "\n".join(f"- {line}" for line in gone)
    said = f"\n\nNot measured:\n\n{lines}" if gone else ""
    return f"## Servers\n\n{tables.as_markdown(tables.servers(results), words=True)}{said}"


def _limits() -> str:
    limits = (
        "No TLS anywhere, no compression; one machine, loopback. Over a network all of them wait for the network.",
        (
            "XMPP tells its sender nothing (no XEP-0198); with acknowledgements it would cost more. ejabberd uses"
            " several cores where it has them; one process of ours does not."
        ),
        (
            "The clients of the load generator were written for this. *loader cores* near 1 means that the generator,"
            " not the server, sets the figure: marked *bound*, and then a lower bound for that server."
        ),
        (
            "Four bars compare ways of storing as they come: ejabberd's and Prosody's archives and Synapse sync eight"
            " times a message and more, one message at a time; ours and Redis sync what came meanwhile together. NATS"
            " has a stream for each pair, and syncs each message."
        ),
        "XMPP is text: its 1 KiB is sent as base64, 1,368 bytes.",
        "Chat servers do routing, rosters, presence and rooms; brokers none of it; ours leaves most of it to clients.",
        "Peers run near their defaults; what differs is in the table. Tuning would help some of them.",
        "Whether a virtual disk keeps what it says it has synced cannot be seen from inside.",
    )
    return "## What this cannot say\n\n" + "\n".join(f"- {limit}" for limit in limits)
