"""Runs a relay with its directory in one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from nullabona.directory.service import DirectoryService, Options, open_directory
from nullabona.machine.timekeeping import ClockGuard
from nullabona.operating.beginning import check_begun
from nullabona.operating.directory import host_of, take_settings, with_port
from nullabona.relay.config import Config, make_config
from nullabona.relay.run import run_relay
from nullabona.wire.service import Service

OpenDirectory: TypeAlias = Callable[[Path | None, str, Options], DirectoryService]


def serve_relay(
    settings: dict[str, Any], ready: Callable[[list[str]], None], opened: OpenDirectory = open_directory
) -> None:
    """Serve boxes, blobs and the directory until stopped; ``ready`` is told the URLs.

    Raises `BadConfig`, `RecordNotBegun`, `CardsMissing`, `StoreGone`, or `HistoryElsewhere` if others hold more of the
    record than is here.

    ``settings``: what `nulla relay limits` lists. ``opened``: the directory in the place of the usual one.
    """
    chosen = take_settings(settings)
    config = with_port(make_config(settings))
    guard = ClockGuard(today=config.today)
    host = host_of(config, chosen.host)
    check_begun(config, host, chosen)
    directories: list[DirectoryService] = []

    def services(config: Config) -> Sequence[Service]:
        if host is None:  # nobody can register here
            return []
        options = Options(record=chosen.record, limits=chosen.limits, admission=chosen.admission, guard=guard)
        directory = opened(config.data, host, options)
        directory.hold()
        directories.append(directory)
        return [directory]

    def begin(urls: list[str]) -> None:
        """Nothing is signed by a process that does not get its port."""
        for directory in directories:
            directory.begin()
        ready(urls)

    run_relay(config, begin, services, guard)
