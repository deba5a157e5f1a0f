"""Opening the desk for one command: its settings file, its log, what is held, and the officer who acts."""

from __future__ import annotations

import base64
import os
import secrets
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from nullabona.cli.settings import Settings, settings_of
from nullabona.directory.service import read_producible
from nullabona.docket.casework import Done
from nullabona.docket.core.acts import EnrolDetails
from nullabona.docket.core.instrument import DAY, Taxonomy
from nullabona.docket.core.records import Package
from nullabona.docket.desk import Desk, Proposal
from nullabona.docket.deskwork import DeskDone
from nullabona.docket.ports import Acting, Outside, PackageOrder, Publication, SealPackage
from nullabona.docket.signing import credential_of, signer, verify_ed25519
from nullabona.docket.taxonomy import Catalogue, load
from nullabona.docket.vault import new_identity, recipient_of
from nullabona.errors import UserError
from nullabona.log.keys import parse_vkey
from nullabona.log.policy import Policy
from nullabona.machine.keyfile import read_key_file
from nullabona.machine.opening import PathUnusable
from nullabona.machine.settings import BadConfig, check_keys, read_toml
from nullabona.machine.steady import steady_now
from nullabona.operating.epochs import EpochDays
from nullabona.sequencer import Log, WitnessAddress, open_log

CONFIG: Final = "docket.toml"
KEYS: Final[Mapping[str, str]] = {
    "operator": "what the operator is called, in packages and notices",
    "origin": "the docket log's name, as in its keys",
    "directory": "the data directory of the relay and its directory, where handles are looked up",
    "log_keys": "file with the log's private keys (nulla log keygen)",
    "policy": "file that says whose witness counts; receipts carry it",
    "custodian": "file with the key that signs certificates (nulla docket package key); without it nothing is sealed",
    "witness": "tables with url and vkeys: whom the log asks to cosign",
}
SURE: Final = click.option(
    "--clock-is-right", is_flag=True, help="You have looked at the clock, which is ahead of what was seen last."
)
_FILES: Final = ("custodian", "directory", "log_keys", "policy")
_OPTIONAL: Final = ("custodian", "witness")


class OfficerFileUnusable(UserError):
    """An officer's file is missing, malformed, or readable by others."""

    code = "docket-officer-file"
    default_hint = "make one with `nulla docket officer new`; it must belong to you and have the mode 0600"


class DeskFileUnusable(UserError):
    """A file or folder that docket.toml or a command names is missing or cannot be read."""

    code = "docket-file"
    default_hint = "is it there, and may you read it? paths in docket.toml are relative to the folder it lies in"


class OfficerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer keeps: the key that signs, and the identity that opens cases."""

    name: str
    seed: bytes
    identity: str

    def enrolment(self) -> EnrolDetails:
        """The public half."""
        credential = credential_of(self.seed, "key file")
        return EnrolDetails(self.name, self.name, recipient_of(self.identity), (credential,))


@dataclass(slots=True)
class AtDesk:
    """An open desk and whoever acts at it."""

    desk: Desk
    log: Log
    who: Acting
    officer: OfficerFile | None = field(repr=False)
    log_open: bool = True

    async def close_log(self) -> None:
        """Hang up on the witnesses, on the loop that called them."""
        self.log_open = False
        await self.log.close()

    def sign(self, proposal: Proposal, document: bytes | None = None) -> Done | DeskDone:
        """Sign and carry out."""
        if self.officer is None:
            raise OfficerFileUnusable("nobody signs: name your officer's file with --officer")
        return self.desk.perform(self.who, proposal, signer(self.officer.seed)(proposal.act), document)


def new_officer(name: str, path: Path) -> OfficerFile:
    """Make an officer's file. Raises `OfficerFileUnusable` if there is one."""
    identity, _ = new_identity()
    made = OfficerFile(name, secrets.token_bytes(32), identity)
    try:
        with open(path, "xb", opener=lambda file, flags: os.open(file, flags, 0o600)) as file:
            file.write(msgspec.json.encode(made) + b"\n")
    except OSError as error:
        raise OfficerFileUnusable(f"the officer's file cannot be made: {error.strerror}") from None
    return made


def read_officer(path: Path) -> OfficerFile:
    """Raises `OfficerFileUnusable`."""
    try:
        status = path.stat()
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise OfficerFileUnusable("the officer's file may be read by others")
        return msgspec.json.decode(path.read_bytes(), type=OfficerFile)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        raise OfficerFileUnusable("the officer's file cannot be read") from None


def taxonomy_of(catalogue: Catalogue) -> Taxonomy:
    """What the desk's rules go by."""
    return Taxonomy(tuple(row.instrument() for row in catalogue.rows), catalogue.sha256)


def read_config(data: Path) -> dict[str, Any]:
    """The desk's settings. Raises `BadConfig`."""
    settings = read_toml(data / CONFIG, _FILES)
    check_keys(settings, KEYS, "setting")
    missing = [key for key in KEYS if key not in settings and key not in _OPTIONAL]
    if missing:
        raise BadConfig(f"{CONFIG} lacks {', '.join(missing)}", hint="; ".join(f"{k}: {KEYS[k]}" for k in missing))
    return settings


def outside(config: Mapping[str, Any], now: Callable[[], int]) -> Outside:
    """What the desk is handed."""
    directory = Path(config["directory"])

    def held(handle: str) -> Mapping[str, object]:
        try:
            return read_producible(directory, handle)
        except (OSError, sqlite3.Error, PathUnusable) as error:
            raise DeskFileUnusable(f"the directory's cards in {directory} cannot be read: {error}") from error

    def make_package(order: PackageOrder) -> Package:
        """Loaded when something is decided: what sets and signs documents takes its time."""
        from nullabona.docket.production.manifest import Operator
        from nullabona.docket.production.package import Packager

        host = str(config["origin"]).partition("/")[0]
        return Packager(Operator(str(config["operator"]), host, "nullabona"), load())(order)

    return Outside(
        clock=now, chance=secrets.token_bytes, producible=held,
        make_package=make_package,
        verifiers={"ed25519": verify_ed25519}, seal=_seal(config),
        epoch_day=lambda epoch: EpochDays(directory, now() // DAY)(epoch),  # noqa: PLW0108 - read anew each time
        steady=steady_now,
    )  # fmt: skip


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
    return error.strerror or "" if isinstance(error, OSError) else "it is no text"


def open_docket_log(data: Path, config: Mapping[str, Any]) -> Log:
    """The desk's log, held by this process."""
    try:
        witnesses = [
            WitnessAddress(str(each["url"]), tuple(parse_vkey(key) for key in each["vkeys"]))
            for each in config.get("witness", [])
        ]
    except (KeyError, TypeError):
        raise BadConfig(f"each witness of {CONFIG} is a table with url and vkeys") from None
    policy = Policy.parse(read_policy_text(Path(config["policy"])))
    signers = read_key_file(Path(config["log_keys"]))
    return open_log(data / "log", signers, str(config["origin"]), witnesses=witnesses, policy=policy)


@contextmanager
def at_desk(context: click.Context) -> Iterator[AtDesk]:
    """The desk of --data, with the officer of --officer at it."""
    found = context.find_object(Chosen) or Chosen()
    if found.data is None:
        raise click.UsageError("name the desk's folder: nulla docket --data DIR …")
    officer = None if found.officer is None else read_officer(found.officer)
    config = read_config(found.data)
    log, at = open_docket_log(found.data, config), None
    try:
        policy = read_policy_text(Path(config["policy"]))
        publication = Publication(log, str(config["origin"]), policy)
        desk = Desk(found.data / "desk", taxonomy_of(load()), outside(config, now_s), publication)
        try:
            at = AtDesk(desk, log, Acting(officer.name, (officer.identity,)) if officer else Acting(""), officer)
            yield at
        finally:
            desk.close()
    finally:
        if at is None or at.log_open:
            log.release()


@dataclass(slots=True)
class Chosen:
    """What stands between ``nulla docket`` and the command."""

    data: Path | None = None
    officer: Path | None = None


def now_s() -> int:
    """The clock of this machine."""
    return int(time.time())


def settings(context: click.Context) -> Settings:
    """The common options."""
    return settings_of(context)


def encode_enrolment(details: EnrolDetails) -> str:
    """One word that an officer gives to the admins; it holds nothing secret."""
    return base64.urlsafe_b64encode(msgspec.json.encode(details)).decode("ascii")


def decode_enrolment(text: str) -> EnrolDetails:
    """Raises `OfficerFileUnusable`."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text), type=EnrolDetails)
    except (ValueError, msgspec.DecodeError, msgspec.ValidationError):
        raise OfficerFileUnusable("this is not what `nulla docket officer new` prints") from None
