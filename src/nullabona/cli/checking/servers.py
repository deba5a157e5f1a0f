"""What `nulla doctor` looks at where servers run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from nullabona.errors import NullabonaError
from nullabona.findings import Finding, refused
from nullabona.machine.http_client import Route
from nullabona.machine.settings import parse_endpoint
from nullabona.operating.checks.others import check_desk, check_witness, status_of_desk, status_of_witness
from nullabona.operating.checks.relay import check_relay, outside_of_relay, status_of_relay
from nullabona.operating.directory import FILES
from nullabona.relay.config import read_file


def of_servers(
    route: Route, relay: Path | None, people: int | None, witness: Path | None, desk: Path | None, console: str | None
) -> Iterator[Finding]:
    """Each server that is named, in turn."""
    looks: list[Iterable[Finding]] = []
    if relay is not None:
        looks += [_of_relay(relay, route, people)]
    if witness is not None:
        looks += [check_witness(witness), status_of_witness(witness)]
    if desk is not None:
        looks += [check_desk(desk, route)]
    if console is not None:
        looks += [status_of_desk(parse_endpoint(console), secure=False)]
    return _each_once(chain.from_iterable(looks))


def _each_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """What keeps a server from starting is said once, not by each look that meets it."""
    said = set()
    for each in findings:
        if each.error is not None:
            refusal = (each.error.code, each.error.message)
            if refusal in said:
                continue
            said.add(refusal)
        yield each


def _of_relay(file: Path, route: Route, people: int | None) -> Iterator[Finding]:
    """A file that cannot be read does not keep `doctor` from the other servers."""
    try:
        given = read_file(file, FILES)
    except NullabonaError as error:
        yield refused(error)
        return
    yield from chain(check_relay(given, route, people), status_of_relay(given), outside_of_relay(given, route))
