"""The settings that every node of an engine must have, and why (spec/engine.md §5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from nullabona.errors import UserError


class EngineSettings(UserError):
    """A node of the engine has a setting with which frames would be lost unseen, dated, or written to a disk."""

    code = "engine-settings"
    default_hint = (
        "correct the node's configuration and start it again; `nulla relay engine settings` prints all that it needs"
    )


@dataclass(frozen=True, slots=True)
class Setting:
    """One of them. The value is one word, or at least and at most so much."""

    name: str
    value: str
    """What a node's configuration file is to say; one that says otherwise may still be `allows`-ed."""
    why: str
    least: int | None = None
    most: int | None = None

    def allows(self, found: str) -> bool:
        """Whether a node that has this value may be used."""
        if self.least is None and self.most is None:
            return found == self.value
        return found.isdecimal() and (self.least or 0) <= int(found) <= (2**62 if self.most is None else self.most)


_DISK: Final = "frames would be written to a disk, in the order in which they came"
_TIMES: Final = "it would keep what was asked, and when"
_NAME: Final = "it would go on under a name that another state of it had"

NEEDED: Final = (
    Setting("cluster-enabled", "yes", "a relay speaks to a cluster, of one shard at least"),
    Setting("save", "", _DISK),
    Setting("appendonly", "no", _DISK),
    Setting("repl-diskless-sync", "yes", "a copy for a replica would be a file"),
    Setting("repl-diskless-load", "swapdb", "a replica would write its copy to a file"),
    Setting("repl-backlog-ttl", "0", "a primary without replicas would draw a new name after that time, for nothing"),
    Setting("repl-backlog-size", "1048576", "its memory holds the last writes in the order in which they came",
            least=16_384, most=4 * 2**20),
    Setting("maxmemory", "1073741824", "the kernel would end it when memory is full", least=2**20),
    Setting("maxmemory-policy", "noeviction", "frames would vanish without a word, and their numbers would come again"),
    Setting("slowlog-log-slower-than", "-1", _TIMES),
    Setting("latency-monitor-threshold", "0", _TIMES),
    Setting("latency-tracking", "no", _TIMES),
    Setting("crash-log-enabled", "no", "a crash would write what was being asked to the log"),
    Setting("notify-keyspace-events", "", "anybody who listens would hear of every box"),
    Setting("cluster-require-full-coverage", "no", "the loss of one shard would stop all of them"),
    Setting("cluster-allow-replica-migration", "no", "a replica would leave its shard for another one's"),
    Setting("cluster-node-timeout", "2000", "a primary that is lost would be missed for longer than people wait",
            least=500, most=15_000),
)  # fmt: skip
"""In the order in which they are checked. Those of TLS are an operator's: a relay asks for TLS anyway."""


def complaints(node: str, found: Mapping[str, str]) -> Iterator[EngineSettings]:
    """Every setting of ``node`` that must not be as it is."""
    for setting in NEEDED:
        value = found.get(setting.name)
        if value is None or not setting.allows(value):
            yield EngineSettings(
                f"node {node} of the engine has '{setting.name}' set to '{value or ''}', where '{setting.value}' is "
                f"needed: {setting.why}"
            )


def check_node(node: str, found: Mapping[str, str]) -> None:
    """Raises `EngineSettings` with the first setting of ``node`` that must not be as it is."""
    for complaint in complaints(node, found):
        raise complaint
