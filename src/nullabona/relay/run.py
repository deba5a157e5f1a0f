"""Runs a relay as a process: hardens it, says when it is ready, stops it on a signal."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import uvloop

from nullabona.errors import UserError
from nullabona.machine.failures import fault_of
from nullabona.machine.hardening import give_back_memory, harden, raise_open_files
from nullabona.machine.timekeeping import ClockGuard
from nullabona.relay.config import Config
from nullabona.relay.server import Relay, Stores, open_stores
from nullabona.wire.service import Service

MakeServices: TypeAlias = Callable[[Config], Sequence[Service]]

_SWITCH_S: Final = 0.0005
"""How long the loop may keep the writer thread waiting for the interpreter (measured: decision 0003)."""
_COLLECT: Final = (10_000, 20, 50)
"""Thresholds of the garbage collector. With Python's own (700, 10, 10) it takes a quarter of the processor time while
thousands of people come back after a restart, since each of them adds objects that stay (`bench.proxied`)."""
_LATER: Final = frozenset({signal.SIGHUP, signal.SIGUSR1})
"""Signals that would end a process that does not handle them yet: they wait until it does."""
_log: Final = logging.getLogger("nullabona.relay")


def run_relay(
    config: Config,
    ready: Callable[[list[str]], None],
    services: MakeServices = lambda _config: (),
    guard: ClockGuard | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then return; `StoreGone` is raised if the data was removed in between.

    SIGHUP reloads the TLS certificate from its files, and does nothing without one. SIGUSR1 drains it (`Relay.drain`).

    Logs its start, its stop and its own failures to the logger ``nullabona.relay``, never anything of a request.
    ``services`` makes the other services of this process; it is called on the running loop, once the data directory is
    locked, and each is closed at the stop. ``guard`` judges the clock for relay and services alike.
    """
    harden()
    give_back_memory()
    sys.setswitchinterval(_SWITCH_S)
    files = raise_open_files()
    signal.pthread_sigmask(signal.SIG_BLOCK, _LATER)
    stores = open_stores(config)  # from here on others find this process by its lock
    uvloop.run(_serve(config, stores, ready, services, guard or ClockGuard(today=config.today), files))


async def _serve(
    config: Config,
    stores: Stores,
    ready: Callable[[list[str]], None],
    services: MakeServices,
    guard: ClockGuard,
    files: int,
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_log_fault)
    relay = Relay(config, stores, services(config), guard=guard)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _end, relay)
    loop.add_signal_handler(signal.SIGHUP, _reload, relay)
    loop.add_signal_handler(signal.SIGUSR1, _drain, relay)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _LATER)
    relay.turned_away.expect(files)
    try:
        urls = await relay.start()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT)
        ready(urls)
        _log.info("started")
        _look_at_certificate(relay)
        gone = await relay.ended
    finally:
        await relay.stop()
        _log.info("stopped")
    if gone is not None:
        raise gone


def _end(relay: Relay) -> None:
    if not relay.ended.done():
        relay.ended.set_result(None)


def _drain(relay: Relay) -> None:
    if relay.draining is None:
        _log.info("takes no new connections, and ends when it has said goodbye to those that are open")
        relay.draining = asyncio.create_task(relay.drain())


def _reload(relay: Relay) -> None:
    """SIGHUP, which would end a process that does not handle it: a certificate was renewed, or a terminal has gone."""
    try:
        if relay.reload():
            _log.info("the TLS certificate was loaded again")
            _look_at_certificate(relay)
    except UserError as error:
        _log.error("the TLS certificate stays as it was: %s", error.message)


def _look_at_certificate(relay: Relay) -> None:
    if relay.certificate_has_expired:
        _log.error("the TLS certificate has expired, so clients refuse it: renew it, then send SIGHUP or restart")


def _log_fault(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    if fault := fault_of(context):
        kind, place = fault
        _log.error("fault: %s in %s", kind, place)
