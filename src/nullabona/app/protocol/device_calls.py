"""Calls about the account's devices: which there are, letting one in, being let in."""

from __future__ import annotations

from msgspec import Struct

from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Call, Done


class DeviceView(Struct, frozen=True):
    """``since`` in ms since 1970, at day's precision."""

    id: str
    name: str
    since: int
    this: bool


class Devices(Struct, frozen=True):
    devices: list[DeviceView]


class GetDevices(Call[Devices], frozen=True):
    pass


class NameDevice(Call[Devices], frozen=True):
    id: str
    name: str


class RemoveDevice(Call[Devices], frozen=True):
    """Revoke it: it is removed from every room."""

    id: str


class LinkShown(Struct, frozen=True):
    handle: str
    code: str
    qr: list[str]
    """Rows of the QR code: 0 light, 1 dark."""
    number: list[str]
    """The account's number; a device that is linked shows the same, or it was taken into another account."""
    expires_at: int


class LinkDevice(Call[LinkShown], frozen=True):
    """A code for one more device; the one before does not work any more."""


class LinkCandidate(Struct, frozen=True):
    name: str


class WaitLink(Call[LinkCandidate], frozen=True):
    """Answered once a device has used the code."""


class AnswerLink(Call[Devices], frozen=True):
    """Whether that is the person's own device."""

    yes: bool


class EndLink(Call[Done], frozen=True):
    """The code is not shown any more."""


class JoinInto(Struct, frozen=True):
    """The account that this device is about to be one of. ``in_record``: the public record shows it for the handle."""

    handle: str
    number: list[str]
    in_record: bool


class JoinAccount(Call[JoinInto], frozen=True):
    """Make this profile a device of the account whose other device shows ``code``. Answered when that has agreed.

    Nothing of the account is used before `AnswerJoin`. ``code``: as typed, or the text of the QR code; ``handle`` is
    needed for the former.
    """

    handle: str
    code: str
    name: str


class AnswerJoin(Call[v.State], frozen=True):
    """Whether that is the person's own account."""

    yes: bool
