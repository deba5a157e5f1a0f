"""After a restore the history has no silent hole: with whole clients and a real relay (spec/devices.md §9)."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from nullabona.client.api import Client, MessageInfo, PassphraseKey, Unprotected, restore_backup
from nullabona.words.room_notices import room_notice
from tests.api.people import PATIENCE_S, QUICK, befriend, opened, people, play, texts, until
from tests.api.service import Service

KEY = PassphraseKey("an older passphrase", 4)


async def say(who: Client, other: Client, room: bytes, text: str) -> None:
    """Said by one and read by the other."""
    message = await who.messages.send(room, text)
    await until(other, lambda: text in texts(other, room))
    await who.messages.wait_sent(room, message, timeout_s=PATIENCE_S)


def gaps(client: Client, room: bytes) -> list[MessageInfo]:
    """The lines that say that something may be missing."""
    page = client.messages.page(room, limit=1_000)
    return [line for line in page if line.notice is not None and line.notice.what == "gap"]


async def restored(path: Path, backup: Path) -> None:
    """A new profile from a backup."""
    await restore_backup(path, Unprotected(), [backup], KEY, options=QUICK)


def test_what_was_said_since_the_backup_is_there_again(swift: Service, tmp_path: Path) -> None:
    """Both sides of a conversation, in its order; own lines say who told them, and an export says it too."""

    async def story() -> None:
        async with people(swift, tmp_path, "bob") as (bob,):
            async with people(swift, tmp_path, "ann") as (ann,):
                room = await befriend(ann, bob)
                await say(bob, ann, room, "b1")
                await ann.archive.backup(tmp_path / "backup.age", key=KEY)
                for who, other, text in ((ann, bob, "a2"), (bob, ann, "b2"), (ann, bob, "a3"), (bob, ann, "b3")):
                    await say(who, other, room, text)
            await bob.messages.send(room, "b4")
            await restored(tmp_path / "new", tmp_path / "backup.age")
            async with opened(tmp_path / "new") as new:
                await until(new, lambda: len(gaps(new, room)) == 1 or len(texts(new, room)) > 1)
                await until(new, lambda: ["b1", "a2", "b2", "a3", "b3", "b4"] == texts(new, room))
                await until(new, lambda: [] == gaps(new, room))
                lines = {line.text: line for line in new.messages.page(room)}
                assert (bob.me.account, new.contacts.all()[0].name) == (lines["a2"].told_by, lines["a2"].teller)
                assert (bob.me.account, "") == (lines["b2"].told_by, lines["b2"].teller)
                assert b"" == lines["b1"].told_by
                assert [room] == [hit.message.room for hit in new.messages.search("a3")]
                await new.archive.export(tmp_path / "out", [room])
                (said,) = (tmp_path / "out" / "rooms").glob("*/room.json")
                told = {line.get("text"): line.get("told_by") for line in json.loads(said.read_bytes())["lines"]}
                assert bob.me.account.hex() == told["a2"] == told["b2"]
                assert None is told["b1"]

    play(story(), 150)


def test_as_long_as_something_may_be_missing_it_is_said(swift: Service, tmp_path: Path) -> None:
    """Since when, until when, and whose lines are still to come; when they have come, nothing."""

    async def story() -> None:
        async with people(swift, tmp_path, "bob") as (bob,):
            async with people(swift, tmp_path, "ann", "cleo") as (ann, cleo):
                await befriend(ann, bob)
                await befriend(ann, cleo)
                room = (await ann.rooms.create_group("g", [bob.me.handle, cleo.me.handle])).id
                for other in (bob, cleo):
                    await until(other, partial(is_in, other, room))
                await say(bob, ann, room, "b1")
                await ann.archive.backup(tmp_path / "backup.age", key=KEY)
                await say(cleo, ann, room, "c2")
                await say(bob, ann, room, "b2")
                await until(cleo, lambda: ["b1", "c2", "b2"] == texts(cleo, room))
                whose = cleo.me.account
                said_at = {line.text: line.sent_at for line in ann.messages.page(room)}
            await restored(tmp_path / "new", tmp_path / "backup.age")
            async with opened(tmp_path / "new") as new:
                await until(new, lambda: ["b1", "b2"] == texts(new, room))
                await until(new, lambda: [(whose,)] == [line.notice and line.notice.others for line in gaps(new, room)])
                (line,) = gaps(new, room)
                assert line.notice is not None
                since, until_ms = (int(part) for part in line.notice.text.split("-"))
                assert said_at["b1"] <= since <= said_at["c2"] < said_at["b2"] <= until_ms
                assert "may be missing" in room_notice(line.notice, "en")
                async with opened(tmp_path / "cleo"):
                    await until(new, lambda: ["b1", "c2", "b2"] == texts(new, room))
                    await until(new, lambda: [] == gaps(new, room))

    play(story(), 150)


def is_in(client: Client, room: bytes) -> bool:
    """Whether a client is in a room."""
    return any(found.id == room and found.phase == "joined" for found in client.rooms.all())
