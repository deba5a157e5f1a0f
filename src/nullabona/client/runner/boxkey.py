"""What a client calls the boxes that it reads."""

from __future__ import annotations

from typing import TypeAlias

Key: TypeAlias = tuple[bytes | None, str, bytes]
"""A room (None: the inbox), a relay, and the address of a box that it keeps."""
