"""Every column and file of a witness, as declared in `nullabona.wire.data_held`.

A test compares the declarations with the real database and the real files.
"""

from __future__ import annotations

from typing import Final

from nullabona.wire.data_held import WITNESS_COLUMNS, WITNESS_FILES

COLUMNS: Final = WITNESS_COLUMNS
FILES: Final = WITNESS_FILES
