"""Fetches the files of a release from anywhere: only the hash that the release log names decides."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from nullabona.errors import UserError
from nullabona.machine.failures import reason_of
from nullabona.machine.http_client import HttpClient, HttpMisbehaved, Route, parse_url
from nullabona.releases.choice import check_file
from nullabona.releases.statement import ReleaseFile


class FilesMissing(UserError):
    """A place does not have what a release needs."""

    code = "update-files-missing"
    default_hint = "name another place with --from: any place will do, as the hash decides"


class Place(Protocol):
    """Where files are, by name."""

    async def read(self, name: str, most: int) -> bytes | None:
        """At most ``most`` bytes of the file, or None if it is not there. Raises `PeerError` or `FilesMissing`."""
        ...

    async def close(self) -> None: ...


class FolderPlace:
    """A folder or anything below it: an offline folder, a stick, a copy of a website."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise FilesMissing(f"{folder} is not a folder")
        self._paths = {path.name: path for path in sorted(folder.rglob("*")) if path.is_file()}

    async def read(self, name: str, most: int) -> bytes | None:
        if name not in self._paths:
            return None
        try:
            with self._paths[name].open("rb") as file:
                return file.read(most)
        except OSError as error:
            raise FilesMissing(f"the file {name} cannot be read: {reason_of(error)}") from error

    async def close(self) -> None:
        return


class UrlPlace:
    """A website that has the files side by side."""

    def __init__(self, url: str, route: Route) -> None:
        self._client = HttpClient(parse_url(url), route)

    async def read(self, name: str, most: int) -> bytes | None:
        reply = await self._client.get(name, most)
        if reply.status in {404, 410}:
            return None
        if reply.status != 200:
            raise HttpMisbehaved(f"the server of the files answers {reply.status}")
        return reply.body

    async def close(self) -> None:
        await self._client.close()


def open_place(where: str, route: Route) -> Place:
    """The place at a URL or in a folder. Raises `BadUrl` or `FilesMissing`."""
    return UrlPlace(where, route) if "://" in where else FolderPlace(Path(where))


async def fetch(place: Place, file: ReleaseFile) -> bytes | None:
    """The bytes of a file of a release; None if the place does not have it.

    Raises `ReleaseFileDiffers` for other bytes: no more than one byte too many is read.
    """
    data = await place.read(file.name, file.size + 1)
    if data is not None:
        check_file(file, data)
    return data
