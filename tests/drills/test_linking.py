"""Whoever has the relay's disks and memory after a device was linked finds no code, phrase, name or history there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nullabona.client.api import HistoryCame
from nullabona.drills.search import Hunt, Kind, Searched, Secret, files_below, memory_chunks
from tests.api.people import befriend, happens, opened, people, play, until
from tests.api.service import Service

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
"""Two processes' memory is searched."""
SAID = "the red suitcase stands behind the third door"
NAME = "the machine in the attic"


def test_a_link_leaves_nothing_that_tells_of_it(tmp_path: Path) -> None:
    """Code, account secret, 24 words, the new device's name and what was said before; the search can find them."""
    secrets: list[Secret] = []

    async def story(service: Service) -> None:
        async with people(service, tmp_path, "mina", "jun") as (mina, jun), opened(tmp_path / "desk") as desk:
            room = await befriend(mina, jun)
            await mina.messages.send(room, SAID)
            await until(jun, lambda: any(m.text == SAID for m in jun.messages.page(room)))
            async with mina.devices.link() as linking:
                code = linking.code
                joining = asyncio.create_task(desk.devices.join(code.digits, handle=str(code.handle), name=NAME))
                await linking.candidate()
                await linking.accept()
                await joining
            await happens(desk, HistoryCame, lambda event: event.whole)
            root = mina._session.account().root
            secrets.extend((
                Secret(Kind.KEY, "code", code.secret),
                Secret.text(Kind.TEXT, "typed code", code.digits),
                Secret.text(Kind.TEXT, "typed code without gaps", code.digits.replace(" ", "")),
                Secret(Kind.KEY, "account secret", root.secret),
                Secret.text(Kind.PHRASE, "24 words", root.phrase()),
                Secret.text(Kind.NAME, "device name", NAME),
                Secret.text(Kind.TEXT, "what was said", SAID),
            ))  # fmt: skip

    with Service(tmp_path / "relay") as service, Service(tmp_path / "control") as control:
        play(story(service))
        hunt = Hunt(secrets)
        hunt.learn(memory_chunks(control.pid))
        searched = Searched()
        found = hunt.search(files_below(service.data), searched) + hunt.search(memory_chunks(service.pid), searched)
        assert [] == [(each.label, each.source, each.form) for each in found]
        assert searched.bytes > 1_000_000
        planted = tmp_path / "relay" / "planted"
        planted.write_bytes(b"x" * 5_000 + code_bytes(secrets) + b"y" * 5_000)
        assert {each.label for each in hunt.search(files_below(service.data), searched)} == {"code"}


def code_bytes(secrets: list[Secret]) -> bytes:
    return next(secret.value for secret in secrets if secret.label == "code")
