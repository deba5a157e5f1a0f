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
    default_hint = "use another copy of it; nothing was taken from this one"


class ArchiveTruncated(UserError):
    """The archive ends before its end."""

    code = "archive-truncated"
    default_hint = "copy it again, whole; nothing was taken from this one"


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
    default_hint = "check that the file is there and that you may read it"


class BackupUnwritable(UserError):
    """The backup cannot be written; what was there before is as it was."""

    code = "backup-unwritable"
    default_hint = "check that the directory is there, that you may write to it, and that there is space"


class BackupOutOfLine(UserError):
    """The backups given do not follow one another: each must be the one that the next was made after."""

    code = "backup-out-of-line"
    default_hint = "give the whole one first, then every one that was made after it, in order"


class BackupOfOther(UserError):
    """The backup is of another account."""

    code = "backup-of-other"
    default_hint = "give one that was made from this account"


class BackupEmpty(UserError):
    """The archive holds no account, so no device can begin from it."""

    code = "backup-no-account"
    default_hint = "this is a history for a device that is linked; restore from a backup instead"
