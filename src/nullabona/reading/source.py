"""The sources of a log: a folder on this machine, or a URL."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final, Protocol

from nullabona.errors import UserError
from nullabona.log.key_change import FOLDER as CHANGES
from nullabona.log.key_change import MAX_CHANGE
from nullabona.log.note import MAX_NOTE
from nullabona.log.tiles import ENTRIES, MAX_BUNDLE, TILE_SIZE, Tile, decode_bundle, encode_bundle
from nullabona.log.tree import HASH_SIZE
from nullabona.machine.failures import reason_of
from nullabona.machine.http_client import HttpClient, HttpMisbehaved, Route, parse_url
from nullabona.reading.errors import LogIncomplete

CHECKPOINT: Final = "checkpoint"
PENDING: Final = "pending"
"""A checkpoint with the log's signatures alone, for mirrors (spec/witness.md §1)."""
AT_ONCE: Final = 16
"""Files fetched side by side."""


class NoLogHere(UserError):
    """The folder holds no log."""

    code = "no-log"
    default_hint = "name the folder that holds the file `checkpoint`, or a log's URL"


class Files(Protocol):
    """Files of a log by name."""

    async def read(self, name: str, most: int) -> bytes | None:
        """The content of the file, or None if there is none. Raises `PeerError` if it cannot be fetched."""
        ...

    async def close(self) -> None: ...


class Folder:
    """A log's public folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def read(self, name: str, most: int) -> bytes | None:
        try:
            with (self._folder / name).open("rb") as file:
                data = file.read(most + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise LogIncomplete(f"the file {name} cannot be read: {reason_of(error)}") from error
        if len(data) > most:
            raise LogIncomplete(f"the file {name} is larger than it may be")
        return data

    async def close(self) -> None:
        return


class Website:
    """A log's URL."""

    def __init__(self, url: str, route: Route) -> None:
        self._client = HttpClient(parse_url(url), route)
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def read(self, name: str, most: int) -> bytes | None:
        async with self._slots:
            reply = await self._client.get(name, most)
        if reply.status in {404, 410}:
            return None
        if reply.status != 200:
            raise HttpMisbehaved(f"the log's server answers {reply.status}")
        return reply.body

    async def close(self) -> None:
        await self._client.close()


class Source:
    """A log's checkpoint, tiles and bundles. A removed partial tile is read from the full one."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def checkpoint(self) -> bytes:
        """The note served now, not verified. Raises `LogIncomplete`."""
        data = await self._files.read(CHECKPOINT, MAX_NOTE)
        if data is None:
            raise LogIncomplete("the log serves no checkpoint")
        return data

    async def pending(self) -> bytes | None:
        """The note that the log alone has signed, not verified; None if it shows none."""
        return await self._files.read(PENDING, MAX_NOTE)

    async def key_change(self, number: int) -> bytes | None:
        """The change of the log's keys with this number, not verified; None if there is none (spec/log.md §9)."""
        return await self._files.read(f"{CHANGES}/{number}", MAX_CHANGE)

    async def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile or bundle, not verified. Raises `LogIncomplete`, or `Malformed` for a bundle."""
        most = MAX_BUNDLE if tile.level == ENTRIES else TILE_SIZE
        data = await self._files.read(tile.path, most)
        if data is not None:
            return data
        whole = await self._files.read(tile.full.path, most) if tile != tile.full else None
        if whole is None:
            raise LogIncomplete(f"the log does not serve {tile.path}")
        if tile.level == ENTRIES:
            return encode_bundle(decode_bundle(whole, tile.full.width)[: tile.width])
        return whole[: tile.width * HASH_SIZE]

    async def close(self) -> None:
        """Close the connections."""
        await self._files.close()


def open_source(where: str, route: Route | None = None) -> Source:
    """The log at a URL or in a folder, which may also be a sequencer's own. Raises `BadUrl` or `NoLogHere`."""
    return Source(open_files(where, route))


def open_files(where: str, route: Route | None = None) -> Files:
    """As `open_source`, file by file."""
    if "://" in where:
        return Website(where, route or Route())
    for folder in (Path(where), Path(where) / "public"):
        if (folder / CHECKPOINT).is_file():
            return Folder(folder)
    raise NoLogHere(f"there is no log in {where}")
