"""An export from its first room to its index: in pages, with the client going on between two of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Final, Literal

import msgspec

from nullabona.client.api.exporting.documents import FORMAT, ExportDocument, Named, RoomEntry, RoomSaid
from nullabona.client.api.exporting.formats import FORMS, Form, JsonRoom, RoomForm, TextRoom
from nullabona.client.api.exporting.lines import said
from nullabona.client.api.exporting.pages import HtmlRoom, contents_page
from nullabona.client.api.exporting.place import INDEX, ExportPlace, file_name, room_folder
from nullabona.client.api.finding import find_room, room_states
from nullabona.client.api.records import MessageInfo
from nullabona.client.api.session import Session
from nullabona.client.api.showing import look_at, room_title, show
from nullabona.client.core import files
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.records import FileState
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.words.catalogue import Language

_PAGE: Final = 200
_BEFORE: Final = -(1 << 62)


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """How many of the lines are written."""

    part: Literal["writing"]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and where."""

    folder: Path
    rooms: int
    lines: int
    files: int
    missing: int
    """Files whose bytes are not on this device."""


@dataclass(slots=True)
class Export:
    """An export under way."""

    session: Session
    place: ExportPlace
    forms: tuple[Form, ...]
    language: Language
    zone: tzinfo | None
    with_files: bool
    watch: Callable[[ExportProgress], None] | None
    total: int = 0
    lines: int = 0
    files: int = 0
    missing: int = 0
    entries: list[RoomEntry] = field(default_factory=list)

    async def run(self, rooms: Sequence[bytes | str] | None) -> Exported:
        """Write it, whole or not at all."""
        if not self.forms or set(self.forms) - set(FORMS):
            raise BadRequest("an export is json, text or html")
        with self.session.view() as step:
            all_rooms = [state.id for state in room_states(step.store)]
            wanted = [find_room(step.store, room) for room in rooms] if rooms is not None else all_rooms
            counts = {room: self.session.profile.store.count_lines(room) for room in wanted}
        self.total = sum(counts.values())
        self.place.begin()
        try:
            for number, (room, count) in enumerate(counts.items(), 1):
                await self._room(number, room, count)
            self._finish()
        except BaseException:
            self.place.give_up()
            raise
        return Exported(self.place.folder, len(counts), self.lines, self.files, self.missing)

    # -- rooms ----------------------------------------------------------------------------------------------------

    async def _room(self, number: int, room: bytes, count: int) -> None:
        with self.session.view() as step:
            about = _about(step, room)
        folder = room_folder(number, about.title)
        lines, files_before = 0, self.files
        with ExitStack() as stack:
            forms = [self._form(form, stack, folder, about, count) for form in self.forms]
            async for page in self._pages(room):
                for info in page:
                    path = self._save(info, folder)
                    line = said(info, path)
                    for form in forms:
                        form.line(info, line)
                lines += len(page)
                self._tell(len(page))
            for form in forms:
                form.end()
        self.entries.append(RoomEntry(about.id, about.title, folder, lines, self.files - files_before))

    def _form(self, form: Form, stack: ExitStack, folder: str, about: RoomSaid, count: int) -> RoomForm:
        if form == "html":
            return HtmlRoom(self.place, folder, about, count, self.language, self.zone)
        name = "room.json" if form == "json" else "room.txt"
        out = stack.enter_context(self.place.new_file("rooms", folder, name))
        return JsonRoom(out, about) if form == "json" else TextRoom(out, about, self.language, self.zone)

    async def _pages(self, room: bytes) -> AsyncIterator[list[MessageInfo]]:
        after = (_BEFORE, 0)
        while True:
            with self.session.view() as step:
                look = look_at(step)
                rows = self.session.profile.store.line_page(room, after, _PAGE)
                page = [show(look, message) for _, message in rows]
            yield page
            if len(rows) < _PAGE:
                return
            number, last = rows[-1]
            after = (last.position, number)
            await asyncio.sleep(0)

    def _tell(self, lines: int) -> None:
        self.lines += lines
        if self.watch is not None:
            self.watch(ExportProgress("writing", min(self.lines, self.total), self.total))

    # -- files ----------------------------------------------------------------------------------------------------

    def _save(self, info: MessageInfo, folder: str) -> str | None:
        """Write a line's file. Returns its path in the room's folder, or None if it is not here."""
        if info.attachment is None or not self.with_files:
            return None
        pieces = self._pieces(info)
        first = next(pieces, None)
        if first is None:
            self.missing += 1
            return None
        name = file_name(self.files + 1, info.attachment.name)
        with self.place.new_file("rooms", folder, "files", name) as out:
            size = out.write(first) + sum(out.write(piece) for piece in pieces)
        if size != info.attachment.size:
            self.place.drop("rooms", folder, "files", name)
            self.missing += 1
            return None
        self.files += 1
        return f"files/{name}"

    def _pieces(self, info: MessageInfo) -> Iterator[bytes]:
        """A file that is whole and here, in parts; nothing if it is not."""
        store = self.session.profile.store
        with store.transaction():
            file, attachment = store.file(info.room, info.id), files.attachment_of(store, info.room, info.id)
            here = file is not None and (file.mine or file.state is FileState.HERE)
            count = len(store.pieces(info.room, info.id)) if here else 0
        for place in range(count if attachment is not None else 0):
            assert attachment is not None
            with store.transaction():
                try:
                    data = files.read_piece(store, info.room, info.id, attachment, place)
                except PeerError:
                    data = None
            if data is None:
                return
            yield data

    # -- the end --------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        with self.session.view() as step:
            look = look_at(step)
            me = Named(step.local.account.hex(), step.local.handle, look.names.name(step.local.account))
            contacts = tuple(
                Named(contact.account.hex(), contact.handle, look.names.name(contact.account))
                for contact in step.store.contacts()
            )
        if "html" in self.forms:
            with self.place.new_file("index.html") as out:
                out.write(contents_page(me.handle, self.entries, self.language))
        document = ExportDocument(FORMAT, me, self.forms, tuple(self.entries), contacts)  # type: ignore[arg-type]
        with self.place.new_file(INDEX) as out:
            out.write(msgspec.json.format(msgspec.json.encode(document)) + b"\n")
        self.place.finish()


def _about(step: Step, room: bytes) -> RoomSaid:
    state, look = step.room(room), look_at(step)
    accounts = dict.fromkeys(device.account for device in step.store.devices(room))
    members = tuple(
        Named(account.hex(), look.names.handle(account), look.names.name(account), account in state.info.admins)
        for account in accounts
    )
    return RoomSaid(room.hex(), room_title(look, state), state.info.kind == DIRECT, state.info.timer_s, members)
