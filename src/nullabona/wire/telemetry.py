"""Every number that a running process counts, and every line that it writes to its log (spec/data-held.md).

Declared as columns and files are (`nullabona.wire.data_held`): what is not declared may not exist. Tests compare the
declarations with the source, with what ``/metrics`` shows, and with what processes say while everything is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_NOBODY: Final = "none: counts of the whole process"
_EXACT: Final = "in memory, since the process started; shown as a copy made once a minute"
_RUN: Final = "in memory, since the process started; shown as a copy made once a minute, rounded down to fifties"


@dataclass(frozen=True, slots=True)
class Metric:
    """A number of the relay's ``/metrics``; with a label, one for each of its ``values``, and there are no others."""

    name: str
    purpose: str
    label: str = ""
    values: tuple[str, ...] = ()
    gauge: bool = False
    retention: str = _RUN
    legal_class: str = _NOBODY
    exact: bool = False
    """Shown as it is: it is of nobody's doing."""

    @property
    def shown_as(self) -> str:
        """Its name as Prometheus has it."""
        return f"nullabona_relay_{self.name}" + ("" if self.gauge else "_total")


_REQUESTS: Final = (
    "append", "read", "await_wake", "poll_activity", "trim", "put_blob", "get_blob",
    "PublishCard", "LookupCard", "DeleteCard", "WatchHandle", "DescribeLog", "LogFile",
)  # fmt: skip
_REFUSALS: Final = (
    "bad-request", "unsupported", "too-large", "box-full", "day-quota", "slow-down", "busy", "stopping", "not-found",
)  # fmt: skip

RELAY_METRICS: Final = (
    Metric("requests", "Requests taken, by kind.", "kind", _REQUESTS),
    Metric("refusals", "Refusals given, by code.", "code", _REFUSALS),
    Metric("frames_kept", "Frames kept."),
    Metric("frame_bytes_kept", "Bytes of frames kept."),
    Metric("batches", "Batches written."),
    Metric("connections", "Connections open now.", gauge=True),
    Metric("waiting_reads", "Waiting reads, awaited wake tokens and polling clients now.", gauge=True),
    Metric(
        "faults",
        "Failures of ours, by kind.",
        "kind",
        ("blob", "chore", "commit", "service"),
        retention=_EXACT,
        exact=True,
    ),
)

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
    LogLine("nullabona.relay", "fault: %s in %s", _FAULT_PURPOSE, _FAULT),
    LogLine("nullabona.relay", "the TLS certificate was loaded again", "SIGHUP came"),
    LogLine("nullabona.relay", "the TLS certificate stays as it was: %s", "SIGHUP came, and the files cannot be used",
            ("what the system says",)),
    LogLine("nullabona.relay", "a %s failed: %s; %d so far", "it could not keep, erase or answer; at most once a "
            "minute", ("blob, chore, commit or service", "the system's name of the error", "number")),
    LogLine("nullabona.relay", "short of disk: %d MiB free, %d MiB are kept back to erase and to start; nothing new is "
            "kept", "what it is to keep back would be used: at most once a minute", ("number", "number")),
    LogLine("nullabona.relay", "there is room again", "the disk is not short any more"),
    LogLine("nullabona.clock", f"the clock stepped %s by %d s; {_STANDS} it is put right, or until this "
            "process is started again", "the wall clock of the machine cannot be right", ("on or back", "seconds")),
    LogLine("nullabona.clock", f"the clock is %d s %s the last epoch's close; {_STANDS} it is put right, or "
            "--today says the date", "at a start: the wall clock cannot be right, or the machine was off for a month",
            ("seconds", "after or before")),
    LogLine("nullabona.clock", "the clock is believed again", "it was put right"),
    LogLine("nullabona.directory", "an epoch is not published yet: %s", "the public record does not advance", ("why",)),
    LogLine("nullabona.sequencer", "not published: %s", "a log does not advance", ("witnesses that did not, and why",)),
    LogLine("nullabona.witness", "started", "the witness serves"),
    LogLine("nullabona.witness", "stopped; %s", "what it answered since it started", ("counts of answers, by kind",)),
    LogLine("nullabona.witness", "fault: %s in %s", _FAULT_PURPOSE, _FAULT),
    LogLine("nullabona.witness", "its database failed: %s", "it could not cosign", ("what could not be done",)),
    LogLine("nullabona.witness", "this machine's clock is %d s behind what was cosigned of %s",
            "the clock was put back", ("seconds", "name of the log")),
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
