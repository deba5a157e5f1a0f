"""The proxies of deploy/ with only ports and certificate paths replaced, and a certificate for their name."""

from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).parents[2]
HOST = "relay.example"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for the example's name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start.replace(year=2099))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private


def example(name: str, replacements: dict[str, str]) -> str:
    """A configuration of deploy/ with each of ``replacements`` made; each must be there to be replaced."""
    text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    for old, new in replacements.items():
        assert old in text, f"deploy/{name} no longer says {old!r}"
        text = text.replace(old, new)
    return text


def nginx(folder: Path, port: int, relay_port: int, chain: Path, key: Path) -> tuple[list[str], dict[str, str]]:
    """Debian's own surroundings: a main error log and an access log, switched on."""
    site = example(
        "nginx.conf",
        {
            "127.0.0.1:8440;": f"127.0.0.1:{relay_port};",
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
        },
    )
    (folder / "Caddyfile").write_text(site)
    command = ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return command, {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}


def haproxy(folder: Path, port: int, relay_port: int, chain: Path, key: Path) -> tuple[list[str], dict[str, str]]:
    both = folder / "chain-and-key.pem"
    both.write_bytes(chain.read_bytes() + key.read_bytes())
    text = example(
        "haproxy.cfg",
        {
            "127.0.0.1:8440\n    #": f"127.0.0.1:{relay_port}\n    #",
            "bind :443": f"bind 127.0.0.1:{port}",
            "/etc/ssl/relay.example/chain-and-key.pem": str(both),
            **({} if os.geteuid() == 0 else {"    user haproxy\n    group haproxy\n    chroot /var/lib/haproxy\n": ""}),
        },
    )
    (folder / "haproxy.cfg").write_text(text)
    return ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")], {}


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
