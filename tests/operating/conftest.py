"""A proxy of deploy/cluster, and an engine, for the tests that play a cluster."""

from __future__ import annotations

import ipaddress
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest
from cryptography import x509

from nullabona.processes.engine import EngineCluster
from nullabona.processes.ports import free_port
from tests.operating.clusters import Front
from tests.repo.proxies import NAMES, certificate, running
from tests.repo.test_proxies import Proxy

Write: TypeAlias = Callable[[Path, int, Path, Path], tuple[list[str], dict[str, str]]]
"""Writes a proxy's configuration into a folder, to listen at a port, with these certificates; how it is run."""


@pytest.fixture
def launch(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[tuple[int, int]], Front]]:
    """Starts the proxy of one example in front of two ports."""
    configure = request.param
    program = program_of(configure.__name__)
    with ExitStack() as stack:
        yield lambda ports: start(
            stack, tmp_path, program, lambda at, port, *files: configure(at, port, ports[0], *files, ports[1])
        )


@pytest.fixture
def launch_names(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[tuple[int, int], tuple[int, int]], list[Front]]]:
    """Starts the proxy of one example with two names, in front of two ports each; the fronts of both names."""
    configure = request.param
    program = program_of(configure.__name__)
    with ExitStack() as stack:

        def both(*ports: tuple[int, int]) -> list[Front]:
            first, second = ports
            front = start(
                stack, tmp_path, program, lambda at, port, *files: configure(at, port, (*first, *second), *files)
            )
            return [replace(front, name=name) for name in NAMES]

        yield both


def program_of(example: str) -> str:
    """The proxy that an example is for. Skips the test if it is not there."""
    program = example.partition("_")[2]
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    return program


def start(stack: ExitStack, folder: Path, program: str, write: Write) -> Front:
    """A proxy that listens, until the stack is closed."""
    chain, key = certificate(folder, x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    written = folder / "written"
    written.mkdir()
    port = free_port()
    command, environment = write(written, port, chain, key)
    statistics = folder / "stats"
    if program == "haproxy":
        config = written / "haproxy.cfg"
        config.write_text(config.read_text().replace("global\n", f"global\n    stats socket {statistics}\n", 1))
    stack.enter_context(running(command, environment, port, written / "output.txt"))
    return Front(Proxy(port, chain, written), statistics)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCluster]:
    """Two shards without replicas: relays restart here, nodes do not."""
    made = EngineCluster(tmp_path_factory.mktemp("engine") / "nodes", primaries=2)
    yield made
    made.close()
