"""Copies the history to a newly linked device, and merges it on that device (spec/devices.md §9)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from nullabona.client.account import need_account
from nullabona.client.api.files import Files
from nullabona.client.api.session import Session
from nullabona.client.archive.backup import begin_of
from nullabona.client.archive.errors import ArchiveDamaged, ArchiveTooNew, ArchiveTruncated
from nullabona.client.archive.merging import Merger
from nullabona.client.archive.reading import read_records
from nullabona.client.archive.records import Record, Room
from nullabona.client.archive.stream import StreamReader, encode_stream
from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import history
from nullabona.client.core.model.errors import NotInRoom
from nullabona.client.core.model.facts.account import HistoryCame, Warned
from nullabona.client.core.model.facts.messages import HistoryImported
from nullabona.client.core.model.imports import IMPORTED
from nullabona.client.core.model.state import JOINED, LEFT, REMOVED
from nullabona.client.core.step import DAY_MS
from nullabona.client.core.timeline import annotating
from nullabona.client.runner import now_ms
from nullabona.errors import UserError

PART: Final = 4 * 1_048_576
"""Most bytes of the archive that one file carries."""
_PAUSE_S: Final = 0.5
"""Least seconds between two looks for work."""
_SLICE: Final = 500
"""Records that one transaction merges, so that other work does not wait for long."""


class History:
    """Both sides of the copy, for one running client."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._files = Files(session)
        self._stream = ""
        self._reader = StreamReader()
        self._merger: Merger | None = None
        self._next = 0

    async def run(self) -> None:
        """Send and merge whenever there is something, until the task is cancelled."""
        news = asyncio.Event()
        end = self._session.runner.listen(news.set)
        try:
            while True:
                news.clear()
                if self._shares():
                    # If we leave or are removed between two parts, all is sent again once we are back.
                    with suppress(NotInRoom):
                        await self._send_owed()
                    await self._take()
                await asyncio.sleep(_PAUSE_S)
                await news.wait()
        finally:
            end()

    def _shares(self) -> bool:
        """Whether the account has, or had, another device."""
        with self._session.look() as store:
            return bool(own_devices.room_id(store))

    # -- giving ---------------------------------------------------------------------------------------------------

    async def _send_owed(self) -> None:
        room, devices = self._ready()
        if not devices:
            return
        stream, number, held = secrets.token_hex(8), 0, b""
        for block in encode_stream(self._records()):
            if held and len(held) + len(block) > PART:  # so the last part is never empty
                await self._send(room, held, history.part_name(stream, number, last=False))
                number, held = number + 1, b""
            held += block
            await asyncio.sleep(0)
        await self._send(room, held, history.part_name(stream, number, last=True))
        with self._session.step() as step:
            history.paid(step, devices)

    def _ready(self) -> tuple[bytes, list[bytes]]:
        """The room to send in, and the devices in it that wait for history."""
        with self._session.view() as step:
            owed, room = history.owed(step.store), own_devices.room_id(step.store)
            state = step.find_room(room) if owed and room else None
            if state is None or state.phase != JOINED:
                return room, []
            here = {each.device for each in step.roster(room).values()}
            return room, [device for device in owed if device in here]

    def _records(self) -> Iterator[Record]:
        with self._session.look() as store:
            begin = begin_of(need_account(store), now_ms())
        for record in read_records(self._session.profile.store, begin, unsent=False):
            # The new device is invited into the rooms that we are in; nobody can be invited into the others.
            if not isinstance(record, Room) or record.phase in {LEFT, REMOVED, IMPORTED}:
                yield record

    async def _send(self, room: bytes, data: bytes, name: str) -> None:
        message = await self._files.send(room, data, name=name, as_kind="file")

        def out() -> bool | None:
            with self._session.look() as store:
                return history.is_out(store, room, message) or None

        await self._session.until(out, None, "the history has not moved")

    # -- taking ---------------------------------------------------------------------------------------------------

    async def _take(self) -> None:
        with self._session.look() as store:
            here, over = history.parts(store), history.delivered(store)
        if over:
            with self._session.step() as step:
                history.sweep(step)
        for part in here:
            if part.stream != self._stream and part.number == 0:
                self._stream, self._reader, self._merger, self._next = part.stream, StreamReader(), None, 0
            if (part.stream, part.number) != (self._stream, self._next):
                continue
            try:
                await self._merge(self._part(part.message))
                if part.last:
                    self._reader.close()
            except (ArchiveDamaged, ArchiveTooNew, ArchiveTruncated) as error:
                self._fail(error)
                return
            self._next += 1
            if part.last:
                self._finish()

    def _part(self, message: bytes) -> bytes:
        with self._session.look() as store:
            return history.content(store, message)

    async def _merge(self, data: bytes) -> None:
        if self._merger is None:
            self._merger = Merger(self._session.profile.store, today=now_ms() // DAY_MS)
        records = self._reader.feed(data)
        for start in range(0, len(records), _SLICE):
            self._session.runner.check()
            self._merger.take(records[start : start + _SLICE])
            await asyncio.sleep(0)
        with self._session.step() as step:
            step.tell(HistoryCame(self._merger.counts.messages, whole=False))

    def _finish(self) -> None:
        assert self._merger is not None
        counts = self._merger.counts
        with self._session.step() as step:
            for place, message in counts.met:
                state = step.find_room(place)
                if state is not None:
                    annotating.settle(step, state, message)
            history.forget_parts(step)
            for place in sorted({kept.room for kept in step.store.imports()}):
                step.tell(HistoryImported(place))
            step.tell(HistoryCame(counts.messages, whole=True))
        self._stream, self._merger, self._next = "", None, 0

    def _fail(self, error: UserError) -> None:
        with self._session.step() as step:
            history.forget_parts(step)
            step.tell(Warned(code="history-failed", detail={"reason": error.code}))
        self._stream, self._merger, self._next = "", None, 0
