"""Every limit of a relay: default, unit and what it is for (spec/relay.md §8).

No limit needs a client's address: each is counted per box, per connection or for the whole relay, in memory, except
what a box holds, which the store can count.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final

from nullabona.wire.messages import (
    ACTIVITY_TAG_SIZE,
    MAX_BLOB_CHUNK,
    MAX_FRAME,
    MAX_RESPONSE,
    MAX_WAIT_S,
    MAX_WAKE_TOKENS,
)


def _limit(default: int, unit: str, meaning: str, *, least: int = 1, most: int = 2**40) -> Any:  # noqa: ANN401
    return field(default=default, metadata={"unit": unit, "meaning": meaning, "least": least, "most": most})


@dataclass(frozen=True, slots=True)
class Limit:
    """How one limit is described to an operator."""

    name: str
    default: int
    unit: str
    meaning: str
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a relay allows. Anyone who may edit the configuration may change these; none guards a secret."""

    retention_days: int = _limit(30, "days", "how long a frame or blob is kept after the day it arrived", most=3650)
    frame_bytes: int = _limit(MAX_FRAME, "bytes", "largest frame", most=MAX_FRAME)
    box_frames_per_day: int = _limit(20_000, "frames", "frames that one box takes in a day")
    box_bytes_per_day: int = _limit(256 * 2**20, "bytes", "bytes of frames that one box takes in a day")
    frame_bytes_per_day: int = _limit(50 * 2**30, "bytes", "bytes of frames that the whole relay takes in a day",
                                      least=2**20)  # fmt: skip
    room_percent_per_day: int = _limit(12, "percent", "of the room that there is when a day begins: by how much frames "
                                       "may have grown when it ends (spec/relay.md §4.7)", most=100)  # fmt: skip
    blob_bytes: int = _limit(MAX_BLOB_CHUNK, "bytes", "largest blob chunk", most=MAX_BLOB_CHUNK)
    blob_bytes_per_connection: int = _limit(2**30, "bytes", "bytes of blobs that one connection may put in a minute")
    blob_bytes_per_day: int = _limit(50 * 2**30, "bytes", "bytes of blobs that the whole relay takes in a day, "
                                     "an eighth of it small ones alone (spec/relay.md §5)")  # fmt: skip
    read_answer_bytes: int = _limit(2**20, "bytes", "bytes of frames in one answer; one frame is always allowed",
                                    most=MAX_RESPONSE - 2 * MAX_FRAME)  # fmt: skip
    wait_s: int = _limit(MAX_WAIT_S, "seconds", "longest wait over a WebSocket", least=0, most=MAX_WAIT_S)
    http_wait_s: int = _limit(25, "seconds", "longest wait over a POST", least=0, most=MAX_WAIT_S)
    boxes_per_minute: int = _limit(4_096, "boxes", "boxes that one connection may begin in a minute, about")
    wakes_per_minute: int = _limit(2_000_000, "tokens", "wake tokens that one connection may wake in a minute",
                                   least=MAX_WAKE_TOKENS)  # fmt: skip
    wakes_total_per_minute: int = _limit(8_000_000, "tokens", "wake tokens that all connections may wake in a minute; "
                                         "when less than half is left they share", least=MAX_WAKE_TOKENS)  # fmt: skip
    waiting_per_connection: int = _limit(2_048, "reads", "waiting reads and awaited wake tokens on one connection")
    activity_bytes: int = _limit(2**25, "bytes", "activity tags that are remembered for clients that poll")
    activity_bytes_per_s: int = _limit(2**14, "bytes", "activity tags that each polling client is sent in a second; "
                                   "beyond it connections share, and digests say that they omit some",
                                   least=ACTIVITY_TAG_SIZE, most=2**20)  # fmt: skip
    inbox_wakes: int = _limit(2**18, "inboxes", "inboxes of which a digest tells when something comes; their owners "
                              "read the others now and then", most=2**24)  # fmt: skip
    waiting_total: int = _limit(
        200_000, "reads", "waiting reads, awaited wake tokens and polling clients on the whole relay"
    )
    inflight_per_connection: int = _limit(1_024, "requests", "requests of one connection not yet answered, "
                                          "waiting reads aside")  # fmt: skip
    connections: int = _limit(20_000, "connections", "open connections; further ones are closed at once")
    queue_bytes: int = _limit(64 * 2**20, "bytes", "requests waiting for the disk, at most (spec/relay.md §4.6); "
                             "beyond it they are refused")  # fmt: skip
    unsent_bytes: int = _limit(8 * 2**20, "bytes", "answers that a slow reader leaves unread before it is cut off; "
                               "at half of it reads are refused", least=2**16)  # fmt: skip
    unsent_total_bytes: int = _limit(512 * 2**20, "bytes", "answers that all slow readers together leave unread; "
                                     "beyond it who lags is refused reads, and the slowest are cut off",
                                     least=2**16)  # fmt: skip
    arriving_total_bytes: int = _limit(512 * 2**20, "bytes", "requests of all connections that have come in part; "
                                       "beyond it those that are under way for longest are cut off",
                                       least=4 * 2**20)  # fmt: skip
    message_bytes: int = _limit(4 * 2**20, "bytes", "largest WebSocket message taken from a client", least=2 * 2**20)
    head_timeout_s: int = _limit(10, "seconds", "time for a request head, a TLS handshake, or the next POST")
    body_timeout_s: int = _limit(60, "seconds", "time for the body of one POST; a connection's last answer of which "
                                 "nothing is taken for so long is given up")  # fmt: skip
    ping_s: int = _limit(60, "seconds", "a WebSocket from which no complete message came for twice this long is closed")
    stop_s: int = _limit(10, "seconds", "time for a graceful stop")


_DEFAULTS: Final = Limits()


def describe() -> tuple[Limit, ...]:
    """Every limit with its default, unit and meaning, for ``--help``, spec/ and the configuration's checks."""
    return tuple(
        Limit(
            f.name,
            int(getattr(_DEFAULTS, f.name)),
            f.metadata["unit"],
            f.metadata["meaning"],
            f.metadata["least"],
            f.metadata["most"],
        )
        for f in fields(Limits)
    )
