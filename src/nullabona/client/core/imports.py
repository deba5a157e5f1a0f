"""Rooms of imported history, and how an import ends: finished, or undone. Runs inside a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from nullabona.client.core import files
from nullabona.client.core.model.facts.messages import HistoryImported
from nullabona.client.core.model.imports import IMPORTED, Import, ImportState
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline.names import clean_name

MOST_PEOPLE: Final = 60
"""People of one room who are remembered, so that faces can tell them apart."""
UNDONE_AT_ONCE: Final = 2_000
"""Rows that one step of undoing erases."""


def make_room(step: Step, title: str, id: bytes = b"") -> bytes:
    """A room for imported history alone: nobody else is in it, and nothing is ever sent to it.

    ``id`` is used if it is free.
    """
    room = id if id and step.find_room(id) is None else step.rng.bytes(32)
    step.add_room(RoomState(room, RoomInfo(1, GROUP, clean_name(title), "", (step.local.account,)), IMPORTED, []))
    return room


def begin(step: Step, kept: Import) -> Import:
    """Remember an import whose ``first`` is not known yet: rows below all others are kept for it."""
    begun = replace(kept, first=step.store.lowest_row() - kept.total)
    step.store.put_import(begun)
    return begun


def finish(step: Step, id: bytes) -> None:
    """Everything is stored."""
    kept = _find(step, id)
    if kept is not None:
        step.store.put_import(replace(kept, state=ImportState.DONE))
        step.tell(HistoryImported(kept.room))


def undo(step: Step, wanted: Import) -> bool:
    """Erase a part of what an import brought; True if there is more. With the last part goes the import itself."""
    kept = _find(step, wanted.id)
    if kept is None:
        return False
    store = step.store
    end = kept.first + kept.done
    start = max(kept.first, end - UNDONE_AT_ONCE)
    for room, message in store.imported_files(start, end):
        files.forget_file(step, room, message)
    store.drop_rows(start, end)
    if start > kept.first:
        store.put_import(replace(kept, state=ImportState.UNDOING, done=start - kept.first))
        return True
    store.drop_import(kept.id)
    if not any(other.room == kept.room for other in store.imports()):
        store.drop_preferences(_people_scope(kept.room))
    _leave_room(step, kept.room)
    step.tell(HistoryImported(kept.room))
    return False


def forget_history(step: Step, room: bytes) -> None:
    """Forget what was imported into a room whose lines have been erased."""
    for kept in step.store.imports():
        if kept.room == room:
            step.store.drop_import(kept.id)
    step.store.drop_preferences(_people_scope(room))


def note_people(step: Step, room: bytes, people: Mapping[str, bytes]) -> None:
    """Remember who is in the imported history of a room, by name: which account that is, or empty."""
    scope = _people_scope(room)
    known = step.store.preferences(scope)
    for name, account in people.items():
        place = known[name][:1] if name in known else bytes([len(known)])
        if len(known) < MOST_PEOPLE or name in known:
            known[name] = place + account
            step.store.put_preference(scope, name, known[name])


def people_of(store: Store, room: bytes) -> dict[str, bytes]:
    """Name → account, or empty, of the people of a room's imported history, in the order in which they came."""
    known = store.preferences(_people_scope(room))
    return {name: value[1:] for name, value in sorted(known.items(), key=lambda one: one[1][:1])}


def _people_scope(room: bytes) -> str:
    return f"import-people:{room.hex()}"


def _leave_room(step: Step, room: bytes) -> None:
    """A room of imported history without any is no room."""
    state = step.find_room(room)
    if state is None or state.phase != IMPORTED or any(other.room == room for other in step.store.imports()):
        return
    step.forget_room(room)


def _find(step: Step, id: bytes) -> Import | None:
    return next((kept for kept in step.store.imports() if kept.id == id), None)
