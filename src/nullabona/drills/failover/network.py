"""Two network namespaces with a cable between them that can be pulled: a network that falls apart for real.

Nothing of the machine's own network is touched. Root can make them, and so can users who may make user namespaces.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, Self

from nullabona.processes.program import ProcessFailed, Program, run

HOSTS: Final = "10.77.0.1", "10.77.0.2"
_CABLE: Final = "cable"
_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_TOOLS: Final = "unshare", "nsenter", "ip"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its address, and what stands before a command that runs there."""

    host: str
    enter: tuple[str, ...]


class TwoSides:
    """Both, until the block ends. Raises `ProcessFailed` if they cannot be made here."""

    sides: tuple[Side, Side]

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for tool in _TOOLS:
            if shutil.which(tool, path=_PATH) is None:
                raise ProcessFailed(f"there is no {tool}")
        try:
            self._make()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def cut(self) -> None:
        """Pull the cable: neither side hears of the other any more, and no connection is told."""
        self._in(0, "ip", "link", "set", _CABLE, "down")

    def join(self) -> None:
        """Plug it in again."""
        self._in(0, "ip", "link", "set", _CABLE, "up")

    def _make(self) -> None:
        user = () if os.geteuid() == 0 else ("-U",)
        first = self._hold(("unshare", *(("-r",) if user else ()), "-n"))
        kept = (*user, *(("--preserve-credentials",) if user else ()))
        enter = ("nsenter", "-t", str(first), *kept, "-n")
        second = self._hold((*enter[:-1], "unshare", "-n") if user else ("unshare", "-n"))
        self.sides = Side(HOSTS[0], enter), Side(HOSTS[1], ("nsenter", "-t", str(second), *kept, "-n"))
        self._in(0, "ip", "link", "add", _CABLE, "type", "veth", "peer", "name", _CABLE, "netns", str(second))
        for at, host in enumerate(HOSTS):
            self._in(at, "ip", "address", "add", f"{host}/24", "dev", _CABLE)
            for device in ("lo", _CABLE):
                self._in(at, "ip", "link", "set", device, "up")

    def _hold(self, command: tuple[str, ...]) -> int:
        """A process that does nothing but hold a namespace; it ends with ours."""
        holder = Program((*command, "sh", "-c", "echo held && cat"), env={"PATH": _PATH})
        self._stack.callback(holder.kill)
        if holder.first_line.strip() != "held":
            raise ProcessFailed(f"no network namespace can be made here: {holder.kill().err.strip()[-200:]}")
        return holder.pid

    def _in(self, at: int, *command: str) -> None:
        enter = self.sides[at].enter
        done = run((*enter, *command), env={"PATH": _PATH}, patience_s=20)
        if done.code:
            raise ProcessFailed(f"the namespaces cannot be connected here: {done.err.strip()[-200:]}")
