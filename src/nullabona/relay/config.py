"""The relay's configuration: a TOML file, overridden by flags. An unknown key is refused, with the nearest one."""

from __future__ import annotations

import re
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
    parse_endpoint,
    read_toml,
    tls_files,
    typed,
)
from nullabona.machine.tls import Tls
from nullabona.relay.bucket import PATHS as BUCKET_PATHS
from nullabona.relay.bucket import Bucket, bucket_of
from nullabona.relay.core.limits import Limits, describe
from nullabona.relay.shelves.engine.driver import NAME, EngineAddress
from nullabona.wire.endpoint import is_name

_DAY_0: Final = date(1970, 1, 1).toordinal()
_ENGINE_FILES: Final = ("engine_authority", "engine_password", "engine_keeper_password")
_NAME: Final = re.compile(r"[a-z0-9.-]{1,64}", re.ASCII)
DEFAULT_LISTEN: Final = "127.0.0.1:8440"
KEYS: Final = {
    "data": "directory for boxes and blobs; a reader of it sees ciphertext and days, its loss costs nothing "
            "that clients do not put back",
    "volatile": "keep everything in memory only; a restart forgets it, and clients put back what is missing",
    "engine": "list of HOST:PORT of some nodes of an engine that keeps the boxes, in memory, for several relays "
              "(spec/engine.md); blobs, without a bucket, and the directory stay where data or volatile says",
    "engine_authority": "PEM certificate with which the certificates of the engine's nodes are signed",
    "engine_password": "file with the password of the engine's user 'relay'; a reader of it can read, add and erase "
                       "ciphertext there",
    "engine_keeper_password": "file with the password of the engine's user 'keeper', who reads settings and loads "
                              "functions; a reader of it can change what relays do there",
    "engine_name": "what this relay is called on the engine ('relay'): its processes have one name, and those of "
                   "another relay another one; small letters, digits, dots and hyphens",
    "name": "what this relay is called in the path of its URL, where one address has several: it answers at /n/NAME/v1 "
            "and nowhere else (spec/relay.md §2), and has the same name on an engine; 1 to 63 small letters, digits "
            "and hyphens between them",
    "listen": "list of HOST:PORT (port 0: any free one) or unix:PATH",
    "tls_cert": "PEM certificate chain",
    "tls_key": "PEM key of the certificate, not encrypted; a reader of it can pose as this relay",
    "behind_proxy": "allow plain HTTP on an address that is not loopback, because a proxy in front speaks TLS",
    "metrics_for_all": "show /metrics to everybody, not only to this machine and private networks: counts of the "
                       "whole relay",
    "today": "the date, YYYY-MM-DD in UTC, if a start needs to be told that the clock is right; it does no harm "
             "when it stays, because on another day it says nothing",
    "blobs": "table that names a bucket of an S3 server for blobs; without it they are files in the data directory "
             "(docs/how-to/blobs-in-s3.md)",
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
    name: str = ""
    """What it is called in its URL's path; empty: it is the only one at its address, or the one without a name."""
    engine: EngineAddress | None = None
    """Where boxes are, if not in ``data``."""
    today: int | None = None
    """The day that the operator says it is, whole days since 1970-01-01, UTC."""
    limits: Limits = field(default_factory=Limits)
    bucket: Bucket | None = None
    """Where blobs are kept; None: in ``data``, or in memory."""


def read_file(path: Path, others: Sequence[str] = ()) -> dict[str, Any]:
    """The settings in a TOML file; paths in it are relative to it. Raises `BadConfig`.

    ``others``: settings of what runs beside the relay that are paths.
    """
    settings = read_toml(path, ("data", "tls_cert", "tls_key", *_ENGINE_FILES, *others))
    if isinstance(table := settings.get("blobs"), dict):
        settings["blobs"] = {
            key: str(path.parent / said) if key in BUCKET_PATHS and isinstance(said, str) else said
            for key, said in table.items()
        }
    return settings


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
        name=_name(settings),
        engine=engine_of(settings),
        today=_day(settings),
        limits=Limits(**limits(settings, describe())),
        bucket=bucket_of(settings),
    )
    if config.data is None and config.bucket is not None and config.bucket.on_disk:
        raise BadConfig(
            "blobs cannot wait on the disk of a volatile relay", hint="give --data DIR, or leave out wait_in"
        )
    if config.engine is not None and config.bucket is not None and config.bucket.on_disk:
        raise BadConfig("blobs of relays on an engine wait in the engine, not on a disk", hint="leave out wait_in")
    check_plain(config.listen, config.tls, behind_proxy=config.behind_proxy)
    return config


def engine_of(settings: Mapping[str, Any]) -> EngineAddress | None:
    """The engine that settings name, None if they name none. Raises `BadConfig`."""
    nodes = settings.get("engine", ())
    if not isinstance(nodes, list | tuple) or not all(isinstance(node, str) for node in nodes):
        raise BadConfig("'engine' must be a list of addresses")
    files = [typed(settings, name, str, default=None) for name in _ENGINE_FILES]
    if bool(nodes) != all(files) or (not nodes and (any(files) or settings.get("engine_name"))):
        raise BadConfig(
            "an engine needs its nodes, their authority and both passwords",
            hint="give --engine, --engine-authority, --engine-password and --engine-keeper-password together",
        )
    if not nodes:
        return None
    found = [parse_endpoint(node) for node in nodes]
    if any(node.path is not None for node in found):
        raise BadConfig("nodes of an engine are reached by HOST:PORT, not by a socket file")
    authority, password, keeper = (Path(file) for file in files)
    hosts = tuple((node.host, node.port) for node in found)
    name = typed(settings, "engine_name", str, default=_name(settings) or NAME)
    if not _NAME.fullmatch(name):
        raise BadConfig("'engine_name' is of small letters, digits, dots and hyphens, at most 64")
    if name != (_name(settings) or name):
        raise BadConfig("'name' is what a relay is called on the engine, too", hint="leave out engine_name")
    return EngineAddress(nodes=hosts, authority=authority, relay_password=password, keeper_password=keeper, name=name)


def _name(settings: Mapping[str, Any]) -> str:
    name: str = typed(settings, "name", str, default="")
    if name and not is_name(name):
        raise BadConfig(
            f"this cannot be a name in a URL: {name!r}",
            hint="a name is 1 to 63 small letters, digits and hyphens between them",
        )
    if name == NAME:
        raise BadConfig(f"{NAME!r} is what relays without a name are called on an engine", hint="choose another name")
    return name


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
