"""Reads a log as anyone may: from a URL or a folder; checks all of it, proves an entry, or watches it grow.

Nothing that a log says is believed: what is returned follows from the checkpoint, and that from the
policy (spec/log.md).
"""

from nullabona.reading.errors import LogDiffers, LogForked, LogIncomplete, LogRolledBack, LogStale
from nullabona.reading.forks import Undecided, decide
from nullabona.reading.monitor import Step, advance
from nullabona.reading.prove import Proven, find_entry, prove
from nullabona.reading.source import Source, open_source
from nullabona.reading.verify import Report, read_checkpoint, verify_log

__all__ = [
    "LogDiffers",
    "LogForked",
    "LogIncomplete",
    "LogRolledBack",
    "LogStale",
    "Proven",
    "Report",
    "Source",
    "Step",
    "Undecided",
    "advance",
    "decide",
    "find_entry",
    "open_source",
    "prove",
    "read_checkpoint",
    "verify_log",
]
