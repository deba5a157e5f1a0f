"""Opens a directory's cards, keys and log (spec/map.md §8)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Final

from nullabona.directory.keys import FILE, RecordKeyReplaced, RecordKeys, draw_keys, open_keys
from nullabona.directory.record import PublicRecord
from nullabona.directory.store.interface import CardStore
from nullabona.directory.store.memory import MemoryCardStore
from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.errors import UserError
from nullabona.log.key_change import FOLDER as CHANGES
from nullabona.log.key_change import MOST, KeyChange, read_change
from nullabona.log.keys import VerifierKey
from nullabona.log.policy import NO_QUORUM, Policy
from nullabona.log.proof import LogProof
from nullabona.machine.http_client import Route
from nullabona.machine.opening import opening
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.sequencer import LogRows, MirrorOptions, WitnessAddress, open_log
from nullabona.sequencer.store.sqlite import FILE_NAME
from nullabona.wire.epoch import GENESIS_MARK, Genesis, origin_of
from nullabona.wire.handle import parse_handle

PERIOD_S: Final = 600
HISTORY_DAYS: Final = 30
FOLDER: Final = "record"
CARDS_SCHEMA: Final = "cards"
RECORD_SCHEMA: Final = "record"
MIRROR_S: Final = 30.0
"""Longest wait for mirrors in seconds, and never longer than half a period."""
NOBODY: Final = f"quorum {NO_QUORUM}\n"


class DocketForeign(UserError):
    """The docket's name does not begin with the host of the handles, so no app would believe its notices."""

    code = "docket-of-another-host"
    default_hint = (
        "give the docket of this host: its log is named HOST/…, HOST being what stands after the @ of handles"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOptions:
    """An operator's options for the public record.

    ``witnesses``: the lines of a policy that name witnesses (with their URLs), groups and the quorum. ``docket``: the
    log lines of the operator's docket, shown to clients, which check operator notices with them. ``docket_files``: the
    public folder of that log, served to clients, which follow it. ``folder``: the place of the directory's own log and
    keys; None: a folder in the data directory. ``mirrors``: URLs and folders of copies, which get an epoch before the
    witnesses sign it. ``absent``: names of witnesses that are gone; nobody waits for what they hold.
    """

    period_s: int = PERIOD_S
    history_days: int = HISTORY_DAYS
    witnesses: str = NOBODY
    docket: str = ""
    docket_files: Path | None = None
    folder: Path | None = None
    store: str | None = field(default=None, repr=False)
    """URL of the PostgreSQL database in which cards and log are; None: SQLite, in their folders."""
    mirrors: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    route: Route | None = None


def open_store(data_dir: Path | None, store: str | None = None) -> CardStore:
    """The cards; ``store``: the URL of a PostgreSQL database with them. Raises what the store raises."""
    if store is not None:
        module = import_module("nullabona.directory.store.postgres")
        kept: CardStore = module.PostgresCardStore(PostgresPlace(store, CARDS_SCHEMA))
        return kept
    return MemoryCardStore() if data_dir is None else SqliteCardStore(data_dir)


def has_rows(store: str, schema: str) -> bool:
    """Whether a schema of this PostgreSQL database has tables. Raises `PostgresUnusable`."""
    return bool(import_module("nullabona.machine.postgres.tables").has_tables(PostgresPlace(store, schema)))


def _log_rows(store: str | None) -> Callable[[str], LogRows] | None:
    """What opens the log's rows; None: the log does, in its folder."""
    if store is None:
        return None
    place = PostgresPlace(store, RECORD_SCHEMA)

    def opened(origin: str) -> LogRows:
        rows: LogRows = import_module("nullabona.sequencer.store.postgres").PostgresLogStore(place, origin)
        return rows

    return opened


def open_record(data_dir: Path | None, host: str, store: CardStore, options: RecordOptions) -> PublicRecord:
    """The record of the cards in ``store``. Raises `RecordKeyUnreadable`, `PolicyInvalid`, or what a log raises."""
    origin = origin_of(host)
    former: tuple[VerifierKey, ...] = ()
    folder, end = _folder(data_dir, options)
    try:
        if options.folder is None and data_dir is None:
            keys = draw_keys(origin)
        else:
            keys = open_keys(folder / FILE, origin, begun=has_log(folder) or store.progress().closed > 0)
            former = _former(keys, folder / "public")
        text = _policy(keys, options.docket + options.witnesses)
        policy = Policy.parse(text)
        _check_docket(policy, host, origin)
        log = open_log(
            folder, keys.signers, origin, witnesses=_addresses(policy), policy=policy, route=options.route,
            absent=_absent(policy, options.absent), former=former, make_store=_log_rows(options.store),
            mirrors=MirrorOptions(options.mirrors, min(MIRROR_S, options.period_s / 2)),
        )  # fmt: skip
    except BaseException:
        end()
        raise
    genesis = Genesis(GENESIS_MARK, host, keys.labels.public, options.period_s, options.history_days)
    record = PublicRecord(store, log, keys, genesis, text, end)
    try:
        record.start()
    except BaseException:
        log.release()
        end()
        raise
    return record


def has_log(folder: Path) -> bool:
    """Whether ``folder`` holds a log, even an incomplete one. Raises `PathUnusable` where this user may not look."""
    with opening(folder):
        return any((folder / name).exists() for name in (FILE_NAME, "public"))


def changes_of(public: Path) -> list[tuple[KeyChange, LogProof]]:
    """The published changes of the record's keys, oldest first. Raises `KeysUnproven` for a damaged file."""
    files = (public / CHANGES / str(number) for number in range(MOST))
    return [read_change(path.read_bytes()) for path in takewhile(Path.exists, files)]


def _former(keys: RecordKeys, public: Path) -> tuple[VerifierKey, ...]:
    """The record's keys before these. Raises `RecordKeyReplaced` if these are not the newest."""
    changes = [change for change, _ in changes_of(public)]
    if changes and {log.key for log in changes[-1].after.logs} != {signer.verifier for signer in keys.signers}:
        raise RecordKeyReplaced(f"record.key beside {public} is not the one of the record's newest change of keys")
    return tuple(log.key for change in changes for log in change.before.logs)


def show_vkeys(folder: Path, host: str) -> list[str]:
    """The keys that verify the log in ``folder`` of the directory at ``host``, for its witnesses.

    Nothing is created. Raises `RecordKeyUnreadable`.
    """
    keys = open_keys(folder / FILE, origin_of(host), begun=True)
    return [signer.verifier.encode() for signer in keys.signers]


def _folder(data_dir: Path | None, options: RecordOptions) -> tuple[Path, Callable[[], None]]:
    """The log's folder, and the clean-up at the end: a directory in memory has a temporary folder, which is removed."""
    if options.folder is not None:
        return options.folder, lambda: None
    if data_dir is not None:
        return data_dir / FOLDER, lambda: None
    folder = Path(tempfile.mkdtemp(prefix="nullabona-record-"))
    return folder, lambda: shutil.rmtree(folder, ignore_errors=True)


def _policy(keys: RecordKeys, others: str) -> str:
    own = "".join(f"log {signer.verifier.encode()}\n" for signer in keys.signers)
    return own + others


def _check_docket(policy: Policy, host: str, origin: str) -> None:
    """Raises `DocketForeign` for the docket of another host: apps of this host's handles would believe no notice."""
    beginning = f"{parse_handle(f'xx@{host}').authority}/"
    foreign = [log.key.name for log in policy.logs if log.key.name != origin and not log.key.name.startswith(beginning)]
    if foreign:
        raise DocketForeign(f"the docket is named {foreign[0]}, and this directory's handles are of {beginning[:-1]}")


def _absent(policy: Policy, names: Collection[str]) -> list[str]:
    """The keys under which the log remembers these witnesses."""
    urls = {witness.url for witness in policy.witnesses if witness.name in names}
    return [address.key for address in _addresses(policy) if address.url in urls]


def _addresses(policy: Policy) -> Sequence[WitnessAddress]:
    """The policy's witnesses with a URL; several keys of one witness share it."""
    found: dict[str, list[VerifierKey]] = {}
    for witness in policy.witnesses:
        if witness.url:
            found.setdefault(witness.url, []).append(witness.key)
    return [WitnessAddress(url, tuple(keys)) for url, keys in found.items()]
