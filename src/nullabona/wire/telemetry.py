"""Every number that a running process counts, and every line that it writes to its log (spec/data-held.md).

Declared as columns and files are (`nullabona.wire.data_held`): what is not declared may not exist. Tests compare the
declarations with the source, with what ``/metrics`` shows, and with what processes say while everything is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

_NOBODY: Final = "none: counts of the whole process"
_RUN: Final = "in memory, since the process started; shown as a copy made once a minute"
_MIB: Final = 2**20
GRAIN: Final = 50
"""Counts of what people did are rounded down to a multiple of this."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A number of a server's ``/metrics``; with a label, one for each of its ``values``, and there are no others."""

    name: str
    purpose: str
    label: str = ""
    values: tuple[str, ...] = ()
    """What the label may be; empty beside a label: names of the operator's own, as of its witnesses."""
    gauge: bool = False
    legal_class: str = _NOBODY
    program: str = "relay"
    """Whose it is."""
    grain: int = GRAIN
    """It is rounded down to a multiple of this. 1: shown as it is, because no person's doing alters it."""

    @property
    def shown_as(self) -> str:
        """Its name as Prometheus has it; what every program has is called as everywhere."""
        prefix = "" if self.name.startswith("process_") else f"nullabona_{self.program}_"
        return f"{prefix}{self.name}" + ("" if self.gauge else "_total")

    @property
    def retention(self) -> str:
        """How long it is kept, and how coarsely it is shown."""
        return _RUN + {1: "", GRAIN: ", rounded down to fifties"}.get(
            self.grain, f", rounded down to {_grain(self.grain)}"
        )


def _grain(grain: int) -> str:
    return f"{grain // _MIB} MiB" if grain >= _MIB else f"multiples of {grain}"


_REQUESTS: Final = (
    "append", "read", "await_wake", "poll_activity", "follow_activity", "trim", "put_blob", "get_blob",
    "PublishCard", "LookupCard", "DeleteCard", "WatchHandle", "DescribeLog", "LogFile", "ListEpochs", "ShowLeaves",
)  # fmt: skip
_REFUSALS: Final = (
    "bad-request", "unsupported", "too-large", "box-full", "day-quota", "slow-down", "busy", "stopping", "not-found",
)  # fmt: skip

_ANSWERS: Final = (
    "cosigned", "malformed", "unknown-log", "unsigned", "shrinks", "out-of-step", "forked", "unproven", "too-often",
    "clock-back", "store-failed", "map-wrong", "map-behind",
)  # fmt: skip

RELAY_METRICS: Final = (
    Metric("requests", "Requests taken, by kind.", "kind", _REQUESTS),
    Metric("refusals", "Refusals given, by code.", "code", _REFUSALS),
    Metric("frames_kept", "Frames kept."),
    Metric("frame_bytes_kept", "Bytes of frames kept.", grain=64 * _MIB),
    Metric("batches", "Batches written."),
    Metric("connections", "Connections open now.", gauge=True),
    Metric("waiting_reads", "Waiting reads, awaited wake tokens and polling clients now.", gauge=True),
    Metric(
        "faults", "Failures of ours, by kind.", "kind", ("blob", "chore", "commit", "directory", "service"), grain=1
    ),
    Metric("connections_limit", "Connections that may be open: the limit `connections`.", gauge=True, grain=1),
    Metric(
        "connections_refused",
        "Connections refused, because as many are open as may be or the process has no file left.",
        "why",
        ("connections", "files"),
        grain=1,
    ),
    Metric("files_limit", "Files and connections that the system lets the process hold.", gauge=True, grain=1),
    Metric("disk_free_bytes", "Bytes that are free on the data's disk.", gauge=True, grain=64 * _MIB),
    Metric(
        "disk_reserve_bytes",
        "Bytes of it that are kept back to erase and to start: below them nothing new is kept.",
        gauge=True,
        grain=64 * _MIB,
    ),
    Metric("blob_bytes_day", "Bytes of files that were put today.", gauge=True, grain=64 * _MIB),
    Metric(
        "blob_bytes_day_limit",
        "Bytes of files that may be put a day: the limit `blob_bytes_per_day`.",
        gauge=True,
        grain=1,
    ),
    Metric(
        "blob_bytes_waiting",
        "Bytes of files that wait for the next batch, if the relay keeps files in a bucket.",
        gauge=True,
        grain=64 * _MIB,
    ),
    Metric(
        "blob_bytes_waiting_limit",
        "Bytes of files that may wait: `buffer_bytes` of [blobs]. Beyond them people wait.",
        gauge=True,
        grain=1,
    ),
    Metric(
        "certificate_end_seconds",
        "When the TLS certificate ends, in POSIX time; only if the relay has one.",
        gauge=True,
        grain=1,
    ),
    Metric(
        "clock_stands", "1 while the wall clock is not believed: nothing is erased or closed then.", gauge=True, grain=1
    ),
    Metric(
        "record_closed_seconds",
        "When the newest epoch of the public record was closed, in POSIX time.",
        gauge=True,
        grain=1,
    ),
    Metric(
        "record_cosigned_seconds",
        "When the newest epoch was closed that enough witnesses have signed.",
        gauge=True,
        grain=1,
    ),
    Metric("record_period_seconds", "Seconds between two epochs.", gauge=True, grain=1),
    Metric("witness_failures", "Times that a witness was asked to sign and did not.", "witness", grain=1),
    Metric("accounts", "Handles that are taken.", gauge=True),
    Metric("build_info", "1, with the version that runs.", "version", gauge=True, grain=1),
    Metric("process_resident_memory_bytes", "Bytes of memory that the process has.", gauge=True, grain=_MIB),
    Metric("process_cpu_seconds", "Seconds of processor time.", grain=10),
    Metric("process_start_time_seconds", "When the process started, in POSIX time.", gauge=True, grain=1),
)
"""A family without a value yet is not shown: a relay in memory has no disk, one behind a proxy no certificate."""

WITNESS_METRICS: Final = tuple(
    replace(metric, program="witness")
    for metric in (
        Metric("answers", "Answers given since the start, by kind.", "kind", _ANSWERS, grain=1),
        Metric("connections", "Connections open now.", gauge=True, grain=1),
        Metric("connections_limit", "Connections that may be open: the limit `connections`.", gauge=True, grain=1),
        Metric("connections_refused", "Connections refused, because as many are open as may be.", grain=1),
        Metric("files_limit", "Files and connections that the system lets the process hold.", gauge=True, grain=1),
        Metric("disk_free_bytes", "Bytes that are free on the data's disk.", gauge=True, grain=64 * _MIB),
        Metric("certificate_end_seconds", "When the TLS certificate ends, in POSIX time.", gauge=True, grain=1),
        *(metric for metric in RELAY_METRICS if metric.name.startswith(("process_", "build_"))),
    )
)
"""Exact, because a witness hears from the operators of logs alone, and never of a person."""


DESK_METRICS: Final = tuple(
    replace(metric, program="desk")
    for metric in (
        Metric("batches", "Periods of the docket log published since the start.", grain=1),
        Metric("batch_failures", "Times that publishing failed; it is tried again each minute.", grain=1),
        Metric("periods_behind", "Periods that have ended and are not published yet.", gauge=True, grain=1),
        Metric("period_seconds", "Seconds of a period.", gauge=True, grain=1),
        Metric("clock_doubtful", "1 while the clock is not believed: nothing is published or erased then.",
               gauge=True, grain=1),
        Metric("files_limit", "Files and connections that the system lets the process hold.", gauge=True, grain=1),
        Metric("disk_free_bytes", "Bytes that are free on the data's disk.", gauge=True, grain=64 * _MIB),
        Metric("certificate_end_seconds", "When the TLS certificate ends, in POSIX time.", gauge=True, grain=1),
        *(metric for metric in RELAY_METRICS if metric.name.startswith(("process_", "build_"))),
    )
)  # fmt: skip
"""Of the schedule and the machine alone: the log hides whether anything happened at the desk, and so do these."""


def exposition(metrics: Iterable[Metric], figures: Mapping[str, int | Mapping[str, int]]) -> str:
    """The numbers as Prometheus text; what has no value is left out.

    A label has its declared values from the start, so that the first failure is a rise.
    """
    return "".join(_family(metric, figures[metric.name]) for metric in metrics if metric.name in figures)


def _family(metric: Metric, value: int | Mapping[str, int]) -> str:
    full = metric.shown_as
    head = f"# HELP {full} {metric.purpose}\n# TYPE {full} {'gauge' if metric.gauge else 'counter'}\n"
    if isinstance(value, Mapping):
        every = dict.fromkeys(metric.values, 0) | dict(value)
        return head + "".join(
            f'{full}{{{metric.label}="{key}"}} {_rounded(metric, every[key])}\n' for key in sorted(every)
        )
    return head + f"{full} {_rounded(metric, value)}\n"


def _rounded(metric: Metric, value: int) -> int:
    return value - value % metric.grain


_SERVICE: Final = "none: state of the service"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that a process writes to stderr. ``fields`` are the values of each ``%s`` or ``%d`` of ``text``."""

    logger: str
    text: str
    purpose: str
    fields: tuple[str, ...] = ()
    legal_class: str = _SERVICE

    @property
    def retention(self) -> str:
        """The same for all: the process keeps none of them."""
        return "as long as the operator's journal keeps what processes write to stderr"


_FAULT: Final = ("kind of error in our own code", "place in the program")
_FAULT_PURPOSE: Final = "a failure of ours: where, and never its text, which could hold a request's data"
_STANDS: Final = "nothing is erased or closed until"

LOG_LINES: Final = (
    LogLine("nullabona.relay", "started", "the relay serves"),
    LogLine("nullabona.relay", "stopped", "the relay has ended in good order"),
    LogLine("nullabona.relay", "takes no new connections, and ends when it has said goodbye to those that are open",
            "it is drained"),
    LogLine("nullabona.relay", "fault: %s in %s", _FAULT_PURPOSE, _FAULT),
    LogLine("nullabona.relay", "the TLS certificate was loaded again", "SIGHUP came"),
    LogLine("nullabona.relay", "the TLS certificate has expired, so clients refuse it: renew it, then send SIGHUP or "
            "restart", "a start or SIGHUP found it so"),
    LogLine("nullabona.relay", "the TLS certificate stays as it was: %s", "SIGHUP came, and the files cannot be used",
            ("what the system says",)),
    LogLine("nullabona.relay", "a %s failed: %s; %d so far", "it could not keep, erase or answer; at most once a "
            "minute", ("blob, chore, commit, directory or service", "the system's name of the error", "number")),
    LogLine("nullabona.relay", "a database is damaged: stop, look at the disk, and move the damaged one away; "
            "docs/how-to/keep-the-record.md says which of them come back by themselves",
            "what it keeps cannot be read"),
    LogLine("nullabona.relay", "short of disk: %d MiB free, %d MiB are kept back to erase and to start; nothing new is "
            "kept", "what it is to keep back would be used: at most once a minute", ("number", "number")),
    LogLine("nullabona.relay", "there is room again", "the disk is not short any more"),
    LogLine("nullabona.relay", "%d connections refused so far: %d are open, which is the limit connections; raise it, "
            "and the unit's LimitNOFILE with it", "it is full: at most once a minute", ("number", "number")),
    LogLine("nullabona.relay", "the process has no file left for another connection, %d times so far; raise the unit's "
            "LimitNOFILE", "the system gives it no more: at most once a minute", ("number",)),
    LogLine("nullabona.relay", "the system lets this process hold %d files, but the limit connections is %d; set "
            "LimitNOFILE of the unit to %d, or connections to %d",
            "at a start: its limits promise more than it can keep", ("number", "number", "number", "number")),
    LogLine("nullabona.clock", f"the clock stepped %s by %d s; {_STANDS} it is put right, or until this "
            "process is started again", "the wall clock of the machine cannot be right", ("on or back", "seconds")),
    LogLine("nullabona.clock", f"the clock is %d s %s the last epoch's close; {_STANDS} it is put right, or "
            "--today says the date", "at a start: the wall clock cannot be right, or the machine was off for a month",
            ("seconds", "after or before")),
    LogLine("nullabona.clock", "the clock is believed again", "it was put right"),
    LogLine("nullabona.directory", "an epoch is not published yet: %s", "the public record does not advance; at most "
            "once a minute", ("why",)),
    LogLine("nullabona.directory", "the card database is damaged: %s; stop, look at the disk, and put back what "
            "docs/how-to/keep-the-record.md says", "cards cannot be read", ("the system's name of the error",)),
    LogLine("nullabona.sequencer", "not published: %s (%d times)", "a log does not advance",
            ("witnesses that did not, and why", "how often since it was said last")),
    LogLine("nullabona.sequencer", "the mirror %s does not have the newest entries: witnesses sign them all the same",
            "a mirror is down or slow; at most once a minute", ("address of a mirror",)),
    LogLine("nullabona.witness", "started", "the witness serves"),
    LogLine("nullabona.witness", "stopped; %s", "what it answered since it started", ("counts of answers, by kind",)),
    LogLine("nullabona.witness", "fault: %s in %s", _FAULT_PURPOSE, _FAULT),
    LogLine("nullabona.witness", "%d connections refused so far: %d are open, which is the limit connections",
            "it is full: at most once a minute", ("number", "number")),
    LogLine("nullabona.witness", "its database failed: %s", "it could not cosign", ("what could not be done",)),
    LogLine("nullabona.witness", "this machine's clock is %d s behind what was cosigned of %s",
            "the clock was put back", ("seconds", "name of the log")),
    LogLine("nullabona.witness", "the log %s does not show what was cosigned of it: %s",
            "at a start: the witness cannot compare its memory", ("name of the log", "code of an error")),
    LogLine("nullabona.witness", "the map of %s is wrong: %s",
            "a mirror: what the directory shows does not give what it signed", ("name of the log", "what is wrong")),
    LogLine("nullabona.witness", "the map of %s cannot be mirrored: %s",
            "a mirror: the directory is silent, or its own database failed", ("name of the log", "code of an error")),
    LogLine("nullabona.witness", "evidence against %s could not be kept: %s", "a log that forked, and no room for it",
            ("name of the log", "what the system says"), "public record"),
    LogLine("nullabona.witness", "evidence against %s: %s", "a log that forked", ("name of the log", "name of a file"),
            "public record"),
)  # fmt: skip

LAST_LINES: Final = (
    LogLine("error", "%s [%s]", "why a process did not start, or did not end in good order: it names files and options "
            "and nothing of a request", ("sentence", "code")),
    LogLine("hint", "%s", "what can be done about it", ("sentence",)),
    LogLine("오류", "%s [%s]", "the same as error, where the locale is Korean", ("sentence", "code")),
    LogLine("도움말", "%s", "the same as hint, where the locale is Korean", ("sentence",)),
)  # fmt: skip
"""What a command says on stderr when it ends by an error, whichever it is (`nullabona.cli.exits`)."""
