"""The proxies of deploy/ with only ports and certificate paths replaced, and a certificate for their name."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nullabona.processes.proxies import HOST, cluster_servers, replaced, write_haproxy
from nullabona.processes.proxies import self_signed as certificate

__all__ = [
    "HOST", "NAMES", "ROOT", "caddy", "certificate", "cluster_haproxy", "cluster_nginx", "example", "haproxy",
    "names_haproxy", "names_nginx", "nginx", "running",
]  # fmt: skip

ROOT = Path(__file__).parents[2]


def example(name: str, replacements: dict[str, str]) -> str:
    """A configuration of deploy/ with each of ``replacements`` made; each must be there to be replaced."""
    return replaced(read(name), replacements)


def read(name: str) -> str:
    """A configuration of deploy/ as it is."""
    return (ROOT / "deploy" / name).read_text(encoding="utf-8")


def nginx(folder: Path, port: int, relay_port: int, chain: Path, key: Path) -> tuple[list[str], dict[str, str]]:
    """One relay behind it."""
    releases = {"/var/lib/nullabona-releases/": f"{folder.parent}/releases/"}
    servers = {"127.0.0.1:8440;": f"127.0.0.1:{relay_port};", **releases}
    return _nginx("nginx.conf", servers, folder, port, chain, key)


def cluster_nginx(
    folder: Path, port: int, relay_port: int, chain: Path, key: Path, second_port: int = 9
) -> tuple[list[str], dict[str, str]]:
    """Two relays of one engine behind it. Nobody listens at the second one's port unless it is given."""
    servers = {"127.0.0.1:8441 ": f"127.0.0.1:{relay_port} ", "127.0.0.1:8442 ": f"127.0.0.1:{second_port} "}
    return _nginx("cluster/nginx.conf", servers, folder, port, chain, key)


NAMES = ("seoul-1", "seoul-2")
"""The names in the examples of deploy/cluster/names, each with two relays."""
_OF_NAMES = (8443, 8444, 8445, 8446)


def names_nginx(
    folder: Path, port: int, ports: tuple[int, ...], chain: Path, key: Path
) -> tuple[list[str], dict[str, str]]:
    """Two names behind it: the relays' ``ports`` are those of the first one, then those of the second one."""
    servers = {f"127.0.0.1:{old} ": f"127.0.0.1:{new} " for old, new in zip(_OF_NAMES, ports, strict=True)}
    return _nginx("cluster/names/nginx.conf", servers, folder, port, chain, key)


def names_haproxy(
    folder: Path, port: int, ports: tuple[int, ...], chain: Path, key: Path
) -> tuple[list[str], dict[str, str]]:
    """The same behind HAProxy."""
    servers = {f"127.0.0.1:{old}\n": f"127.0.0.1:{new}\n" for old, new in zip(_OF_NAMES, ports, strict=True)}
    return list(write_haproxy(read("cluster/names/haproxy.cfg"), servers, folder, port, chain, key)), {}


def _nginx(
    name: str, servers: dict[str, str], folder: Path, port: int, chain: Path, key: Path
) -> tuple[list[str], dict[str, str]]:
    """Debian's own surroundings: a main error log and an access log, switched on."""
    site = example(
        name,
        servers
        | {
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "/etc/ssl/relay.example/fullchain.pem": str(chain),
            "/etc/ssl/relay.example/privkey.pem": str(key),
        },
    )
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log warn;\n"
        f"events {{}}\nhttp {{ {temporary} access_log {folder}/access.log;\n{site}\n}}\n"
    )
    return ["nginx", "-e", f"{folder}/early.log", "-p", str(folder), "-c", str(folder / "nginx.conf")], {}


def caddy(folder: Path, port: int, relay_port: int, chain: Path, key: Path) -> tuple[list[str], dict[str, str]]:
    site = example(
        "Caddyfile",
        {
            "127.0.0.1:8440": f"127.0.0.1:{relay_port}",
            "\nrelay.example {": f"\nhttps://relay.example:{port} {{\n\tbind 127.0.0.1",
            "\tadmin off\n": "\tadmin off\n\tauto_https disable_redirects\n",
            "/etc/ssl/relay.example/fullchain.pem": str(chain),
            "/etc/ssl/relay.example/privkey.pem": str(key),
            "/var/lib/nullabona-releases": f"{folder.parent}/releases",
        },
    )
    (folder / "Caddyfile").write_text(site)
    command = ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return command, {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}


def haproxy(folder: Path, port: int, relay_port: int, chain: Path, key: Path) -> tuple[list[str], dict[str, str]]:
    """One relay behind it."""
    servers = {"127.0.0.1:8440\n    #": f"127.0.0.1:{relay_port}\n    #"}
    return list(write_haproxy(read("haproxy.cfg"), servers, folder, port, chain, key)), {}


def cluster_haproxy(
    folder: Path, port: int, relay_port: int, chain: Path, key: Path, second_port: int = 9
) -> tuple[list[str], dict[str, str]]:
    """Two relays of one engine behind it. Nobody listens at the second one's port unless it is given."""
    servers = cluster_servers((relay_port, second_port))
    return list(write_haproxy(read("cluster/haproxy.cfg"), servers, folder, port, chain, key)), {}


@contextmanager
def running(command: list[str], environment: dict[str, str], port: int, output: Path) -> Iterator[None]:
    """Start a proxy, wait until it listens, and stop it again."""
    with output.open("wb") as sink:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=sink, stderr=sink)
    try:
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)  # between looks: nothing tells us when a foreign process has begun to listen
        assert process.poll() is None, output.read_text()
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)
