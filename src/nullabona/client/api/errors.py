"""Errors that the API adds, and those of the layers below that a caller may want to tell apart."""

from __future__ import annotations

from nullabona.client.account import AccountExists, NoAccount
from nullabona.client.core.model.errors import (
    BadLinkCode,
    BadRequest,
    KeychainFailed,
    LinkExposed,
    LinkForged,
    LinkMisused,
    NoSuchRoom,
    ProfileExists,
    ProfileExposed,
    ProfileInUse,
    ProfileMissing,
    StaleProfile,
    StoreDamaged,
    StoreTooNew,
    WrongPassphrase,
    WrongUnlock,
)
from nullabona.client.importing.errors import ExportUnreadable, ExportUnsafe, NotAnExport
from nullabona.client.net import TimedOut, Unreachable
from nullabona.errors import Bug, NullabonaError, PeerError, Refused, UserError
from nullabona.wire.registration import TokenInvalid

__all__ = [
    "AccountExists",
    "Ambiguous",
    "BadLinkCode",
    "BadRequest",
    "Bug",
    "ExportUnreadable",
    "ExportUnsafe",
    "FileExists",
    "FileFailed",
    "FileNotHere",
    "FileTooLarge",
    "FileUnreadable",
    "FileUnwritable",
    "HandleTaken",
    "ImportUnanswered",
    "KeychainFailed",
    "LinkDeclined",
    "LinkExpired",
    "LinkExposed",
    "LinkForged",
    "LinkMisused",
    "LinkSilent",
    "MessageFailed",
    "NoAccount",
    "NoSuchImport",
    "NoSuchMessage",
    "NoSuchRoom",
    "NotAnExport",
    "NotRegistered",
    "NullabonaError",
    "Offline",
    "PeerError",
    "PendingStill",
    "ProfileExists",
    "ProfileExposed",
    "ProfileInUse",
    "ProfileMissing",
    "Refused",
    "RegistrationPaused",
    "StaleProfile",
    "StoreDamaged",
    "StoreTooNew",
    "TimedOut",
    "TokenInvalid",
    "TokenNeeded",
    "TokenRefused",
    "UnknownHandle",
    "Unreachable",
    "UserError",
    "WrongPassphrase",
    "WrongUnlock",
]


class LinkExpired(UserError):
    """The code of a link is older than ten minutes."""

    code = "link-expired"
    default_hint = "show a new code on the other device"


class LinkSilent(UserError):
    """The other device no longer answers. No device was added."""

    code = "link-silent"
    default_hint = "show a new code, and keep both devices on until they say that it is done"


class LinkDeclined(UserError):
    """The person at the other device said no, or closed the screen."""

    code = "link-declined"
    default_hint = "show a new code on the other device, and confirm there"


class Ambiguous(UserError):
    """A name fits several rooms or contacts; the hint lists them."""

    code = "ambiguous"


class NoSuchImport(UserError):
    """There is no such import."""

    code = "no-such-import"
    default_hint = "`nulla import --list` shows them"


class ImportUnanswered(UserError):
    """Something about the export has to be said first; ``questions`` say what."""

    code = "import-unanswered"
    default_hint = "run it again with --me NAME; --preview lists the people"

    def __init__(self, questions: tuple[str, ...]) -> None:
        if "me" in questions:
            super().__init__("the export does not say which of its people you are")
        else:
            super().__init__("the dates can be read in two ways", hint="run it again with --day-first or --month-first")
        self.questions = questions


class NotRegistered(Refused):
    """The directory did not register the handle of a new account. The same account may be created in another way."""

    code = "not-registered"


class RegistrationPaused(NotRegistered):
    """The operator lets nobody register for now."""

    code = "registration-paused"
    default_hint = "try it another day, or choose another server"

    def __init__(self) -> None:
        super().__init__("registration-paused")
        self.message = "this server registers nobody for now"
        self.args = (self.message,)


class TokenNeeded(NotRegistered):
    """A new handle needs a registration token at this directory."""

    code = "token-needed"
    default_hint = "ask the people who run the server for one; then: nulla account create HANDLE --token TEXT"

    def __init__(self) -> None:
        super().__init__("token-needed")
        self.message = "this server registers people who have a token"
        self.args = (self.message,)


class TokenRefused(NotRegistered):
    """The registration token was used, has ended, or is for another directory."""

    code = "token-refused"
    default_hint = "ask for a new token where you got this one"

    def __init__(self) -> None:
        super().__init__("token-refused")
        self.message = "the token was used, has ended, or is for another server"
        self.args = (self.message,)


class HandleTaken(NotRegistered):
    """The handle of a new account belongs to somebody else, or did until not long ago."""

    code = "handle-taken"
    default_hint = "choose another handle"

    def __init__(self, handle: str) -> None:
        super().__init__("handle-taken")
        self.message = f"{handle} belongs to somebody else"
        self.args = (self.message,)


class UnknownHandle(UserError):
    """The directory has no card for a handle."""

    code = "unknown-handle"
    default_hint = "check the spelling and the server's name after the @"


class NoSuchMessage(UserError):
    """The room has no such message."""

    code = "no-such-message"
    default_hint = "it may have been deleted or have expired"


class MessageFailed(PeerError):
    """The relay will never take the message."""

    code = "message-failed"
    default_hint = "see the warnings of `nulla follow`; shorter messages may pass"


class PendingStill(Unreachable):
    """The request is stored and sent later; it was not completed in the given time."""

    code = "pending-still"
    default_hint = "nothing is lost: the next command that reaches the server sends it"


class Offline(UserError):
    """The client was opened without the network."""

    code = "offline"
    default_hint = "open it with the network"


class FileTooLarge(UserError):
    """A file is too large for a message. Nothing was stored."""

    code = "file-too-large"
    default_hint = "send it in parts, or another way"


class FileUnreadable(UserError):
    """A file to be sent cannot be read. Nothing was stored."""

    code = "file-unreadable"
    default_hint = "check that it exists and that you may read it"


class FileExists(UserError):
    """A file of that name exists already. It is unchanged."""

    code = "file-exists"
    default_hint = "choose another name or folder"


class FileUnwritable(UserError):
    """A file cannot be saved there."""

    code = "file-unwritable"
    default_hint = "check that the folder exists, that you may write to it, and that the disk has space"


class FileNotHere(UserError):
    """A file's bytes are not on this device."""

    code = "file-not-here"
    default_hint = "fetch it first"


class FileFailed(PeerError):
    """A file was not received, or differs from what its sender announced."""

    code = "file-failed"
    default_hint = "ask its sender to send it again"
