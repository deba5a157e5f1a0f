"""Errors of running a log."""

from __future__ import annotations

from collections.abc import Mapping

from nullabona.errors import NullabonaError, PeerError, UserError


class EntryRefused(UserError):
    """An entry is too long for a log."""

    code = "log-entry-too-long"


class LogDamaged(NullabonaError):
    """The log's files and its database do not match. Nothing is signed."""

    code = "log-damaged"
    default_hint = (
        "stop; compare with a mirror or a backup, and restore both the files and the database from the same moment, "
        "never older than what was published"
    )


class HistoryElsewhere(UserError):
    """Others hold checkpoints signed with this log's keys that are not in the copy here. Nothing more is signed."""

    code = "log-elsewhere"


class LogOlder(HistoryElsewhere):
    """This copy of the log is older than what was signed with its keys."""

    code = "log-older"
    default_hint = (
        "do not start it again: this is an old copy, or another machine runs with the same keys; take the newest copy "
        "of a mirror (nulla log restore), as docs/how-to/keep-the-record.md says"
    )


class LogSplit(HistoryElsewhere):
    """Two histories were signed with this log's keys."""

    code = "log-split"
    default_hint = (
        "do not start it again: an old copy was put back and went on, or two machines run with the same keys; find "
        "the history that the witnesses hold, and tell them and your users what happened: "
        "docs/how-to/keep-the-record.md"
    )


class NoQuorum(PeerError):
    """Too few witnesses cosigned. The previous checkpoint stays, and staged entries are kept.

    ``reasons``: for each witness that did not cosign, the reason in a word.
    """

    code = "no-quorum"
    default_hint = "the next publish tries again; if it continues, ask the named witnesses"
    retryable = True

    def __init__(self, message: str, reasons: Mapping[str, str]) -> None:
        super().__init__(message)
        self.reasons = dict(reasons)
