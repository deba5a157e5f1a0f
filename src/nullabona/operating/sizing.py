"""The settings of a relay and of the machine around it, from the number of people (docs/how-to/operate-for-30000.md).

Pure. What a connection and a person cost is measured (docs/capacity.md); what people do is assumed, and said here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nullabona.errors import UserError
from nullabona.relay.core.limits import Limits
from nullabona.relay.turned_away import BESIDE_CONNECTIONS

LEAST_PEOPLE: Final = 1
MOST_PEOPLE: Final = 300_000
"""A relay is one process on one core, which carries fewer than all of these (docs/capacity.md)."""
CONNECTIONS: Final = 1
"""A device has one that lasts, on which activity is told."""
REQUESTS: Final = 2_000
"""At once, each on a connection of its own for some milliseconds: reads and appends."""
DEVICES_PERCENT: Final = 117
"""All at once, after a restart: a device of each person, and some with a second one."""
FILE_BYTES: Final = 2_000_000
"""Of photos and files that a person sends in a day, on average, in sealed pieces."""
CONNECTION_KIB: Final = 26
"""Memory for a connection."""
EMPTY_MIB: Final = 50
"""Memory of a relay that nobody uses."""
FRAME_BYTES: Final = 40 * 38 * 1_659 // 10
"""A person's messages of a day: 40, each of which makes 3.8 frames with receipts and commits, and what a frame takes on
the disk. So many were the frames of clients before docs/decisions/0067-slim-receipts.md; today's are half of them.
"""
_MIB: Final = 2**20
_GIB: Final = 2**30
_ROUND: Final = 1_000


class TooManyPeople(UserError):
    """One relay does not carry so many."""

    code = "too-many-people"


@dataclass(frozen=True, slots=True)
class Sizes:
    """What one relay for ``people`` needs."""

    people: int
    connections: int
    """The limit of the relay."""
    files: int
    """``LimitNOFILE`` of the unit."""
    proxy_connections: int
    """Connections of all workers of a proxy: each client takes two of them."""
    blob_bytes_per_day: int
    memory_mib: int
    """Of the relay when all are connected, without the kernel's buffers."""
    disk_gib: int
    """For frames and files that are kept ``retention_days``, and the room that is kept back."""


def sizes_for(people: int) -> Sizes:
    """Raises `TooManyPeople`, and `ValueError` for fewer than one."""
    if people < LEAST_PEOPLE:
        raise ValueError(people)
    if people > MOST_PEOPLE:
        raise TooManyPeople(
            f"one relay does not carry {people:,} people",
            hint=f"divide them over several relays of at most {MOST_PEOPLE:,}; docs/capacity.md says what each costs",
        )
    defaults = Limits()
    connections = _up(people * CONNECTIONS * DEVICES_PERCENT // 100 + REQUESTS)
    blobs = max(defaults.blob_bytes_per_day, people * FILE_BYTES)
    kept = defaults.retention_days * (people * FILE_BYTES + people * FRAME_BYTES)
    return Sizes(
        people=people,
        connections=connections,
        files=connections + max(_ROUND, BESIDE_CONNECTIONS),
        proxy_connections=2 * connections + _ROUND,
        blob_bytes_per_day=blobs,
        memory_mib=EMPTY_MIB + connections * CONNECTION_KIB // 1_024,
        disk_gib=-(-kept * 11 // 10 // _GIB) + 1,
    )


def files_for(sizes: Sizes, *, workers: int = 4) -> dict[str, str]:
    """The text of each file, by its name: the relay's configuration and what unit, proxy and kernel need beside it."""
    each = -(-sizes.proxy_connections // workers)
    head = f"# For {sizes.people:,} people; made by `nulla relay limits --people {sizes.people}`.\n"
    return {
        "relay.toml": head
        + 'listen = ["unix:/run/nullabona-relay/relay.sock"] # a proxy has too few ports for so many over TCP\n'
        + f"\n[limits]\nconnections = {sizes.connections}\nblob_bytes_per_day = {sizes.blob_bytes_per_day}\n",
        "nullabona-relay.service.d/sizes.conf": head
        + f"[Service]\nLimitNOFILE={sizes.files}\nRuntimeDirectory=nullabona-relay\nRuntimeDirectoryMode=0755\n",
        "nginx-main.conf": head
        + f"# Goes into the main context of nginx.conf, in the place of its lines with these names.\n"
        f"worker_processes {workers};\nworker_rlimit_nofile {each + _ROUND};\n"
        f"events {{\n    worker_connections {each};\n}}\n",
        "90-nullabona.conf": head + "# Goes to /etc/sysctl.d: what waits to be accepted after a restart.\n"
        "net.core.somaxconn = 4096\nnet.ipv4.tcp_max_syn_backlog = 8192\n",
    }


def _up(count: int) -> int:
    return -(-count // _ROUND) * _ROUND
