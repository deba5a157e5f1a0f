"""A witness and a legal desk: what they would need before a start, and how the running ones are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from nullabona.docket.store.sqlite import FILE as DESK
from nullabona.errors import NullabonaError
from nullabona.findings import Finding, good, refused
from nullabona.log.keys import vkey
from nullabona.log.policy import Policy
from nullabona.machine.http_client import Route
from nullabona.machine.keyfile import read_key_file
from nullabona.machine.lock import holder_of
from nullabona.machine.settings import Endpoint
from nullabona.operating.checks.machine import (
    of_certificate,
    of_clock,
    of_database,
    of_files,
    of_folder,
    of_port,
)
from nullabona.operating.checks.record import OwnLog, of_witnesses
from nullabona.operating.checks.running import of_health
from nullabona.operating.docket_log import check_origin
from nullabona.sequencer.store.sqlite import FILE_NAME as LOG
from nullabona.witness.beginning import check_begun
from nullabona.witness.config import Config, make_config, read_file
from nullabona.witness.store.sqlite import FILE_NAME as WITNESS

_BESIDE: Final = 64
"""Files of a witness beside its connections."""


def check_witness(path: Path) -> Iterator[Finding]:
    """What stands between this configuration and a witness that cosigns. Changes nothing."""
    try:
        config = _witness(path)
        check_begun(config)
    except NullabonaError as error:
        yield refused(error)
        return
    yield good("settings")
    running, now_s = holder_of(config.data) is not None, time.time()
    yield from of_certificate(config.tls, None, now_s)
    yield from (of_port(endpoint, running=running) for endpoint in config.listen)
    yield of_files(config.limits.connections + _BESIDE)
    yield from of_folder(config.data)
    if config.store is None:
        yield from of_database(config.data / WITNESS)
    yield from of_clock(None, now_s)


def status_of_witness(path: Path) -> Iterator[Finding]:
    """How the running witness is."""
    try:
        config = _witness(path)
    except NullabonaError as error:
        yield refused(error)
        return
    yield from of_health(config.listen[0], secure=config.tls is not None, ready=False)


def _witness(path: Path) -> Config:
    return make_config(read_file(path))


def check_desk(data: Path, route: Route) -> Iterator[Finding]:
    """What stands between this folder and a desk that can record and publish. Changes nothing."""
    # Of the extra `docket`, which a witness's machine does not have.
    from nullabona.operating.desk import read_config, read_policy_text
    from nullabona.operating.desk_places import places_of

    try:
        config = read_config(data)
        places = places_of(data, config)
        places.check_founded()
        places.check_server()
        check_origin(str(config["origin"]), Path(config["directory"]))
        signers = read_key_file(Path(config["log_keys"]))
        own = "".join(f"log {vkey(each)}\n" for each in signers)
        policy = Policy.parse(own + _without_logs(read_policy_text(Path(config["policy"]))))
    except NullabonaError as error:
        yield refused(error)
        return
    yield good("settings")
    yield from of_folder(data)
    if places.store is None:
        for file in (data / "desk" / DESK, data / "log" / LOG):
            yield from of_database(file)
    yield from of_clock(None, time.time())
    yield from of_witnesses(OwnLog(data / "log", places.log()), policy, str(config["origin"]), route)


def _without_logs(text: str) -> str:
    return "".join(f"{line}\n" for line in text.splitlines() if line.split()[:1] != ["log"])


def status_of_desk(listen: Endpoint, *, secure: bool) -> Iterator[Finding]:
    """How the running console is."""
    yield from of_health(listen, secure=secure, ready=False)
