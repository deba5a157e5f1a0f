"""A relay: what it would need before a start, and how the running one is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nullabona.directory.opening import FOLDER, RECORD_SCHEMA, has_log
from nullabona.directory.store.sqlite import FILE as CARDS
from nullabona.errors import NullabonaError
from nullabona.findings import Finding, good, refused, warning, wrong
from nullabona.log.policy import Policy
from nullabona.machine.http_client import Route
from nullabona.machine.lock import holder_of
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.operating.beginning import check_begun
from nullabona.operating.checks.machine import (
    of_certificate,
    of_clock,
    of_database,
    of_files,
    of_folder,
    of_port,
)
from nullabona.operating.checks.record import OwnLog, of_mirrors, of_witnesses
from nullabona.operating.checks.running import ask, figures_in, of_figures, of_health, of_outside
from nullabona.operating.directory import DirectorySettings, host_of, take_settings, vkeys_of
from nullabona.operating.epochs import EpochDays
from nullabona.operating.sizing import sizes_for
from nullabona.relay.bucket import Bucket
from nullabona.relay.config import Config, make_config
from nullabona.relay.store.bucket_opening import look_at_bucket
from nullabona.relay.store.sqlite import FILE_NAME as BOXES
from nullabona.relay.turned_away import BESIDE_CONNECTIONS
from nullabona.sequencer.store.sqlite import FILE_NAME as LOG
from nullabona.wire.epoch import origin_of


@dataclass(frozen=True, slots=True)
class Setting:
    """A relay's settings, taken apart."""

    given: Mapping[str, Any]
    config: Config
    chosen: DirectorySettings
    host: str | None

    @property
    def record(self) -> Path | None:
        """The folder of the record, if there is a place for one."""
        return self.chosen.record.folder or (self.config.data / FOLDER if self.config.data else None)


def settled(settings: Mapping[str, Any]) -> Setting:
    """Raises `BadConfig`, and what a name that cannot be in handles raises."""
    taken = dict(settings)
    chosen = take_settings(taken)
    config = make_config(taken)
    return Setting(settings, config, chosen, host_of(config, chosen.host))


def check_relay(settings: Mapping[str, Any], route: Route, people: int | None = None) -> Iterator[Finding]:
    """What stands between these settings and a relay that people can use. Changes nothing."""
    try:
        setting = settled(settings)
    except NullabonaError as error:
        yield refused(error)
        return
    config, now_s = setting.config, time.time()
    yield good("settings")
    running = config.data is not None and holder_of(config.data) is not None
    yield from of_certificate(config.tls, setting.host, now_s)
    yield from (of_port(endpoint, running=running) for endpoint in config.listen)
    yield of_files(config.limits.connections + BESIDE_CONNECTIONS)
    if people is not None:
        yield from _of_people(setting, people)
    if config.bucket is not None:
        yield _of_bucket(config.bucket, config.limits.retention_days)
    if config.engine is not None:
        from nullabona.operating.engine.looking import check_engine  # not for relays without one

        yield from check_engine(config.engine)
    if config.data is not None:
        folder = list(of_folder(config.data))
        yield from folder
        if folder[0].key != "folder-forbidden":  # what is in it would be forbidden as well
            yield from _of_data(setting, route, now_s)


def _of_bucket(bucket: Bucket, retention_days: int) -> Finding:
    try:
        look_at_bucket(bucket, retention_days)
    except NullabonaError as error:
        return refused(error)
    return good("bucket-here", bucket=bucket.name)


def _of_people(setting: Setting, people: int) -> Iterator[Finding]:
    wanted, limits = sizes_for(people), setting.config.limits
    pairs = {"connections": wanted.connections, "blob_bytes_per_day": wanted.blob_bytes_per_day}
    small = {name: least for name, least in pairs.items() if getattr(limits, name) < least}
    for name, least in small.items():
        yield warning("limit-small", name=name, value=getattr(limits, name), people=people, least=least)
    if not small:
        yield good("limits-fit", people=people)


def _of_data(setting: Setting, route: Route, now_s: float) -> Iterator[Finding]:
    data, folder = setting.config.data, setting.record
    assert data is not None
    assert folder is not None
    elsewhere = setting.chosen.record.store is not None
    for file in (data / BOXES, *(() if elsewhere else (data / CARDS, folder / LOG))):
        yield from of_database(file)
    if setting.host is None:
        yield warning("nobody-registers")
        return
    try:
        check_begun(setting.config, setting.host, setting.chosen)
        vkeys = vkeys_of({**setting.given, "host": setting.host})
    except NullabonaError as error:
        yield refused(error)
        return
    yield from of_clock(_closed_day(folder, now_s), now_s)
    policy = "".join(f"log {each}\n" for each in vkeys) + setting.chosen.record.witnesses
    store, origin = setting.chosen.record.store, origin_of(setting.host)
    log = OwnLog(folder, None if store is None else PostgresPlace(store, RECORD_SCHEMA, begins=False))
    if (held := log.newest()) is not None and held.origin != origin:
        yield wrong("record-of-another", held=held.origin, origin=origin)
        return
    yield from of_witnesses(log, Policy.parse(policy), origin, route)
    yield from of_mirrors(log, setting.chosen.record.mirrors, route)


def _closed_day(folder: Path, now_s: float) -> int | None:
    """The day on which the newest published epoch was closed."""
    if not has_log(folder):
        return None
    return EpochDays(folder / "public", int(now_s // 86_400))(OwnLog(folder).published() - 1)


def status_of_relay(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """How the running relay is, asked at the first address where it listens."""
    try:
        config = settled(settings).config
    except NullabonaError as error:
        yield refused(error)
        return
    first, secure = config.listen[0], config.tls is not None
    health = list(of_health(first, secure=secure))
    yield from health
    if health[0].key == "not-running":
        return
    metrics = ask(first, "/metrics", secure=secure)
    if metrics.status == 200:
        yield from of_figures(figures_in(metrics.text), time.time())


def outside_of_relay(settings: Mapping[str, Any], route: Route) -> Iterator[Finding]:
    """What people reach at the relay's name."""
    try:
        host = settled(settings).host
    except NullabonaError:
        return  # it was said
    if host is not None:
        yield of_outside(host, route)
