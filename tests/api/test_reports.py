"""Abuse reports of real clients at a real relay: they reveal what was chosen, and what their keys open is erased."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nullabona.client.api import Client, errors
from nullabona.operating.abuse_reports import erase, examine
from tests.api.people import befriend, people, play, until
from tests.api.pictures import photo
from tests.api.service import Service


def _state(client: Client, room: bytes, message: bytes) -> str:
    try:
        return client.files.info(room, message).state
    except errors.NoSuchMessage:
        return ""


def test_a_report_reveals_what_was_chosen_and_its_file_can_be_erased(service: Service, tmp_path: Path) -> None:
    """Words alone by default; the file's keys, the sender and the reporter only if each is asked for. The relay of the
    room verifies it: pieces and reporter are proven. Erasing takes the pieces from the relay and from nobody.
    """

    async def story() -> None:
        async with people(service, tmp_path, "mallory", "mina") as (mallory, mina):
            room = await befriend(mallory, mina)
            spoken = await mallory.messages.send(room, "나쁜 말")
            kept_back = await mallory.messages.send(room, "다른 말")
            shown = await mallory.files.send(room, photo(), name="나쁜.jpg")
            await until(mina, lambda: _state(mina, room, shown) == "here")
            plain = mina.reports.draft(room, [spoken])
            assert {"kind", "made_day", "messages", "relay", "v"} == set(json.loads(plain.data)["body"])
            for secret in ("다른 말", "mallory", "mina", room.hex(), spoken.hex(), "나쁜.jpg"):
                assert secret not in plain.data.decode()
            assert [("나쁜 말", "", "", 0)] == [(x.text, x.sender, x.file, x.size) for x in plain.lines]
            assert ("", True) == (plain.reporter, plain.direct)
            found = examine(plain.data, service.data)
            assert ((), None) == (found.files, found.reporter)

            draft = mina.reports.draft(room, [shown, spoken], files=True, senders=True, sign=True)
            assert [("나쁜 말", mallory.me.handle, ""), ("", mallory.me.handle, "나쁜.jpg")] == [
                (x.text, x.sender, x.file) for x in draft.lines
            ]
            assert (mina.me.handle, False) == (draft.reporter, "다른 말" in draft.data.decode())
            mina.reports.save(draft, tmp_path / "report")
            saved = (tmp_path / "report").read_bytes()
            assert (draft.data, 0) == (saved, (tmp_path / "report").stat().st_mode & 0o077)
            with pytest.raises(errors.FileExists):
                mina.reports.save(plain, tmp_path / "report")
            found = examine(saved, service.data)
            (file,) = found.files
            assert (2, 1, 0, 0, "proven") == (
                file.number, len(file.opened), file.closed, file.gone, found.reporter,
            )  # fmt: skip
            assert (1, 1) == (erase(found, service.data), examine(saved, service.data).files[0].gone)
            assert b"" != mina.files.open(room, shown).read(0, 100)

            wrong = [
                [kept_back, b"n" * 16],
                [],
                [line.id for line in mina.messages.page(room) if line.kind == "notice"],
            ]
            for chosen in wrong:
                with pytest.raises((errors.NoSuchMessage, errors.BadRequest)):
                    mina.reports.draft(room, chosen)
            with pytest.raises(errors.BadRequest, match="choose files"):
                mina.reports.draft(room, [shown])

    play(story())
