"""What can be wrong with a directory's record.

The person is told of each error plainly; we believe nothing that came with it.
"""

from __future__ import annotations

from nullabona.errors import PeerError


class LogForked(PeerError):
    """A directory shows a log that is not a continuation of the one that was seen before."""

    code = "log-forked"
    default_hint = "do not trust this server; the evidence is kept on this device. Compare safety numbers"


class LogRolledBack(PeerError):
    """A directory shows an older state of its log than was seen before."""

    code = "log-rolled-back"
    default_hint = "do not trust this server until it shows what it showed before; ask its operator"


class LogStale(PeerError):
    """The newest epoch that a directory shows, or its witnesses' signatures, are too old."""

    code = "log-stale"
    default_hint = (
        "check this device's clock; otherwise the operator or its witnesses stopped, or newer entries are withheld"
    )


class LogReplaced(PeerError):
    """A directory shows another log, or other keys, than this device knows of it."""

    code = "log-replaced"
    default_hint = (
        "ask the operator in another way; if it started a new log, forget the old one: nulla record forget HOST"
    )


class CardNotInLog(PeerError):
    """A directory shows a card that is not in its record."""

    code = "card-not-in-log"
    default_hint = "it was not believed. Ask the person in another way, and compare safety numbers"


class CardRefuted(PeerError):
    """Somebody claims a handle whose public record has another card, or none."""

    code = "card-refuted"
    default_hint = "do not answer. If you know the person, ask them in another way"


class PromiseInvalid(PeerError):
    """A directory's promise to enter a card is not signed by it, is about something else, or lies too far ahead."""

    code = "promise-invalid"
    default_hint = "nothing was believed; the card was neither in the record nor promised"


class RecordGap(PeerError):
    """This device was away for longer than the directory can prove."""

    code = "record-gap"
    default_hint = "the record in between was not checked; compare safety numbers with your contacts"
