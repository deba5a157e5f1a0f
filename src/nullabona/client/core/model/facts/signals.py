"""What one part of a step does that a higher part acts on, which the lower part does not know."""

from __future__ import annotations

from typing import TypeAlias

from nullabona.client.core.model.facts.base import Signal


class BothAsked(Signal, frozen=True):
    """A contact request came from an account that has an open one of ours."""

    account: bytes


class LinkPresented(Signal, frozen=True):
    """A contact request carries a token of one of our invite links."""

    account: bytes


class AskedAgain(Signal, frozen=True):
    """An accepted contact sent a new contact request."""

    account: bytes


class AccountTrusted(Signal, frozen=True):
    """We asked or accepted an account, here or on another device: we accept its invitations without asking."""

    account: bytes


class ContactLearned(Signal, frozen=True):
    """Another device of the account told this one of a contact that it did not know."""

    account: bytes


class JoinRequested(Signal, frozen=True):
    """We asked to join a group by a link."""

    room: bytes


class MembershipEnded(Signal, frozen=True):
    """This device is out of a room: because the account left (``left``), or because ``by`` (if known) removed it."""

    room: bytes
    by: bytes
    left: bool
    others: tuple[bytes, ...]
    """The other account of a direct room."""


class ProfileCopied(Signal, frozen=True):
    """A room has a frame by our own leaf that this profile does not know: the profile is an old copy."""

    room: bytes


class AccountDeleted(Signal, frozen=True):
    """Another device of the account reported that the account is deleted: sign this one out."""


class InboxReadElsewhere(Signal, frozen=True):
    """Another device of the account reported how far it has read the inbox."""


class ChoicesTakenOver(Signal, frozen=True):
    """This step takes over choices of another device of the account; we do not send them back."""


class OwnMarkerMoved(Signal, frozen=True):
    """This account has read further in a room, on this device."""

    room: bytes


class ProofCarried(Signal, frozen=True):
    """An account claimed a handle and brought a proof, which can be checked without asking anybody."""

    account: bytes


class ReplyBoxesChanged(Signal, frozen=True):
    """Other reply boxes are read from now on (`core.delivery.reply_boxes`)."""


SignalFact: TypeAlias = (
    BothAsked
    | LinkPresented
    | AskedAgain
    | AccountTrusted
    | ContactLearned
    | JoinRequested
    | MembershipEnded
    | ProfileCopied
    | AccountDeleted
    | InboxReadElsewhere
    | ChoicesTakenOver
    | OwnMarkerMoved
    | ReplyBoxesChanged
    | ProofCarried
)
