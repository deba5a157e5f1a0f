"""What an engine's nodes hold in memory, and the files that they have; nothing else.

A test compares the declarations with a real node.
"""

from __future__ import annotations

from typing import Final

from nullabona.wire.data_held import ENGINE_COLUMNS, ENGINE_FILES

COLUMNS: Final = ENGINE_COLUMNS
FILES: Final = ENGINE_FILES
