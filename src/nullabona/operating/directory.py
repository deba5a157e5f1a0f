"""The settings of the directory beside a relay: which handles are registered here, its record, its limits."""

from __future__ import annotations

import ipaddress
import socket
import sys
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from nullabona.directory.core.limits import Limits, Rate
from nullabona.directory.core.registering import Admission
from nullabona.directory.opening import FOLDER, NOBODY, PERIOD_S, RecordOptions, has_log, show_vkeys
from nullabona.errors import UserError
from nullabona.log.policy import Policy
from nullabona.machine.failures import reason_of
from nullabona.machine.postgres.place import parse_store
from nullabona.machine.settings import BadConfig, Endpoint, check_keys
from nullabona.operating.registration import KEYS, take_admission, take_daily
from nullabona.relay.config import KEYS as RELAY_KEYS
from nullabona.relay.config import Config
from nullabona.sequencer import read_addresses
from nullabona.wire.epoch import LONGEST_PERIOD_S
from nullabona.wire.handle import parse_handle

MOST_CHANGES_PER_S: Final = 100_000
FILES: Final = ("record", "witnesses", "docket", "docket_files", "mirrors", KEYS)
"""Settings that are paths; in a configuration file they are relative to it."""
SETTINGS: Final = {
    "host": "what stands after the @ in handles registered here (its directory's name)",
    "period": "seconds between two epochs of the directory's public record",
    "changes_per_s": "cards and statements that the directory takes a second (200; of new handles 5)",
    "registration": "who may register a handle: open (default), token or paused",
    "registration_keys": "file with the public keys whose registration tokens are taken, one a line",
    "registrations_per_day": "new handles that the directory takes a day, and at once after a quiet day",
    "record": "directory of the public record and its keys; its loss is noticed by everybody",
    "store": "URL of a PostgreSQL database for cards and log, with a standby and without a password in it",
    "witnesses": "file with the witness, group and quorum lines of a tlog-policy",
    "mirrors": "file with the URLs or folders of the record's mirrors, which get an epoch before witnesses",
    "without_witness": "names of witnesses that are gone, so that a start does not wait for what they hold",
    "docket": "file with the log lines of the operator's docket, for clients to check operator notices with",
    "docket_files": "the public folder of that docket's log, for clients to follow",
}
"""All of the directory's settings, which are in one file with the relay's, with their meanings."""
BURST_S: Final = 10
"""So many seconds' changes may come at once."""


class RecordNotBegun(UserError):
    """There is no public record where the settings say that it is."""

    code = "record-not-begun"
    default_hint = (
        "if this relay is new: nulla relay init, with the same options. If it is not, its disk is not mounted or its "
        "data is gone: begin nothing, and see docs/how-to/keep-the-record.md"
    )


def with_port(config: Config) -> Config:
    """The configuration with a real port in the place of port 0, because handles on this machine contain it.

    On Linux the system gives the port to nobody else before this process ends: it stays bound, which does not keep a
    server of ours from listening there.
    """
    first, *others = config.listen
    if not _is_own_address(first) or first.port:
        return config
    with socket.socket(socket.AF_INET6 if ":" in first.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((first.host, 0))
        port: int = probe.getsockname()[1]
        if sys.platform == "linux":  # elsewhere one address is bound once, however it may be used again
            probe.detach()
    return replace(config, listen=(Endpoint(first.host, port), *others))


def host_of(config: Config, given: str | None) -> str | None:
    """What stands after the @ in this relay's handles; None: nobody can register here.

    Without ``given`` that is the address itself if it is one of this machine's own, as for trying things out.
    """
    if config.name:  # a handle's host leads to the relay without a name there, and to its directory
        if given is not None:
            raise BadConfig(
                "a relay with a name in its URL has no directory",
                hint="leave out 'host' here; the directory is a relay without 'name'",
            )
        return None
    if given is not None:
        if "://" in given or "/" in given:
            raise BadConfig(f"the host is a name, not a URL: {given!r}", hint='write host = "relay.example"')
        return parse_handle(f"xx@{given}").authority
    first = config.listen[0]
    return parse_handle(f"xx@{first}").authority if _is_own_address(first) else None


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """What is chosen of the directory beside a relay."""

    host: str | None
    record: RecordOptions
    limits: Limits
    admission: Admission


def take_settings(settings: dict[str, Any]) -> DirectorySettings:
    """Remove the directory's settings from those of the relay. Raises `BadConfig`, also for a setting of neither."""
    check_keys(settings, {**RELAY_KEYS, **SETTINGS}, "setting")  # here, as the relay alone would name its own only
    host, folder, witnesses, docket, mirrors, files, store = (
        _text(settings, name) for name in ("host", "record", "witnesses", "docket", "mirrors", "docket_files", "store")
    )
    period_s = settings.pop("period", PERIOD_S)
    if type(period_s) is not int or not 1 <= period_s <= LONGEST_PERIOD_S:
        raise BadConfig(f"'period' is a number of seconds from 1 to {LONGEST_PERIOD_S}")
    lines = NOBODY if witnesses is None else witness_lines(Path(witnesses))
    limits = take_daily(settings, _limits(settings))
    record = RecordOptions(
        period_s=period_s,
        witnesses=lines,
        docket="" if docket is None else _read_docket(Path(docket)),
        docket_files=None if files is None else Path(files),
        folder=None if folder is None else Path(folder),
        store=None if store is None else parse_store(store),
        mirrors=() if mirrors is None else _read_mirrors(Path(mirrors)),
        absent=_absent(settings, lines),
    )
    return DirectorySettings(host, record, limits, take_admission(settings))


def _limits(settings: dict[str, Any]) -> Limits:
    """Who raises what is taken a second means people who register."""
    if "changes_per_s" not in settings:
        return Limits()
    changes = settings.pop("changes_per_s")
    if type(changes) is not int or not 1 <= changes <= MOST_CHANGES_PER_S:
        raise BadConfig(f"'changes_per_s' is a whole number from 1 to {MOST_CHANGES_PER_S}")
    rate = Rate(burst=BURST_S * changes, per_s=changes)
    return Limits(changes=rate, registrations=rate, lookups=max(rate, Limits().lookups, key=attrgetter("per_s")))


def vkeys_of(settings: dict[str, Any]) -> list[str]:
    """The verifier keys of the directory's log, from the settings of a relay. Raises `BadConfig` or what keys raise."""
    chosen = take_settings(settings)
    data = _text(settings, "data")
    folder = chosen.record.folder or (None if data is None else Path(data) / FOLDER)
    if chosen.host is None or folder is None:
        raise BadConfig("say whose keys", hint="give --host, and --data or --record, as for `nulla relay serve`")
    if not has_log(folder):
        raise RecordNotBegun(f"there is no public record in {folder}")
    return show_vkeys(folder, parse_handle(f"xx@{chosen.host}").authority)


def _text(settings: dict[str, Any], name: str) -> str | None:
    value = settings.pop(name, None)
    if value is not None and not isinstance(value, str):
        raise BadConfig(f"the setting {name} must be a text", hint=f'write {name} = "…"')
    return value


def _absent(settings: dict[str, Any], witnesses: str) -> tuple[str, ...]:
    """Names of witnesses that the operator knows to be gone."""
    names = settings.pop("without_witness", ())
    known = {witness.name for witness in Policy.parse(witnesses).witnesses}
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise BadConfig("'without_witness' must be a list of names")
    if unknown := [name for name in names if name not in known]:
        raise BadConfig(f"no witness is called {unknown[0]}", hint="name it as the file of the witnesses does")
    return tuple(names)


def _read_mirrors(path: Path) -> tuple[str, ...]:
    """The mirrors in a file; folders are relative to it."""
    found = read_addresses(_read(path, "the file that names the mirrors cannot be read"))
    return tuple(each if "://" in each else str(path.parent / each) for each in found)


def witness_lines(path: Path) -> str:
    """The lines of a policy without logs: witnesses with their URLs, groups, the quorum. Raises `BadConfig`."""
    text = _read(path, "the file that names the witnesses cannot be read")
    if Policy.parse(text).logs:
        raise BadConfig("the file that names the witnesses must not name logs: the directory adds its own")
    return text


def _read_docket(path: Path) -> str:
    """The log lines of the operator's docket, from any policy that names it; its witnesses are the directory's."""
    text = _read(path, "the file that names the docket's keys cannot be read")
    lines = [line for line in text.splitlines() if line.split()[:1] == ["log"]]
    known = "".join(f"{line}\n" for line in lines)
    if not Policy.parse(known + NOBODY).logs:
        raise BadConfig("the file that names the docket's keys has no log line")
    return known


def _read(path: Path, refusal: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = reason_of(error) if isinstance(error, OSError) else "it is no text"
        raise BadConfig(f"{refusal}: {path}: {why}") from error


def _is_own_address(endpoint: Endpoint) -> bool:
    if endpoint.path is not None:
        return False
    try:
        return endpoint.host == "localhost" or ipaddress.ip_address(endpoint.host).is_loopback
    except ValueError:
        return False
