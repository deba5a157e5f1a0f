"""What PostgreSQL keeps that SQLite does not, as declared in `nullabona.wire.data_held`.

A test compares the declarations with a real database.
"""

from __future__ import annotations

from typing import Final

from nullabona.wire.data_held import POSTGRES_COLUMNS, POSTGRES_FILES, POSTGRES_HIDDEN

OWN: Final = POSTGRES_COLUMNS
COLUMNS: Final = (*POSTGRES_COLUMNS, *POSTGRES_HIDDEN)
FILES: Final = POSTGRES_FILES
