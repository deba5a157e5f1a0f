"""What happened with the account, its devices and its operator, and what is wrong outside."""

from __future__ import annotations

from typing import TypeAlias, TypedDict

import msgspec

from nullabona.client.core.model.facts.base import Logged


class WarningDetail(TypedDict, total=False):
    """What is known about a warning."""

    handle: str
    host: str
    relay: str
    reason: str
    epoch: int
    closed_s: int


class Warned(Logged, frozen=True, kw_only=True, tag="warning"):
    """Something outside is not as it should be. ``detail`` holds what is known, by name."""

    room: bytes = b""
    code: str
    detail: WarningDetail = msgspec.field(default_factory=WarningDetail)


class RelayMoved(Logged, frozen=True, tag="relay-moved"):
    """The account's inbox is at another relay from now on, by a choice here or on another of its devices."""

    relay: str
    left: str


class Published(Logged, frozen=True, tag="published"):
    """The directory has taken our card."""

    handle: str


class PreferencesChanged(Logged, frozen=True, tag="preferences"):
    """The person chose something. ``scope``: ``profile``, or ``room:`` or ``contact:`` and an id in hex."""

    scope: str


class DevicesChanged(Logged, frozen=True, tag="devices-changed"):
    """A device of this account came, went, or is called something else."""


class HistoryCame(Logged, frozen=True, tag="history-came"):
    """What was said before this device was linked: so many messages are here; ``whole``: those are all."""

    messages: int
    whole: bool


class SignedOut(Logged, frozen=True, tag="signed-out"):
    """This device is none of the account's any more: another one revoked it, or the account was restored elsewhere."""


class OperatorNoticeChanged(Logged, frozen=True, tag="operator-notice"):
    """The operator reported a demand about this account, and its docket log proves it; or the person put that away.

    Read it (`Client.operator_notices.get`). Of each notice there is one event when it came.
    """

    notice: bytes
    put_away: bool


AccountFact: TypeAlias = (
    Warned
    | RelayMoved
    | Published
    | PreferencesChanged
    | DevicesChanged
    | HistoryCame
    | SignedOut
    | OperatorNoticeChanged
)
