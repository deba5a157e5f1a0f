"""Accepts TCP connections without learning where they come from.

uvloop's TCP transports keep the peer's address, in memory that outlives the connection. So the address is never
requested: accept(2) is called without a buffer for it, and the loop is told that the stream is a local one, for which
it requests no address either (drill ``seizure``, S-16).
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import ipaddress
import os
import socket
import ssl
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Final

_AT_ONCE: Final = 64
"""Most connections accepted before the loop runs other work."""
_PAUSE_S: Final = 0.5
"""How long to wait when the system has no more descriptors or memory."""
_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_ACCEPT4: Final = getattr(_LIBC, "accept4", None)
"""Not every system has it."""
_QUIETLY: Final = getattr(socket, "SOCK_NONBLOCK", 0) | getattr(socket, "SOCK_CLOEXEC", 0)
_ADDRESS_BYTES: Final = 128
_INET_AT: Final = 4
"""Offset of the address in ``sockaddr_in`` ..."""
_INET6_AT: Final = 8
"""... and in ``sockaddr_in6``."""


def _network(text: str) -> tuple[bytes, bytes]:
    network = ipaddress.ip_network(text)
    return network.network_address.packed, network.netmask.packed


_NEAR_4: Final = tuple(
    map(_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"))
)
_NEAR_6: Final = tuple(map(_network, ("::1/128", "fc00::/7", "fe80::/10")))
_MAPPED: Final = _network("::ffff:0:0/96")


class Doorway:
    """Listening sockets. Each connection gets a protocol of ``factory``.

    ``on_full`` is called when connections have to wait, because the system gives no more files or memory.
    """

    def __init__(
        self,
        factory: Callable[[], asyncio.Protocol],
        sockets: list[socket.socket],
        *,
        context: ssl.SSLContext | None,
        handshake_s: float | None,
        on_full: Callable[[], None] = lambda: None,
    ) -> None:
        self.sockets = sockets
        self._on_full = on_full
        self._factory = factory
        self._context = context
        self._handshake_s = handshake_s
        self._loop = asyncio.get_running_loop()
        self._entering: set[asyncio.Task[None]] = set()
        for listening in sockets:
            self._watch(listening)

    def close(self) -> None:
        """Accept no more connections. Idempotent."""
        for listening in self.sockets:
            if listening.fileno() >= 0:
                self._loop.remove_reader(listening.fileno())
                listening.close()

    def _watch(self, listening: socket.socket) -> None:
        if listening.fileno() >= 0:
            self._loop.add_reader(listening.fileno(), self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            fd = _accept(listening.fileno())
            if fd < 0:
                self._pause_if_full(listening, ctypes.get_errno())
                return
            self._enter(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=fd))

    def _pause_if_full(self, listening: socket.socket, code: int) -> None:
        if code in {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}:
            self._on_full()
            self._loop.remove_reader(listening.fileno())
            self._loop.call_later(_PAUSE_S, self._watch, listening)

    def _enter(self, connection: socket.socket) -> None:
        if self._context is None:
            _go_on(self._loop.connect_accepted_socket(self._factory, connection))
            return
        task = self._loop.create_task(self._connect(connection))
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)

    async def _connect(self, connection: socket.socket) -> None:
        with suppress(OSError, TimeoutError):  # the peer has gone, or does not speak TLS
            await self._loop.connect_accepted_socket(
                self._factory, connection, ssl=self._context, ssl_handshake_timeout=self._handshake_s
            )


def _go_on(entering: Coroutine[asyncio.Future[None], None, object]) -> None:
    """Run what waits for one thing, the loop to begin to read. A task for that would cost more than all of it."""
    try:
        waits_for = entering.send(None)
    except (StopIteration, OSError):  # it is there, or has gone
        return
    waits_for.add_done_callback(lambda _: _go_on(entering))


def _accept(listening: int) -> int:
    """The descriptor of the next connection, which is not inherited and does not block; negative if there is none."""
    if _ACCEPT4 is not None:  # one system call in place of four
        return int(_ACCEPT4(listening, None, None, _QUIETLY))
    fd = int(_LIBC.accept(listening, None, None))
    if fd >= 0:
        os.set_inheritable(fd, False)  # noqa: FBT003 - os has no name for it
        os.set_blocking(fd, False)
    return fd


def comes_from_near(transport: asyncio.BaseTransport) -> bool:
    """Whether the peer is on this machine or in a private network. Its address is neither kept nor returned."""
    socket_of = transport.get_extra_info("socket")
    if socket_of is None:
        return False
    address = (ctypes.c_ubyte * _ADDRESS_BYTES)()
    size = ctypes.c_uint(_ADDRESS_BYTES)
    try:
        if _LIBC.getpeername(socket_of.fileno(), address, ctypes.byref(size)):
            return False
        return is_near(memoryview(address).cast("B"))
    finally:
        ctypes.memset(address, 0, _ADDRESS_BYTES)


def is_near(address: Sequence[int]) -> bool:
    """Whether a ``sockaddr``, byte by byte, is of a unix socket, of loopback, or of a private network."""
    family = address[0] | address[1] << 8 if sys.byteorder == "little" else address[0] << 8 | address[1]
    if family == socket.AF_UNIX:
        return True
    if family == socket.AF_INET:
        return any(_lies_in(address, _INET_AT, *network) for network in _NEAR_4)
    if family != socket.AF_INET6:
        return False
    if _lies_in(address, _INET6_AT, *_MAPPED):
        return any(_lies_in(address, _INET6_AT + 12, *network) for network in _NEAR_4)
    return any(_lies_in(address, _INET6_AT, *network) for network in _NEAR_6)


def _lies_in(address: Sequence[int], at: int, network: bytes, mask: bytes) -> bool:
    """Compares byte by byte: small integers are shared, so no object is made that would hold the address."""
    return all(address[at + i] & mask[i] == network[i] for i in range(len(mask)))


def listen(host: str, port: int, backlog: int) -> list[socket.socket]:
    """Sockets that listen on every address of ``host``. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            listening = socket.socket(family, socket.SOCK_STREAM)
            sockets.append(listening)
            _bind(listening, address, backlog)
    except BaseException:
        for listening in sockets:
            listening.close()
        raise
    return sockets


def _bind(listening: socket.socket, address: tuple[object, ...], backlog: int) -> None:
    listening.setblocking(False)  # noqa: FBT003 - socket has no name for it
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted sockets inherit it
    if listening.family == socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listening.bind(address)
    listening.listen(backlog)
