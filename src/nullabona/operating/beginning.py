"""Begins the public record of a relay's directory, once and only when told to, and checks that it has begun.

A server that begins a record by itself does so too where a volume is not mounted or data was deleted, and then every
client is told of another record. So `serve` begins nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from nullabona.directory.core.registering import Registration
from nullabona.directory.opening import CARDS_SCHEMA, FOLDER, RECORD_SCHEMA, RecordOptions, has_log, has_rows
from nullabona.directory.service import Options, open_directory
from nullabona.directory.store.sqlite import FILE as CARDS
from nullabona.errors import NullabonaError, UserError
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.note import MAX_NOTE, parse_note
from nullabona.log.policy import Policy
from nullabona.machine.http_client import Route
from nullabona.machine.opening import opening
from nullabona.machine.settings import BadConfig
from nullabona.operating.directory import DirectorySettings, RecordNotBegun, host_of, take_settings, vkeys_of
from nullabona.reading import open_files
from nullabona.relay.config import Config, make_config
from nullabona.wire.epoch import origin_of

_ANSWER_S: Final = 10.0
_PAGE = "docs/how-to/keep-the-record.md"


class CardsMissing(UserError):
    """The public record is there, and the cards beside it are not."""

    code = "cards-missing"
    default_hint = (
        "if their disk is not mounted, mount it. If they are lost: nulla relay init --cards-lost, with the same "
        f"options; the record then says so to everybody, and owners' devices publish their cards again ({_PAGE})"
    )


class RecordBegun(UserError):
    """A public record has begun already."""

    code = "record-begun"
    default_hint = "start it: nulla relay serve, with the same options"


class RecordElsewhere(UserError):
    """A witness or mirror holds a record of this name, so this relay is not new."""

    code = "record-elsewhere"
    default_hint = (
        "this relay is not new: if its disk is not mounted, mount it; if its data is gone, restore the record: "
        f"nulla relay restore ({_PAGE})"
    )


def check_begun(config: Config, host: str | None, chosen: DirectorySettings) -> None:
    """Raises `RecordNotBegun` or `CardsMissing`, before anything is made, unless this relay's record has begun."""
    if host is None or config.data is None:
        return
    here = _look(config.data, chosen)
    if not here.has_record:
        raise RecordNotBegun(f"there is no public record in {here.record}")
    if not here.has_cards:
        raise CardsMissing(f"the public record is in {here.record}, and there is no {here.cards}")


def begin_relay(settings: Mapping[str, Any], *, cards_lost: bool = False) -> list[str]:
    """Begin the record of a new relay, or with ``cards_lost`` new cards beside its record; the record's verifier keys.

    ``settings``: those of `serve_relay`. Raises `BadConfig`, `RecordBegun`, `RecordElsewhere`, `CardsMissing`,
    `RecordNotBegun`, or what opening raises.
    """
    taken = dict(settings)
    chosen = take_settings(taken)
    config = make_config(taken)
    if cards_lost:
        check_cards_return(chosen)
    if config.data is None:
        raise BadConfig("a volatile relay keeps no record, so there is nothing to begin", hint="give --data DIR")
    any_port = chosen.host is None and config.listen[0].path is None and config.listen[0].port == 0
    host = None if any_port else host_of(config, chosen.host)
    if host is None:
        raise BadConfig("say what stands after the @ in handles registered here", hint="give --host HOST[:PORT]")
    _check_may_begin(_look(config.data, chosen), cards_lost=cards_lost)
    if not cards_lost:
        asyncio.run(_check_unknown(origin_of(host), chosen.record))
    directory = open_directory(config.data, host, Options(record=chosen.record, limits=chosen.limits))
    asyncio.run(directory.close())
    return vkeys_of({**settings, "host": host})


def check_cards_return(chosen: DirectorySettings) -> None:
    """Raises `BadConfig` where the directory would refuse the cards that owners' devices put back."""
    if chosen.admission.rule is not Registration.OPEN:
        raise BadConfig(
            "devices put their cards back only while anybody may register",
            hint="leave --registration out, here and for serve, until people's cards are back",
        )


def _check_may_begin(here: _Found, *, cards_lost: bool) -> None:
    if not here.has_record:
        if cards_lost or here.has_cards:
            raise RecordNotBegun(
                f"there is no public record in {here.record}, and it has begun already",
                hint=f"put it back: nulla log restore, from the newest copy of a mirror ({_PAGE})",
            )
    elif here.has_cards:
        raise RecordBegun(f"there is a public record in {here.record} already")
    elif not cards_lost:
        raise CardsMissing(f"the public record is in {here.record}, and there is no {here.cards}")


async def _check_unknown(origin: str, options: RecordOptions) -> None:
    """Raises `RecordElsewhere`. Who does not answer does not know."""
    name, route = f"{sha256(origin.encode()).hexdigest()}/checkpoint", Route(timeout_s=_ANSWER_S)
    witnesses = {each.url for each in Policy.parse(options.witnesses).witnesses
                 if each.url and each.name not in options.absent}  # fmt: skip
    for where in (*sorted(witnesses), *options.mirrors):
        try:
            files = open_files(where, route)
            try:
                note = await files.read(name if where in witnesses else "checkpoint", MAX_NOTE)
            finally:
                await files.close()
            known = note is not None and parse_checkpoint(parse_note(note).text).origin == origin
        except NullabonaError:
            continue
        if known:
            raise RecordElsewhere(f"{where} holds a record of {origin} already")


@dataclass(frozen=True, slots=True)
class _Found:
    """Where the record and the cards are to be, for a person, and whether each is there."""

    record: str
    cards: str
    has_record: bool
    has_cards: bool


def _look(data: Path, chosen: DirectorySettings) -> _Found:
    """Raises `PostgresUnusable` if they are in a database that cannot be asked, `PathUnusable` in a closed folder."""
    store, folder, cards = chosen.record.store, chosen.record.folder or data / FOLDER, data / CARDS
    if store is None:
        with opening(data):
            return _Found(str(folder), str(cards), has_log(folder), cards.exists())
    return _Found(f"the schema {RECORD_SCHEMA} of the database", f"schema {CARDS_SCHEMA} in it",
                  has_rows(store, RECORD_SCHEMA), has_rows(store, CARDS_SCHEMA))  # fmt: skip
