"""A backup is handed over in pieces and becomes the profile; who does it wrong is told, and nothing is left behind."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import moving_calls as m
from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import talk_calls as t
from nullabona.client.api import PassphraseKey
from tests.api.people import befriend, people
from tests.api.service import Service
from tests.app.person import PASSPHRASE, Person
from tests.app.wire import Refusal, origin, request

BACKUP_PASS = "another passphrase"


def hand_over(person: Person, data: bytes, at: int = 0, id: str = "") -> tuple[int, dict[str, object]]:
    """One piece; the status and what was said."""
    where = f"/backup?at={at}" + (f"&id={id}" if id else "")
    port = person.app.port
    status, _, body = request(port, "POST", where, data, Origin=origin(port), X_Nulla_Token=person.token)
    said = json.loads(body) if body.startswith(b"{") else {}
    return status, said


def given(person: Person, data: bytes, piece: int = 1_000_000) -> str:
    """Hand a whole backup over."""
    id = ""
    for at in range(0, len(data), piece):
        status, said = hand_over(person, data[at : at + piece], at, id)
        assert (200, min(at + piece, len(data))) == (status, said["size"])
        id = str(said["id"])
    return id


async def _life(service: Service, folder: Path) -> tuple[bytes, bytes, bytes, str, str]:
    """A backup for the words, a pair of them for a passphrase, the words, and the handle."""
    async with people(service, folder, "mina", "jun") as (mina, jun):
        room = await befriend(mina, jun)
        await mina.messages.send(room, "said before")
        large = folder / "large.bin"
        large.write_bytes(os.urandom(3 << 20))
        await mina.files.send(room, large)
        words, first, later = folder / "words.age", folder / "first.age", folder / "later.age"
        await mina.archive.backup(words)
        await mina.archive.backup(first, key=PassphraseKey(BACKUP_PASS))
        await mina.messages.send(room, "said later")
        await mina.archive.backup(later, key=PassphraseKey(BACKUP_PASS), after=first)
        kept = [path.read_bytes() for path in (words, first, later)]
        return kept[0], kept[1], kept[2], mina.account.phrase(), mina.me.handle


def test_a_backup_becomes_the_profile(service: Service, newcomer: Callable[..., Person], tmp_path: Path) -> None:
    """Wrong words leave everything as it is, so that they can be typed again; the right ones bring everything back."""
    whole, _, _, words, handle = asyncio.run(_life(service, tmp_path))
    again = newcomer("again")
    id = given(again, whole)
    assert not again.call(m.LookAtBackup(id)).needs_passphrase
    for wrong, code in (("some words", "bad-phrase"), (" ".join(["abandon"] * 23 + ["art"]), "backup-locked")):
        with pytest.raises(Refusal) as refused:
            again.call(m.RestoreBackup([id], wrong, "", PASSPHRASE))
        assert (code, "empty") == (refused.value.code, again.state().phase)
    state = again.call(m.RestoreBackup([id], words, "", PASSPHRASE))
    assert state.me is not None
    assert ("ready", handle, False) == (state.phase, state.me.handle, state.words_unchecked)
    (chat,) = state.chats
    assert "away" == chat.phase
    page = again.call(t.OpenRoom(chat.room))
    assert "said before" in [message.text for message in page.page.messages]
    assert any(push.push.doing == "restore" for push in again.page.pushes if isinstance(push.push, p.MovingChanged))
    assert [] == list((tmp_path / ".again.app").glob("*.given"))
    again.call(a.Lock())
    assert "ready" == again.call(a.Unlock(PASSPHRASE)).phase
    with pytest.raises(Refusal) as refused:
        again.call(m.RestoreBackup([id], words, "", PASSPHRASE))
    assert "no-such-upload" == refused.value.code
    assert 403 == hand_over(again, b"more")[0]


@pytest.mark.slow
def test_two_backups_are_put_in_order(service: Service, newcomer: Callable[..., Person], tmp_path: Path) -> None:
    """Whichever was chosen first. Who came with a passphrase is asked to look at the words some day."""
    _, first, later, _, handle = asyncio.run(_life(service, tmp_path))
    again = newcomer("again")
    ids = [given(again, later), given(again, first)]
    assert again.call(m.LookAtBackup(ids[0])).needs_passphrase
    with pytest.raises(Refusal) as refused:
        again.call(m.RestoreBackup(ids[:1], "", BACKUP_PASS, PASSPHRASE))
    assert "backup-out-of-line" == refused.value.code
    state = again.call(m.RestoreBackup(ids, "", BACKUP_PASS, PASSPHRASE))
    assert state.me is not None
    assert ("ready", handle, True) == (state.phase, state.me.handle, state.words_unchecked)
    page = again.call(t.OpenRoom(state.chats[0].room))
    assert {"said before", "said later"} <= {message.text for message in page.page.messages}


def test_only_pieces_of_files_that_were_begun_are_taken(newcomer: Callable[..., Person], tmp_path: Path) -> None:
    """No place on the disk can be named, no gap left, no piece is too large; a piece may come twice."""
    someone = newcomer("someone")
    id = given(someone, b"age-encryption.org/v1\n" * 10, 50)
    for where in ("../someone", "..%2f..%2fetc%2fpasswd", "0" * 32, "A" * 32):
        assert (400, "no-such-upload") == (code_of(hand_over(someone, b"x", 0, where)))
    assert (400, "bad-call") == code_of(hand_over(someone, b"x", 1_000, id))
    assert (200, 220) == (
        hand_over(someone, b"v1\n" * 10, 190, id)[0],
        hand_over(someone, b"v1\n" * 10, 190, id)[1]["size"],
    )
    assert 413 == announced(someone, 8 * 1_048_576 + 1)
    assert 403 == request(someone.app.port, "POST", "/backup?at=0", b"x", Origin=origin(someone.app.port))[0]
    folder = tmp_path / ".someone.app"
    for _ in range(3):
        given(someone, b"another")
    assert [0o600] * 2 == [path.stat().st_mode & 0o777 for path in folder.glob("*.given")]
    with pytest.raises(Refusal) as refused:
        someone.call(m.LookAtBackup(given(someone, b"no backup at all")))
    assert "backup-not-age" == refused.value.code
    someone.call(a.CreateProfile(PASSPHRASE))
    assert [] == list(folder.glob("*.given"))
    with pytest.raises(Refusal) as refused:
        someone.call(m.RestoreBackup([id], "", BACKUP_PASS, PASSPHRASE))
    assert "no-such-upload" == refused.value.code


def announced(person: Person, size: int) -> int:
    """The status of a piece of which only the head was sent."""
    connection = http.client.HTTPConnection("127.0.0.1", person.app.port, timeout=20)
    try:
        connection.putrequest("POST", "/backup?at=0")
        for name, value in (("Origin", origin(person.app.port)), ("X-Nulla-Token", person.token)):
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def code_of(answer: tuple[int, dict[str, object]]) -> tuple[int, object]:
    """Status and code of a refusal."""
    return answer[0], answer[1].get("code")


def test_one_conversation_is_exported(service: Service, person: Callable[..., Person], tmp_path: Path) -> None:
    """Only that one, in a folder that has its name."""
    mina, jun = person("mina"), person("jun")
    room = mina.befriend(jun)
    mina.send(room, "only for this folder")
    made = mina.call(m.ExportRoom(room))
    folder = Path(made.path)
    assert folder.is_dir()
    written = json.loads((folder / "export.json").read_text("utf-8"))
    assert 1 == len(written["rooms"])
    assert any("only for this folder" in path.read_text("utf-8") for path in folder.rglob("*.html"))
    with pytest.raises(Refusal) as refused:
        mina.call(m.ExportRoom("00" * 32))
    assert "no-such-room" == refused.value.code
