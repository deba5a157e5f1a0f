"""Errors that a reader finds in a log."""

from __future__ import annotations

from nullabona.errors import PeerError, UserError


class LogIncomplete(PeerError):
    """A file that the log's checkpoint needs is not served."""

    code = "log-incomplete"
    default_hint = "try again later; if it continues, the log's operator withholds what it signed"


class LogDiffers(PeerError):
    """A file of the log does not match its signed root."""

    code = "log-differs"
    default_hint = "keep the checkpoint and the file named: together they show that the log is not what was signed"


class LogForked(PeerError):
    """A log signed two histories: what it shows now did not grow from what was seen before."""

    code = "log-forked"
    default_hint = "keep both checkpoints and show them to others: they prove it"


class LogRolledBack(PeerError):
    """A log shows fewer entries than were seen before."""

    code = "log-rolled-back"
    default_hint = "keep the checkpoint seen before; ask others which one they are shown"


class LogStale(PeerError):
    """The newest checkpoint is too old."""

    code = "log-stale"
    default_hint = "try again later; if it continues, the log has stopped, or newer entries are withheld from you"


class LogBehind(UserError):
    """A copy of a log lacks entries that witnesses have cosigned."""

    code = "log-behind"
    default_hint = "use the copy of the last person who read the log; without these entries no witness cosigns it again"
