"""What can be wrong with an archive or a backup file. Reading one that is refused changes nothing.

::

    UserError
    ├── ArchiveDamaged ArchiveTruncated ArchiveTooNew   what is in it
    ├── BackupLocked BackupNotAge BackupMissing BackupUnwritable BackupTaken   the file around it
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
