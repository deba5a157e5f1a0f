"""Every column and file of a directory, as declared in `nullabona.wire.data_held`.

A test compares the declarations with the real database and the real files.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from nullabona.wire.data_held import DIRECTORY_COLUMNS, DIRECTORY_FILES, LOG_COLUMNS, LOG_FILES

__all__ = ["COLUMNS", "FILES", "LOG_COLUMNS"]

COLUMNS: Final = DIRECTORY_COLUMNS
FILES: Final = (*DIRECTORY_FILES, *(replace(file, pattern=f"record/{file.pattern}") for file in LOG_FILES))
