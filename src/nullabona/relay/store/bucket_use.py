"""One process uses a prefix of a bucket, or all that share their blobs on an engine: an object there says which, and
goes on changing while they run (spec/relay.md §5.1).

A second process would not see what waits in the first, make other keys for a day, and delete what the first had put
again. The object is 16 bytes that the same data directory, or the same name on the same engine, has at every start, and
16 random ones of each change.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

from nullabona.errors import UserError
from nullabona.relay.store.interface import StoreFailed

NAME: Final = "user"
BEAT_S: Final = 5.0
"""Seconds from one change of the object to the next."""
PATIENCE: Final = 4
"""An object that did not change in so many beats is of a process that is gone."""
_RANDOM: Final = 16


class BucketInUse(UserError):
    """Another process uses the same prefix of the bucket."""

    code = "bucket-in-use"
    default_hint = (
        "end the other process, or give this one another prefix in [blobs]; only relays with the same engine and "
        "the same engine_name share one; a process that was killed is forgotten after 20 seconds"
    )
    retryable = True


class Place(Protocol):
    """The part of `nullabona.relay.store.objects.Objects` that this needs."""

    def get(self, name: str) -> bytes | None: ...
    def put(self, name: str, data: bytes) -> None: ...
    def delete(self, names: Sequence[str]) -> None: ...


class BucketUse:
    """Says in ``objects`` that the process with the mark ``own`` uses them. `claim` comes first, `release` last.

    ``shared``: several processes have this mark, and use them together. ``pause(seconds)`` waits, and returns whether
    that was ended early.
    """

    def __init__(
        self, objects: Place, own: bytes, *, shared: bool = False, pause: Callable[[float], bool] | None = None
    ) -> None:
        self.lost = False
        """Another process has taken our place: nothing may be changed in the bucket any more."""
        self._objects = objects
        self._own = own
        self._shared = shared
        self._ended = threading.Event()
        self._pause = pause or self._ended.wait
        self._written: set[bytes] = set()
        """What we wrote last; and what we may have written, if the object store did not say."""
        self._thread: threading.Thread | None = None

    def claim(self) -> None:
        """Take the prefix. Takes `PATIENCE` beats if a process before did not end in order, unless its data directory
        is ours, which no other living process can have. Raises `BucketInUse` or `StoreFailed`.
        """
        found = self._objects.get(NAME)
        if found is not None and not found.startswith(self._own):
            for _ in range(PATIENCE):
                self._pause(BEAT_S)
                now = self._objects.get(NAME)
                if now is None:
                    break
                if now != found:
                    raise BucketInUse("another process uses this prefix of the bucket")
        self._write()

    def keep(self) -> None:
        """Go on saying so, on a thread of its own, until `release`."""
        self._thread = threading.Thread(target=self._beats, name="relay-bucket-use", daemon=True)
        self._thread.start()

    def beat(self) -> None:
        """Say so once more; sets ``lost`` if another process does. If the object store fails, the next asks again."""
        with suppress(StoreFailed):
            found = self._objects.get(NAME)
            if found is not None and not self._is_ours(found):
                self.lost = True
            else:
                self._write()

    def release(self) -> None:
        """Let others have it at once, unless it is shared: then it is free when nobody has said so for a while.
        Harmless when repeated.
        """
        self._ended.set()
        if self._thread is not None:
            self._thread.join(BEAT_S)
        if self._written and not self.lost and not self._shared:
            self._written = set()
            with suppress(StoreFailed):  # then the next process waits
                self._objects.delete([NAME])

    def _is_ours(self, found: bytes) -> bool:
        return found.startswith(self._own) if self._shared else found in self._written

    def _beats(self) -> None:
        while not self._ended.wait(BEAT_S) and not self.lost:
            self.beat()

    def _write(self) -> None:
        mark = self._own + secrets.token_bytes(_RANDOM)
        self._written.add(mark)
        self._objects.put(NAME, mark)
        self._written = {mark}
