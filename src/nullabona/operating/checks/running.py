"""Asks a running server of ours how it is, at the address where it listens, and one at its name as people do."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from nullabona.errors import NullabonaError
from nullabona.findings import Finding, good, warning, wrong
from nullabona.machine.failures import reason_of
from nullabona.machine.http_client import HttpClient, Route, is_loopback, parse_url
from nullabona.machine.settings import Endpoint

_ANSWER_S: Final = 10.0
_MOST: Final = 2**20
_SERIES: Final = re.compile(r'(?:nullabona_\w+?_)?(\w+?)(?:_total)?(?:\{\w+="([^"]*)"\})? (\d+)', re.ASCII)
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - what is listened at is asked here
_DAY_S: Final = 86_400
_SOON_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; status 0: it cannot be reached."""

    status: int
    text: str = ""


def ask(endpoint: Endpoint, path: str, *, secure: bool) -> Answer:
    """The answer to a GET at our own address. Its certificate is not looked at: it is for another name."""
    try:
        with _connected(endpoint, secure=secure) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode())
            data = b""
            while len(data) < _MOST and (more := connection.recv(65_536)):
                data += more
    except OSError as error:
        return Answer(0, reason_of(error))
    head, _, body = data.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    return Answer(int(status[0]) if status and status[0].isdigit() else 0, body.decode("utf-8", "replace").strip())


def _connected(endpoint: Endpoint, *, secure: bool) -> socket.socket:
    if endpoint.path is not None:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_ANSWER_S)
        connection.connect(endpoint.path)
    else:
        host = _EVERYWHERE.get(endpoint.host, endpoint.host)
        connection = socket.create_connection((host, endpoint.port), _ANSWER_S)
    if not secure:
        return connection
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection)


def of_health(endpoint: Endpoint, *, secure: bool, ready: bool = True) -> Iterator[Finding]:
    """What /healthz and, with ``ready``, /readyz answer."""
    health = ask(endpoint, "/healthz", secure=secure)
    if health.status == 0:
        yield wrong("not-running", address=endpoint, why=health.text)
        return
    yield good("healthy") if health.status == 200 else wrong("unhealthy", why=health.text)
    if not ready or health.status != 200:
        return
    answer = ask(endpoint, "/readyz", secure=secure)
    yield good("ready") if answer.status == 200 else wrong("unready", why=answer.text)


def figures_in(text: str) -> dict[str, int | dict[str, int]]:
    """The numbers of /metrics by the names that they have in spec/data-held.md."""
    found: dict[str, int | dict[str, int]] = {}
    for line in text.splitlines():
        if (series := _SERIES.fullmatch(line)) is None:
            continue
        name, label, value = series[1], series[2], int(series[3])
        if label is None:
            found[name] = value
        else:
            inner = found.setdefault(name, {})
            if isinstance(inner, dict):
                inner[label] = value
    return found


def of_figures(figures: Mapping[str, int | dict[str, int]], now_s: float) -> Iterator[Finding]:
    """What the numbers of a relay say. They are a minute old at most."""

    def one(name: str) -> int:
        value = figures.get(name, 0)
        return value if isinstance(value, int) else sum(value.values())

    yield _of_connections(one("connections"), one("connections_limit"), one("connections_refused"))
    bad = {
        "faults": warning("faults", count=one("faults")),
        "clock_stands": wrong("clock-stands"),
    }
    yield from (finding for name, finding in bad.items() if one(name))
    if one("disk_free_bytes") < one("disk_reserve_bytes"):
        yield wrong("disk-short", free=one("disk_free_bytes") // 2**20, folder="-")
    if end := one("certificate_end_seconds"):
        days = int((end - now_s) // _DAY_S)
        yield (wrong if days < 0 else warning if days < _SOON_DAYS else good)("certificate-days", days=days)
    if cosigned := one("record_cosigned_seconds"):
        yield good("record-age", seconds=int(now_s) - cosigned, period=one("record_period_seconds"))
    failures = figures.get("witness_failures", {})
    failed = failures.items() if isinstance(failures, dict) else ()
    yield from (warning("witness-failed", witness=witness, count=count) for witness, count in failed if count)
    yield good("accounts", count=one("accounts"))


def _of_connections(used: int, most: int, refused: int) -> Finding:
    if refused:
        return wrong("connections-refused", count=refused, most=most)
    many = used * 10 > most * 9
    return (warning if many else good)("connections-many" if many else "connections-some", used=used, most=most)


def of_outside(host: str, route: Route) -> Finding:
    """What people reach at the name in their handles."""
    name = host.rpartition(":")[0] or host
    url = f"{'http' if is_loopback(name.strip('[]')) else 'https'}://{host}/"
    try:
        status = asyncio.run(_status_at(url, route))
    except NullabonaError as error:
        return wrong("outside-silent", url=url, why=error.code)
    return good("outside-healthy", url=url) if status == 200 else wrong("outside-unhealthy", url=url, status=status)


async def _status_at(url: str, route: Route) -> int:
    client = HttpClient(parse_url(url), route)
    try:
        return (await client.get("healthz", 4_096)).status
    finally:
        await client.close()
