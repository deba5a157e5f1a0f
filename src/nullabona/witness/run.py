"""Runs a witness as a process: hardens it, says when it is ready, stops it on a signal."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections import Counter
from collections.abc import Callable
from typing import Final

import uvloop

from nullabona.machine.failures import fault_of
from nullabona.machine.hardening import harden, raise_open_files
from nullabona.machine.lock import FolderLock
from nullabona.machine.opening import opening
from nullabona.witness.beginning import check_begun, check_memory
from nullabona.witness.config import Config
from nullabona.witness.core.judging import log_id
from nullabona.witness.cosigner import Cosigner
from nullabona.witness.mirroring import DirectoryAt, MapMirror, Mirrors
from nullabona.witness.server.server import Witness
from nullabona.witness.store.evidence import EvidenceFolder
from nullabona.witness.store.map.rows import MapRows
from nullabona.witness.store.opening import open_rows
from nullabona.witness.store.rows import WitnessRows

_log: Final = logging.getLogger("nullabona.witness")


def run_witness(config: Config, ready: Callable[[list[str]], None]) -> None:
    """Serve until SIGTERM or SIGINT, then return.

    Raises `WitnessNotBegun`, `WitnessOlder`, `FolderInUse`, `NotAWitness` or `PathUnusable`.

    Logs its start, its stop, its own failures and evidence against a log to ``nullabona.witness``, and nothing else.
    """
    harden()
    raise_open_files()
    check_begun(config)
    lock, store = open_store(config)
    try:
        uvloop.run(_serve(config, store, ready))
    finally:
        store.close()
        lock.close()


def open_store(config: Config) -> tuple[FolderLock, WitnessRows]:
    """The witness's store, locked for this process. Raises `FolderInUse`, `NotAWitness` or `PathUnusable`."""
    with opening(config.data):
        config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FolderLock(config.data)
    try:
        return lock, open_rows(config, begins=config.store is None)
    except BaseException:
        lock.close()
        raise


def make_cosigner(config: Config, store: WitnessRows) -> Cosigner:
    """The witness of this configuration, without sockets."""
    evidence = EvidenceFolder(config.data / "evidence", config.limits.evidence_files)
    return Cosigner(store, evidence, config.signers, config.logs, config.limits)


def open_mirrors(config: Config, counts: Counter[str]) -> Mirrors:
    """The mirrors of the maps that the configuration names. Raises `NotAWitness` or `BadUrl`."""
    found = {}
    for origin, url in config.maps.items():
        rows = MapRows(config.data / f"map-{log_id(origin)}.db")
        found[origin] = MapMirror(DirectoryAt(url), rows)
    return Mirrors(found, config.logs, counts)


async def _serve(config: Config, store: WitnessRows, ready: Callable[[list[str]], None]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_log_fault)
    cosigner = make_cosigner(config, store)
    mirrors = open_mirrors(config, cosigner.counts)
    witness = Witness(config, cosigner, mirrors=mirrors)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await check_memory(config, store)
    try:
        urls = await witness.start()
        ready(urls)
        _log.info("started")
        await ended.wait()
    finally:
        await witness.stop()
        await mirrors.close()
        counts = ", ".join(f"{name}: {count}" for name, count in sorted(cosigner.counts.items()))
        _log.info("stopped; %s", counts or "nothing was asked")


def _log_fault(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    if fault := fault_of(context):
        kind, place = fault
        _log.error("fault: %s in %s", kind, place)
