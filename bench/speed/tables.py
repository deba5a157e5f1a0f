"""Tables of a run, as rows of text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bench.peers.registry import CEILING, OURS
from bench.peers.steps import ALL, STEPS
from bench.speed.arithmetic import Spread, ratios, spread
from bench.speed.bars import verdicts
from bench.speed.records import Results, Window
from bench.speed.workloads import Workload

Table = list[list[str]]
NOT: Final = "not measured"
BOUND_CORES: Final = 0.9
"""A loader that uses this much of its core may be what limits the figure."""


def figure(value: float) -> str:
    """Three digits that mean something."""
    if value >= 1_000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def said(measured: Spread) -> str:
    """The median, and between what it lay."""
    if measured.count == 1:
        return f"{figure(measured.median)} (once)"
    return f"{figure(measured.median)} ({figure(measured.low)} to {figure(measured.high)})"


def names(results: Results) -> list[str]:
    """Servers, without the prototype's additions."""
    return [server.name for server in results.servers if not server.name.startswith(f"{CEILING} +")]


def windows(results: Results, peer: str, workload: str) -> list[Window]:
    """Every repetition."""
    return [window for window in results.windows if (window.peer, window.workload) == (peer, workload)]


def servers(results: Results) -> Table:
    rows = [["server", "version", "configuration", "what an answer promises"]]
    for name in names(results):
        server = next(server for server in results.servers if server.name == name)
        rows.append([name, server.version, server.configuration, server.answer])
    return rows


def bars(results: Results) -> Table:
    rows = [["bar", "at", "measured", ""]]
    for verdict in verdicts(results):
        measured = NOT if verdict.measured is None else said(verdict.measured)
        rows.append([verdict.said, verdict.bound, measured, {True: "met", False: "**missed**", None: ""}[verdict.met]])
    return rows


def by_workload(results: Results, workload: Workload) -> Table:
    """Each server's figure, ours by it, what it cost, and who used the machine."""
    detail, title = BESIDE.get(workload.name, ("", "server µs each"))
    head = ["server", workload.unit, f"{OURS} ÷ it", title, "server cores", "loader cores", "others' cores"]
    rows = [head]
    ours = results.values(OURS, workload.name)
    for name in names(results):
        found = windows(results, name, workload.name)
        if not found:
            rows.append([name, _why(results, name, workload.name), *[""] * (len(head) - 2)])
            continue
        beside = ratios(ours, results.values(name, workload.name))
        details = [window.details.get(detail, 0.0) if detail else cost_us(window) for window in found]
        rows.append(
            [
                name,
                said(spread([window.value for window in found])),
                said(spread(beside)) if beside else "",
                figure(spread(details).median),
                _cores(window.server_cores for window in found),
                _cores(window.loader_cores for window in found) + _bound(found),
                _cores(window.other_cores for window in found),
            ]
        )
    return rows


BESIDE: Final = {
    "pair": ("p99", "99 of 100 within, ms"),
    "stored": ("stored_per_s", "stored/s before"),
    "idle": ("connects_per_s", "connects/s"),
    "in-rooms": ("connects_per_s", "connects/s"),
}
"""What is said beside the figure, where the cost of one message is not it."""


def _why(results: Results, peer: str, workload: str) -> str:
    why = next((m.why for m in results.missing if (m.peer, m.workload) == (peer, workload)), NOT)
    return " ".join(why.replace("|", "/").split())


def cost_us(window: Window) -> float:
    """Microseconds of the server's CPU for each message, delivery or account."""
    return window.server_cores / window.value * 1e6


def _cores(values: Iterable[float]) -> str:
    return f"{spread(list(values)).median:.2f}"


def _bound(found: Sequence[Window]) -> str:
    return " (bound)" if spread([window.loader_cores for window in found]).median >= BOUND_CORES else ""


def steps(results: Results) -> Table:
    """What each addition costs, as shares of the bare prototype, and of its CPU."""
    rows = [["prototype with", "messages/s ÷ bare", "server CPU ÷ bare", "one pair's latency ÷ bare"]]
    labels = {
        **{f"{CEILING} + {step}": step for step in STEPS},
        everything(results): ALL.partition("+ ")[2],
        OURS: OURS,
    }
    for name, label in labels.items():
        rate = ratios(results.values(name, "pairs-32"), results.values(CEILING, "pairs-32"))
        if not rate:
            continue
        cost = ratios(_costs(results, name), _costs(results, CEILING))
        pair = ratios(results.values(name, "pair"), results.values(CEILING, "pair"))
        rows.append([label, said(spread(rate)), said(spread(cost)), said(spread(pair)) if pair else NOT])
    return rows


def everything(results: Results) -> str:
    """The name of the prototype with all additions."""
    return max((server.name for server in results.servers if server.name.startswith(CEILING)), key=len, default="")


def _costs(results: Results, name: str) -> dict[int, float]:
    return {window.turn: cost_us(window) for window in windows(results, name, "pairs-32")}


def holdings(results: Results) -> Table:
    rows = [["server", "bytes a message", "syncs a message", "payload", "sender", "recipient", "names are"]]
    for held in results.holdings:
        syncs = "not counted" if held.syncs_per_message is None else f"{held.syncs_per_message:.1f}"
        rows.append(
            [
                held.peer,
                f"{held.bytes_per_message:,.0f}",
                syncs,
                _found(held.payload_found),
                "not told" if held.who in UNNAMED else _found(held.sender_found),
                _found(held.recipient_found),
                held.who,
            ]
        )
    return rows


UNNAMED: Final = ("the box's address", "the stream's name", "the subject's name")


def _found(found: bool) -> str:  # noqa: FBT001 - a cell
    return "found" if found else "not found"


def missing(results: Results) -> list[str]:
    """Whole servers that were not measured, and why."""
    return [f"**{m.peer}**: {m.why}" for m in results.missing if not m.workload]


def as_markdown(table: Table, *, words: bool = False) -> str:
    """A table of Markdown; the columns after the first are figures, or words."""
    head, *rows = table
    line = ["---", *["---" if words else "---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, line, *rows])
