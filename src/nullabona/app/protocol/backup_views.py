"""How backups by themselves stand, as the page shows it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

PlaceKind = Literal["folder", "server"]


class BackupPlace(Struct, frozen=True):
    """A place that backups go to. Times are in ms since 1970; 0: never."""

    id: str
    """What calls name it by."""
    kind: PlaceKind
    path: str
    """Of a folder; else empty."""
    every_days: int
    good_at: int
    """When the last backup that was read back was begun."""
    late: bool
    running: bool
    error: str
    """Why the last try failed, in words; empty if it did not."""
    hint: str
    tried_at: int
    doubt: Literal["", "rolled-back", "emptied"]
    """What the place had lost of earlier backups."""
    doubt_at: int
    size: int
    kept_until: int
    """When the server forgets the last good backup unless another follows."""
    same_disk: bool
    """The folder is on the disk of the profile."""


class Backups(Struct, frozen=True):
    """All places. ``standing`` is that of the best: no plan, just planned, good, or older than planned."""

    standing: Literal["none", "new", "good", "late"]
    good_at: int
    remind: bool
    """The person is reminded on the list of chats."""
    places: list[BackupPlace]


class BackupChoice(Struct, frozen=True):
    """A place that the process found: a drive, a folder of this computer, or the server."""

    id: str
    kind: Literal["drive", "folder", "server"]
    path: str
