"""The bases of every request and response, and the fields that several of them have (spec/relay.md §2)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

MAX_CHECKPOINT = 131_072
"""Largest signed checkpoint, in bytes: enough for 32 witnesses with signatures of both kinds."""
MAX_WATCHED = 144
"""Most epochs that one answer to `WatchHandle` or `ListEpochs` tells of: a day of ten-minute periods."""

Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
Seq = Annotated[int, Meta(ge=0, le=2**53)]
Listed = Annotated[bytes, Meta(max_length=32)]
"""The hash of an epoch's list of changes; empty: the epoch is from before there were lists."""


class Request(msgspec.Struct, array_like=True, frozen=True, tag_field="op"):
    """Base of every request; ``repr`` is hidden because fields are secrets."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Response(msgspec.Struct, array_like=True, frozen=True, tag_field="re"):
    """Base of every response."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
