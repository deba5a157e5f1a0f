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
