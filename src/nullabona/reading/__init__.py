"""Reads a log from a URL or a folder, as anyone can: checks it all, proves an entry, watches it grow, or copies it.

The log is not trusted: every result is proven by the checkpoint, and the checkpoint by the policy (spec/log.md).
"""

from nullabona.reading.errors import LogBehind, LogDiffers, LogForked, LogIncomplete, LogRolledBack, LogStale
from nullabona.reading.forks import Undecided, decide
from nullabona.reading.mirror import read_changes, read_pending, update_mirror
from nullabona.reading.monitor import Step, advance
from nullabona.reading.prove import Proven, find_entry, prove
from nullabona.reading.source import Source, open_files, open_source
from nullabona.reading.verify import Report, read_checkpoint, verify_log
from nullabona.reading.witnesses import Word, ask_witnesses, check_not_behind

__all__ = [
    "LogBehind",
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
    "Word",
    "advance",
    "ask_witnesses",
    "check_not_behind",
    "decide",
    "find_entry",
    "open_files",
    "open_source",
    "prove",
    "read_changes",
    "read_checkpoint",
    "read_pending",
    "update_mirror",
    "verify_log",
]
