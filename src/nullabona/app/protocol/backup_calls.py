"""Calls about backups by themselves. A page names a place by an id; which places there are, the process says."""

from __future__ import annotations

from msgspec import Struct

from nullabona.app.protocol import views as v
from nullabona.app.protocol.backup_views import BackupChoice, Backups
from nullabona.app.protocol.call import Call


class BackupChoices(Struct, frozen=True):
    choices: list[BackupChoice]


class FindBackupPlaces(Call[BackupChoices], frozen=True):
    """Places that backups could go to and do not yet."""


class PlanBackup(Call[Backups], frozen=True):
    """Make backups there every so many days, or change how often. The first one begins at once."""

    place: str
    every_days: int


class StopBackups(Call[Backups], frozen=True):
    """Make no more backups there. What is there stays."""

    place: str


class BackUpNow(Call[Backups], frozen=True):
    """Make one there now."""

    place: str


class RemindOfBackupsLater(Call[Backups], frozen=True):
    """The person does not want to choose a place now."""


class FindBackups(Call[BackupChoices], frozen=True):
    """While there is no profile: the places with backups in pieces, of whichever account; the server is one always."""


class BackupFound(Struct, frozen=True):
    """The newest backup of a place that the words open."""

    handle: str
    made_at: int
    messages: int
    files: int


class LookAtPlace(Call[BackupFound], frozen=True):
    """Whose backup is there, and from when. ``handle`` names the server; ``earlier``: the one before the newest."""

    place: str
    handle: str
    words: str
    earlier: bool = False


class RestoreFromPlace(Call[v.State], frozen=True):
    """Make the profile from that backup; ``passphrase`` is the one of the new profile."""

    place: str
    handle: str
    words: str
    passphrase: str
    earlier: bool = False
