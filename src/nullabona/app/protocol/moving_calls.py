"""Calls about backups and exports. Where they lie is chosen by the process: a page cannot name a place on the disk."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Call


class Moved(Struct, frozen=True):
    """What was written or read."""

    path: str
    messages: int
    files: int
    size: int
    """Bytes of a backup; of an export 0."""


class MakeBackup(Call[Moved], frozen=True):
    """Write today's backup, in place of an earlier one of today. ``passphrase``: instead of the 24 words."""

    passphrase: str = ""


class CheckBackup(Call[Moved], frozen=True):
    """Read today's backup to its end."""

    passphrase: str = ""


class SavingPlace(Struct, frozen=True):
    """The folder that backups and exports go to."""

    folder: str
    made: bool
    """Whether there is a backup of today."""


class WhereSaved(Call[SavingPlace], frozen=True):
    """Where backups and exports would be written, to be said before."""


class ExportAll(Call[Moved], frozen=True):
    """Write every conversation out, as pages and JSON."""


class ExportRoom(Call[Moved], frozen=True):
    """Write one conversation out, in the same way."""

    room: str


class BackupLook(Struct, frozen=True):
    needs_passphrase: bool


class LookAtBackup(Call[BackupLook], frozen=True):
    """Whether a backup that was handed over opens with a passphrase of its own, and not with the 24 words."""

    file: str


class RestoreBackup(Call[v.State], frozen=True):
    """Make the profile from the backup in ``files``, or from that and one that was made after it, in any order.

    It opens with ``words`` or ``backup_passphrase``; ``passphrase`` is the one of the new profile.
    """

    files: list[str]
    words: str
    backup_passphrase: str
    passphrase: str


Doing = Literal["backup", "check", "export", "restore"]
