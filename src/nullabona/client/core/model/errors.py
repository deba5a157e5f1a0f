"""The client's errors. Each fixes its code, its hint and whether the same call may succeed when repeated.

::

    UserError
    ├── ProfileMissing ProfileExists ProfileInUse ProfileExposed   where the profile is
    ├── WrongPassphrase WrongUnlock KeychainFailed BadPassphrase BadPhrase   what opens it
    ├── StaleProfile StoreDamaged StoreTooNew StoreFailed          what is in it
    └── NoSuchRoom NotInRoom NotAllowed NoSuchContact LastAdmin CardTooOld BadRequest   what is asked of it
    PeerError
    └── PolicyRefused MlsRefused
    Bug
    └── StaleState StoreMisuse
"""

from __future__ import annotations

from typing import ClassVar, Final

from nullabona.errors import Bug, PeerError, UserError


class ProfileMissing(UserError):
    """There is no profile in this folder. Nothing was created."""

    code = "profile-missing"
    default_hint = "create an account first, or name the folder of an existing profile"


class ProfileExists(UserError):
    """The folder for the new profile is not empty. Nothing was changed."""

    code = "profile-exists"
    default_hint = "open it, or choose another folder"


class ProfileInUse(UserError):
    """Another process has this profile open; two writers would reuse message keys."""

    code = "profile-in-use"
    default_hint = "close the other program that uses this profile, then try again"
    retryable: ClassVar[bool] = True


class ProfileExposed(UserError):
    """Other users of this machine may read or replace the profile's files."""

    code = "profile-exposed"
    default_hint = "make the folder private: chmod 700 on it and chmod 600 on its files"


class WrongPassphrase(UserError):
    """The passphrase or key does not open the profile. Nothing was changed."""

    code = "wrong-passphrase"
    default_hint = "check the keyboard layout (Korean or English) and capital letters"


class WrongUnlock(UserError):
    """The profile is protected in another way. No other way is tried."""

    code = "wrong-unlock"
    default_hint = "open the profile the way it was protected"


class KeychainFailed(UserError):
    """The system keychain failed. No other protection is used instead."""

    code = "keychain-failed"
    default_hint = "unlock the system keychain, or protect the profile with a passphrase"


class BadPassphrase(UserError):
    """The passphrase cannot be used to protect anything."""

    code = "bad-passphrase"
    default_hint = "choose a passphrase that is not empty"


class BadPhrase(UserError):
    """The words are not a recovery phrase: a word, their number or their checksum is wrong."""

    code = "bad-phrase"
    default_hint = "type all 24 words in order, in English or in Korean"


class BadLinkCode(UserError):
    """The text typed or scanned is not another device's code."""

    code = "bad-link-code"
    default_hint = "show a new code on the other device: settings, devices, link a device"


class LinkMisused(UserError):
    """A second device used the code: somebody else saw it. Neither was let in, and the account's secret stayed here."""

    code = "link-misused"
    default_hint = "show a new code where nobody else sees it; if a device you do not know was let in, remove it"


class LinkForged(LinkMisused):
    """The device that answered tried to add this one to another account than the handle's."""

    code = "link-forged"
    default_hint = (
        "nothing was stored; show a new code where nobody else sees it, and compare the numbers on both screens"
    )


class LinkExposed(LinkMisused):
    """A second device used the code when the account's secret had gone to the first: a stranger may know it."""

    code = "link-exposed"
    default_hint = (
        "unless both devices are yours, somebody can pose as you: remove devices you do not know, make a new account, "
        "tell your contacts another way, and delete this one"
    )


class StaleProfile(UserError):
    """The store is older than this profile's last state: a copy was restored.

    It must not send: it would use message keys a second time. It may be opened to read, and to be renewed.
    """

    code = "stale-profile"
    default_hint = (
        "this looks like a restored copy; open it for reading only, or set this device up again with the 24 words"
    )


class StoreDamaged(UserError):
    """The store's file was changed or lost outside this program. It is never recreated."""

    code = "store-damaged"
    default_hint = "keep the folder unchanged; set the device up again with the 24 words in another folder"


class StoreTooNew(UserError):
    """The store was written by a newer version. Nothing was changed."""

    code = "store-too-new"
    default_hint = "install the newer version of nullabona"


class StoreFailed(UserError):
    """The disk refused a read or a write. The open transaction was rolled back.

    If the failure was in the commit itself, the store refuses everything until it is opened again: only the file
    knows whether that commit happened.
    """

    code = "store-failed"
    default_hint = "check for free disk space and a healthy disk, then start again"


class StaleState(Bug):
    """A group's state is not the one the change was made from; the change was refused. Load the group again."""

    code = "stale-state"


class StoreMisuse(Bug):
    """The store was called against its contract."""

    code = "store-misuse"


class NoSuchRoom(UserError):
    """There is no room of that name or id."""

    code = "no-such-room"
    default_hint = "list your rooms, or check the spelling"


class NotInRoom(UserError):
    """The device is not a member of the room any more."""

    code = "not-in-room"
    default_hint = "ask an admin of the room to add you again"


class NotAllowed(UserError):
    """The room's rules do not let this account do that."""

    code = "not-allowed"
    default_hint = "ask an admin of the room"


class NoSuchContact(UserError):
    """The profile has no contact with that handle."""

    code = "no-such-contact"
    default_hint = "add the contact first; they must accept before you can talk"


class LastAdmin(UserError):
    """The last admin cannot leave a group that others stay in."""

    code = "last-admin"
    default_hint = "appoint another admin first"


class CardTooOld(UserError):
    """An account's key packages are too old to invite it."""

    code = "card-too-old"
    default_hint = "ask them to open their app, which renews it; then look them up again"


class BadRequest(UserError):
    """The request contradicts itself."""

    code = "bad-request"


class PolicyRefused(PeerError):
    """A commit breaks the room's rules (spec/room.md §3); every member ignores it."""

    code = "policy-refused"


EXPIRED: Final = "expired"
"""The reason of a refusal that depends only on the clock: a device that read the same earlier may have accepted it."""


class MlsRefused(PeerError):
    """An MLS message is of no use to this device. ``reason`` is the seam's stable code."""

    code = "mls-refused"

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
