"""What each user of an engine's node may do, found out by trying (spec/engine.md §6). No attempt changes anything.

Not tried, because there is no harmless form: RPUSH and LPUSH. And CLIENT NO-TOUCH, which older servers do not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nullabona.findings import Finding, wrong
from nullabona.operating.engine.node import NodeConnection, NodeRefused, Reach
from nullabona.relay.shelves.engine.access import FUNCTIONS, RELAY

_KEY: Final = "check"
"""What a key is called that no relay makes: addresses and digests are longer."""
_WITHIN: Final = [words.format(key=_KEY).split() for words in (
    "LINDEX b:{key} 0", "LLEN b:{key}", "LRANGE b:{key} 0 0", "LSET b:{key} 0 x", "LTRIM b:{key} 0 0", "DEL b:{key}",
    "SCAN 0 COUNT 1", "INFO replication", "TIME",
    "HGET d:{key} x", "HMGET d:{key} x", "HSET d:{key} x x x", "HINCRBY d:{key} x x", "HDEL d:{key} x",
    "HGETALL d:{key}", "HEXISTS d:{key} x", "HKEYS d:{key}",
    "ZADD d:{key} XX 0 x", "ZCARD d:{key}", "ZRANGE d:{key} 0 0", "ZREMRANGEBYRANK d:{key} 0 0",
    "SET w:{key} x XX", "GETRANGE w:{key} 0 0", "STRLEN w:{key}", "DEL w:{key}",
    "SPUBLISH b:{key} x", "SPUBLISH d:{key} x",
)]  # fmt: skip
"""What functions do, in a form that does nothing where there is no such key: it is refused, or finds nothing to do.
Nobody subscribes to such a channel.
"""
_DRIVER: Final = [words.format(key=_KEY).split() for words in (
    "PING", "ASKING", "CLUSTER SLOTS",
    "SSUBSCRIBE b:{key} b:{key}-2", "SSUBSCRIBE d:{key} d:{key}-2", "SUNSUBSCRIBE b:{key}",
)]  # fmt: skip
"""What a relay's connections ask by themselves; AUTH and HELLO are everybody's. Two channels of different slots are
refused after the rights have been looked at, so nothing is subscribed to.
"""


def of_users(node: str, relay: Reach) -> Iterator[Finding]:
    """A relay calls functions, does what they do, and reads no setting; who has no password does nothing."""
    with relay.open(node) as connection:
        if lacking := [name for name, words in _attempts() if not _is_allowed(connection, *words)]:
            yield wrong("engine-user-lacks", node=node, user=RELAY, lacking=", ".join(lacking))
        if _does(connection, "CONFIG", "GET", "maxmemory"):
            yield wrong("engine-user-rights", node=node, user=RELAY)
    with relay.as_nobody().open(node) as connection:
        if _does(connection, "PING"):
            yield wrong("engine-user-rights", node=node, user="default")


def _attempts() -> Iterator[tuple[str, list[str]]]:
    """What a relay has to be allowed, by name. A function that is called with less than no key is not run."""
    for command, names in FUNCTIONS.items():
        yield from ((name.decode(), [command, name.decode(), "-1"]) for name in names)
    for words in (*_WITHIN, *_DRIVER):
        yield f"{words[0]} {words[1]}".replace(_KEY, "*") if words[1:] else words[0], words


def _is_allowed(connection: NodeConnection, *words: str) -> bool:
    """Whether it may. That is decided first: what is wrong, or another node's, is refused in other words."""
    try:
        connection.ask(*words)
    except NodeRefused as error:
        return error.word != "NOPERM"
    return True


def _does(connection: NodeConnection, *words: str) -> bool:
    try:
        connection.ask(*words)
    except NodeRefused:
        return False
    return True
