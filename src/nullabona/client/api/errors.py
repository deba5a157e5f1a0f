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
    "NullabonaError",
    "Offline",
    "PeerError",
    "PendingStill",
    "ProfileExists",
    "ProfileExposed",
    "ProfileInUse",
    "ProfileMissing",
    "Refused",
    "StaleProfile",
    "StoreDamaged",
    "StoreTooNew",
    "TimedOut",
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
    """The other device was there and does not answer any more: nobody was let in."""

    code = "link-silent"
    default_hint = "show a new code, and let both devices run until they say that it is done"


class LinkDeclined(UserError):
    """The person at the other device said no, or closed the screen."""

    code = "link-declined"
    default_hint = "show a new code on the other device, and say yes there"


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
    default_hint = "look at the preview: say who you are, and in which order its dates are written"

    def __init__(self, questions: tuple[str, ...]) -> None:
        super().__init__(f"the export does not tell everything: {', '.join(questions)}")
        self.questions = questions


class UnknownHandle(UserError):
    """The directory has no card for a handle."""

    code = "unknown-handle"
    default_hint = "check the spelling and the relay's name after the @"


class NoSuchMessage(UserError):
    """The room has no such message."""

    code = "no-such-message"
    default_hint = "it may have been deleted, or have disappeared"


class MessageFailed(PeerError):
    """The relay will never take the message."""

    code = "message-failed"
    default_hint = "see the warnings of `nulla follow`; shorter messages may pass"


class PendingStill(Unreachable):
    """What was asked for is stored and goes out later; it has not happened within the time given."""

    code = "pending-still"
    default_hint = "nothing is lost: it goes out with the next command that reaches the relay"


class Offline(UserError):
    """The client was opened without the network."""

    code = "offline"
    default_hint = "open it with the network"


class FileTooLarge(UserError):
    """A file is larger than what a message carries. Nothing was kept."""

    code = "file-too-large"
    default_hint = "send it in parts, or another way"


class FileUnreadable(UserError):
    """A file that was to be sent cannot be read. Nothing was kept."""

    code = "file-unreadable"
    default_hint = "check that it is there and that you may read it"


class FileExists(UserError):
    """There is something where a file was to be saved; it was not touched."""

    code = "file-exists"
    default_hint = "choose another name or directory"


class FileUnwritable(UserError):
    """A file cannot be saved there."""

    code = "file-unwritable"
    default_hint = "check that the directory is there, that you may write to it, and that there is space"


class FileNotHere(UserError):
    """A file's bytes are not on this device."""

    code = "file-not-here"
    default_hint = "fetch it first"


class FileFailed(PeerError):
    """A file did not come, or is not what its sender said."""

    code = "file-failed"
    default_hint = "ask its sender to send it again"
