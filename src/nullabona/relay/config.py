"""The relay's configuration: a TOML file, overridden by flags. An unknown key is refused, with the nearest one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from nullabona.machine.settings import (
    BadConfig,
    Endpoint,
    check_keys,
    check_plain,
    endpoints,
    limits,
    read_toml,
    tls_files,
    typed,
)
from nullabona.machine.tls import Tls
from nullabona.relay.core.limits import Limits, describe

_DAY_0: Final = date(1970, 1, 1).toordinal()
DEFAULT_LISTEN: Final = "127.0.0.1:8440"
KEYS: Final = {
    "data": "directory for boxes and blobs; a reader of it sees ciphertext and days, its loss costs nothing "
            "that clients do not put back",
    "volatile": "keep everything in memory only; a restart forgets it, and clients put back what is missing",
    "listen": "list of HOST:PORT (port 0: any free one) or unix:PATH",
    "tls_cert": "PEM certificate chain",
    "tls_key": "PEM key of the certificate, not encrypted; a reader of it can pose as this relay",
    "behind_proxy": "allow plain HTTP on an address that is not loopback, because a proxy in front speaks TLS",
    "metrics_for_all": "show /metrics to everybody, not only to this machine and private networks: counts of the "
                       "whole relay",
    "today": "the date, YYYY-MM-DD in UTC, if a start needs to be told that the clock is right; it does no harm "
             "when it stays, because on another day it says nothing",
    "limits": "table of limits; see `nulla relay limits`",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A checked configuration. ``data`` is None when volatile."""

    data: Path | None
    listen: tuple[Endpoint, ...]
    tls: Tls | None = None
    behind_proxy: bool = False
    metrics_for_all: bool = False
    today: int | None = None
    """The day that the operator says it is, whole days since 1970-01-01, UTC."""
    limits: Limits = field(default_factory=Limits)


def read_file(path: Path, others: Sequence[str] = ()) -> dict[str, Any]:
    """The settings in a TOML file; paths in it are relative to it. Raises `BadConfig`.

    ``others``: settings of what runs beside the relay that are paths.
    """
    return read_toml(path, ("data", "tls_cert", "tls_key", *others))


def make_config(settings: Mapping[str, Any]) -> Config:
    """The checked configuration for ``settings`` (keys of `KEYS`). Raises `BadConfig`."""
    check_keys(settings, KEYS, "setting")
    volatile = typed(settings, "volatile", bool, default=False)
    data = typed(settings, "data", str, default=None)
    if volatile == (data is not None):
        raise BadConfig(
            "choose where boxes are kept", hint="give --data DIR, or --volatile to keep them in memory, not both"
        )
    config = Config(
        data=None if data is None else Path(data),
        listen=endpoints(settings, DEFAULT_LISTEN),
        tls=tls_files(settings),
        behind_proxy=typed(settings, "behind_proxy", bool, default=False),
        metrics_for_all=typed(settings, "metrics_for_all", bool, default=False),
        today=_day(settings),
        limits=Limits(**limits(settings, describe())),
    )
    check_plain(config.listen, config.tls, behind_proxy=config.behind_proxy)
    return config


def _day(settings: Mapping[str, Any]) -> int | None:
    said = settings.get("today")
    if said is None:
        return None
    if type(said) is date:  # TOML has dates, too
        return said.toordinal() - _DAY_0
    try:
        return date.fromisoformat(typed(settings, "today", str, default=None)).toordinal() - _DAY_0
    except ValueError as error:
        raise BadConfig("'today' is a date as 2026-11-29") from error
