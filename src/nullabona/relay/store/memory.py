"""Boxes and blobs in memory only (``--volatile``): a restart forgets all, and clients put back what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import ClassVar, Final

from nullabona.relay.core.answers import Entry, select
from nullabona.relay.core.boxes import LAST_SEQ, SEQ_BITS, Batch, StoredBox
from nullabona.relay.core.space import Disk
from nullabona.relay.store.interface import BlobDamaged, is_intact

_MEMORY: Final = Path("/proc/meminfo")


class _Box:
    __slots__ = ("address", "expiry_day", "frames", "incarnation", "next_seq")

    def __init__(self, address: bytes, incarnation: bytes, expiry_day: int, first: int) -> None:
        self.address = address
        self.incarnation = incarnation
        self.expiry_day = expiry_day
        self.next_seq = first
        self.frames: dict[int, tuple[int, bytes]] = {}


class MemoryBoxStore:
    """A `BoxStore` without files."""

    durable: ClassVar[bool] = False
    heavy = False

    def __init__(self) -> None:
        self._boxes: dict[int, _Box] = {}
        self._nums: dict[bytes, int] = {}

    def find(self, address: bytes, expiry_day: int) -> StoredBox | None:
        num = self._nums.get(address)
        if num is None:
            return None
        box = self._boxes[num]
        sizes = []
        for day, body in reversed(box.frames.values()):
            if day != expiry_day:
                break
            sizes.append(len(body))
        return StoredBox(num, box.incarnation, box.next_seq, box.expiry_day, len(sizes), sum(sizes))

    def is_taken(self, num: int) -> bool:
        return num in self._boxes

    def read(self, num: int, after: int, limit: int, max_bytes: int) -> tuple[Entry, ...]:
        box = self._boxes.get(num)
        if box is None:
            return ()
        frames = box.frames
        oldest = next(iter(frames), box.next_seq)
        found = ((seq, frames[seq][1]) for seq in range(max(after + 1, oldest), box.next_seq) if seq in frames)
        return select(islice(found, limit), after, limit, max_bytes)

    def commit(self, batch: Batch) -> None:
        for new in batch.boxes:
            self._boxes[new.num] = _Box(new.address, new.incarnation, new.expiry_day, new.first)
            self._nums[new.address] = new.num
        for expiry_day, num in batch.renewed:
            self._boxes[num].expiry_day = expiry_day
        for num, upto, _ in batch.trims:
            frames = self._boxes[num].frames
            for seq in [seq for seq in frames if seq <= upto]:
                del frames[seq]
        for frame_id, expiry_day, body in batch.frames:
            box = self._boxes[frame_id >> SEQ_BITS]
            seq = frame_id & LAST_SEQ
            box.frames[seq] = (expiry_day, body)
            box.next_seq = seq + 1

    def lighten(self) -> None:
        pass

    def expire(self, day: int) -> Iterable[None]:
        for num in list(self._boxes):
            box = self._boxes[num]
            for seq in [seq for seq, (expiry_day, _) in box.frames.items() if expiry_day < day]:
                del box.frames[seq]
            if box.expiry_day < day and not box.frames:
                del self._boxes[num], self._nums[box.address]
        yield

    def scrub(self) -> None: ...

    def rewrite(self) -> Iterable[None]:
        return ()

    def disk(self) -> Disk | None:
        """The machine's memory: a relay that would take all of it is ended by the kernel, with everything in it."""
        try:
            lines = dict(line.split(":", 1) for line in _MEMORY.read_text("ascii").splitlines())
            total, free = (int(lines[name].split()[0]) * 1_024 for name in ("MemTotal", "MemAvailable"))
        except (OSError, ValueError, LookupError):
            return None
        return Disk(total, free)

    def check(self) -> None: ...
    def close(self) -> None: ...


class MemoryBlobStore:
    """A `BlobStore` without files."""

    def __init__(self) -> None:
        self._blobs: dict[bytes, tuple[int, bytes]] = {}

    def put(self, digest: bytes, data: bytes, expiry_day: int) -> None:
        old_day, _ = self._blobs.get(digest, (0, b""))
        self._blobs[digest] = (max(old_day, expiry_day), data)

    def get(self, digest: bytes) -> bytes | None:
        found = self._blobs.get(digest)
        if found is not None and not is_intact(digest, found[1]):
            self._blobs.pop(digest, None)
            raise BlobDamaged("a blob in memory is not what was put")
        return found and found[1]

    def remove(self, digest: bytes) -> bool:
        return self._blobs.pop(digest, None) is not None

    def held(self) -> Iterable[tuple[bytes, int, int]]:
        """Digest, size and expiry day of every blob."""
        return [(digest, len(data), day) for digest, (day, data) in self._blobs.items()]

    def used(self, expiry_day: int) -> int:
        return sum(len(data) for day, data in self._blobs.values() if day == expiry_day)

    def expire(self, day: int) -> None:
        self._blobs = {digest: kept for digest, kept in self._blobs.items() if kept[0] >= day}

    def blur(self) -> None: ...
