"""Synapse, one process on SQLite, over Matrix's client-server API. From PyPI, in an environment of its own."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import quote

from bench.peers.accounts import idler
from bench.peers.found import program, said_version
from bench.peers.interface import PAYLOAD_BYTES, About, NotFound, Traces
from bench.peers.lane import Lane
from bench.peers.process import Process
from bench.peers.wire import Crowd, Wire
from nullabona.processes.ports import free_port

API = "/_matrix/client/v3"
LENGTH = re.compile(rb"(?i)content-length: *(\d+)")
EVENT = b'"type":"m.room.message"'
_NOTHING: dict[str, list[str]] = {"types": []}
_ROOM = {"account_data": _NOTHING, "ephemeral": _NOTHING, "state": _NOTHING, "timeline": {"limit": 1_000}}
FILTER = quote(json.dumps({"presence": _NOTHING, "account_data": _NOTHING, "room": _ROOM}))
RATE = "{per_second: 1000000, burst_count: 1000000}"
PAGE = 1_000
PIPELINED = 20
SHARING = 10
"""Idle clients of one account: making five thousand takes it minutes."""
CONFIG = """server_name: localhost
pid_file: {folder}/pid
listeners: [{{port: {port}, type: http, bind_addresses: ["127.0.0.1"], resources: [{{names: [client]}}]}}]
database: {{name: sqlite3, args: {{database: "{folder}/homeserver.db"}}}}
log_config: {folder}/log.yaml
media_store_path: {folder}/media
signing_key_path: {folder}/signing.key
report_stats: false
enable_registration: true
enable_registration_without_verification: true
registration_shared_secret: bench
macaroon_secret_key: bench
form_secret: bench
bcrypt_rounds: 4
trusted_key_servers: []
presence: {{enabled: false}}
rc_message: {rate}
rc_registration: {rate}
rc_joins: {{local: {rate}, remote: {rate}}}
rc_joins_per_room: {rate}
rc_invites: {{per_room: {rate}, per_user: {rate}, per_issuer: {rate}}}
rc_room_creation: {rate}
rc_login: {{address: {rate}, account: {rate}, failed_attempts: {rate}}}
"""
LOG = "version: 1\nroot: {level: ERROR, handlers: [out]}\nhandlers: {out: {class: logging.StreamHandler}}\n"


def responses(data: bytes, each: Callable[[bytes], None]) -> int:
    """Call ``each`` with the body of every whole response; how many bytes they are."""
    at = 0
    while (found := _response(data, at)) is not None:
        body, at = found
        each(body)
    return at


def _response(data: bytes, at: int) -> tuple[bytes, int] | None:
    """The body of the response at ``at`` and where it ends; None if it is not all there."""
    head = data.find(b"\r\n\r\n", at)
    if head < 0:
        return None
    begin = head + 4
    length = LENGTH.search(data, at, begin)
    if length is None:
        return _chunks(data, begin)
    end = begin + int(length.group(1))
    return None if end > len(data) else (data[begin:end], end)


def _chunks(data: bytes, at: int) -> tuple[bytes, int] | None:
    parts = []
    while (line := data.find(b"\r\n", at)) >= 0:
        size = int(data[at:line], 16)
        end = line + 2 + size
        if end + 2 > len(data):
            return None
        parts.append(data[line + 2 : end])
        at = end + 2
        if not size:
            return b"".join(parts), at
    return None


def request(method: str, path: str, token: str, body: object = None) -> bytes:
    """A request of HTTP/1.1."""
    data = b"" if body is None else json.dumps(body).encode()
    authorised = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{authorised}Content-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


class SynapseSession:
    """See `bench.peers.interface.Session`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._crowd = Crowd()
        self._payload = "x1Ab" * (PAYLOAD_BYTES // 3)
        self._tokens: dict[str, str] = {}
        self._rooms: dict[int, str] = {}
        self._count = 0

    async def lane(self, number: int, receivers: int) -> Lane:
        lane = Lane(receivers, told=True)
        # Anyone who reads in two lanes on one access token is given everything twice.
        names = [f"reader{number}"] if receivers == 1 else [f"member{index}" for index in range(receivers)]
        room = await self._room(number, names)
        for index, name in enumerate(names):
            await self._reader(name, partial(lane.took, index))
        await self._writer(number, room, lane)
        return lane

    async def store(self, number: int, count: int) -> None:
        room = await self._room(number, [f"reader{number}"])
        lane = Lane(0, told=True)
        lane.alone()
        await self._writer(number, room, lane)
        while lane.sent < count:
            await lane.some(min(PIPELINED, count - lane.sent))

    async def fetch(self, number: int, count: int) -> None:
        token, room, found, start = await self._token(f"reader{number}"), quote(self._rooms[number]), 0, ""
        wire = await self._crowd.dial(self._port)
        while found < count:
            path = f"{API}/rooms/{room}/messages?dir=b&limit={PAGE}{start}"
            page = await _ask(wire, request("GET", path, token))
            new = page.count(EVENT)
            if not new:
                raise AssertionError(f"the room ended after {found} of {count}")
            found, start = found + new, f"&from={json.loads(page)['end']}"

    async def introduce(self, numbers: Sequence[int]) -> None:
        for name in {idler(number, SHARING) for number in numbers}:
            await self._token(name)

    async def idle(self, number: int) -> None:
        await self._reader(idler(number, SHARING), lambda _count: None)

    async def prepare(self, numbers: Sequence[int]) -> None:
        """Accounts need nothing."""

    async def register(self, number: int) -> None:
        await self._token(f"new{number}")

    def traces(self, number: int) -> Traces:
        return Traces(self._payload[:32].encode(), "account names", b"@writer%d:" % number, b"@reader%d:" % number)

    async def close(self) -> None:
        self._crowd.close()

    async def _token(self, name: str) -> str:
        if name not in self._tokens:
            wire = await self._crowd.dial(self._port)
            wanted = {"username": name, "password": "correct-horse", "auth": {"type": "m.login.dummy"}}
            answer = json.loads(await _ask(wire, request("POST", f"{API}/register", "", wanted)))
            if "access_token" not in answer:
                who = {"type": "m.id.user", "user": name}
                wanted = {"type": "m.login.password", "identifier": who, "password": "correct-horse"}
                answer = json.loads(await _ask(wire, request("POST", f"{API}/login", "", wanted)))
            self._tokens[name] = answer["access_token"]
            wire.close()
        return self._tokens[name]

    async def _room(self, number: int, names: Sequence[str]) -> str:
        if number not in self._rooms:
            wire = await self._crowd.dial(self._port)
            token = await self._token(f"writer{number}")
            made = await _ask(wire, request("POST", f"{API}/createRoom", token, {"preset": "public_chat"}))
            self._rooms[number] = json.loads(made)["room_id"]
            for name in names:
                path = f"{API}/join/{quote(self._rooms[number])}"
                await _ask(wire, request("POST", path, await self._token(name), {}))
        return self._rooms[number]

    async def _writer(self, number: int, room: str, lane: Lane) -> None:
        wire = await self._crowd.dial(self._port)
        token = await self._token(f"writer{number}")
        content = {"msgtype": "m.text", "body": self._payload}

        def send(count: int) -> None:
            for _ in range(count):
                self._count += 1
                path = f"{API}/rooms/{quote(room)}/send/m.room.message/{id(self)}-{self._count}"
                wire.write(request("PUT", path, token, content))

        def each(body: bytes) -> None:
            if b'"event_id"' not in body:
                raise AssertionError(f"refused: {body[-200:]!r}")
            lane.was_told(1)

        lane.send = send
        wire.stream(lambda data: responses(data, each))

    async def _reader(self, name: str, took: Callable[[int], None]) -> None:
        token = await self._token(name)
        wire = await self._crowd.dial(self._port)
        first = json.loads(await _ask(wire, request("GET", f"{API}/sync?filter={FILTER}", token)))

        def ask(since: str) -> None:
            wire.write(request("GET", f"{API}/sync?timeout=600000&filter={FILTER}&since={since}", token))

        def each(body: bytes) -> None:
            ask(json.loads(body)["next_batch"])
            if new := body.count(EVENT):
                took(new)

        ask(first["next_batch"])
        wire.stream(lambda data: responses(data, each))


async def _ask(wire: Wire, what: bytes) -> bytes:
    """The body of the answer to one request."""
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    wire.stream(lambda data: responses(data, answered.set_result))
    wire.write(what)
    return await answered


class RunningSynapse:
    """A server process."""

    def __init__(self, folder: Path, core: int) -> None:
        self._port = free_port()
        config = folder.parent / f"{folder.name}.yaml"
        config.write_text(CONFIG.format(folder=folder, port=self._port, rate=RATE))
        (folder / "log.yaml").write_text(LOG)
        command = [program("synapse/bin/python"), "-m", "synapse.app.homeserver", "-c", config]
        subprocess.run([*map(str, command), "--generate-keys"], cwd=folder, check=True, capture_output=True)
        self.process = Process(command, folder, core)
        self.process.wait_port(self._port)

    def session(self) -> SynapseSession:
        return SynapseSession(self._port)


class Synapse:
    """Synapse with limits raised and cheap password hashes."""

    about = About(
        "synapse",
        "one process, SQLite, limits raised, no presence, bcrypt_rounds 4 (default 12 takes 0.2 s an account)",
        "in the database, synced",
        durable=True,
    )

    def version(self) -> str:
        python = program("synapse/bin/python")
        command = [python, "-c", "import synapse; print('version', synapse.__version__)"]
        version = said_version(command, r"version (\S+)")
        if version == "unknown":
            raise NotFound("matrix-synapse is not installed (bench/peers/install.sh)")
        return f"Synapse {version}"

    def start(self, folder: Path, core: int) -> RunningSynapse:
        return RunningSynapse(folder, core)
