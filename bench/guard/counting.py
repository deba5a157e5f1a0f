"""What a piece of work costs, counted rather than timed.

Counted are Python's bytecodes, calls of native functions and the steps of SQLite's machine: the same on a busy machine
and an idle one. Native code is one step to them however much it does. For work that is mostly native there is a ratio
beside them: its CPU time over that of `reference`, both measured in turns and each at its best.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import FrameType
from typing import Any, Final, Protocol, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

Act: TypeAlias = Callable[[], object]
_BLOCK: Final = bytes(16_384)
_SIGNER: Final = Ed25519PrivateKey.from_private_bytes(bytes(32))
_AGREER: Final = X25519PrivateKey.from_private_bytes(bytes(32))
_PEER: Final = X25519PrivateKey.from_private_bytes(b"1" * 32).public_key()


class Steps(Protocol):
    """A connection to SQLite, of whichever module."""

    def set_progress_handler(self, handler: Callable[[], bool] | None, every: int, /) -> object: ...


def noting(made: list[sqlite3.Connection]) -> type[sqlite3.Connection]:
    """A kind of connection: whichever is opened is put into ``made``."""

    class Noted(sqlite3.Connection):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[arg-type]
            made.append(self)

    return Noted


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one act costs."""

    bytecodes: int
    natives: int
    """Calls of native functions."""
    sql: int
    """Steps of SQLite's machine."""
    ratio: float = 0.0
    """CPU time in units of `reference`; 0: not measured."""


class Counter:
    """Counts while it is on. One at a time, on one thread; whatever traces or profiles comes back afterwards."""

    def __init__(self, connections: Sequence[Steps] = ()) -> None:
        self._connections = connections
        self._ours = {method.__code__ for method in (Counter._step, Counter._off)}
        self._bytecodes = self._natives = self._sql = 0

    def count(self, act: Act) -> Cost:
        """Do it and count."""
        for connection in self._connections:
            connection.set_progress_handler(self._step, 1)
        before = sys.gettrace(), sys.getprofile()
        sys.settrace(self._enter)
        sys.setprofile(self._profile)
        try:
            act()
        finally:
            self._off(*before)
            for connection in self._connections:
                connection.set_progress_handler(None, 1)
        return Cost(bytecodes=self._bytecodes, natives=self._natives, sql=self._sql)

    def _off(self, trace: Any, profile: Any) -> None:  # noqa: ANN401 - as `sys` has them
        sys.setprofile(profile)
        sys.settrace(trace)

    def _step(self) -> bool:
        self._sql += 1
        return False

    def _enter(self, frame: FrameType, _event: str, _arg: object) -> Any:  # noqa: ANN401 - as `sys.settrace` wants it
        if frame.f_code in self._ours:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self._inside

    def _inside(self, _frame: FrameType, event: str, _arg: object) -> Any:  # noqa: ANN401 - as `sys.settrace` wants it
        if event == "opcode":
            self._bytecodes += 1
        return self._inside

    def _profile(self, _frame: FrameType, event: str, _arg: object) -> None:
        if event == "c_call":
            self._natives += 1


def reference() -> None:
    """About a third of a millisecond of hashing, elliptic curves and Python."""
    for _ in range(2):
        sha256(_BLOCK).digest()
        _SIGNER.public_key().verify(_SIGNER.sign(_BLOCK[:256]), _BLOCK[:256])
        _AGREER.exchange(_PEER)
    sum(number & 7 for number in range(1_000))


def ratio(prepare: Callable[[], Act], times: int) -> float:
    """The CPU time of an act in units of `reference`: each at its best of ``times``, in turns."""
    acts, references = [], []
    for _ in range(times):
        act = prepare()
        references.append(_cpu_ns(reference))
        acts.append(_cpu_ns(act))
    return min(acts) / min(references)


def _cpu_ns(act: Act) -> int:
    began = time.thread_time_ns()
    act()
    return time.thread_time_ns() - began
