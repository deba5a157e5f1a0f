"""Errors of the app itself."""

from __future__ import annotations

from nullabona.errors import UserError


class WrongPhase(UserError):
    """The call does not fit the current state: no profile, locked, or an account already exists."""

    code = "wrong-phase"


class AppLocked(UserError):
    """The app is locked."""

    code = "locked"
    default_hint = "unlock it with the passphrase"


class TooSoon(UserError):
    """Too many wrong passphrases in a row. The next try has to wait."""

    code = "too-soon"


class HandleTaken(UserError):
    """Somebody else has this handle."""

    code = "taken"


class HandleLacksRelay(UserError):
    """A bare name, where no relay is meant by itself."""

    code = "handle-lacks-relay"
    default_hint = "add @ and the server's address, e.g. mina@127.0.0.1:8440"


class RelayAddress(UserError):
    """The text is neither the address of a relay nor an invite link."""

    code = "relay-address"
    default_hint = "an address looks like talk.example or 127.0.0.1:8440"


class RelayHasName(UserError):
    """The text is the address of a relay that has a name, and so no directory where a handle could be."""

    code = "relay-has-name"
    default_hint = "type the server that is behind the @ in handles there; with an account you can move to this server"


class NothingUploaded(UserError):
    """There is no such upload: it was sent already, or the app was locked since."""

    code = "no-such-upload"
    default_hint = "choose the file again"


class DiskFull(UserError):
    """The uploaded file cannot be stored for now. The original is unchanged."""

    code = "cannot-put-down"
    default_hint = "check that the disk has space, and choose the file again"


class WordsWrong(UserError):
    """The words do not match the account's."""

    code = "words-wrong"
    default_hint = "compare them with what you wrote down"


class BadCall(UserError):
    """The page made an invalid request."""

    code = "bad-call"
