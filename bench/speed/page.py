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
    """The page as Markdown. The plots are in ``speed/`` beside it. ``apart``: what our relay costs by default."""
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
brackets its least and greatest. Every turn measured each server, and ratios compare figures of the same turn only.
The data of a server is deleted before the next server runs: if it stayed, every server that writes was half as fast
after some gigabytes.

**On this page *nullabona* is its relay over lasting connections**, as a client with `--fast` uses it. By
default a client posts each request on a new connection and polls activity at random moments
([leakage](leakage.md) says why); the section *What a client does by default* says what that costs the relay. The bars
are for lasting connections.

Measured on: {results.machine}.
Load before each turn: {loads}. One synced kilobyte before each turn:
{", ".join(f"{ms:.2f}" for ms in results.sync_ms)} ms. Windows of {results.seconds:g} s."""


def noise(results: Results) -> str:
    """A warning if other programs used the machine during the measurement."""
    others = spread([window.other_cores for window in results.windows])
    if others.median < NOISE:
        return ""
    return (
        f"**The machine was busy with other things**: {others.median:.1f} cores at the median during these"
        " measurements. Rates and latencies are then those of a part of the machine, and only ratios of servers that"
        " wait for the same things mean something. *server µs each* is CPU time and is affected least."
    )


def _gaps(results: Results) -> str:
    """Which servers were not measured in every turn, if any."""
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
        "From sending until the reader has parsed the message and, if the protocol acknowledges it, the sender has the"
        " acknowledgement. Then the next message is sent."
    ),
    "pairs-1": "A hundred connections; a pair sends its next message when the last one has arrived.",
    "pairs-32": "The same with 32 messages of each pair in flight, sent as slots become free.",
    "room-1": "One sender, a hundred readers; a message has arrived when all have it. Deliveries are counted.",
    "room-32": "The same with 32 messages in flight.",
    "stored": (
        "A reader who was away connects and fetches everything. Storing was limited to 12 seconds, so a slow server has"
        " fewer messages to deliver. From XMPP with an archive the reader requests pages of 250."
    ),
    "idle": (
        "Memory of the server (proportional set size) for each connected client that could be told of a message."
        " Ours waits in a read; XMPP clients are logged in and present, each with its own account; ten of Synapse's"
        " clients share an account; brokers' clients are subscribed."
    ),
    "in-rooms": (
        "The same for a client that waits for its inbox and twenty rooms. On the other servers one subscription serves"
        " all rooms, so there is nothing to compare with."
    ),
    "register": (
        "Ours checks the signatures of a card and keeps the card; XMPP makes an account with a password. Each is on its"
        " own connection, 64 at a time; one that takes longer than six seconds does not count. Our rate limit, a"
        " policy, is off."
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
        f"Measured alone, {apart.machine}; [capacity](capacity.md) is computed from it. 50 POSTs ran at a time, each on"
        " its own connection. Such appends would meet none of the bars of `pairs-32`, and a message arrives only when"
        " its reader learns of it: after at least a fifth of a second, at random moments. A client that polls activity"
        f" and waits at its inbox takes {kept} KiB of the relay's memory."
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
        "The prototype (`bench/ceiling`) has the relay's structure and none of its promises. Each row adds one feature"
        " to the bare prototype, mostly with the product's own code; 50 pairs, 32 messages in flight. A difference of"
        " less than a tenth is within the variation of one server between turns. *padding* sends 2,048 bytes instead of"
        " 1,024: the cost of a message that is just too large for its bucket."
    )
    return f"## What each promise costs\n\n{how}\n\n{tables.as_markdown(table)}"


def _disk(results: Results) -> str:
    if not results.holdings:
        return ""
    how = (
        "One pair sends messages one by one. As soon as the last one was answered, every file of the server was"
        " searched for a piece of the payload and for the names under which the server knows the two. All payloads are"
        " opaque here; what matters is the data beside them. *Bytes* is the growth of the folder, three seconds"
        " later, after as many messages had come before. *Syncs* were counted with strace: without syncs an"
        " acknowledged message is not on disk at all."
    )
    table = tables.as_markdown(tables.holdings(results), words=True)
    return f"## What is on the disk when the answer comes\n\n{how}\n\n{table}"


def _servers(results: Results) -> str:
    gone = tables.missing(results)
    lines = "\n".join(f"- {line}" for line in gone)
    said = f"\n\nNot measured:\n\n{lines}" if gone else ""
    return f"## Servers\n\n{tables.as_markdown(tables.servers(results), words=True)}{said}"


def _limits() -> str:
    limits = (
        "No TLS anywhere, no compression; one machine, loopback. Over a network all of them wait for the network.",
        (
            "XMPP does not acknowledge messages (no XEP-0198); with acknowledgements it would cost more. ejabberd can"
            " use several cores; one process of ours cannot."
        ),
        (
            "The clients of the load generator were written for this page. *loader cores* near 1 means that the"
            " generator, not the server, sets the figure. It is marked *bound*: a lower bound for that server."
        ),
        (
            "Four bars compare default ways of storing. ejabberd's and Prosody's archives and Synapse sync eight times"
            " or more for each message, one message at a time. Ours and Redis sync together what came meanwhile. NATS"
            " has a stream for each pair, and syncs each message."
        ),
        "XMPP is text: its 1 KiB is sent as base64, 1,368 bytes.",
        "Chat servers do routing, rosters, presence and rooms; brokers do not; ours leaves most of it to clients.",
        "Peers run near their defaults; the table lists the differences. Tuning would help some of them.",
        "From inside a virtual machine nobody can see whether its disk keeps what it reports as synced.",
    )
    return "## What this cannot say\n\n" + "\n".join(f"- {limit}" for limit in limits)
