"""For an ablation: the product without padding, by its own constants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from nullabona.wire import blob, frame, padding, seal


@contextmanager
def unpadded() -> Iterator[None]:
    """Inside, every size is a padding bucket, so that nothing is padded."""
    every = range(1, padding.BUCKETS[-1] + 1)
    chunks = range(1, blob.CHUNK_SIZES[-1] + 1)
    overhead = blob.CHUNK_SIZES[-1] - blob.PIECE
    with ExitStack() as stack:
        for module in (padding, frame, seal):
            stack.enter_context(patch.object(module, "BUCKETS", every))
        stack.enter_context(patch.object(blob, "CHUNK_SIZES", chunks))
        stack.enter_context(patch.object(blob, "_chunk_size", lambda length: length + overhead))
        yield
