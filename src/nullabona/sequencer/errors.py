"""What can go wrong with a log that one runs."""

from __future__ import annotations

from collections.abc import Mapping

from nullabona.errors import NullabonaError, PeerError, UserError


class EntryRefused(UserError):
    """An entry is too long for a log."""

    code = "log-entry-too-long"


class LogDamaged(NullabonaError):
    """The log's files and its database do not belong together; nothing is signed over them."""

    code = "log-damaged"
    default_hint = (
        "stop; compare with a mirror or a backup, and restore both the files and the database from the same moment, "
        "never older than what was published"
    )


class NoQuorum(PeerError):
    """Too few witnesses cosigned; the checkpoint published before stays, and nothing that was staged is lost.

    ``reasons`` says for each witness that did not cosign why, in a word.
    """

    code = "no-quorum"
    default_hint = "the next publish tries again; if it goes on, ask the witnesses named"
    retryable = True

    def __init__(self, message: str, reasons: Mapping[str, str]) -> None:
        super().__init__(message)
        self.reasons = dict(reasons)
