"""Every column and file of a mirrored map, as declared in `nullabona.wire.data_held`. A test compares."""

from __future__ import annotations

from typing import Final

from nullabona.wire.data_held import MAP_COLUMNS, MAP_FILES

COLUMNS: Final = MAP_COLUMNS
FILES: Final = MAP_FILES
