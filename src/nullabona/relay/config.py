"""The relay's configuration: a TOML file, overridden by flags. An unknown key is refused, with the nearest one."""

from __future__ import annotations

import asyncio
import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from nullabona.errors import UserError
from nullabona.relay.core.limits import Limits, describe
from nullabona.relay.doorway import Doorway
from nullabona.relay.tls import Tls

DEFAULT_LISTEN: Final = "127.0.0.1:8440"
KEYS: Final = {
    "data": "directory for boxes and blobs; whoever can read it reads ciphertext and days, its loss costs nothing "
            "that clients do not put back",
    "volatile": "keep everything in memory only; a restart forgets it, and clients put back what is missing",
    "listen": "list of HOST:PORT (port 0: any free one) or unix:PATH",
    "tls_cert": "PEM certificate chain",
    "tls_key": "PEM key of the certificate, not encrypted; whoever reads it can pose as this relay",
    "behind_proxy": "allow plain HTTP on an address that is not loopback, because a proxy in front speaks TLS",
    "limits": "table of limits; see `nulla relay limits`",
}  # fmt: skip


class BadConfig(UserError):
    """The configuration cannot be used."""

    code = "bad-config"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to listen: a host and port, or a unix socket's path."""

    host: str = ""
    port: int = 0
    path: str | None = None

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path is not None else _join(self.host, self.port)

    @property
    def private(self) -> bool:
        """Whether nobody outside this machine can reach it."""
        if self.path is not None or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def url(self, server: asyncio.Server | Doorway, *, secure: bool) -> str:
        """The URL of the running ``server``."""
        if self.path is not None:
            return f"unix:{self.path}"
        return f"{'https' if secure else 'http'}://{_join(self.host, server.sockets[0].getsockname()[1])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A checked configuration. ``data`` is None when volatile."""

    data: Path | None
    listen: tuple[Endpoint, ...]
    tls: Tls | None = None
    behind_proxy: bool = False
    limits: Limits = field(default_factory=Limits)


def parse_endpoint(text: str) -> Endpoint:
    """``HOST:PORT``, ``[V6]:PORT`` or ``unix:PATH``. Raises `BadConfig`."""
    if text.startswith("unix:") and len(text) > len("unix:"):
        return Endpoint(path=text.removeprefix("unix:"))
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise BadConfig(f"not an address to listen on: {text!r}", hint="write HOST:PORT or unix:PATH")
    return Endpoint(host.removeprefix("[").removesuffix("]"), int(port))


def read_file(path: Path) -> dict[str, Any]:
    """The settings in a TOML file; paths in it are relative to it. Raises `BadConfig`."""
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfig(f"the configuration file cannot be read: {error}") from error
    for key in ("data", "tls_cert", "tls_key"):
        if isinstance(settings.get(key), str):
            settings[key] = str(path.parent / settings[key])
    return settings


def make_config(settings: Mapping[str, Any]) -> Config:
    """The checked configuration for ``settings`` (keys of `KEYS`). Raises `BadConfig`."""
    _check_keys(settings, KEYS, "setting")
    volatile = _typed(settings, "volatile", bool, default=False)
    data = _typed(settings, "data", str, default=None)
    if volatile == (data is not None):
        raise BadConfig(
            "choose where boxes are kept", hint="give --data DIR, or --volatile to keep them in memory, not both"
        )
    config = Config(
        data=None if data is None else Path(data),
        listen=_endpoints(settings),
        tls=_tls(settings),
        behind_proxy=_typed(settings, "behind_proxy", bool, default=False),
        limits=_limits(settings.get("limits", {})),
    )
    _check_plain(config)
    return config


def _check_plain(config: Config) -> None:
    if config.tls is not None or config.behind_proxy:
        return
    for endpoint in config.listen:
        if not endpoint.private:
            raise BadConfig(
                f"plain HTTP on {endpoint} could be read by anyone on the way",
                hint="give --tls-cert and --tls-key, or --behind-proxy if a proxy in front speaks TLS",
            )


def _endpoints(settings: Mapping[str, Any]) -> tuple[Endpoint, ...]:
    listen = settings.get("listen", [DEFAULT_LISTEN])
    texts = [listen] if isinstance(listen, str) else listen
    if not isinstance(texts, list | tuple) or not texts or not all(isinstance(text, str) for text in texts):
        raise BadConfig("'listen' must be a list of addresses")
    return tuple(parse_endpoint(text) for text in texts)


def _tls(settings: Mapping[str, Any]) -> Tls | None:
    cert = _typed(settings, "tls_cert", str, default=None)
    key = _typed(settings, "tls_key", str, default=None)
    if (cert is None) != (key is None):
        raise BadConfig("a TLS certificate and its key belong together", hint="give both --tls-cert and --tls-key")
    return None if cert is None or key is None else Tls(Path(cert), Path(key))


def _limits(table: object) -> Limits:
    if not isinstance(table, Mapping):
        raise BadConfig("'limits' must be a table")
    known = {limit.name: limit for limit in describe()}
    _check_keys(table, known, "limit")
    for name, value in table.items():
        limit = known[name]
        if type(value) is not int or not limit.least <= value <= limit.most:
            raise BadConfig(f"the limit {name} must be a whole number from {limit.least} to {limit.most} {limit.unit}")
    return Limits(**table)


def _check_keys(given: Mapping[str, Any], known: Mapping[str, Any], what: str) -> None:
    for key in given:
        if key not in known:
            near = get_close_matches(key, known, 1)
            raise BadConfig(f"unknown {what}: {key}", hint=f"did you mean {near[0]}?" if near else "")


def _typed(settings: Mapping[str, Any], key: str, kind: type, *, default: Any) -> Any:  # noqa: ANN401 - checked here
    value = settings.get(key, default)
    if value is not default and type(value) is not kind:
        raise BadConfig(f"the setting {key} must be a {'true or false' if kind is bool else 'text'}")
    return value


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
