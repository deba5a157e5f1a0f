"""Who may do what on an engine: lines of a node's ACL (spec/engine.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Final

LIBRARY: Final = files("nullabona.relay.shelves.engine").joinpath("boxes.lua").read_text("utf-8")
"""The functions for boxes, as every node is given them."""
DIGESTS_LIBRARY: Final = files("nullabona.relay.shelves.engine").joinpath("digests.lua").read_text("utf-8")
"""The functions for what processes of one name share."""
BLOBS_LIBRARY: Final = files("nullabona.relay.shelves.engine").joinpath("blobs.lua").read_text("utf-8")
"""The functions for blobs of several processes."""
LIBRARY_NAME: Final = "nullabona_boxes_1"
PREFIX: Final = b"b:"
"""A box's key is this and its address."""
APPEND: Final = b"nb1_append"
OPEN: Final = b"nb1_open"
LEAVE_WAKE: Final = b"nb1_leave"
READ: Final = b"nb1_read"
TRIM: Final = b"nb1_trim"
SWEEP: Final = b"nb1_sweep"
STATE: Final = b"nb1_state"
NAMED: Final = b"d:"
"""What processes of one name share has keys that begin with this and the name between braces."""
ADD: Final = b"nd1_add"
CLOSE: Final = b"nd1_close"
PAST: Final = b"nd1_past"
BEAT: Final = b"nd1_beat"
LEAVE: Final = b"nd1_leave"
BLOBS: Final = b"w:"
"""The key of a blob that waits is this, the relay's name, a colon and the digest."""
BLOB_PUT: Final = b"nw1_put"
BLOB_GET: Final = b"nw1_get"
BLOB_DROP: Final = b"nw1_drop"
BLOB_LIST: Final = b"nw1_list"
BLOB_WIPE: Final = b"nw1_wipe"
BLOB_WIPED: Final = b"nw1_wiped"
KEYS_AGREE: Final = b"nw1_agree"
KEYS_ERASE: Final = b"nw1_erase"
KEYS_BATCH: Final = b"nw1_batch"
KEYS_TURN: Final = b"nw1_turn"
RELAY: Final = "relay"
"""The user as whom relays ask."""
KEEPER: Final = "keeper"
"""The user that reads settings and loads the functions."""
REPLICA: Final = "replica"
"""The user as whom one node copies another one."""
OPERATOR: Final = "operator"
"""The user who forms the cluster, moves slots and replaces nodes. No relay's process has its password."""
USERS: Final = (RELAY, KEEPER, REPLICA, OPERATOR)
"""All that a node knows, but for `default`, who may do nothing."""

FUNCTIONS: Final = {
    "FCALL": (
        APPEND, OPEN, LEAVE_WAKE, TRIM, SWEEP, ADD, CLOSE, BEAT, LEAVE,
        BLOB_PUT, BLOB_DROP, BLOB_WIPE, KEYS_AGREE, KEYS_ERASE, KEYS_BATCH, KEYS_TURN,
    ),
    "FCALL_RO": (READ, STATE, PAST, BLOB_GET, BLOB_LIST, BLOB_WIPED),
}  # fmt: skip
"""All functions that a relay calls, by the command that calls them."""

_CALLS: Final = [f"+{command.lower()}|{name.decode()}" for command, names in FUNCTIONS.items() for name in names]
# The engine checks what a function does against the rights of the user who calls it.
_WITHIN: Final = (
    "+lindex +llen +lrange +lset +rpush +lpush +ltrim +del +scan +info +spublish "
    "+hget +hmget +hset +hincrby +hdel +hgetall +hexists +hkeys +zadd +zcard +zrange +zremrangebyrank "
    "+set +getrange +strlen +time"
).split()
_DRIVER: Final = "+hello +auth +ping +cluster|slots +asking +ssubscribe +sunsubscribe".split()
_NEWER: Final = "+client|no-touch"
"""A command that servers have from 7.2 on."""
_RIGHTS: Final = {
    RELAY: [
        "resetkeys", "~b:*", "~d:*", "~w:*", "resetchannels", "&b:*", "&d:*", "-@all", *_DRIVER, *_WITHIN, *_CALLS,
    ],
    KEEPER: [
        "resetkeys", "resetchannels", "-@all", "+function|load", "+function|list", "+config|get", "+acl|whoami",
        "+time", *(right for right in _DRIVER if "subscribe" not in right), "+cluster|nodes", "+info",
    ],
    REPLICA: ["resetkeys", "resetchannels", "-@all", "+psync", "+replconf", "+ping"],
    # A slot is moved by copying its boxes, so who moves one can read ciphertext; not by naming a box, though.
    OPERATOR: [
        "resetkeys", "~b:*", "~d:*", "~w:*", "resetchannels", "-@all", "+hello", "+auth", "+ping", "+info", "+cluster",
        "+config|get", "+acl|whoami", "+function", "+migrate", "+dump", "+restore", "+restore-asking", "+asking",
        "+dbsize", "+select", "+client|list",
    ],
}  # fmt: skip


def acl_lines(passwords: Mapping[str, str], *, newer: bool) -> list[str]:
    """Lines for a node's configuration, with the SHA-256 of each user's password; nobody else may do anything.

    ``newer``: the server is of version 7.2 or later.
    """
    more = [_NEWER] if newer else []
    users = [
        f"user {name} on sanitize-payload #{sha256(passwords[name].encode()).hexdigest()} {' '.join([*rights, *more])}"
        for name, rights in _RIGHTS.items()
    ]
    return ["user default off resetpass resetkeys resetchannels -@all", *users]
