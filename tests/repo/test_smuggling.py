"""Behind a proxy that sends several people's requests over one connection, nobody gets between another's bytes.

The recipes of deploy/ give each person a connection (docs/decisions/0037); an operator's own proxy may not. So a real
relay is asked through a real nginx and a real HAProxy that share connections, by somebody who says in two ways where
a request ends.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nullabona.processes.ports import free_port
from nullabona.processes.servers import RelayProcess
from nullabona.wire.messages import Appended, Frames, decode_response, encode
from tests.relay.peers import Box, read_answer
from tests.relay.peers import Wire as Connection
from tests.repo.proxies import running


def nginx(folder: Path, port: int, relay_port: int) -> list[str]:
    """With connections that are kept and used for anybody."""
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ {temporary} access_log off; upstream relay {{ server 127.0.0.1:{relay_port};"
        f" keepalive 1; }}\nserver {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://relay;"
        ' proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off; } } }\n'
    )
    return ["nginx", "-e", f"{folder}/early.log", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def haproxy(folder: Path, port: int, relay_port: int) -> list[str]:
    """The same."""
    (folder / "haproxy.cfg").write_text(
        "defaults\n    mode http\n    timeout connect 5s\n    timeout client 5s\n    timeout server 5s\n"
        f"frontend people\n    bind 127.0.0.1:{port}\n    default_backend relay\n"
        f"backend relay\n    http-reuse always\n    server relay 127.0.0.1:{relay_port} pool-max-conn 1\n"
    )
    return ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")]


@pytest.fixture(params=[nginx, haproxy], ids=["nginx", "haproxy"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A proxy before a relay."""
    configure: Callable[[Path, int, int], list[str]] = request.param
    if not shutil.which(configure.__name__):
        pytest.skip(f"{configure.__name__} is not installed")
    port = free_port()
    with RelayProcess(None) as relay:
        command = configure(tmp_path, port, relay.address[1])
        with running(command, {}, port, tmp_path / "output.txt"):
            yield "127.0.0.1", port


HEAD = b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
FRAMINGS = {
    "both": b"Content-Length: %(all)d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both-swapped": b"Transfer-Encoding: chunked\r\nContent-Length: %(all)d\r\n\r\n0\r\n\r\n",
    "space-before-colon": b"Content-Length: %(all)d\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "tab-in-value": b"Content-Length: %(all)d\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n",
    "unknown-coding": b"Content-Length: %(all)d\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "folded": b"Content-Length: %(all)d\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "two-lengths": b"Content-Length: 5\r\nContent-Length: %(all)d\r\n\r\n12345",
    "listed-lengths": b"Content-Length: 5, %(all)d\r\n\r\n12345",
    "plus": b"Content-Length: +%(all)d\r\n\r\n12345",
    "zeros": b"Content-Length: 000%(all)d\r\n\r\n12345",
    "hidden-by-line-feed": b"X: y\nContent-Length: 5\r\nContent-Length: %(all)d\r\n\r\n12345",
    "hidden-by-nul": b"X: y\0\r\nContent-Length: %(all)d\r\n\r\n12345",
    "bare-line-feeds": b"Content-Length: %(all)d\n\n12345",
    "expected": b"Content-Length: %(all)d\r\nExpect: 100-continue\r\n\r\n12345",
    "no-more-than-said": b"Content-Length: 5\r\n\r\n12345",
}
"""What is said of the body before the request that is smuggled in it."""


def test_what_one_says_does_not_reach_anothers_request(address: tuple[str, int]) -> None:
    """Each person after the attacker gets the answer to their own request, and their secrets stay in it.

    The attacker hides the beginning of an append to a box of theirs, whose frame would be the next person's request.
    """
    passed = []
    for name, framing in FRAMINGS.items():
        thief = Box()
        whole = encode(thief.append(bytes(400)))
        hidden = HEAD + b"Content-Length: %d\r\n\r\n" % len(whole) + whole[:-400]
        said = framing % {b"all": len(hidden) + len(framing.partition(b"\r\n\r\n")[2])}
        attacker = Connection(address)
        attacker.send(HEAD + said + hidden)
        said_back = attacker.take_until(b"\r\n\r\n").lower()
        passed += [name] if b"application/octet-stream" in said_back else []  # said by the relay, not by the proxy
        for _ in range(2):
            ask_as_a_person(address, thief)
        attacker.close()
    assert "no-more-than-said" in passed


def ask_as_a_person(address: tuple[str, int], thief: Box) -> None:
    """Append to a new box and read it; nothing is in the thief's."""
    mine, person = Box(), Connection(address)
    for request in (mine.append(b"mine"), mine.read(), thief.read()):
        body = encode(request)
        person.send(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    kept, found, stolen = [decode_response(read_answer(person)[1]) for _ in range(3)]
    assert isinstance(kept, Appended)
    assert (1, Frames(kept.incarnation, 1, ((1, b"mine"),)), Frames(b"", 0, ())) == (kept.seq, found, stolen)
    person.close()
