"""Backups by themselves: planned, made and read back while the client runs (spec/repository.md §8)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

import msgspec

from nullabona.client.account import registered_day
from nullabona.client.api.archiving import Archive, fed, in_thread, on_loop
from nullabona.client.api.session import Session
from nullabona.client.archive import backup as backups
from nullabona.client.archive import plans as planning
from nullabona.client.archive.backup import Progress, Watcher
from nullabona.client.archive.errors import BackupTooManyPlans, BackupUnwritable
from nullabona.client.archive.plans import DAY_MS, EVERY_DAYS, MOST_NAME, MOST_PLANS, PLANS, RELAY, Plan, Standing
from nullabona.client.archive.records import Begin, Piece, Record
from nullabona.client.archive.repository.folder import FolderPlace, create_folder, open_folder
from nullabona.client.archive.repository.groups import Group, grouped
from nullabona.client.archive.repository.keys import RepositoryKeys
from nullabona.client.archive.repository.writing import Written, write_snapshot
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.runner import KEPT_DAYS, RELAY_PLACE, RENEW_DAYS, RelayPlace, now_ms
from nullabona.errors import Bug, NullabonaError

_LOOK_S: Final = 300.0
"""Longest pause between two looks at what is due: a machine that slept wakes up late."""
_REMIND: Final = "backup-remind"
"""The key of the value that says from when on a missing plan is told of, in ms."""
_AGE_MS: Final = 3 * DAY_MS
_LATER_MS: Final = 14 * DAY_MS
_QUIET_S: Final = 45.0
"""So long after the start of a client nothing is begun."""


@dataclass(frozen=True, slots=True)
class PlannedBackup:
    """A place, and how its backups went. Times are in ms since 1970; 0: never."""

    place: str
    """A folder's path, or ``server``."""
    every_days: int
    files: bool
    good_at: int
    """When the last backup that was read back was begun."""
    due_at: int
    late: bool
    error: str
    """The code of the last failure; empty once a backup is good again."""
    tried_at: int
    doubt: str
    """``rolled-back`` or ``emptied``: what the place had lost at ``doubt_at``."""
    doubt_at: int
    messages: int
    stored_files: int
    size: int
    written: int
    kept_until: int
    """When the relay forgets the last good backup unless another follows."""
    running: bool
    """Whether one is being made."""
    same_disk: bool
    """Whether the folder is on the disk of the profile, with which it can be lost."""


@dataclass(frozen=True, slots=True)
class BackupStanding:
    """All places, and whether the best of them is good enough: ``none``, ``new``, ``good`` or ``late``."""

    standing: Standing
    good_at: int
    remind: bool
    """Whether to remind the person: all are late, or there is no plan and the account has been in use for a while."""
    places: tuple[PlannedBackup, ...]


class Backups:
    """Backups by themselves, of one running client."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._archive = Archive(session)
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._listeners = set[Callable[[], None]]()
        self._running = ""

    def listen(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call ``tell`` whenever `status` has changed, until the returned function is called."""
        self._listeners.add(tell)
        return lambda: self._listeners.discard(tell)

    # -- planning -------------------------------------------------------------------------------------------------

    def status(self) -> BackupStanding:
        """How backups stand."""
        plans, now = self._plans(), now_ms()
        good = max((plan.good_at for plan in plans), default=0)
        shown = tuple(self._shown(plan, now) for plan in plans)
        standing = planning.standing(plans, now)
        remind = standing == "late" or (standing == "none" and self._missed(now))
        return BackupStanding(standing, good, remind, shown)

    def remind_later(self) -> None:
        """Say for two weeks nothing of a plan that is missing."""
        with self._session.change() as store:
            store.set_value(_REMIND, str(now_ms() + _LATER_MS).encode())
        self._tell()

    def _missed(self, now: int) -> bool:
        """Whether it is time to say that there is no plan: there are chats, and the account is some days old."""
        with self._session.look() as store:
            asked = store.get_value(_REMIND)
            at = int(asked) if asked is not None else registered_day(store) * DAY_MS + _AGE_MS
            return now >= at and bool(store.rooms())

    def schedule(self, place: Path | str, *, every_days: int = 1, files: bool | None = None) -> PlannedBackup:
        """Make backups to a folder that exists, or to ``server``, every so many days. Repeating it changes a plan.

        A folder gets a repository now; later it is only ever looked for. By default a relay gets no files.
        Raises `BadRequest`, `BackupPlaceGone`, `BackupUnwritable`, `BackupTooManyPlans` or `NoAccount`.
        """
        name = RELAY if place == RELAY else str(Path(place).expanduser().resolve())
        if every_days not in EVERY_DAYS:
            raise BadRequest("a backup is made every 1 to 31 days")
        if not _is_text(name):
            raise BackupUnwritable("the folder has a name that no text can have")
        plans = self._plans()
        known = next((plan for plan in plans if plan.name == name), None)
        if known is None and len(plans) >= MOST_PLANS:
            raise BackupTooManyPlans(f"backups go to {MOST_PLANS} places at most")
        if known is None:
            id = RELAY_PLACE if name == RELAY else create_folder(Path(name)).id
            known = Plan(name, every_days, id, secrets.token_bytes(16), now_ms(), files=name != RELAY)
        files = known.files if files is None else files
        same = name != RELAY and _same_disk(Path(name), self._session.profile.path)
        plan = msgspec.structs.replace(known, every_days=every_days, files=files, failures=0, error="", same_disk=same)
        self._keep(plan)
        return self._shown(plan, now_ms())

    def unschedule(self, place: str) -> None:
        """Make no more backups there. What is there stays. Raises `BackupNotPlanned`."""
        gone = self._find(place)
        self._store(lambda plans: tuple(plan for plan in plans if plan.name != gone.name))
        self._changed.set()

    # -- making ---------------------------------------------------------------------------------------------------

    async def now(self, place: str, *, watch: Watcher | None = None) -> PlannedBackup:
        """Make a backup there and read it back; its outcome is remembered either way.

        Raises `BackupNotPlanned`, `BackupPlaceGone`, `BackupPlaceFull`, `BackupPlaceBusy`, `BackupUnwritable`,
        `BackupTooLarge`, `BackupUnreachable`, `BackupRelayRefused` or `ArchiveDamaged`.
        """
        async with self._turn:
            plan = self._find(place)
            self._running = plan.name
            self._tell()
            try:
                written = await self._write(plan, on_loop(watch))
            except NullabonaError as error:
                code = error.code
                self._update(plan.name, lambda kept: planning.failed(kept, code, now_ms()))
                raise
            finally:
                self._running = ""
            # Backups to a relay do not begin at the same time every day: that would be a habit to see.
            jitter = secrets.randbelow(plan.every_days * DAY_MS // 8) if plan.name == RELAY else 0
            relay = self._relay(plan)
            self._update(
                plan.name, lambda kept: planning.succeeded(kept, written, now_ms(), relay=relay, jitter_ms=jitter)
            )
            return self._shown(planning.find(self._plans(), plan.name), now_ms())

    async def run(self) -> None:
        """Make each backup that is due, until the task is cancelled. Failures are remembered, not raised."""
        await self._rest(_QUIET_S)
        while True:
            self._changed.clear()
            for plan in self._plans():
                if planning.due_at(plan, now_ms()) <= now_ms():
                    with suppress(NullabonaError):
                        await self.now(plan.name)
            next_at = min((planning.due_at(plan, now_ms()) for plan in self._plans()), default=now_ms() + DAY_MS)
            await self._rest(min(max(0.0, (next_at - now_ms()) / 1_000), _LOOK_S))

    async def _rest(self, pause_s: float) -> None:
        """Wait, at most until a plan changes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._changed.wait()

    async def _write(self, plan: Plan, watch: Watcher | None) -> Written:
        session = self._session
        account, store, now = session.account(), session.profile.store, now_ms()
        keys = RepositoryKeys.of(self._archive.backup_key(), plan.place)
        records = backups.backup_records(store, account, now, None)
        begin = next(records)
        assert isinstance(begin, Begin)
        told = backups.watched(_with(begin, records, files=plan.files), backups.weigh(store), watch)
        place: FolderPlace | RelayPlace
        stops: tuple[Callable[[], None], ...]
        stopped = Event()
        if plan.name == RELAY:
            connection = session.runner.connections.one_shot(account.relay)
            place = RelayPlace(connection, keys, asyncio.get_running_loop())
            stops = (stopped.set, place.stop)
        else:
            place = await in_thread(lambda: open_folder(Path(plan.name), plan.place), lambda: None)
            stops = (stopped.set,)

        def go_on(progress: Progress) -> None:
            if stopped.is_set():
                raise _Stopped("a backup was given up")
            if watch is not None:
                watch(progress)

        def stop() -> None:
            for each in stops:
                each()

        left = plan.left(self._relay(plan))

        def write(groups: Iterator[Group]) -> Written:
            with place.held() if isinstance(place, FolderPlace) else nullcontext():
                return write_snapshot(place, keys, groups, begin, left, today=now // DAY_MS, watch=go_on)

        return await fed(grouped(told, keys), write, stop)

    def _relay(self, plan: Plan) -> str:
        return self._session.account().relay if plan.name == RELAY else ""

    def _find(self, place: str) -> Plan:
        """Raises `BackupNotPlanned`."""
        plans = self._plans()
        if any(plan.name == place for plan in plans):
            return planning.find(plans, place)  # without a look at the disk, which may not answer
        return planning.find(plans, str(Path(place).expanduser().resolve()))

    # -- what is kept ---------------------------------------------------------------------------------------------

    def _plans(self) -> tuple[Plan, ...]:
        with self._session.look() as store:
            return planning.decode_plans(store.get_value(PLANS))

    def _keep(self, plan: Plan) -> None:
        self._store(lambda plans: planning.put(plans, plan))
        self._changed.set()

    def _update(self, name: str, change: Callable[[Plan], Plan]) -> None:
        """Change a plan, unless the person has given it up meanwhile."""
        self._store(lambda plans: tuple(change(plan) if plan.name == name else plan for plan in plans))

    def _store(self, change: Callable[[tuple[Plan, ...]], tuple[Plan, ...]]) -> None:
        with self._session.change() as store:
            store.set_value(PLANS, planning.encode_plans(change(planning.decode_plans(store.get_value(PLANS)))))
        self._tell()

    def _tell(self) -> None:
        for tell in tuple(self._listeners):
            tell()

    def _shown(self, plan: Plan, now: int) -> PlannedBackup:
        relay = plan.name == RELAY
        return PlannedBackup(
            place=plan.name,
            every_days=plan.every_days,
            files=plan.files,
            good_at=plan.good_at,
            due_at=planning.due_at(plan, now),
            late=planning.is_late(plan, now),
            error=plan.error,
            tried_at=plan.tried_at,
            doubt=plan.doubt,
            doubt_at=plan.doubt_at,
            messages=plan.messages,
            stored_files=plan.stored_files,
            size=plan.size,
            written=plan.written,
            kept_until=plan.good_at + (KEPT_DAYS - RENEW_DAYS) * DAY_MS if relay and plan.good_at else 0,
            running=plan.name == self._running,
            same_disk=plan.same_disk,
        )


class _Stopped(Bug):
    """The caller of this task has gone."""


def _is_text(name: str) -> bool:
    try:
        return len(name.encode()) <= MOST_NAME
    except UnicodeEncodeError:
        return False


def _same_disk(folder: Path, profile: Path) -> bool:
    try:
        return folder.stat().st_dev == profile.stat().st_dev
    except OSError:
        return False


def _with(begin: Begin, records: Iterator[Record], *, files: bool) -> Iterator[Record]:
    yield begin
    yield from (record for record in records if files or not isinstance(record, Piece))
