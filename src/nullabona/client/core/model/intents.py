"""What this device wants to change in a room by its next commit; a room's state keeps it until that is done."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from nullabona.client.core.model.proofs import RemovalOrder


class AddAccount(msgspec.Struct, array_like=True, tag=1, frozen=True):
    """Add the devices of an account with the key packages of its card."""

    account: bytes
    handle: str
    key_packages: tuple[bytes, ...]
    inbox: bytes  # encoded: we send its invitation there
    reply: bytes = b""
    """The secret of the reply box where it expects the invitation instead (`core.delivery.reply_boxes`), or empty."""
    by_link: bool = False  # it followed an invite link: no person decided to add it

    def __repr__(self) -> str:
        return f"<AddAccount {self.handle}>"


class RemoveAccount(msgspec.Struct, array_like=True, tag=2, frozen=True):
    """Remove every device of an account, as an admin or by an order."""

    account: bytes
    order: RemovalOrder | None = None


class SetInfo(msgspec.Struct, array_like=True, tag=3, frozen=True):
    """Change name, timer and who may pin (each if not None), appoint or dismiss admins."""

    name: str | None = None
    appoint: tuple[bytes, ...] = ()
    dismiss: tuple[bytes, ...] = ()
    timer_s: int | None = None
    members_pin: bool | None = None


class RemoveDevice(msgspec.Struct, array_like=True, tag=5, frozen=True):
    """Remove one device of our own account."""

    device: bytes


class UpdateKeys(msgspec.Struct, array_like=True, tag=4, frozen=True):
    """Renew our leaf's keys, so that keys an attacker copied before become useless."""


class NoteMove(msgspec.Struct, array_like=True, tag=6, frozen=True):
    """Write the relay that the newest move order names into the room info, for later members."""


Intent: TypeAlias = AddAccount | RemoveAccount | RemoveDevice | SetInfo | UpdateKeys | NoteMove
