"""What a person keeps to oneself leaves the device in no request: nicknames, device names, searches, imported chats."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.client.api import Client, ImportAnswers
from nullabona.client.net import Connection, PostCarrier
from nullabona.wire.messages import AnyRequest, AnyResponse, Append, PublishCard, PutBlob
from tests.api.people import befriend, opened, people, play
from tests.api.service import Service
from tests.importing.test_moving_in import SHORT, written

GIVING = (Append, PublishCard, PutBlob)
"""The requests with which a device gives a relay something; all others ask, listen or erase."""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[AnyRequest]:
    """Everything that this process gives to a relay."""
    found: list[AnyRequest] = []
    for carrier in (PostCarrier, Connection):
        request = carrier.request

        async def asking(self: object, asked: AnyRequest, timeout_s: float, request: object = request) -> AnyResponse:
            if isinstance(asked, GIVING):
                found.append(asked)
            return await request(self, asked, timeout_s)  # type: ignore[operator, no-any-return]

        monkeypatch.setattr(carrier, "request", asking)
    return found


def test_what_is_kept_to_oneself_is_not_sent(service: Service, tmp_path: Path, told: list[AnyRequest]) -> None:
    """All of it is done, then one message is sent: the relay is given that message and nothing else."""

    async def story() -> None:
        async with people(service, tmp_path, "mina", "jun") as (mina, jun):
            room = await befriend(mina, jun)
            await mina.messages.wait_delivered(room, await mina.messages.send(room, "hello"))
        async with opened(tmp_path / "mina") as mina:
            await mina.sync()
            told.clear()
            await _keep_to_oneself(mina, tmp_path)
            sent = await mina.messages.send(room, "this one is sent")
            await mina.messages.wait_sent(room, sent)
            assert [Append] == [type(request) for request in told]

    play(story(), 60)


async def _keep_to_oneself(mina: Client, folder: Path) -> None:
    (contact,) = mina.contacts.all()
    await mina.contacts.set_nickname(contact.account, "준 오빠")
    (device,) = mina.devices.all()
    await mina.devices.rename(device.id, "거실 노트북")
    assert mina.messages.search("hello")
    (done,) = await mina.imports.run([written(folder, SHORT)], ImportAnswers(me="민아"))
    assert len(mina.messages.page(done.room)) == len(SHORT)
