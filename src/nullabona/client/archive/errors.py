"""What can be wrong with an archive or a backup file. Reading one that is refused changes nothing.

::

    UserError
    ├── ArchiveDamaged ArchiveTruncated ArchiveTooNew   what is in it
    ├── BackupLocked BackupNotAge BackupMissing BackupUnwritable   the file around it
    ├── BackupPlaceGone BackupPlaceFull BackupPlaceBusy BackupTooLarge BackupNotPlanned
    │   BackupTooManyPlans BackupUnreachable BackupRelayRefused   where backups by themselves go
    └── BackupOutOfLine BackupOfOther BackupEmpty       what it belongs to
"""

from __future__ import annotations

from nullabona.errors import UserError


class ArchiveDamaged(UserError):
    """The archive was changed after it was written, or says what no archive says."""

    code = "archive-damaged"
    default_hint = "use another copy; nothing was restored from this one"


class ArchiveTruncated(UserError):
    """The archive is cut short."""

    code = "archive-truncated"
    default_hint = "copy the whole file again; nothing was restored from this one"


class ArchiveTooNew(UserError):
    """The archive was written by a newer version."""

    code = "archive-too-new"
    default_hint = "install the newer version of nullabona"


class BackupLocked(UserError):
    """The passphrase or the words do not open the backup."""

    code = "backup-locked"
    default_hint = "check the passphrase, or use the 24 words of the account it was made from"


class BackupNotAge(UserError):
    """The file is no backup: it is not in the age format."""

    code = "backup-not-age"
    default_hint = "choose the file that nulla backup wrote"


class BackupMissing(UserError):
    """The backup cannot be read."""

    code = "backup-missing"
    default_hint = "check that the file exists and that you may read it"


class BackupUnwritable(UserError):
    """The backup cannot be written. The earlier one is unchanged."""

    code = "backup-unwritable"
    default_hint = "check that the folder exists, that you may write to it, and that the disk has space"


class BackupOutOfLine(UserError):
    """The backups do not form a chain: each must have been made after the one before it."""

    code = "backup-out-of-line"
    default_hint = "give the full backup first, then every later one in order"


class BackupOfOther(UserError):
    """The backup belongs to another account."""

    code = "backup-of-other"
    default_hint = "choose a backup of this account"


class BackupEmpty(UserError):
    """The archive holds no account, so no device can begin from it."""

    code = "backup-no-account"
    default_hint = "this is a history for a device that is linked; restore from a backup instead"


class BackupPlaceGone(UserError):
    """The backup folder is not there: its drive is not connected, or it was removed. Nothing was written."""

    code = "backup-place-gone"
    default_hint = "connect the drive; if the folder was removed, stop backups to it and choose it again"


class BackupPlaceFull(UserError):
    """There is no space left where the backup goes. The earlier backup is unchanged."""

    code = "backup-place-full"
    default_hint = "make space on that drive, or choose another folder"


class BackupPlaceBusy(UserError):
    """Another program is writing a backup to the same place."""

    code = "backup-place-busy"
    default_hint = "wait until the other one has finished"


class BackupTooLarge(UserError):
    """The backup is larger than the place takes."""

    code = "backup-too-large"
    default_hint = "use a folder or a drive, or leave files out"


class BackupTooManyPlans(UserError):
    """Backups already go to as many places as they can."""

    code = "backup-too-many-places"
    default_hint = "stop backups to one of the places first"


class BackupNotPlanned(UserError):
    """This profile makes no backups to that place."""

    code = "backup-not-planned"
    default_hint = "choose it as a place for backups first"


class BackupUnreachable(UserError):
    """The server that is to keep the backup, or has it, could not be reached."""

    code = "backup-unreachable"
    default_hint = "check the connection and try again"


class BackupRelayRefused(UserError):
    """The server did not take the backup, or did not give it."""

    code = "backup-relay-refused"
    default_hint = "try again tomorrow, or use a folder or a drive as well"
