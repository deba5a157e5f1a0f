"""Errors of the app itself."""

from __future__ import annotations

from nullabona.errors import UserError


class WrongPhase(UserError):
    """The call makes sense at another time: without a profile, before unlocking, with an account already."""

    code = "wrong-phase"


class AppLocked(UserError):
    """The app is locked."""

    code = "locked"
    default_hint = "unlock it with the passphrase"


class TooSoon(UserError):
    """Too many wrong passphrases in a row; the next try has to wait."""

    code = "too-soon"


class HandleTaken(UserError):
    """The handle belongs to somebody."""

    code = "taken"


class HandleLacksRelay(UserError):
    """A bare name, where no relay is meant by itself."""

    code = "handle-lacks-relay"
    default_hint = "add @ and the relay's address, e.g. mina@127.0.0.1:8440"


class NothingUploaded(UserError):
    """There is no such upload: it was sent already, or the app was locked since."""

    code = "no-such-upload"
    default_hint = "choose the file again"


class DiskFull(UserError):
    """What was handed over cannot be put down; it is as it was where it came from."""

    code = "cannot-put-down"
    default_hint = "see that there is space on the disk, and choose the file again"


class WordsWrong(UserError):
    """The words are not those of the account."""

    code = "words-wrong"
    default_hint = "compare them with what you wrote down"


class BadCall(UserError):
    """The page asked for something that no page should."""

    code = "bad-call"
