"""HAProxy on loopback before relay processes, as deploy/ has it, with only ports and paths replaced."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nullabona.processes.program import ProcessFailed, Program

HOST: Final = "relay.example"
"""The name in the examples."""
_OWN_USER: Final = "    user haproxy\n    group haproxy\n    chroot /var/lib/haproxy\n"
_PATIENCE_S: Final = 20.0
_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def haproxy_program() -> str | None:
    """HAProxy on this machine, or None."""
    return shutil.which("haproxy", path=_PATH)


def self_signed(folder: Path, *more: x509.GeneralName) -> tuple[Path, Path]:
    """A self-signed certificate for the examples' name and ``more``, and its key: two files in ``folder``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start.replace(year=2099))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST), *more]), critical=False)
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private


def replaced(text: str, replacements: Mapping[str, str]) -> str:
    """The text with each of ``replacements`` made. Raises `ProcessFailed` if one of them has no place in it."""
    for old, new in replacements.items():
        if old not in text:
            raise ProcessFailed(f"the example no longer says {old!r}")
        text = text.replace(old, new)
    return text


def write_haproxy(
    example: str, servers: Mapping[str, str], folder: Path, port: int, chain: Path, key: Path
) -> tuple[str, ...]:
    """Write an example of deploy/ into ``folder``, to listen at ``port``, and the command that runs it.

    ``servers`` are further replacements, those of the relays' addresses.
    """
    both = folder / "chain-and-key.pem"
    both.write_bytes(chain.read_bytes() + key.read_bytes())
    own = {
        "bind :443": f"bind 127.0.0.1:{port}",
        "/etc/ssl/relay.example/chain-and-key.pem": str(both),
        **({} if os.geteuid() == 0 else {_OWN_USER: ""}),
    }
    (folder / "haproxy.cfg").write_text(replaced(example, {**servers, **own}), "utf-8")
    return ("haproxy", "-db", "-f", str(folder / "haproxy.cfg"))


def cluster_servers(ports: Sequence[int]) -> dict[str, str]:
    """The replacements of ``deploy/cluster/haproxy.cfg`` for two relay processes at these ports."""
    first, second = ports
    return {"127.0.0.1:8441\n": f"127.0.0.1:{first}\n", "127.0.0.1:8442\n": f"127.0.0.1:{second}\n"}


class ProxyProcess(Program):
    """A proxy that listens at a port of loopback. Raises `ProcessFailed` if it does not."""

    def __init__(self, command: Sequence[str], port: int, *, log: Path) -> None:
        program = shutil.which(command[0], path=_PATH)
        if program is None:
            raise ProcessFailed(f"{command[0]} is not installed: run tools/need_programs.sh")
        super().__init__((program, *command[1:]), log=log)
        deadline = time.monotonic() + _PATIENCE_S
        while self._process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)  # between looks: nothing tells us when a foreign process has begun to listen
        raise ProcessFailed(f"{command[0]} did not start: {self.kill().err[-2_000:]}")
