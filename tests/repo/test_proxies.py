"""The reverse-proxy examples are run: everything passes through, nothing is written, nobody is named.

A stand-in relay answers behind the real nginx, Caddy or HAProxy with the configuration of deploy/, only ports and
certificate paths replaced.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import socket
import ssl
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nullabona.operating.sizing import files_for, sizes_for
from nullabona.processes.ports import free_port
from nullabona.processes.servers import RelayProcess
from nullabona.relay.post_head import POST_HEAD
from nullabona.wire.messages import Frames, Read, decode_response, encode
from tests.repo.proxies import HOST, caddy, certificate, cluster_haproxy, cluster_nginx, haproxy, nginx, running

METRICS = (
    "/metrics", "/metrics?all", "//metrics", "/metrics/", "/METRICS", "/%6detrics", "/./metrics", "/v1/../metrics",
    f"http://{HOST}/metrics", f"https://{HOST}/metrics",
)  # fmt: skip
"""Ways to write what is not for the public."""
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TRACES = (b"planted-agent", b"planted-cookie", b"ko-KR", b"203.0.113.7", b"127.0.0.1", b"planted-referer")
PLANTED = (
    "User-Agent: planted-agent\r\nCookie: id=planted-cookie\r\nAccept-Language: ko-KR\r\n"
    "X-Forwarded-For: 203.0.113.7\r\nX-Real-IP: 203.0.113.7\r\nForwarded: for=203.0.113.7\r\n"
    "Referer: http://planted-referer/\r\n"
)


@dataclass(slots=True)
class StandIn:
    """Answers like a relay: echoes a POST or one WebSocket message; remembers heads, and requests per connection."""

    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    heads: list[bytes] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    ready: bool = True
    """Whether it says so at /readyz."""
    hangs_up: bool = False
    """Whether it ends each connection instead of answering what it was asked."""

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on; a blocked accept is woken by the shutdown."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(10)
            number = -1
            while (read := read_head(connection)) is not None:
                head, rest = read
                if head.startswith(b"GET /readyz "):  # a proxy asks that by itself, over connections of its own
                    state = b"200 OK" if self.ready else b"503 Service Unavailable"
                    connection.sendall(b"HTTP/1.1 %b\r\nContent-Length: 0\r\n\r\n" % state)
                    continue
                if number < 0:
                    number = len(self.requests)
                    self.requests.append(0)
                self.heads.append(head)
                self.requests[number] += 1
                if b"upgrade: websocket" in head.lower():
                    accept = base64.b64encode(hashlib.sha1(header(head, b"sec-websocket-key") + GUID).digest())
                    connection.sendall(
                        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
                    )
                    connection.sendall(b"\x82\x05" + unmask(rest or connection.recv(64)))
                    return
                body = read_body(connection, head, rest) or b"ok"
                if self.hangs_up:
                    return
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def read_head(connection: socket.socket) -> tuple[bytes, bytes] | None:
    """The next head and whatever came behind it, or None at the end of the connection."""
    got = b""
    while b"\r\n\r\n" not in got:
        try:
            part = connection.recv(65536)
        except OSError:
            return None
        if not part:
            return None
        got += part
    head, _, rest = got.partition(b"\r\n\r\n")
    return head, rest


def header(head: bytes, name: bytes) -> bytes:
    """The value of one header of ``head``, or empty."""
    lines = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
    return next((value.strip() for key, _, value in lines if key.lower() == name), b"")


def read_body(connection: socket.socket, head: bytes, rest: bytes) -> bytes:
    """The body that ``head`` announces, by length or in chunks."""
    if header(head, b"transfer-encoding") == b"chunked":
        while not rest.endswith(b"0\r\n\r\n"):
            rest += connection.recv(65536)
        body = b""
        while (size := int(rest.partition(b"\r\n")[0], 16)) > 0:
            rest = rest.partition(b"\r\n")[2]
            body, rest = body + rest[:size], rest[size + 2 :]
        return body
    length = int(header(head, b"content-length") or 0)
    while len(rest) < length:
        rest += connection.recv(65536)
    return rest


def unmask(frame: bytes) -> bytes:
    """The payload of one masked client frame of less than 126 bytes."""
    return bytes(byte ^ frame[2 + index % 4] for index, byte in enumerate(frame[6:]))


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy: where it listens, what it trusts, and the folder that holds all it may have written."""

    port: int
    chain: Path
    written: Path

    def connect(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.chain))
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return context.wrap_socket(connection, server_hostname=HOST)

    def ask(self, request: bytes) -> tuple[bytes, bytes]:
        """Head and body of the answer to one request on a connection of its own."""
        with self.connect() as connection:
            connection.sendall(request)
            read = read_head(connection)
            assert read is not None
            return read[0], read_body(connection, *read)


PROXIES = (nginx, caddy, haproxy, cluster_nginx, cluster_haproxy)


@pytest.fixture(params=PROXIES, ids=[each.__name__ for each in PROXIES])
def launch(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[int], Proxy]]:
    """Starts the proxy of one example in front of a port."""
    configure = request.param
    program = configure.__name__.removeprefix("cluster_")
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    chain, key = certificate(tmp_path)
    written = tmp_path / "written"
    written.mkdir()
    with ExitStack() as stack:

        def start(relay_port: int) -> Proxy:
            port = free_port()
            command, environment = configure(written, port, relay_port, chain, key)
            stack.enter_context(running(command, environment, port, written / "output.txt"))
            return Proxy(port, chain, written)

        yield start


@pytest.fixture
def relay() -> Iterator[StandIn]:
    """A stand-in relay that answers until the test is over."""
    stand_in = StandIn()
    threading.Thread(target=stand_in.run, daemon=True).start()
    yield stand_in
    stand_in.stop()


@pytest.fixture
def proxy(launch: Callable[[int], Proxy], relay: StandIn) -> Proxy:
    """The proxy of one example in front of the stand-in."""
    return launch(relay.port)


def traces(folder: Path) -> dict[str, str]:
    """Every file below ``folder`` that holds something of a request, and every log that is not empty."""
    marks = (*TRACES, b"planted-body", b"/planted/path")
    return {
        str(path.relative_to(folder)): path.read_bytes().decode(errors="replace")
        for path in folder.rglob("*")
        if path.is_file()
        and path.name not in {"nginx.conf", "Caddyfile", "autosave.json", "haproxy.cfg", "chain-and-key.pem"}
        and ((path.suffix == ".log" and path.stat().st_size) or any(mark in path.read_bytes() for mark in marks))
    }


def wait_until_ready(address: tuple[str, int]) -> None:
    """Until a relay that has just begun says at /readyz that people may be sent to it."""
    answer = b""
    while answer.split()[1:2] != [b"200"]:
        with socket.create_connection(address) as asked:
            asked.sendall(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            answer = (read_head(asked) or (b"", b""))[0]


def status(proxy: Proxy, path: str) -> bytes:
    """What a GET is answered."""
    return proxy.ask(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())[0].split()[1]


def test_a_post_passes_and_names_nobody(proxy: Proxy, relay: StandIn) -> None:
    """A large POST reaches the relay whole; no address, agent, cookie or language does; nothing is written."""
    body = b"planted-body" * 87_000
    head = f"POST /planted/path HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n{PLANTED}\r\n"
    answer = proxy.ask(head.encode() + body)
    assert (True, body) == (answer[0].startswith(b"HTTP/1.1 200"), answer[1])
    assert [] == [mark for mark in TRACES for seen in relay.heads if mark in seen]
    assert {} == traces(proxy.written)


def test_a_post_of_a_client_is_recognised(proxy: Proxy, relay: StandIn) -> None:
    """As the client writes it, and as the proxy passes it on: the relay need not parse its head."""
    head = (
        f"POST /v1 HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/octet-stream\r\ncontent-length: 4\r\n"
        "connection: close\r\n"
    )
    assert POST_HEAD.fullmatch(f"{head}\r\n".encode())
    assert b"body" == proxy.ask(f"{head}\r\nbody".encode())[1]
    (passed_on,) = relay.heads
    assert POST_HEAD.fullmatch(passed_on + b"\r\n\r\n"), passed_on


def test_a_websocket_passes(proxy: Proxy, relay: StandIn) -> None:
    """The upgrade reaches the relay and a message goes there and back; nothing is written."""
    key = base64.b64encode(bytes(16))
    request = (
        f"GET /planted/path HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key.decode()}\r\n{PLANTED}\r\n"
    )
    with proxy.connect() as connection:
        connection.sendall(request.encode())
        read = read_head(connection)
        assert read is not None
        connection.sendall(b"\x82\x85\x00\x00\x00\x00hello")
        echoed = read[1]
        while len(echoed) < 7:
            echoed += connection.recv(64)
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    assert (True, accept, b"\x82\x05hello") == (
        read[0].startswith(b"HTTP/1.1 101"),
        header(read[0], b"sec-websocket-accept"),
        echoed,
    )
    assert [] == [mark for mark in TRACES for seen in relay.heads if mark in seen]
    assert {} == traces(proxy.written)


def test_people_do_not_share_a_connection_to_the_relay(proxy: Proxy, relay: StandIn) -> None:
    """Two people's requests arrive on two connections, because the relay counts its limits per connection."""
    for _ in range(2):
        proxy.ask(f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    assert [1, 1] == relay.requests


def test_health_is_public_and_metrics_are_private(proxy: Proxy, relay: StandIn) -> None:
    """/healthz reaches the relay; /metrics is refused by the proxy itself."""
    health = proxy.ask(f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    metrics = proxy.ask(f"GET /metrics HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    assert (b"200", b"ok", b"404") == (health[0].split()[1], health[1], metrics[0].split()[1])
    assert [b"GET /healthz HTTP/1.1"] == [head.partition(b"\r\n")[0] for head in relay.heads]


@pytest.mark.parametrize("launch", [nginx, caddy], ids=["nginx", "caddy"], indirect=True)
def test_a_copy_of_the_releases_is_served_and_nothing_beside_it(
    launch: Callable[[int], Proxy], relay: StandIn, tmp_path: Path
) -> None:
    """Bytes as they are; the relay is not asked, and nothing is written. Without a copy there is nothing.

    The copy is as `nulla log mirror` makes it. No file of it becomes a page of the relay's name.
    """
    proxy = launch(relay.port)
    wheel, data = "/releases/files/nullabona-1.0-py3-none-any.whl", os.urandom(300_000)
    assert b"404" == status(proxy, wheel)
    public = tmp_path / "releases/public"
    (public / "files").mkdir(parents=True)
    (public / wheel.removeprefix("/releases/")).write_bytes(data)
    (public / "files/page.html").write_text("<script>")
    for beside in (tmp_path, tmp_path / "releases"):
        (beside / "beside.txt").write_text("secret")
    answer = proxy.ask(f"GET {wheel} HTTP/1.1\r\nHost: {HOST}\r\n{PLANTED}\r\n".encode())
    assert (b"200", data) == (answer[0].split()[1], answer[1])
    page = proxy.ask(f"GET /releases/files/page.html HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    assert b"content-type: application/octet-stream" in page[0].lower()
    for path in (
        "/releases/beside.txt",
        "/releases/../beside.txt",
        "/releases../beside.txt",
        "/releases/%2e%2e/beside.txt",
    ):
        assert b"secret" not in proxy.ask(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())[1]
    assert [] == [head for head in relay.heads if wheel.encode() in head]
    assert {} == traces(proxy.written)


def test_a_relay_that_is_down_leaves_no_trace(proxy: Proxy, relay: StandIn) -> None:
    """With nobody behind it the proxy says so, HAProxy as 503, and still writes nothing of the request."""
    relay.stop()
    answer = proxy.ask(f"GET /planted/path HTTP/1.1\r\nHost: {HOST}\r\n{PLANTED}\r\n".encode())
    assert answer[0].split()[1] in {b"502", b"503"}
    assert {} == traces(proxy.written)


def test_the_relay_itself_answers_behind_the_proxy(launch: Callable[[int], Proxy]) -> None:
    """`nulla relay serve` behind the example: a POST is answered in kind, and after it a WebSocket is accepted.

    However one writes /metrics, it is not shown, though the relay sees a program of its own machine ask.
    """
    with RelayProcess(None) as process:
        wait_until_ready(process.address)
        proxy = launch(process.address[1])
        body = encode(Read(policy=0, read_secret=bytes(32), write_hash=bytes(32), after=0))
        head = (
            f"POST /v1 HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/octet-stream\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        answer = proxy.ask(head.encode() + body)
        again = proxy.ask(head.encode() + body)
        upgrade = proxy.ask(
            f"GET /v1 HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode()
        )
        spelled = {path: status(proxy, path) for path in METRICS}
        with socket.create_connection(process.address) as direct:
            direct.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            shown = read_head(direct)
    assert shown is not None
    assert (b"200", {}) == (shown[0].split()[1], {path: code for path, code in spelled.items() if code == b"200"})
    assert (b"200", Frames) == (answer[0].split()[1], type(decode_response(answer[1])))
    assert (answer[1], b"101") == (again[1], upgrade[0].split()[1])


def test_nginx_reaches_a_real_relay_at_its_socket_with_the_sizes_for_many(tmp_path: Path) -> None:
    """The written lines of its main context, and the other server line of the example."""
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed")
    chain, key = certificate(tmp_path)
    written = tmp_path / "written"
    written.mkdir()
    place = tmp_path / "relay.sock"
    port = free_port()
    command, environment = nginx(written, port, 0, chain, key)
    config = written / "nginx.conf"
    text = config.read_text()
    main = files_for(sizes_for(4_000))["nginx-main.conf"]
    used = text.replace("events {}\n", main).replace("master_process off; ", "")
    used = used.replace("    server 127.0.0.1:0;", "    # server 127.0.0.1:0;")
    used = used.replace("# server unix:/run/nullabona-relay/relay.sock;", f"server unix:{place};")
    root = "user root;\n" if os.geteuid() == 0 else ""  # the test's folder is not open to another user
    config.write_text(root + used)
    with (
        RelayProcess(tmp_path / "data", "--host", HOST, listen=f"unix:{place}"),
        running(command, environment, port, tmp_path / "output.txt"),
    ):
        proxy = Proxy(port, chain, written)
        answer = proxy.ask(f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        mode = stat.S_IMODE(place.stat().st_mode)
    assert (b"200", b"ok\n", 0o666) == (answer[0].split()[1], answer[1], mode)
