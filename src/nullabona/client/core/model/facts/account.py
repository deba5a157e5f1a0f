"""Facts about the account, its devices and its operator, and warnings about servers and networks."""

from __future__ import annotations

from typing import TypeAlias, TypedDict

import msgspec

from nullabona.client.core.model.facts.base import Logged


class WarningDetail(TypedDict, total=False):
    """What is known about a warning. Every key is optional; ``closed_s`` is in POSIX seconds."""

    handle: str
    host: str
    relay: str
    reason: str
    epoch: int
    closed_s: int


class Warned(Logged, frozen=True, kw_only=True, tag="warning"):
    """Something outside this device is wrong. ``code`` says what, as in `nullabona.words.warnings`."""

    room: bytes = b""
    code: str
    detail: WarningDetail = msgspec.field(default_factory=WarningDetail)


class RelayMoved(Logged, frozen=True, tag="relay-moved"):
    """The account's inbox moved from the relay ``left`` to ``relay``, as chosen on this or another of its devices."""

    relay: str
    left: str


class Published(Logged, frozen=True, tag="published"):
    """The directory accepted our card."""

    handle: str


class PreferencesChanged(Logged, frozen=True, tag="preferences"):
    """The person changed a preference. ``scope`` is ``profile``, or ``room:`` or ``contact:`` with an id in hex."""

    scope: str


class DevicesChanged(Logged, frozen=True, tag="devices-changed"):
    """A device of this account was linked, revoked or renamed."""


class HistoryCame(Logged, frozen=True, tag="history-came"):
    """Messages from before this device was linked arrived: ``messages`` so far; ``whole`` if that is all of them."""

    messages: int
    whole: bool


class SignedOut(Logged, frozen=True, tag="signed-out"):
    """This device no longer belongs to the account: another one revoked it, or the account was restored elsewhere."""


class OperatorNoticeChanged(Logged, frozen=True, tag="operator-notice"):
    """An operator notice arrived and its docket log proves it; or, if ``put_away``, the person has read it.

    Read it with `Client.operator_notices.get`. Each notice arrives once.
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
