"""A member who hands over everything their device knows: where boxes are, what opens them, frames, hashes of chunks.

``python -m nullabona.drills.removal.insider PROFILE ADDRESS``.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from nullabona.client.api import Client, MessageInfo, Options
from nullabona.client.core import files
from nullabona.client.core.delivery.box_log import place
from nullabona.drills.actors.observer import MoreDeeds, restless
from nullabona.drills.actors.person import WAIT_S, Unmet, main


class Insider(MoreDeeds):
    """What a member of a room can give away, and do."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._client = client

    # -- pictures

    async def send_photo(self, room: str, path: str) -> str:
        """Send a picture and wait until the relay has it; the message."""
        message = await self._client.files.send(room, Path(path))
        await self._client.messages.wait_sent(room, message, timeout_s=WAIT_S)
        return message.hex()

    async def forward_photo(self, room: str, message: str, to: str) -> str:
        """Send a picture that is here once more; the new message."""
        found = await self._client.files.forward(room, bytes.fromhex(message), to)
        await self._client.messages.wait_sent(to, found, timeout_s=WAIT_S)
        return found.hex()

    async def photo(self, room: str, message: str, within_s: float = WAIT_S) -> str:
        """Wait for a picture; how it stands then."""
        wanted = bytes.fromhex(message)
        await self._until(lambda: self._has_message(room, wanted), "the picture's message did not come")
        try:
            await self._client.files.wait(room, wanted, timeout_s=within_s)
        except Exception:  # noqa: BLE001 - whatever failed, the state says how far it came
            return self._client.files.info(room, wanted).state
        return "here"

    async def keep_photo(self, room: str, message: str, path: str) -> str:
        """Write a picture that is here into a file; its SHA-256."""
        saved = await self._client.files.save(room, bytes.fromhex(message), Path(path))
        return sha256(saved.read_bytes()).hexdigest()

    # -- what is given away

    async def boxes(self, room: str) -> list[dict[str, Any]]:
        """The boxes of a room that this device follows, oldest first, with what opens them."""
        id = self._client.rooms.get(room).id
        with self._client._session.view() as step:  # noqa: SLF001 - what the member's own device knows
            tracks = [track.keys.box for track in step.room(id).boxes]
        return [
            {"policy": box.policy, "address": box.address.hex(), "read": box.read_secret.hex(),
             "write": box.write_secret.hex()}
            for box in tracks
        ]  # fmt: skip

    async def frame_of(self, room: str, text: str) -> str:
        """The SHA-256 of the frame in which somebody said this."""
        said = self._said(room, text)
        with self._client._session.view() as step:  # noqa: SLF001 - see above
            for track in step.room(said.room).boxes:
                for frame in step.store.frames(track.keys.box.address):
                    if frame.seq and place(track, frame.seq) == said.position:
                        return frame.hash.hex()
        raise Unmet("the frame is not known any more")

    async def chunks_of(self, room: str, message: str) -> list[str]:
        """The hashes under which the relay keeps a picture."""
        id = self._client.rooms.get(room).id
        with self._client._session.view() as step:  # noqa: SLF001 - see above
            said = files.attachment_of(step.store, id, bytes.fromhex(message))
        return [] if said is None else [chunk.hex() for ref in said.blobs for chunk in ref.chunks]

    async def report(self, room: str, path: str, *, text: str = "", photo: str = "") -> None:
        """Write an abuse report: of these words and nothing more, or of a picture with what opens it."""
        message = bytes.fromhex(photo) if photo else self._said(room, text).id
        self._client.reports.save(self._client.reports.draft(room, [message], files=bool(photo)), Path(path))

    async def texts(self, room: str) -> list[str]:
        """Everything that was said in a room, in order, without pictures."""
        return [text for _, text in self._history(room)]

    # -- inside

    def _said(self, room: str, text: str) -> MessageInfo:
        for message in self._client.messages.page(room, limit=10_000):
            if message.text == text:
                return message
        raise Unmet("nobody has said that")

    def _has_message(self, room: str, message: bytes) -> bool:
        return any(found.id == message for found in self._client.messages.page(room, limit=10_000))


def quick() -> Options:
    """A closed box that nobody needs is trimmed within seconds instead of a quarter of an hour."""
    options = restless()
    return replace(options, timing=replace(options.timing, announcement=2_000, trim=1_000))


if __name__ == "__main__":
    main(Insider, options=quick())
