"""The local server: its routes, and who may use them (spec/app.md §2).

====================  =====================================================================
``GET /…``            the files of the page; they hold nothing of the person
``POST /trade``       a launch token makes a working token of the one the page chose
``POST /keep``        the key with which a page may come back to the next process, with the working token
``POST /prove``       proofs of such keys, for a page that wonders who listens
``POST /again``       one more page in the person's browser
``POST /upload``      a file to be sent, whole, with the working token
``POST /backup``      a piece of a backup to begin from, in the same way
``GET /media/…``      content, by a signed path that dies when the app locks
``GET /ws``           the WebSocket, with the working token as a subprotocol
====================  =====================================================================
"""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final, Protocol

import msgspec
from picows import WSListener

from nullabona.app.protocol.pushes import Keep, Proofs, Prove, Trade
from nullabona.app.server.crowd import owners, who_leaves
from nullabona.app.server.front import Front
from nullabona.app.server.guard import BAD_WINDOW_S, Guard
from nullabona.app.server.handover import SUBPROTOCOL
from nullabona.app.server.headers import JSON, SAFE
from nullabona.app.server.pages import Pages
from nullabona.app.server.request import Request
from nullabona.app.server.returning import Returns
from nullabona.app.server.socket import Audience, PageSocket, Unwelcome
from nullabona.errors import UserError
from nullabona.machine.deadlines import Deadlines
from nullabona.machine.http_answer import HttpAnswer, refuse
from nullabona.system.ownership import own_user

MOST_CONNECTIONS: Final = 64
_REFUSED: Final = 400
_LOOPBACK: Final = "127.0.0.1"
_BACKLOG: Final = 64
_PAUSE_S: Final = 0.05
_TRADE_BYTES: Final = 1_024
_KEY: Final = re.compile(r"[A-Za-z0-9+/]{22}==")
_AFTER: Final = re.compile(r"[0-9]{1,15}")
_PREFIX: Final = "token."
_READS: Final = frozenset({"GET", "HEAD"})
BACKUP: Final = "/backup"
UPLOADS: Final = frozenset({"/upload", BACKUP})


_launches = msgspec.json.Decoder(Trade)
_keys = msgspec.json.Decoder(Keep)
_nonces = msgspec.json.Decoder(Prove)
_SMALL: Final = frozenset({"/trade", "/keep", "/prove", "/again"})


class Backend(Audience, Protocol):
    """The application behind the server."""

    def upload_limit(self, path: str) -> int:
        """Most bytes of an upload by this route now; 0 while nothing may be uploaded."""
        ...

    async def upload(self, request: Request) -> HttpAnswer: ...
    async def media(self, request: Request) -> HttpAnswer: ...


class PortTaken(UserError):
    """The port cannot be used."""

    code = "port-taken"
    default_hint = "omit --port to use a free one"


class Server:
    """One server on loopback; made and used on one event loop."""

    def __init__(self, guard: Guard, backend: Backend, pages: Pages, returns: Returns) -> None:
        self.port = 0
        self.open_again: Callable[[], bool] = lambda: False
        """Opens one more page in the person's browser; False where that cannot be."""
        self.on_trade: Callable[[str], None] = lambda _launch: None
        self._guard = guard
        self._backend = backend
        self._pages = pages
        self._returns = returns
        self.deadlines = Deadlines()
        self._fronts: set[Front] = set()
        self._server: asyncio.Server | None = None
        self._listening: socket.socket | None = None

    @property
    def url(self) -> str:
        return f"http://{_LOOPBACK}:{self.port}/"

    async def start(self, port: int = 0, listening: socket.socket | None = None, *, patience_s: float = 0.0) -> None:
        """Listen: with this socket, or at the named port, or at that of the last time, or at a random one.

        For ``patience_s`` it waits until the port is free. Raises `PortTaken` for a named one.
        """
        loop = asyncio.get_running_loop()
        if listening is None:
            await _until_free(port or self._returns.port, patience_s)
            listening = _listen(port, self._returns.port)
        self.port = listening.getsockname()[1]
        self._listening = listening
        # A copy is what the loop closes, so that who comes while the process begins again waits and is not turned away.
        self._server = await loop.create_server(lambda: Front(self), sock=listening.dup(), backlog=_BACKLOG)
        self._guard.serve_at(self.port)
        self._returns.serve_at(self.port)

    @property
    def listening(self) -> int:
        """The descriptor of the listening socket, where connections wait even while nobody accepts them."""
        return self._listening.fileno() if self._listening is not None else -1

    def stop(self, *, keep: bool = False) -> None:
        """Accept no more connections and close plain HTTP ones. The caller must tell the pages.

        With ``keep``, new connections wait for the next image of this process.
        """
        if self._listening is not None and not keep:
            self._listening.close()
        if self._server is not None:
            self._server.close()
        for front in list(self._fronts):
            front.close()

    # -- what connections call

    def opened(self, front: Front) -> bool:
        """Register a connection. If there are too many, close one that showed no token: another one, or this one."""
        leaves = who_leaves(self._fronts, self.port) if len(self._fronts) >= MOST_CONNECTIONS else front
        self._fronts.add(front)
        if isinstance(leaves, Front) and leaves is not front:
            self._fronts.discard(leaves)
            leaves.cut_off()
        return len(self._fronts) <= MOST_CONNECTIONS

    def proves(self, request: Request, answer: HttpAnswer | int) -> bool:
        """Whether only our page could have sent this request and got this answer."""
        if isinstance(answer, int):  # admitted by its head
            return request.path in UPLOADS
        return answer.status < _REFUSED and (request.path == "/trade" or request.path.startswith("/media/"))

    def closed(self, front: Front) -> None:
        self._fronts.discard(front)

    def admit(self, request: Request) -> HttpAnswer | int:
        """Check Host and Origin first, then the route with its token."""
        changes = request.method not in _READS or request.path == "/ws"
        if not self._guard.knows_host(request.headers.get("host", "")):
            return refuse(403, "wrong host")
        if not self._guard.allows(request.headers, changes=changes):
            return refuse(403, "wrong origin")
        if request.path in _SMALL:
            return _TRADE_BYTES if request.method == "POST" else refuse(405, "only POST is served here")
        if request.path in UPLOADS:
            return self._admit_upload(request)
        return 0 if request.method in _READS else refuse(405, "only GET is served here")

    def _admit_upload(self, request: Request) -> HttpAnswer | int:
        if request.method != "POST":
            return refuse(405, "only POST is served here")
        if not self._guard.knows_token(request.headers.get("x-nulla-token", "")):
            return self._bad_token()
        return self._backend.upload_limit(request.path) or refuse(403, "nothing can be uploaded now")

    async def respond(self, request: Request) -> HttpAnswer:
        if request.path in _SMALL:
            return self._small(request)
        if request.path in UPLOADS:
            return await self._backend.upload(request)
        if request.path.startswith("/media/"):
            return await self._backend.media(request)
        return self._pages.get(request.path)

    def _small(self, request: Request) -> HttpAnswer:
        if request.headers.get("content-type") != JSON:
            return refuse(415, "the content-type must be application/json", close=False)
        try:
            match request.path:
                case "/trade":
                    return self._trade(_launches.decode(request.body))
                case "/keep":
                    return self._keep(request, _keys.decode(request.body))
                case "/prove":
                    proofs = Proofs(self._returns.proofs(_nonces.decode(request.body).nonce))
                    return HttpAnswer(200, msgspec.json.encode(proofs), JSON)
                case _:
                    opens = self._own(request) and self.open_again()
                    return HttpAnswer(200, b"{}", JSON) if opens else refuse(409, "no page is opened", close=False)
        except msgspec.DecodeError:
            return refuse(400, "not what is asked for here", close=False)

    def _own(self, request: Request) -> bool:
        """Whether the connection is no other user's, as far as the system tells."""
        return owners(self.port).get(request.peer, own_user()) in {0, own_user()}

    def _keep(self, request: Request, asked: Keep) -> HttpAnswer:
        if not self._guard.knows_token(request.headers.get("x-nulla-token", "")):
            return self._bad_token()
        self._returns.keep(asked.key)
        return HttpAnswer(200, b"{}", JSON)

    def _trade(self, asked: Trade) -> HttpAnswer:
        if self._returns.spend(asked.launch):
            self._guard.admit(asked.token)
            return HttpAnswer(200, b"{}", JSON)
        if not self._guard.trade(asked.launch, asked.token):
            return self._bad_token()
        self.on_trade(asked.launch)
        return HttpAnswer(200, b"{}", JSON)

    def _bad_token(self) -> HttpAnswer:
        if self._guard.busy_with_guesses:
            wait = ("Retry-After", str(int(BAD_WINDOW_S)))
            return HttpAnswer(429, b"too many wrong tokens\n", headers=(*SAFE, wait), close=True)
        return refuse(403, "wrong token")

    def upgrade(self, request: Request) -> HttpAnswer | WSListener:
        headers = request.headers
        good = request.path == "/ws" and request.method == "GET" and headers.get("sec-websocket-version") == "13"
        if not good or not _KEY.fullmatch(headers.get("sec-websocket-key", "")):
            return refuse(400, "a WebSocket of version 13 is served at /ws")
        offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
        tokens = [name.removeprefix(_PREFIX) for name in offered if name.startswith(_PREFIX)]
        if SUBPROTOCOL not in offered or len(tokens) != 1:
            return refuse(403, "the subprotocols must be nulla and one token")
        if not self._guard.knows_token(tokens[0]):
            return self._bad_token() if self._guard.busy_with_guesses else Unwelcome()
        after = request.query.get("after", "")
        known = int(after) if _AFTER.fullmatch(after) else None
        return PageSocket(self._backend, sha256(tokens[0].encode()).digest(), known)


async def _until_free(port: int, patience_s: float) -> None:
    """Connections of the process before may hold the port for a moment after it has ended (Windows)."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        try:
            _listen_at(port).close()
        except OSError:
            await asyncio.sleep(_PAUSE_S)
        else:
            return


def _listen(named: int, before: int) -> socket.socket:
    for port in (named,) if named else (before, 0):
        try:
            return _listen_at(port)
        except OSError:
            continue
    raise PortTaken(f"port {named} is not free")


if sys.platform == "win32":

    def _listen_at(port: int) -> socket.socket:
        listening = socket.socket()
        try:
            # Otherwise any program of the machine could listen at the same port and take our connections.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            listening.bind((_LOOPBACK, port))
            listening.listen(_BACKLOG)
        except OSError:
            listening.close()
            raise
        return listening

else:

    def _listen_at(port: int) -> socket.socket:
        return socket.create_server((_LOOPBACK, port), backlog=_BACKLOG)
