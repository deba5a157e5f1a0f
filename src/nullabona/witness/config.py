"""The witness's configuration: a TOML file. An unknown key is refused, with the nearest one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nullabona.errors import Malformed
from nullabona.log.checkpoint import MAX_ORIGIN
from nullabona.log.keys import Kind, SignerKey, parse_vkey
from nullabona.machine.http_client import parse_url
from nullabona.machine.keyfile import read_key_file
from nullabona.machine.postgres.place import parse_store
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
from nullabona.witness.core.judging import WatchedLog, log_id
from nullabona.witness.core.limits import Limits, describe

DEFAULT_LISTEN: Final = "127.0.0.1:8460"
KEYS: Final = {
    "data": "directory for what was cosigned, and for evidence; its loss makes the witness forget, and then it must "
            "not go on under the same key",
    "store": "URL of a PostgreSQL database that keeps what was cosigned in the place of data, as "
             "docs/how-to/run-on-postgresql.md says; without a password",
    "key": "file with the witness's private keys, mode 0600; anyone who reads it can cosign in its name",
    "listen": f"list of HOST:PORT (port 0: any free one) or unix:PATH; default {DEFAULT_LISTEN}",
    "tls_cert": "PEM certificate chain",
    "tls_key": "PEM key of the certificate, not encrypted; anyone who reads it can pose as this witness's address",
    "behind_proxy": "allow plain HTTP on an address that is not loopback, because a proxy in front speaks TLS",
    "log": "one table [[log]] for each log, with the keys of LOG_KEYS",
    "limits": "table of limits; see `nulla witness limits`",
}  # fmt: skip
LOG_KEYS: Final = {
    "vkeys": "every key that the log signs its checkpoints with; of each kind one must have signed",
    "origin": "first line of its checkpoints; default: the name in its keys",
    "url": "where the log's own files are; a start compares what this witness signed with what it remembers",
    "map": "of a directory's log: where its relay is, as https://relay.example/; the witness then keeps a mirror of "
    "the map, and cosigns no epoch whose list of changes leaves something out",
}
_BY_HAND: Final = "/nullabona/directory/keys"
"""End of the name of a log of changes of keys: a witness that cosigned it by itself would confirm a thief's."""
_LOG_KINDS: Final = frozenset({Kind.ED25519, Kind.COSIGN_MLDSA44})
_WITNESS_KINDS: Final = frozenset({Kind.COSIGN_ED25519, Kind.COSIGN_MLDSA44})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A checked configuration, with the keys loaded."""

    data: Path
    signers: tuple[SignerKey, ...] = field(repr=False)
    logs: tuple[WatchedLog, ...]
    urls: Mapping[str, str] = field(default_factory=dict)
    """Where a log's own files are, by its origin."""
    maps: Mapping[str, str] = field(default_factory=dict)
    """Where a directory shows its map, by its log's origin."""
    listen: tuple[Endpoint, ...]
    store: str | None = field(default=None, repr=False)
    """URL of a PostgreSQL database; None: SQLite, in ``data``."""
    tls: Tls | None = None
    behind_proxy: bool = False
    limits: Limits = field(default_factory=Limits)


def read_file(path: Path) -> dict[str, Any]:
    """The settings in a TOML file; paths in it are relative to it. Raises `BadConfig`."""
    return read_toml(path, ("data", "key", "tls_cert", "tls_key"))


def make_config(settings: Mapping[str, Any]) -> Config:
    """The checked configuration for ``settings`` (keys of `KEYS`). Raises `BadConfig` or `KeyFileUnusable`."""
    check_keys(settings, KEYS, "setting")
    config = Config(
        data=Path(_needed(settings, "data")),
        signers=_signers(Path(_needed(settings, "key"))),
        logs=(logs := _logs(settings.get("log", []))),
        urls=_urls(settings.get("log", []), logs, "url"),
        maps=_urls(settings.get("log", []), logs, "map"),
        listen=endpoints(settings, DEFAULT_LISTEN),
        store=None if (store := typed(settings, "store", str, default=None)) is None else parse_store(store),
        tls=tls_files(settings),
        behind_proxy=typed(settings, "behind_proxy", bool, default=False),
        limits=Limits(**limits(settings, describe())),
    )
    check_plain(config.listen, config.tls, behind_proxy=config.behind_proxy)
    return config


def _needed(settings: Mapping[str, Any], key: str) -> str:
    value = typed(settings, key, str, default=None)
    if not value:
        raise BadConfig(f"the setting {key} is missing: {KEYS[key]}")
    return str(value)


def _signers(path: Path) -> tuple[SignerKey, ...]:
    signers = read_key_file(path)
    if any(signer.verifier.kind not in _WITNESS_KINDS for signer in signers):
        raise BadConfig("a key in the witness's key file is not one to cosign with",
                        hint="make one with `nulla log keygen --witness`")  # fmt: skip
    return signers


def _logs(tables: object) -> tuple[WatchedLog, ...]:
    if not isinstance(tables, list) or not tables or not all(isinstance(table, Mapping) for table in tables):
        raise BadConfig("a witness needs at least one [[log]]")
    logs = tuple(_log(table) for table in tables)
    if len({log_id(log.origin) for log in logs}) != len(logs):
        raise BadConfig("two [[log]] tables have the same origin")
    return logs


def _log(table: Mapping[str, Any]) -> WatchedLog:
    check_keys(table, LOG_KEYS, "setting of a log")
    texts = typed(table, "vkeys", list, default=[])
    if not texts or not all(isinstance(text, str) for text in texts):
        raise BadConfig("a [[log]] needs 'vkeys', a list of its keys")
    try:
        verifiers = tuple(parse_vkey(text) for text in texts)
    except Malformed as error:
        raise BadConfig(f"a key of a log cannot be used: {error.message}") from None
    if any(key.kind not in _LOG_KINDS for key in verifiers) or len({key.key_id for key in verifiers}) != len(verifiers):
        raise BadConfig("a key of a log is one of a witness, or is given twice")
    origin = typed(table, "origin", str, default=verifiers[0].name)
    if not 0 < len(origin.encode()) <= MAX_ORIGIN or "\n" in origin:
        raise BadConfig("an origin is one line of at most 255 bytes")
    if origin.endswith(_BY_HAND):
        raise BadConfig(f"{origin} is not cosigned by a server", hint="confirm a change with nulla witness cosign-keys")
    return WatchedLog(origin, verifiers)


def _urls(tables: Sequence[Mapping[str, Any]], logs: Sequence[WatchedLog], key: str) -> dict[str, str]:
    """The tables were checked. Raises `BadConfig` or `BadUrl`."""
    urls = ((log.origin, typed(table, key, str, default=None)) for table, log in zip(tables, logs, strict=True))
    return {origin: str(parse_url(url)) for origin, url in urls if url is not None}
