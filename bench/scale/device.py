"""What a device in a room knows and plans, as far as a relay notices it."""

from __future__ import annotations

from bench.scale.box import Box


class Device:
    """A device in a room."""

    def __init__(self, number: int, account: int) -> None:
        self.number = number
        self.account = account
        self.online = False
        self.epoch = 0
        """The index of the box that it takes for the current one."""
        self.shown = -1
        """The index of the newest box into which it has sent something."""
        self.untold: set[Box] = set()
        self.receipt_at: float | None = None
        self.talked_at: float | None = None
        """When its person last read or said something here."""
        self.lighten_at: float | None = None
        self.lightened = 0
        self.update_at = 0.0
        self.missing: list[tuple[Box, int]] = []
        self.owed = 0
        """Messages of its own that somebody lacks, of which it hears when it is online again."""
