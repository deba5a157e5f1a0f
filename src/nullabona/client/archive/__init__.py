"""What a profile remembers, as a stream: for backups, for a new device of the account (spec/archive.md).

`read_records` reads a store, `encode_stream` and `decode_stream` go to bytes and back, `merge_records` writes a store.
"""

from nullabona.client.archive.agekey import BackupKey, PassphraseKey, WordsKey, words_key
from nullabona.client.archive.backup import BackupInfo, Progress, begin_of, check_backup
from nullabona.client.archive.merging import Counts, Merger, merge_records
from nullabona.client.archive.reading import read_records
from nullabona.client.archive.records import Begin, Record
from nullabona.client.archive.restoring import Restored, restore_profile
from nullabona.client.archive.stream import StreamReader, decode_stream, encode_stream

__all__ = [
    "BackupInfo",
    "BackupKey",
    "Begin",
    "Counts",
    "Merger",
    "PassphraseKey",
    "Progress",
    "Record",
    "Restored",
    "StreamReader",
    "WordsKey",
    "begin_of",
    "check_backup",
    "decode_stream",
    "encode_stream",
    "merge_records",
    "read_records",
    "restore_profile",
    "words_key",
]
