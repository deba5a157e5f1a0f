"""Many devices of the default kind through nginx with TLS: the relay is started again, and they all come back.

``python -m bench.proxied --devices 15000``. Each device has a WebSocket, as an app has, made by the client's own
`connect` and `Backoff`, on which it polls activity. nginx is deploy/nginx.conf with the lines of
`nulla relay limits`, the relay listens at a unix socket. What the relay takes is printed beside what docs/capacity.md
and `nullabona.operating.sizing` say. A process cannot have more files than `ulimit -Hn`: then the bench says so and
takes fewer devices. Exit code 1: somebody was not back in time, or a figure is not within a third.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.speed.needs import Costs, costs
from bench.speed.record import APART, RESULTS
from bench.speed.records import read
from nullabona.client.net import Backoff, NetOptions, connect, parse_endpoint
from nullabona.errors import PeerError
from nullabona.operating.sizing import CONNECTION_KIB, CONNECTIONS, EMPTY_MIB, Sizes, files_for, sizes_for
from nullabona.processes.orders import obey
from nullabona.processes.ports import free_port
from nullabona.processes.servers import RelayProcess
from nullabona.processes.workers import Worker
from nullabona.wire.messages import ActivityDigests, AnyRequest, PollActivity

BACK_S: Final = 30.0
WITHIN: Final = 1 / 3
WAIT_S: Final = 120
AT_ONCE: Final = 64
PER_PROCESS: Final = 4_000
"""Devices of one loading process."""
SPARE_FILES: Final = 400
_SITE: Final = Path(__file__).parents[1] / "deploy/nginx.conf"


class Devices:
    """What a loading process can be told."""

    def __init__(self) -> None:
        self._open = 0
        self._failed = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def start(self, url: str, ca_file: str, devices: int) -> None:
        """So many connect, and again whenever a connection is lost."""
        for _ in range(devices):
            self._tasks.append(asyncio.create_task(self._hold(url, Path(ca_file), PollActivity(0, 0))))

    async def report(self) -> list[int]:
        """How many connections are open and asked their question, and how many attempts failed so far."""
        return [self._open, self._failed]

    async def _hold(self, url: str, ca_file: Path, request: AnyRequest) -> None:
        backoff, options, clock = Backoff(), NetOptions(ca_file=ca_file), asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(backoff.wait(clock()))
            try:
                async with self._gate:
                    connection = await connect(parse_endpoint(url), options)
            except PeerError:
                self._failed += 1
                backoff = backoff.lost(clock(), random.random())
                continue
            backoff = backoff.connected(clock())
            self._open += 1
            with suppress(PeerError):
                while True:
                    answer = await connection.request(request, 2 * WAIT_S)
                    if isinstance(answer, ActivityDigests):
                        # As a client goes on from the last digest it was told: who asks from 0 again is never to wait.
                        request = PollActivity(answer.first + len(answer.digests) - 1, WAIT_S)
            self._open -= 1
            await connection.close()
            backoff = backoff.lost(clock(), random.random())


def certificate(folder: Path) -> None:
    """``chain.pem`` and ``key.pem`` for localhost."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    (folder / "chain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))


def nginx(folder: Path, port: int, sizes: Sizes) -> subprocess.Popen[bytes]:
    """The proxy of deploy/ for so many people, before the socket in ``folder``."""
    site = _SITE.read_text("utf-8")
    for old, new in {
        "    server 127.0.0.1:8440;": f"    server unix:{folder}/relay.sock;",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl backlog=4096",
        "/etc/ssl/relay.example/fullchain.pem": f"{folder}/chain.pem",
        "/etc/ssl/relay.example/privkey.pem": f"{folder}/key.pem",
    }.items():
        assert old in site, old
        site = site.replace(old, new)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;\n" if os.geteuid() == 0 else ""  # the folder is not open to another user
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log emerg;\n{user}"
        f"{files_for(sizes)['nginx-main.conf']}\nhttp {{ {temporary}\n{site}\n}}\n"
    )
    return subprocess.Popen(["nginx", "-e", "/dev/null", "-p", str(folder), "-c", str(folder / "nginx.conf")])


def memory_mib(process: int) -> float:
    """What the process has in memory now."""
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1_024


def cpu_s(process: int) -> float:
    """What the process has used of processors."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def until(workers: list[Worker], connections: int, patience_s: float) -> tuple[float, int]:
    """Seconds until so many are connected, and how many attempts had failed; infinity if they never are."""
    began = time.monotonic()
    while True:
        told = [await worker.do("report") for worker in workers]
        taken, failed = time.monotonic() - began, sum(each[1] for each in told)
        if sum(each[0] for each in told) == connections:
            return taken, failed
        if taken > patience_s:
            return float("inf"), failed
        await asyncio.sleep(0.1)


def within_a_third(what: str, measured: float, said: float, unit: str) -> bool:
    """Print both; whether they agree."""
    agrees = abs(measured - said) <= WITHIN * said
    print(
        f"{what}: {measured:.1f} {unit}, by the arithmetic {said:.1f}: {'agrees' if agrees else 'DIFFERS'}", flush=True
    )
    return agrees


async def measure(folder: Path, devices: int, cost: Costs) -> bool:
    """Whether all of it is as it should be."""
    sizes, connections = sizes_for(devices), devices * CONNECTIONS
    port = free_port()
    certificate(folder)
    (folder / "relay.toml").write_text(f"volatile = true\n[limits]\nconnections = {connections + 100}\n")
    options = ("--config", str(folder / "relay.toml"), "--host", "localhost")
    proxy = nginx(folder, port, sizes)
    workers: list[Worker] = []
    try:
        with RelayProcess(None, *options, listen=f"unix:{folder}/relay.sock") as relay:
            empty = memory_mib(relay.pid)
            for first in range(0, devices, PER_PROCESS):
                worker = Worker(f"loader {first}", folder / "loaders.log")
                workers.append(worker)
                await worker.launch([sys.executable, "-m", "bench.proxied", "--load"])
                url = f"wss://localhost:{port}/v1"
                await worker.do("start", url=url, ca_file=str(folder / "chain.pem"),
                                devices=min(PER_PROCESS, devices - first))  # fmt: skip
            first_s, _ = await until(workers, connections, 10 * BACK_S)
            print(f"{connections:,} connections of {devices:,} devices after {first_s:.1f} s", flush=True)
        lost_s, _ = await until(workers, 0, BACK_S)
        began = time.monotonic()
        with RelayProcess(None, *options, listen=f"unix:{folder}/relay.sock") as relay:
            ready_s, ready_cpu = time.monotonic() - began, cpu_s(relay.pid)
            failed = sum([(await worker.do("report"))[1] for worker in workers])
            back_s, after = await until(workers, connections, 4 * BACK_S)
            used = cpu_s(relay.pid) - ready_cpu
            print(f"all back {back_s:.1f} s after the start, which took {ready_s:.1f} s; {after - failed} attempts "
                  "failed after that", flush=True)  # fmt: skip
            grown = memory_mib(relay.pid) - empty
            print(f"an empty relay: {empty:.0f} MiB (said: {EMPTY_MIB})")
            connected_s = connections * back_s / 2
            said = connections * cost.connect_us + devices * cost.polled_us + connected_s * cost.idle_us
            agree = [
                within_a_third("memory of the clients", grown, connections * CONNECTION_KIB / 1_024, "MiB"),
                within_a_third("CPU of the return", used, said / 1e6, "s"),
            ]
        return lost_s < BACK_S and back_s <= BACK_S and all(agree)
    finally:
        for worker in workers:
            await worker.stop()
        proxy.terminate()
        proxy.wait()


def main() -> None:
    """Run it, or load for one that runs."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=300)
    parser.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.load:
        uvloop.run(obey(Devices(), {"ready": True}))
        return
    most = (hard - SPARE_FILES) // CONNECTIONS
    if given.devices > most:
        print(f"a process may have {hard:,} files here, so {most:,} devices connect and not {given.devices:,}")
    cost = costs(read(RESULTS), read(APART))
    assert cost is not None, "the recorded runs have not all the figures of docs/capacity.md"
    with tempfile.TemporaryDirectory() as folder:
        good = uvloop.run(measure(Path(folder), min(most, given.devices), cost))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
