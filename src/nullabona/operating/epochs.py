"""When the epochs of the directory's public record were closed, read from the record's own files (spec/map.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from nullabona.errors import Malformed
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.note import parse_note
from nullabona.log.tiles import ENTRIES, WIDTH, Tile, decode_bundle, tile_width
from nullabona.wire.epoch import decode_epoch

PUBLIC: Final = Path("record") / "public"
_DAY_S: Final = 86_400


@dataclass(frozen=True)
class EpochDays:
    """The days of the epochs of one directory, as its record in ``public`` was when it was first asked."""

    public: Path
    today: int
    _bundles: dict[int, list[bytes]] = field(default_factory=dict, repr=False)

    def __call__(self, epoch: int) -> int | None:
        """The day on which ``epoch`` was closed; today for one that is not closed yet; None: the record is unreadable.

        The first entry of the record is its genesis: no epoch has the number 0.
        """
        try:
            if epoch < 1:
                return None
            if epoch >= self._size:
                return self.today
            index, place = divmod(epoch, WIDTH)
            return decode_epoch(self._bundle(index)[place]).closed_s // _DAY_S
        except (OSError, Malformed):
            return None

    @cached_property
    def _size(self) -> int:
        return parse_checkpoint(parse_note((self.public / "checkpoint").read_bytes()).text).size

    def _bundle(self, index: int) -> list[bytes]:
        if index not in self._bundles:
            width = tile_width(ENTRIES, index, self._size)
            data = (self.public / Tile(ENTRIES, index, width).path).read_bytes()
            self._bundles[index] = decode_bundle(data, width)
        return self._bundles[index]
