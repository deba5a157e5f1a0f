"""The store as plain dictionaries: what `Store` means, with nothing that could be clever."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from nullabona.client.core.model.outbox_targets import room_of
from nullabona.client.core.model.records import UNPLACED, DeviceView, Frame, Message, MessageState, OutboxItem
from nullabona.client.store.outbox import about


@dataclass
class Model:
    """Each dictionary keeps the order of first insertion, as the store's lists do."""

    values: dict[str, bytes] = field(default_factory=dict)
    mls: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    groups: dict[bytes, int] = field(default_factory=dict)
    frames: dict[tuple[bytes, bytes], Frame] = field(default_factory=dict)
    views: dict[tuple[bytes, bytes], DeviceView] = field(default_factory=dict)
    outbox: dict[int, OutboxItem] = field(default_factory=dict)
    messages: dict[tuple[bytes, bytes], Message] = field(default_factory=dict)
    markers: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    seen: dict[tuple[str, bytes], int] = field(default_factory=dict)

    def copy(self) -> Model:
        return Model(**{name: dict(kept) for name, kept in vars(self).items()})

    def rows(self, scope: bytes) -> list[tuple[bytes, bytes, bytes]]:
        return sorted((s, k, v) for (s, k), v in self.mls.items() if s == scope)

    def in_box(self, box: bytes) -> list[Frame]:
        return sorted((f for f in self.frames.values() if f.box == box), key=lambda f: f.seq)

    def change_frames(self, box: bytes, **changes: object) -> None:
        for key, frame in self.frames.items():
            if frame.box == box:
                self.frames[key] = replace(frame, **changes)  # type: ignore[arg-type]

    def erase(self, box: bytes, upto: int) -> None:
        for key, frame in self.frames.items():
            if frame.box == box and 0 < frame.seq <= upto:
                self.frames[key] = replace(frame, data=b"")

    def drop_box(self, box: bytes) -> None:
        self.frames = {key: kept for key, kept in self.frames.items() if kept.box != box}
        self.views = {key: kept for key, kept in self.views.items() if kept.box != box}
        self.outbox = {key: kept for key, kept in self.outbox.items() if about(kept.target, kept.ref) != box}

    def due(self, now: int) -> list[OutboxItem]:
        return [self.outbox[id] for id in sorted(self.outbox) if self.outbox[id].not_before <= now]

    def of_room(self, room: bytes) -> list[OutboxItem]:
        return [self.outbox[id] for id in sorted(self.outbox) if room_of(self.outbox[id].target) == room]

    def waiting(self, id: int) -> list[OutboxItem]:
        """The item and what is of its kind and for its box; nothing if there is no such item."""
        item = self.outbox.get(id)
        return [other for other in self.outbox.values() if item and other.target == item.target]

    def in_room(self, room: bytes) -> list[Message]:
        return sorted((m for m in self.messages.values() if m.room == room), key=lambda m: m.position)

    def own(self, room: bytes, states: list[MessageState]) -> list[Message]:
        wanted = set(states) - {MessageState.RECEIVED}
        return [m for m in self.in_room(room) if m.state in wanted]

    def next_unplaced(self, room: bytes) -> int:
        return max([UNPLACED, *(m.position + 1 for m in self.in_room(room))])

    def unread(self, room: bytes, after: int) -> tuple[int, int]:
        above = [m for m in self.in_room(room) if m.position > after and m.unread]
        return len({m.together or m.id for m in above}), len({m.together or m.id for m in above if m.unread == 2})

    def shown(self, room: bytes) -> list[Message]:
        return [m for m in self.in_room(room) if m.shown]
