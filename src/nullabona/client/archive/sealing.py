"""A backup's bytes into an age file and out of one, in bounded memory. pyrage does it for the words' key."""

from __future__ import annotations

from typing import Any, BinaryIO, Final, cast

import pyrage

from nullabona.client.archive.agekey import BackupKey, PassphraseKey, WordsKey
from nullabona.client.archive.errors import ArchiveDamaged, ArchiveTruncated, BackupLocked, BackupNotAge
from nullabona.client.archive.scrypted import (
    Sink,
    Source,
    is_passphrase_file,
    seal_with_passphrase,
    unseal_with_passphrase,
)

_HEAD: Final = 40


def seal(source: Source, sink: Sink, key: BackupKey) -> None:
    """``source`` to its end, encrypted to ``key``. What ``source`` or ``sink`` raise is raised."""
    if isinstance(key, PassphraseKey):
        seal_with_passphrase(source, sink, key)
        return
    ends = _Ends(source, sink)
    try:
        pyrage.encrypt_io(cast("Any", ends), cast("Any", ends), [pyrage.x25519.Recipient.from_str(key.recipient)])
    except Exception:
        ends.raise_first()
        raise
    ends.raise_first()


def unseal(source: BinaryIO, sink: Sink, key: BackupKey) -> None:
    """What was encrypted, handed to ``sink`` as far as it is whole.

    Raises `BackupNotAge`, `BackupLocked`, `ArchiveDamaged` or `ArchiveTruncated`, and what the two ends raise.
    """
    protected = needs_passphrase(source)
    if isinstance(key, PassphraseKey):
        if not protected:
            raise BackupLocked("this backup opens with the 24 words, not with a passphrase")
        unseal_with_passphrase(source, sink, key)
        return
    if protected:
        raise BackupLocked("this backup opens with a passphrase, not with the 24 words")
    _unseal(source, sink, key)


def needs_passphrase(source: BinaryIO) -> bool:
    """Whether a passphrase opens it. Leaves ``source`` at its start. Raises `BackupNotAge` or `ArchiveTruncated`."""
    source.seek(0)
    head = source.read(_HEAD)
    found = is_passphrase_file(head)
    source.seek(0)
    if found is not None and len(head) < _HEAD:
        raise ArchiveTruncated("the backup ends before its end")
    if found is None:
        raise BackupNotAge("this file is not in the age format")
    return found


def _unseal(source: BinaryIO, sink: Sink, key: WordsKey) -> None:
    ends = _Ends(source, sink)
    try:
        pyrage.decrypt_io(cast("Any", ends), cast("Any", ends), [pyrage.x25519.Identity.from_str(key.identity)])
    except pyrage.DecryptError as error:
        ends.raise_first()
        if "No matching keys" in str(error):
            raise BackupLocked("the words are not those this backup was made for") from None
        raise ArchiveDamaged("the backup was changed or cut off") from None
    except Exception:  # noqa: BLE001 - the binding says OSError for one kind of damage, ValueError for another
        ends.raise_first()
        raise ArchiveDamaged("the backup was changed or cut off") from None
    ends.raise_first()


class _Ends:
    """Both ends as pyrage wants them; remembers what went wrong at one: the binding only says that something did."""

    def __init__(self, source: Source, sink: Sink) -> None:
        self._source = source
        self._sink = sink
        self._error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return self._source.read(size)
        except BaseException as error:
            self._error = self._error or error
            raise

    def write(self, data: bytes) -> int:
        try:
            self._sink.write(bytes(data))
        except BaseException as error:
            self._error = self._error or error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing is held."""

    def raise_first(self) -> None:
        if self._error is not None:
            raise self._error
