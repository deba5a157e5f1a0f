"""What a relay keeps in a bucket, what the object store keeps beside it, and the file with the keys; nothing else.

A test compares the declarations with a real bucket and the real files.
"""

from __future__ import annotations

from typing import Final

from nullabona.wire.data_held import BUCKET_COLUMNS, BUCKET_FILES

COLUMNS: Final = BUCKET_COLUMNS
FILES: Final = BUCKET_FILES
