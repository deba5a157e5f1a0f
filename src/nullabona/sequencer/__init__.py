"""The sequencer of a log: stages entries, integrates, signs, collects cosignatures, publishes (spec/witness.md §1).

For operators of a log. The formats are those of `nullabona.log`.
"""

from nullabona.sequencer.addresses import WitnessAddress
from nullabona.sequencer.errors import EntryRefused, HistoryElsewhere, LogDamaged, LogOlder, LogSplit, NoQuorum
from nullabona.sequencer.log import Log, Published, Status, open_log
from nullabona.sequencer.mirrors import PENDING, MirrorOptions, read_addresses
from nullabona.sequencer.restoring import LogExists, is_restored, restore_log
from nullabona.sequencer.store.rows import KeyTaken, LogRows, LogStoreFailed, NotThisLog

__all__ = [
    "PENDING",
    "EntryRefused",
    "HistoryElsewhere",
    "KeyTaken",
    "Log",
    "LogDamaged",
    "LogExists",
    "LogOlder",
    "LogRows",
    "LogSplit",
    "LogStoreFailed",
    "MirrorOptions",
    "NoQuorum",
    "NotThisLog",
    "Published",
    "Status",
    "WitnessAddress",
    "is_restored",
    "open_log",
    "read_addresses",
    "restore_log",
]
