"""Who is connected to a process: what the kernel says of its sockets."""

from __future__ import annotations

import ipaddress
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_ESTABLISHED: Final = "01"


def connected_addresses(pid: int) -> list[str]:
    """The IPv4 or IPv6 address at the other end of each TCP connection of a process; none if that may not be seen."""
    try:
        inodes = {_socket_inode(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
        rows = [
            line.split()
            for name in ("tcp", "tcp6")
            for line in Path(f"/proc/{pid}/net/{name}").read_text("ascii").splitlines()[1:]
        ]
    except OSError:
        return []
    return [_address(row[2]) for row in rows if row[3] == _ESTABLISHED and row[9] in inodes]


def _address(field: str) -> str:
    """An address as the kernel prints it: words of 32 bits in the machine's order, in hexadecimal."""
    packed = bytes.fromhex(field.partition(":")[0])
    words = [packed[at : at + 4] for at in range(0, len(packed), 4)]
    address = ipaddress.ip_address(b"".join(word[::-1] if sys.byteorder == "little" else word for word in words))
    return str(getattr(address, "ipv4_mapped", None) or address)


def _socket_inode(link: Path) -> str:
    with suppress(OSError):
        return os.fspath(link.readlink()).removeprefix("socket:[").removesuffix("]")
    return ""
