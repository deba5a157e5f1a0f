"""Every column and file a relay keeps: what `nullabona.wire.data_held` declares of it, and nothing else.

A test compares the declarations with the real database and the real files.
"""

from __future__ import annotations

from typing import Final

from nullabona.wire.data_held import RELAY_COLUMNS, RELAY_FILES

COLUMNS: Final = RELAY_COLUMNS
FILES: Final = RELAY_FILES
