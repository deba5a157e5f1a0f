"""Opens the legal desk of a folder: reads docket.toml, holds the docket log, connects the desk to what is outside."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from nullabona.directory.producing import read_producible_from
from nullabona.directory.service import read_producible
from nullabona.docket.administration import DeskDone
from nullabona.docket.cases.casework import Done
from nullabona.docket.core.acts import CredentialKind
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Package
from nullabona.docket.desk import Desk, Proposal
from nullabona.docket.keeping.signing import signer, verify_ed25519
from nullabona.docket.ports import (
    Acting,
    Clock,
    MakePackage,
    Outside,
    PackageOrder,
    Publication,
    SealPackage,
    SteadyClock,
    VerifyAssertion,
)
from nullabona.docket.site.publication import Guidelines
from nullabona.docket.taxonomy import Catalogue, load
from nullabona.errors import UserError
from nullabona.machine.failures import reason_of
from nullabona.machine.opening import PathUnusable
from nullabona.machine.postgres.place import parse_store
from nullabona.machine.settings import BadConfig, check_keys, read_toml
from nullabona.machine.steady import steady_now
from nullabona.operating.desk_places import places_of
from nullabona.operating.docket_log import check_origin, open_witnessed_log
from nullabona.operating.epochs import PUBLIC, EpochDays
from nullabona.operating.officer_file import OfficerFile, OfficerFileUnusable
from nullabona.sequencer import Log

CONFIG: Final = "docket.toml"
KEYS: Final[Mapping[str, str]] = {
    "operator": "what the operator is called, in packages and notices",
    "store": "URL of a PostgreSQL database with a synchronous standby, in place of SQLite, for desk, log and console",
    "origin": "the docket log's name, as in its keys: the host of the handles, a slash and a word",
    "contact": "how people and authorities reach the desk, as an address or telephone number; notices name it",
    "directory": "the data directory of the relay and its directory, where handles are looked up",
    "relay": "the relay's configuration file, if it keeps files in a bucket: what a report's keys open is erased there",
    "directory_store": "URL of the PostgreSQL database with the directory's cards, if the relay's settings name one",
    "guidelines": "table with serve_at, hours (each ko and en), languages and emergency: what authorities are told",
    "log_keys": "file with the log's private keys (nulla log keygen)",
    "policy": "file that says whose witness counts; receipts carry it",
    "custodian": "file with the key that signs certificates (nulla docket package key); without it nothing is sealed",
    "custodian_name": "who signs certificates, by name; a court wants a person",
    "custodian_title": 'their position, as "Custodian of Records"',
    "zone": "time zone of the console, as Asia/Seoul; UTC if it is not named",
    "witness": "tables with url and vkeys of witnesses; without them, the policy says the witnesses and their URLs",
}
_FILES: Final = ("custodian", "directory", "relay", "log_keys", "policy")
_OPTIONAL: Final = (
    "contact",
    "custodian",
    "custodian_name",
    "custodian_title",
    "directory_store",
    "guidelines",
    "relay",
    "store",
    "witness",
    "zone",
)


class DeskFileUnusable(UserError):
    """A file or folder that docket.toml or a command names is missing or cannot be read."""

    code = "docket-file"
    default_hint = "check that it exists and that you may read it; paths in docket.toml are relative to its own folder"


def now_s() -> int:
    """The clock of this machine."""
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Parts:
    """What a desk is opened with beside its folder. ``seal``: in the place of the one that docket.toml names."""

    clock: Clock = now_s
    steady: SteadyClock = steady_now
    seal: SealPackage | None = None
    verifiers: Mapping[CredentialKind, VerifyAssertion] = field(default_factory=dict)
    """Beside the one for key files."""


@dataclass(frozen=True, slots=True)
class OpenedDesk:
    """An open desk, its log, and the officer who acts at it."""

    desk: Desk
    log: Log
    officer: OfficerFile | None = field(default=None, repr=False)

    @property
    def who(self) -> Acting:
        return Acting("") if self.officer is None else self.officer.acting

    def sign(self, proposal: Proposal, document: bytes | None = None) -> Done | DeskDone:
        """Sign and carry out. Raises `OfficerFileUnusable` if nobody is there to sign."""
        if self.officer is None:
            raise OfficerFileUnusable("nobody signs: name your officer's file with --officer")
        return self.desk.perform(self.who, proposal, signer(self.officer.seed)(proposal.act), document)

    def close(self) -> None:
        """Release the folder. The caller of witnesses closes the log before, on the loop that called them."""
        self.desk.close()
        self.log.release()


def open_desk(data: Path, parts: Parts | None = None, officer: OfficerFile | None = None) -> OpenedDesk:
    """The desk of a folder. Raises `BadConfig`, `DeskFileUnusable`, or what opening desk and log raises."""
    config, catalogue = read_config(data), load()
    given = outside(config, catalogue, parts or Parts())
    check_origin(str(config["origin"]), Path(config["directory"]))
    places = places_of(data, config)
    if places.store is not None:
        places.check_founded()  # its database may be another one, or empty
    log = open_docket_log(data, config)
    try:
        publication = Publication(log, str(config["origin"]), read_policy_text(Path(config["policy"])))
        return OpenedDesk(Desk(places.desk(), catalogue.taxonomy(), given, publication), log, officer)
    except BaseException:
        log.release()
        raise


def read_config(data: Path) -> dict[str, Any]:
    """The desk's settings. Raises `BadConfig`."""
    settings = read_toml(data / CONFIG, _FILES)
    check_keys(settings, KEYS, "setting")
    missing = [key for key in KEYS if key not in settings and key not in _OPTIONAL]
    if missing:
        raise BadConfig(f"{CONFIG} lacks {', '.join(missing)}", hint="; ".join(f"{k}: {KEYS[k]}" for k in missing))
    return settings


def read_guidelines(path: Path) -> Guidelines:
    """The guidelines for authorities in a docket.toml; those of nobody if it has none. Raises `BadConfig`."""
    try:
        return msgspec.convert(read_toml(path, ()).get("guidelines", {}), Guidelines)
    except msgspec.ValidationError as error:
        raise BadConfig(f"the guidelines of {path.name} are not valid: {error}") from None


def zone_of(data: Path) -> tzinfo:
    """The time zone that docket.toml names. Raises `BadConfig`."""
    name = str(read_config(data).get("zone", "UTC"))
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise BadConfig(
            f"{CONFIG} names no time zone that this machine knows: {name}", hint="for example Asia/Seoul"
        ) from None


def outside(config: Mapping[str, Any], catalogue: Catalogue, parts: Parts) -> Outside:
    """What the desk is handed."""
    directory = Path(config["directory"])
    store = None if "directory_store" not in config else parse_store(str(config["directory_store"]))

    def held(handle: str) -> Mapping[str, object]:
        try:
            return read_producible(directory, handle) if store is None else read_producible_from(store, handle)
        except (OSError, sqlite3.Error, PathUnusable) as error:
            why = reason_of(error) if isinstance(error, OSError) else error
            raise DeskFileUnusable(f"the directory's cards in {directory} cannot be read: {why}") from error

    return Outside(
        clock=parts.clock, random_bytes=secrets.token_bytes, producible=held, make_package=_packages(config, catalogue),
        verifiers={"ed25519": verify_ed25519, **parts.verifiers}, seal=parts.seal or _seal(config),
        epoch_day=lambda epoch: EpochDays(directory / PUBLIC, parts.clock() // DAY)(epoch),  # noqa: PLW0108 - read again each time
        steady=parts.steady, contact=str(config.get("contact", "")),
    )  # fmt: skip


def _packages(config: Mapping[str, Any], catalogue: Catalogue) -> MakePackage:
    def make_package(order: PackageOrder) -> Package:
        # Loading what sets and signs documents takes a second, and most commands decide nothing.
        from nullabona.docket.production.manifest import Operator
        from nullabona.docket.production.package import Packager

        host = str(config["origin"]).partition("/")[0]
        named = (str(config.get("custodian_name", "")), str(config.get("custodian_title", "")))
        return Packager(Operator(str(config["operator"]), host, "nullabona", *named), catalogue)(order)

    return make_package


def _seal(config: Mapping[str, Any]) -> SealPackage | None:
    """What seals packages, if docket.toml names a custodian's key."""
    if "custodian" not in config:
        return None
    from nullabona.docket.production.sealing import KeyedSeal

    return KeyedSeal(Path(config["custodian"]), Path(config["log_keys"]))


def read_policy_text(path: Path) -> str:
    """The policy of the docket's log. Raises `DeskFileUnusable`."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DeskFileUnusable(f"the policy {path} cannot be read: {_why(error)}") from error


def read_original(path: Path) -> bytes:
    """An original as it came, or another file that a command names. Raises `DeskFileUnusable`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DeskFileUnusable(f"the file {path} cannot be read: {_why(error)}") from error


def _why(error: OSError | UnicodeDecodeError) -> str:
    return reason_of(error) if isinstance(error, OSError) else "it is no text"


def open_docket_log(data: Path, config: Mapping[str, Any]) -> Log:
    """The desk's log, held by this process. Raises `DeskFileUnusable` or `BadConfig`."""
    return open_witnessed_log(data, config, read_policy_text(Path(config["policy"])))
