"""The frames of boxes, and what other devices saw in them."""

from __future__ import annotations

import msgspec

from nullabona.client.core.model.records import DeviceView, Frame
from nullabona.client.store.rows import Row, Rows
from nullabona.client.store.statements import STATEMENTS

_FRAME = STATEMENTS["frame"]
_FRAME_AT = STATEMENTS["frame_at"]
_FRAMES = STATEMENTS["frames"]
_FRAMES_OWN = STATEMENTS["frames_own"]
_FRAME_PUT = STATEMENTS["frame_put"]
_UNPLACE = STATEMENTS["frames_unplace"]
_ERASE = STATEMENTS["frames_erase"]
_DROPS = (STATEMENTS["box_drop_frames"], STATEMENTS["box_drop_views"], STATEMENTS["box_drop_outbox"])
_VIEWS = STATEMENTS["views"]
_VIEW = STATEMENTS["view"]
_VIEW_PUT = STATEMENTS["view_put"]

_seqs = msgspec.msgpack.Decoder(tuple[int, ...])
_encode = msgspec.msgpack.Encoder().encode


def _frame(row: Row) -> Frame:
    box, hash, seq, chain, kind, mine, message, day, data = row
    return Frame(box, hash, seq, chain, kind, mine != 0, message, day, data)


def _view(row: Row) -> DeviceView:
    box, device, incarnation, seq, chain, missing, unreadable = row
    return DeviceView(box, device, incarnation, seq, chain, _seqs.decode(missing), _seqs.decode(unreadable))


class FrameRows(Rows):
    """Frames and views, by box."""

    __slots__ = ()

    def frame(self, box: bytes, hash: bytes) -> Frame | None:
        """A kept frame, or None."""
        row = self._one(_FRAME, (box, hash))
        return None if row is None else _frame(row)

    def frame_at(self, box: bytes, seq: int) -> Frame | None:
        """The frame at a place of the box, or None. No frame is at place 0; of several the first kept is meant."""
        row = self._one(_FRAME_AT, (box, seq)) if seq > 0 else None
        return None if row is None else _frame(row)

    def frames(self, box: bytes) -> list[Frame]:
        """Every kept frame of a box in order of seq, unplaced ones (seq 0) first, in the order they were kept."""
        return [_frame(row) for row in self._all(_FRAMES, (box,))]

    def own_frames(self, box: bytes, after: int, upto: int) -> list[Frame]:
        """Own frames of a box with after < seq <= upto, by seq."""
        return [_frame(row) for row in self._all(_FRAMES_OWN, (box, after, upto))]

    def put_frame(self, frame: Frame) -> None:
        """Insert or replace by (box, hash)."""
        f = frame
        self._write(_FRAME_PUT, (f.box, f.hash, f.seq, f.chain, f.kind, f.mine, f.message, f.day, f.data))

    def unplace_frames(self, box: bytes) -> None:
        """Set seq to 0 and chain to empty for every frame of the box: the relay lost it."""
        self._write(_UNPLACE, (box,))

    def erase_frame_data(self, box: bytes, upto: int) -> None:
        """Drop the ciphertext of placed frames with seq <= ``upto``; their chain stays comparable."""
        self._write(_ERASE, (box, upto))

    def drop_box(self, box: bytes) -> None:
        """Forget a box's frames, views and outbox items."""
        for statement in _DROPS:
            self._write(statement, (box,))

    def views(self, box: bytes) -> list[DeviceView]:
        """What the devices last said they saw in a box, by device."""
        return [_view(row) for row in self._all(_VIEWS, (box,))]

    def view(self, box: bytes, device: bytes) -> DeviceView | None:
        """What a device last said it saw in a box, or None."""
        row = self._one(_VIEW, (box, device))
        return None if row is None else _view(row)

    def put_view(self, view: DeviceView) -> None:
        """Insert or replace by (box, device)."""
        missing, unreadable = _encode(view.missing), _encode(view.unreadable)
        self._write(_VIEW_PUT, (view.box, view.device, view.incarnation, view.seq, view.chain, missing, unreadable))
