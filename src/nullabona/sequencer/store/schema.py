"""Every column and file of a sequencer, as declared in `nullabona.wire.data_held`.

A test compares the declarations with the real database and the real files.
"""

from __future__ import annotations

from typing import Final

from nullabona.wire.data_held import LOG_COLUMNS, LOG_FILES

COLUMNS: Final = LOG_COLUMNS
FILES: Final = LOG_FILES
