"""Common parts of the services' configuration files: TOML, listening addresses, and refusal of unknown keys."""

from __future__ import annotations

import asyncio
import ipaddress
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Protocol

from nullabona.errors import UserError
from nullabona.machine.doorway import Doorway
from nullabona.machine.failures import reason_of
from nullabona.machine.tls import Tls

_UNIX: Final = "unix:"


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
        """Whether only this machine can reach it."""
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


def parse_endpoint(text: str) -> Endpoint:
    """``HOST:PORT``, ``[V6]:PORT`` or ``unix:PATH``. Raises `BadConfig`."""
    if text.startswith(_UNIX) and len(text) > len(_UNIX):
        return Endpoint(path=text.removeprefix(_UNIX))
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise BadConfig(f"not an address to listen on: {text!r}", hint="write HOST:PORT or unix:PATH")
    return Endpoint(host.removeprefix("[").removesuffix("]"), int(port))


def read_toml(path: Path, files: Sequence[str]) -> dict[str, Any]:
    """The settings in a TOML file. Raises `BadConfig`.

    Paths in it are relative to it: those in the settings ``files``, and the sockets in ``listen``.
    """
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadConfig(f"the configuration file {path} cannot be read: {reason_of(error)}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfig(f"the configuration file {path} is no TOML: {error}") from error
    for key in files:
        if isinstance(settings.get(key), str):
            settings[key] = str(path.parent / settings[key])
    if "listen" in settings:
        settings["listen"] = _beside(path.parent, settings["listen"])
    return settings


def _beside(folder: Path, listen: object) -> object:
    """What ``listen`` says, with the paths of sockets relative to a folder; what is wrong with it is found later."""
    if isinstance(listen, list):
        return [_beside(folder, each) for each in listen]
    if isinstance(listen, str) and listen.startswith(_UNIX):
        return f"{_UNIX}{folder / listen.removeprefix(_UNIX)}"
    return listen


def check_keys(given: Mapping[str, Any], known: Mapping[str, Any], what: str) -> None:
    """Raises `BadConfig` for an unknown key; the message names the nearest known key, or all."""
    for key in given:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
            raise BadConfig(f"unknown {what}: {key}", hint=hint)


def typed(settings: Mapping[str, Any], key: str, kind: type, *, default: Any) -> Any:  # noqa: ANN401 - checked here
    """The setting, checked to be of this kind, or its default. Raises `BadConfig`."""
    value = settings.get(key, default)
    if value is not default and type(value) is not kind:
        raise BadConfig(f"the setting {key} must be a {_KINDS.get(kind, 'text')}")
    return value


class Limit(Protocol):
    """What is known of a limit."""

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def least(self) -> int: ...
    @property
    def most(self) -> int: ...


def limits(settings: Mapping[str, Any], described: Iterable[Limit]) -> Mapping[str, int]:
    """The table ``limits``, with known names and values within their bounds. Raises `BadConfig`."""
    table = settings.get("limits", {})
    if not isinstance(table, Mapping):
        raise BadConfig("'limits' must be a table")
    known = {limit.name: limit for limit in described}
    check_keys(table, known, "limit")
    for name, value in table.items():
        limit = known[name]
        if type(value) is not int or not limit.least <= value <= limit.most:
            raise BadConfig(f"the limit {name} must be a whole number from {limit.least} to {limit.most} {limit.unit}")
    return table


def endpoints(settings: Mapping[str, Any], default: str) -> tuple[Endpoint, ...]:
    """The setting ``listen``. Raises `BadConfig`."""
    listen = settings.get("listen", [default])
    texts = [listen] if isinstance(listen, str) else listen
    if not isinstance(texts, list | tuple) or not texts or not all(isinstance(text, str) for text in texts):
        raise BadConfig("'listen' must be a list of addresses")
    return tuple(parse_endpoint(text) for text in texts)


def tls_files(settings: Mapping[str, Any]) -> Tls | None:
    """The settings ``tls_cert`` and ``tls_key``, both or none. Raises `BadConfig`."""
    cert = typed(settings, "tls_cert", str, default=None)
    key = typed(settings, "tls_key", str, default=None)
    if (cert is None) != (key is None):
        raise BadConfig("a TLS certificate and its key belong together", hint="give both --tls-cert and --tls-key")
    return None if cert is None or key is None else Tls(Path(cert), Path(key))


def check_plain(listen: Sequence[Endpoint], tls: Tls | None, *, behind_proxy: bool) -> None:
    """Raises `BadConfig` if the service would talk in the clear with another machine."""
    if tls is not None or behind_proxy:
        return
    for endpoint in listen:
        if not endpoint.private:
            raise BadConfig(
                f"plain HTTP on {endpoint} could be read by anyone on the way",
                hint="give --tls-cert and --tls-key, or --behind-proxy if a proxy in front speaks TLS",
            )


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


_KINDS: Final[dict[type, str]] = {bool: "true or false", list: "list"}
