"""What each bench of a client reports: printed by it as JSON, kept as it is, read again for the page."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="bench"):
    """A bench's figures, without the machine's name."""

    def as_json(self) -> str:
        """In one line."""
        return msgspec.json.encode(self).decode()


class Opening(Report, frozen=True, tag="opening"):
    """Milliseconds from the start of a process to a list of chats, by way of getting it."""

    rooms: int
    messages: int
    store_mib: float
    warm_ms: dict[str, list[float]]
    cold_ms: dict[str, list[float]]
    """The profile's files were put out of the machine's memory; Python's own were not."""
    memory_mib: dict[str, list[float]]
    """The most that the process had when it gave the list, its interpreter included."""


class Latency(Report, frozen=True, tag="latency"):
    """One client says something to another, message by message."""

    together: bool
    pause_s: float
    """From one message, when it was shown and sent, to the next."""
    waits_ms: float
    """What of the total is waited on purpose at the median, by the constants of relay and client; no measurement."""
    rows_ms: list[list[float]]
    """Of each message the total, and its parts in the order of `PARTS`."""

    def column(self, place: int) -> list[float]:
        """The total (0) or a part of every message."""
        return [row[place] for row in self.rows_ms]


PARTS: Sequence[str] = ("encrypt + store", "relay durable", "deliver", "decrypt + store", "tell")
"""Of a message's way. Their sum is its total; the sum of their medians need not be the total's median."""


class Catchup(Report, frozen=True, tag="catchup"):
    """What coming back to waiting messages cost."""

    together: bool
    rooms: int
    messages: int
    seconds: float
    """From opening the profile to the last message's event."""
    cpu_seconds: float
    """Of the client's process in that time, all threads."""
    open_seconds: float
    """Of it, until the profile was open and its list of rooms could be shown."""
    memory_mib: float
    """The most the process had, its interpreter included."""

    @property
    def per_second(self) -> float:
        """Messages a second of the clock."""
        return self.messages / self.seconds

    @property
    def per_core(self) -> float:
        """Messages a second of CPU time."""
        return self.messages / self.cpu_seconds


class RoomSize(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One size of room. Times in ms, sizes in bytes."""

    devices: int
    real_devices: int
    create_ms: float
    add_ms: float
    """All of them."""
    join_ms: float
    add_bytes: int
    send_ms: float
    receive_ms: float
    send_bytes: int
    remove_ms: float
    follow_ms: float | None
    """None: nobody was there to follow, as in a room of two."""
    remove_bytes: int
    largest_frame: int
    relay_bytes: int
    peak_rss_mb: float
    """The most that this process had up to now: all devices and the relay, and rooms that it measured before."""


class Rooms(Report, frozen=True, tag="rooms"):
    """Rooms of several sizes."""

    suite: str
    rows: list[RoomSize]


AnyReport = Opening | Latency | Catchup | Rooms
