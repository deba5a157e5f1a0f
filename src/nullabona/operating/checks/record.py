"""Looks at a log that one runs: whether its witnesses answer and know it, and whether its mirrors keep up."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from nullabona.errors import NullabonaError, PeerError
from nullabona.findings import Finding, good, warning, wrong
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.note import parse_note
from nullabona.log.policy import Policy
from nullabona.machine.http_client import Route
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.operating.checks.machine import uri_to_look
from nullabona.reading import Word, ask_witnesses, check_not_behind, open_source
from nullabona.sequencer.store.sqlite import FILE_NAME

_TREE: Final = "SELECT origin, size, root FROM tree"


@dataclass(frozen=True, slots=True)
class OwnLog:
    """The log in ``folder``, as its own database says: it may be running."""

    folder: Path
    store: PostgresPlace | None = None
    """Where its rows are, if they are in PostgreSQL."""

    def newest(self) -> Checkpoint | None:
        """What it may sign next at least; None if that cannot be read."""
        try:
            row = _row_of(self.folder / FILE_NAME) if self.store is None else _row_in(self.store)
        except (sqlite3.Error, NullabonaError):
            return None
        return None if row is None else Checkpoint(*row)

    def published(self) -> int:
        """How many entries are published."""
        try:
            return parse_checkpoint(parse_note((self.folder / "public" / "checkpoint").read_bytes()).text).size
        except (OSError, PeerError):
            return 0


def _row_of(file: Path) -> tuple[Any, ...] | None:
    with closing(sqlite3.connect(uri_to_look(file), uri=True)) as reader:
        row: tuple[Any, ...] | None = reader.execute(_TREE).fetchone()
    return row


def _row_in(place: PostgresPlace) -> tuple[Any, ...] | None:
    module = import_module("nullabona.machine.postgres.session")
    with closing(module.Session(place.url, place.schema)) as session:
        return next(iter(session.run(_TREE)), None)


def of_witnesses(log: OwnLog, policy: Policy, origin: str, route: Route) -> Iterator[Finding]:
    """What each witness answers about this log, and whether one holds what is not here."""
    if not policy.witnesses:
        yield warning("witnesses-none")
        return
    words = asyncio.run(ask_witnesses(policy, origin, route))
    own, published = log.newest(), log.published()  # read after they answered: it grows meanwhile
    for word in words:
        yield _of_word(word, own, published)


def _of_word(word: Word, own: Checkpoint | None, published: int) -> Finding:
    if word.error:
        return wrong("witness-silent", witness=word.witness, why=word.error)
    if word.checkpoint is None:
        key = "witness-knows-nothing"
        return wrong(key, witness=word.witness) if published else warning(key, witness=word.witness)
    if own is not None:
        try:
            check_not_behind(own, (word,))
        except NullabonaError:
            return wrong("witness-has-more", witness=word.witness, size=word.checkpoint.size, own=own.size)
    return good("witness-signs", witness=word.witness, size=word.checkpoint.size)


def of_mirrors(log: OwnLog, addresses: Sequence[str], route: Route) -> Iterator[Finding]:
    """How far each mirror is behind."""
    if not addresses:
        yield warning("mirrors-none")
    for address in addresses:
        try:
            size = asyncio.run(_size_at(address, route))
        except NullabonaError as error:
            yield wrong("mirror-silent", mirror=address, why=error.code)
            continue
        behind = log.published() - size
        if behind > 1:
            yield wrong("mirror-behind", mirror=address, behind=behind)
        else:
            yield good("mirror-fresh", mirror=address, size=size)


async def _size_at(address: str, route: Route) -> int:
    source = open_source(address, route)
    try:
        notes = [await source.checkpoint(), await source.pending()]
    finally:
        await source.close()
    return max(parse_checkpoint(parse_note(note).text).size for note in notes if note is not None)
